"""What the worker does for the index: drain the outbox, compare every hour, tidy every night, move what recurs.

Owns: how often, and that a fault that lasts is said once and not three times a second. Called by `learncity worker`.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from city.clock import Clock
from city.config import Settings
from city.errors import DatabaseUnavailable, IndexLocked, LearncityError, SearchUnavailable
from city.jobs import Job
from indexer.alert_jobs import alert_jobs
from indexer.upkeep import IndexUpkeep
from indexer.window import MINUTE, move_window
from indexer.wiring import build_upkeep

PAUSE_SECONDS = 0.3
LOOK_AT_INDEX_EVERY = timedelta(seconds=10)
TRY_AGAIN_AFTER = timedelta(seconds=2)


def jobs(settings: Settings) -> list[Job]:
    """Return the jobs of the index; they share one upkeep, so that they take turns."""
    upkeep = build_upkeep(settings)
    loop = SyncLoop(upkeep, settings.system_clock)
    return [
        Job("index sync", loop.step, pause_seconds=PAUSE_SECONDS),
        Job("index check", lambda: check(upkeep), minute="17"),
        Job("index tidying", lambda: tidy(upkeep), minute="41", hour="19"),
        *alert_jobs(settings),
        Job("window of recurrences", lambda: move_window(settings), minute=MINUTE),
    ]


class SyncLoop:
    """One step after another: start (again) when the index cannot serve, else settle a batch."""

    def __init__(self, upkeep: IndexUpkeep, system_clock: Clock) -> None:
        self._upkeep = upkeep
        self._clock = system_clock
        self._started = False
        self._looked_at: datetime | None = None
        self._not_before: datetime | None = None
        self._last_fault = ""

    def step(self) -> str:
        """Do what is to do now and say it; a fault is said when it begins and when it is over."""
        if self._not_before is not None and self._clock.now() < self._not_before:
            return ""
        try:
            said = self._start() or self._upkeep.sync_once().sentence()
        except (SearchUnavailable, IndexLocked, DatabaseUnavailable) as fault:
            return self._failed(fault)
        over, self._last_fault, self._not_before = self._last_fault, "", None
        return f"The index is kept again. {said}".strip() if over else said

    def _start(self) -> str:
        """Start the upkeep, at first and whenever a look at the index finds it gone, damaged or outdated."""
        now = self._clock.now()
        if self._started and self._looked_at is not None and now - self._looked_at < LOOK_AT_INDEX_EVERY:
            return ""
        self._looked_at = now
        if self._started and self._upkeep.is_well():
            return ""
        self._started = False
        said = self._upkeep.start().sentence()
        self._started = True
        return said

    def _failed(self, fault: LearncityError) -> str:
        """Try again soon; an index another process writes needs no new start, one that is silent may."""
        self._started = self._started and not isinstance(fault, SearchUnavailable)
        self._not_before = self._clock.now() + TRY_AGAIN_AFTER
        again, self._last_fault = str(fault) == self._last_fault, str(fault)
        return "" if again or isinstance(fault, IndexLocked) else f"{fault} Trying again."


def check(upkeep: IndexUpkeep) -> str:
    """Compare index and catalogue, heal what differs, and say the figures."""
    found, left = upkeep.check(repair=True)
    return f"{found.sentence()} {left.total} left." if found.total else found.sentence()


def tidy(upkeep: IndexUpkeep) -> str:
    """Erase old rows of the outbox."""
    purged = upkeep.tidy()
    return f"{purged} outbox rows of last week erased." if purged else ""
