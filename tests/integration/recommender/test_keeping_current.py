"""Suggestions follow the catalogue and the model without a restart, and a fault on the way leaves what was good."""

from __future__ import annotations

import shutil
import threading
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from city.clock import FixedClock
from city.errors import DatabaseUnavailable
from city.store.database import Database
from fixtures.factories import NOW, SHANGHAI, an_interaction, an_offering
from recommender import refreshing
from recommender.artefact import ArtefactStore
from recommender.city_log import read_city
from recommender.refreshing import COUNT_SECONDS, LOOK_SECONDS, WHOLE_SECONDS, Refresher
from recommender.training import Trainer
from tests.small_city import SmallCity, lay_small_city


@dataclass
class Watch:
    """A clock that goes forward when told."""

    seconds: float = 0.0

    def __call__(self) -> float:
        return self.seconds


@dataclass
class Town:
    """The small city, a refresher, and a watch in its hand."""

    database: Database
    city: SmallCity
    store: ArtefactStore
    watch: Watch = field(default_factory=Watch)
    now: FixedClock = field(default_factory=lambda: FixedClock(NOW, SHANGHAI))

    def __post_init__(self) -> None:
        self.refresher = Refresher(self.database, self.store, self.now, self.watch)

    def later(self, seconds: float = LOOK_SECONDS) -> set[int]:
        """Let time pass, refresh, and return what is live."""
        self.watch.seconds += seconds
        self.refresher.refresh()
        return set(self.refresher.state().live.ids.tolist())

    def train(self) -> str:
        return Trainer(self.store, NOW).train(read_city(self.database, NOW)).version

    @property
    def version(self) -> str:
        scoring = self.refresher.state().scoring
        return scoring.artefact_version if scoring is not None else ""

    def change(self, name: str, **values: object) -> None:
        with self.database.writing() as work:
            offering = work.offerings.get(self.city.offerings[name])
            for column, value in values.items():
                setattr(offering, column, value)
            work.changed(offering, NOW)
            work.commit()


@pytest.fixture
def town(sqlite_database: Database, tmp_path: Path) -> Town:
    return Town(sqlite_database, lay_small_city(sqlite_database), ArtefactStore(tmp_path))


def test_the_first_state_holds_what_can_be_joined_and_nothing_else(town: Town) -> None:
    live = town.later()
    assert town.city.offerings["brush"] in live
    assert not {town.city.offerings["over"], town.city.offerings["hidden"]} & live


def test_a_new_offering_is_a_candidate_after_its_message_and_the_model_knows_it(town: Town) -> None:
    town.train()
    before = town.later()
    with town.database.writing() as work:
        brush = work.offerings.get(town.city.offerings["brush"])
        new = an_offering("写第二横", operator_id=brush.operator_id, venue_id=brush.venue_id)
        work.published_first(new, NOW)
        work.commit()
    assert town.later() == before | {new.id}
    scoring = town.refresher.state().scoring
    assert scoring is not None
    scores = scoring.score({town.city.offerings["brush"]: 1.0}).scores
    assert scores[scoring.column(new.id)] > scores[scoring.column(town.city.offerings["phone"])]


def test_a_withdrawn_offering_leaves_after_its_message(town: Town) -> None:
    before = town.later()
    town.change("brush", status="withdrawn")
    assert town.later() == before - {town.city.offerings["brush"]}


def test_the_last_place_taken_is_seen_without_laying_the_model_again(town: Town) -> None:
    town.train()
    town.later()
    scoring = town.refresher.state().scoring
    with town.database.writing() as work:
        offering = work.offerings.get(town.city.offerings["plum"])
        offering.runs[0].taken_count = 1
        work.changed(offering, NOW)
        work.commit()
    town.later()
    live = town.refresher.state().live
    assert not live.offerings[live.column[town.city.offerings["plum"]]].has_seats
    assert town.refresher.state().scoring is scoring


