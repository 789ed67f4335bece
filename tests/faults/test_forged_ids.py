"""A feed touches only the records of its own source, whatever ids it gives."""

from __future__ import annotations

from city.store.database import Database
from tests.faults import forged_ids


def test_ids_of_another_source_touch_nothing_of_it(database: Database) -> None:
    assert forged_ids.forge(50, database) == 0


def test_the_same_ids_by_the_same_source_would_have_touched_all(sqlite_database: Database, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    """The twin: the same runs under the victim's own name change every record, so the test can see a touch."""
    monkeypatch.setattr(forged_ids, "FORGER", forged_ids.VICTIM)
    assert forged_ids.forge(50, sqlite_database) == 100
