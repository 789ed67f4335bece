"""The daily job that moves the window of expanded recurrences on.

Owns: when it is due (once a local day, also after a night the worker was off) and what it says. What follows a rule is
told by `indexer.sources.recurrences`, what is written by `city.services.moving_window`. Called by `learncity worker`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from city.clock import Clock
from city.config import Settings
from city.errors import DatabaseUnavailable
from city.services.moving_window import MovingWindow
from city.services.permissions import Actor
from city.services.records import MeetingRecord
from city.store.database import JOB_STATEMENT_SECONDS, Database
from indexer.sources.recurrences import expand

FACT = "window of recurrences"
MINUTE = "7"


def move_window(settings: Settings) -> str:
    """Move the window of all series if that was not done today; return what was done."""
    database = Database(settings.effective_database_url, statement_seconds=JOB_STATEMENT_SECONDS)
    try:
        return move_once_a_day(database, settings.catalogue_clock)
    except DatabaseUnavailable:
        return ""  # the index says so already, and the next hour tries again
    finally:
        database.dispose()


def move_once_a_day(database: Database, clock: Clock) -> str:
    """Move the window unless the kept day is today; a run that ends before its end is done again."""
    today = {"moved_on": clock.today().isoformat()}
    with database.reading() as work:
        if work.facts.get(FACT) == today:
            return ""
    moved = MovingWindow(database, clock, meetings_of).move(Actor.system())
    with database.writing() as work:
        work.facts.put(FACT, today)
        work.commit()
    return moved.sentence()


def meetings_of(recurrence: str, zone: str, now: datetime) -> Sequence[MeetingRecord]:
    """Return the meetings of a kept rule; raises ValueError where it cannot be expanded."""
    try:
        return expand(recurrence, zone, now).meetings
    except ValueError:
        raise
    except Exception as broken:  # a kept rule that a library cannot read must not keep others from moving
        raise ValueError(f"{type(broken).__name__}: {broken}") from broken
