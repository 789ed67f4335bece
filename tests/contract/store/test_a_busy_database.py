"""A write lock that somebody else holds for long is waited for again, and then told in words; nothing is lost."""

from __future__ import annotations

import pytest

from city.errors import DatabaseUnavailable
from city.store import database as store
from city.store.database import Database
from city.store.unit_of_work import UnitOfWork


def put(work: UnitOfWork) -> str:
    work.facts.put("rush", {"done": True})
    work.commit()
    return "done"


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch, sqlite_database: Database) -> Database:
    """A database on the same file that gives up waiting for the lock at once."""
    monkeypatch.setattr(store, "BUSY_MILLISECONDS", 1)
    return Database(sqlite_database.engine.url.render_as_string(hide_password=False))


def test_a_lock_that_is_freed_between_two_tries_is_got(
    impatient: Database, sqlite_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    with sqlite_database.writing() as holder:
        holder.facts.put("held", {})
        holder.flush()
        monkeypatch.setattr(store.time, "sleep", lambda _seconds: holder.commit())
        assert impatient.retrying(put) == "done"


def test_a_lock_that_is_never_freed_is_told_in_words(impatient: Database, sqlite_database: Database) -> None:
    with sqlite_database.writing() as holder:
        holder.facts.put("held", {})
        holder.flush()
        with pytest.raises(DatabaseUnavailable, match="try again"):
            impatient.retrying(put)
