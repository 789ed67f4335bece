"""The ballots of the sample city: one open, one announced, one drawn, each published as a city would."""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path

from city.ballot_records import audited
from city.clock import FixedClock
from city.model import BallotStatus
from city.services.ballot_office import Stage, published
from city.store.database import Database
from fixtures.factories import NOW, SHANGHAI
from fixtures.sample_ballots import lay_sample_ballots


def test_one_is_open_with_entries_one_is_announced_and_one_is_drawn(sample_database: Database) -> None:
    with sample_database.reading() as work:
        drawn, open_now, coming = reversed(work.ballots.all())
        assert [drawn.status, open_now.is_open(NOW), coming.is_open(NOW)] == [BallotStatus.DRAWN, True, False]
        assert work.ballots.counts(open_now.id)[0] > 200
        texts = [published(work, drawn.id, stage).body for stage in (Stage.DRAWN, Stage.CLOSED)]
        waiting = sum(figures["waiting"] for figures in drawn.outcome.values())
    assert audited(*texts).is_equal
    assert waiting > 50


def test_laying_again_lays_nothing_and_a_later_week_moves_what_is_still_to_come(
    sample_folder: Path, tmp_path: Path
) -> None:
    for file in sample_folder.glob("learncity.db*"):
        shutil.copy(file, tmp_path)
    database = Database(f"sqlite:///{tmp_path / 'learncity.db'}")
    assert lay_sample_ballots(database, FixedClock(NOW, SHANGHAI)) == 0
    with database.reading() as work:
        before = {ballot.id: ballot.closes_at for ballot in work.ballots.all()}
    assert lay_sample_ballots(database, FixedClock(NOW + timedelta(days=14), SHANGHAI)) == 0
    with database.reading() as work:
        for ballot in work.ballots.all():
            moved = timedelta(0) if ballot.status == BallotStatus.DRAWN else timedelta(days=14)
            assert ballot.closes_at - before[ballot.id] == moved
            assert audited(published(work, ballot.id, Stage.ANNOUNCED).body).is_equal
    database.dispose()


def test_a_database_without_the_sample_gets_no_ballots(sqlite_database: Database) -> None:
    assert lay_sample_ballots(sqlite_database, FixedClock(NOW, SHANGHAI)) == 0
