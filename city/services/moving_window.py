"""As days go by, what recurs gets new meetings and lets go of those that are over, without any feed being read again.

Owns: which offerings follow their kept rule, what is written (only what differs), and that nobody holds the write lock
while rules are expanded. Knows no rule itself: `expand` is given by `indexer.window`, which calls this once a day.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from city.clock import Clock
from city.model import Offering
from city.services.filling import follow_runs
from city.services.permissions import Actor, Operation, require
from city.services.records import MeetingRecord, OfferingRecord
from city.store.database import Database

Expand = Callable[[str, str, datetime], Sequence[MeetingRecord]]
"""(rule, zone, now) → meetings; raises ValueError where a rule cannot be expanded."""
BATCH = 200


@dataclass(frozen=True)
class _Series:
    """What is kept of a series: its record's key, its offering, its rule, and the zone of its clocks."""

    source: str
    source_id: str
    offering_id: int
    recurrence: str
    zone: str


@dataclass
class WindowMoved:
    """How many series were looked at, how many offerings got other meetings, and what could not be expanded."""

    looked_at: int = 0
    moved: int = 0
    failed: list[str] = field(default_factory=list)

    def sentence(self) -> str:
        """Say what was done, "" when there was nothing to do."""
        said = f"{self.moved} of {self.looked_at} series have other meetings from today on." if self.moved else ""
        failed = f"{len(self.failed)} series could not be expanded, first {self.failed[0]}." if self.failed else ""
        return " ".join(part for part in (said, failed) if part)


class MovingWindow:
    """Use case of letting meetings follow their rules, on one database and clock."""

    def __init__(self, database: Database, clock: Clock, expand: Expand) -> None:
        self._database = database
        self._clock = clock
        self._expand = expand

    def move(self, actor: Actor) -> WindowMoved:
        """Let the meetings of all series follow; what is the same writes nothing. Raises NotAllowed."""
        require(actor, Operation.IMPORT_FEED)
        now, outcome = self._clock.now(), WindowMoved()
        every = self._series()
        for begin in range(0, len(every), BATCH):
            some = every[begin : begin + BATCH]
            expanded = [(series, self._expanded(series, now, outcome)) for series in some]
            wanted = {series: meetings for series, meetings in expanded if meetings}
            outcome.looked_at += len(some)
            outcome.moved += self._follow(wanted, now)
        return outcome

    def _series(self) -> list[_Series]:
        with self._database.reading() as work:
            return [
                _Series(row.source, row.source_id, row.offering_id, row.record["recurrence"], row.record["zone"])
                for row in work.feeds.recurring()
                if row.record.get("recurrence")
            ]

    def _expanded(self, series: _Series, now: datetime, outcome: WindowMoved) -> Sequence[MeetingRecord]:
        try:
            return self._expand(series.recurrence, series.zone, now)
        except ValueError as wrong:
            outcome.failed.append(f"{series.source} {series.source_id} ({wrong})")
            return ()

    def _follow(self, wanted: dict[_Series, Sequence[MeetingRecord]], now: datetime) -> int:
        """Write the meetings of those series that have others now; return how many."""
        different = self._different(wanted)
        if not different:
            return 0
        with self._database.writing() as work:
            found = {offering.id: offering for offering in work.offerings.many([s.offering_id for s in different])}
            moved = []
            for series in different:
                offering, row = found.get(series.offering_id), work.feeds.record(series.source, series.source_id)
                if row is None or row.record.get("recurrence") != series.recurrence or row.gone_at is not None:
                    continue  # an import was quicker
                if offering is not None and _follows(offering):
                    follow_runs(offering, _stated(series, wanted[series], row.record.get("seat_count")))
                    moved.append(offering)
            work.changed_all(moved, now)
            work.commit()
            return len(moved)

    def _different(self, wanted: dict[_Series, Sequence[MeetingRecord]]) -> list[_Series]:
        with self._database.reading() as work:
            found = {offering.id: offering for offering in work.offerings.many([s.offering_id for s in wanted])}
            return [
                series
                for series, meetings in wanted.items()
                if (offering := found.get(series.offering_id)) is not None
                and _follows(offering)
                and _held(offering) != set(meetings)
            ]


def _follows(offering: Offering) -> bool:
    """True when the meetings of an offering are those of its rule: at most one run, and no hand has written them."""
    return len(offering.runs) <= 1 and "meetings" not in (offering.locked_fields or ())


def _held(offering: Offering) -> set[MeetingRecord]:
    return {
        MeetingRecord(each.held_on, each.starts_local, each.ends_local)
        for run in offering.runs
        for each in run.class_sessions
    }


def _stated(series: _Series, meetings: Sequence[MeetingRecord], seat_count: int | None) -> OfferingRecord:
    """Return as much of the record as its run and meetings follow."""
    return OfferingRecord(series.source_id, {}, zone=series.zone, meetings=tuple(meetings), seat_count=seat_count)