def test_a_message_that_arrived_late_is_still_read(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """A transaction may commit a lower message id after a higher one was seen."""
    town.later()
    town.change("brush", status="withdrawn")
    town.change("plum", status="withdrawn")
    with town.database.reading() as work:
        newest = work.outbox.last_id()
    town.refresher._seen = refreshing._Seen(newest, "", 0.0, 0.0)  # as if the first one was committed after it
    town.change("choir", status="withdrawn")
    assert town.city.offerings["brush"] not in town.later()


def test_once_an_hour_everything_is_read_again_also_what_nobody_announced(town: Town) -> None:
    before = town.later()
    object.__setattr__(town.now, "instant", NOW + timedelta(days=4))  # the first class is over: time sends no message
    assert town.later() == before
    assert town.later(WHOLE_SECONDS) == before - {town.city.offerings["brush"]}


def test_people_are_counted_anew_every_quarter_of_an_hour(town: Town) -> None:
    town.later()
    with town.database.writing() as work:
        work.interactions.add(an_interaction(town.city.citizens["shen"], town.city.offerings["brush"]))
        work.commit()
    town.later()
    assert town.refresher.state().following.city == {}
    town.later(COUNT_SECONDS)
    following = town.refresher.state().following
    assert following.city == {town.city.offerings["brush"]: 1}
    assert following.districts == {"hubin": {town.city.offerings["brush"]: 1}}
    assert following.district_of["liupu"] == "hubin" and "yundu" not in following.district_of


def test_a_newly_trained_model_is_taken(town: Town) -> None:
    first = town.train()
    town.later()
    assert town.version == first
    second = town.train()
    town.later()
    assert town.version == second != first


def test_a_damaged_model_is_refused_the_former_stays_and_the_log_says_so_once(town: Town) -> None:
    first = town.train()
    town.later()
    second = town.train()
    next((town.store.folder / second).glob("*.npy")).write_bytes(b"\0" * 100)
    with capture_logs() as logs:
        town.later()
        town.later()
    (refusal,) = [line for line in logs if line["event"] == "artefact_refused"]
    assert second in refusal["error"] and "learncity train" in refusal["error"] and refusal["kept"] == first
    assert town.version == first


def test_when_all_models_are_gone_the_one_in_use_stays(town: Town) -> None:
    first = town.train()
    town.later()
    shutil.rmtree(town.store.folder)
    with capture_logs() as logs:
        town.later()
    assert [line["event"] for line in logs] == ["artefact_refused"]
    assert town.version == first


def test_a_model_that_cannot_be_laid_leaves_lists_without_taste(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise ValueError("a field has no column")

    town.train()
    monkeypatch.setattr(refreshing, "lay", fail)
    with capture_logs() as logs:
        assert town.later()
    assert town.version == "" and "model_not_laid" in [line["event"] for line in logs]


def test_while_the_database_is_away_the_state_stays_and_it_is_asked_again(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = town.later()
    reading = Database.reading

    def dead(_: Database) -> None:
        raise DatabaseUnavailable("The database does not answer: gone")

    town.change("brush", status="withdrawn")
    monkeypatch.setattr(Database, "reading", dead)
    with capture_logs() as logs:
        assert town.later() == before
    assert [line["event"] for line in logs] == ["suggestions_not_refreshed"]
    monkeypatch.setattr(Database, "reading", reading)
    assert town.later() == before - {town.city.offerings["brush"]}


def test_a_request_never_waits_for_a_refresh_once_there_is_a_state(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    town.later()
    state, reached, go_on = town.refresher.state(), threading.Event(), threading.Event()

    def slow(*_: object) -> None:
        reached.set()
        assert go_on.wait(30)
        raise DatabaseUnavailable("late")

    monkeypatch.setattr(Refresher, "_refresh", slow)
    town.watch.seconds += LOOK_SECONDS
    assert town.refresher.state() is state  # starts a look in a thread of its own
    assert reached.wait(30)
    town.watch.seconds += LOOK_SECONDS
    assert town.refresher.state() is state
    go_on.set()


def test_many_threads_that_ask_first_get_the_same_state(town: Town) -> None:
    found: list[int] = []
    threads = [threading.Thread(target=lambda: found.append(len(town.refresher.state().live))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(found) <= {0, len(town.refresher.state().live)} and max(found) > 0
