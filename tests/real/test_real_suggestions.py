"""A real city's programme, newer than any model here, is suggested to citizens who save some of it."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from click.testing import CliRunner

from city.cli import learncity
from city.clock import FixedClock
from city.model import Citizen
from city.ports import Position, RecommendationRequest
from city.store.database import Database
from fixtures.factories import an_interaction
from recommender.artefact import ArtefactStore
from recommender.refreshing import Refresher
from recommender.serving import LiveRecommender
from tests.services import yundu

pytestmark = [pytest.mark.real_data, pytest.mark.slow]

NOW = datetime.fromisoformat("2025-12-16T09:00:00+08:00")
TRIED = 25


def test_who_saves_two_events_of_the_programme_is_suggested_another_of_them(yundu_copy: Path, real_data: Path) -> None:
    feed = str(real_data / "feeds" / "hk_lcsd" / "2025-12-16")
    environment = yundu.environment(yundu_copy) | {"LEARNCITY_NOW": NOW.isoformat()}
    moved = CliRunner().invoke(learncity, ["sample"], env=environment)  # the sample city moves to the programme's time
    assert moved.exit_code == 0, moved.output
    result = CliRunner().invoke(learncity, ["import", "lcsd", feed, "--operator", "lcsd"], env=environment)
    assert result.exit_code == 1, result.output  # one event has no day but the sentinel
    database, clock = Database(f"sqlite:///{yundu_copy / 'learncity.db'}"), FixedClock(NOW, ZoneInfo("Asia/Shanghai"))
    refresher = Refresher(database, ArtefactStore(yundu_copy), clock, seconds=lambda: 0.0)
    refresher.refresh()
    recommender = LiveRecommender(database, clock, refresher)
    with database.reading() as work:
        lcsd = work.operators.by_slug("lcsd")
        samples = work.citizens.samples()
        others = work.citizens.all()[: TRIED - len(samples)]
        homes = {each.id: each.home() for each in (*samples, *others)}
    assert lcsd is not None
    programme = [each.offering_id for each in refresher.state().live.offerings if each.operator_id == lcsd.id]
    assert len(programme) >= 800
    rng = np.random.default_rng(16)
    answered = []
    for citizen in (*samples, *others):
        two = rng.choice(programme, 2, replace=False).tolist()
        save(database, citizen, two)
        home = homes[citizen.id] or (0.0, 0.0)
        request = RecommendationRequest(
            10, citizen.id, area_id=citizen.area_id, near=Position(*home), reach_minutes=citizen.reach_minutes,
            audiences=frozenset(citizen.audiences),
        )  # fmt: skip
        found = {item.offering_id for item in recommender.recommend(request).items}
        answered.append(len(found & set(programme) - set(two)))
    print(f"others of the programme among ten: {answered}")
    assert min(answered) >= 1
    database.dispose()


def save(database: Database, citizen: Citizen, offering_ids: list[int]) -> None:
    """Save them now."""
    with database.writing() as work:
        for offering_id in offering_ids:
            work.interactions.add(an_interaction(citizen.id, offering_id, happened_at=NOW))
        work.commit()
