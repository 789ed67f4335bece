"""Which feeds are imported again and again: adding, pausing, and which one is due.

Owns: the schedule and the claim by which one worker alone runs a source. Knows no format; `indexer.scheduling` imports.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from city.clock import Clock
from city.errors import InvalidInput, NotFound
from city.model import ImportRun, Source
from city.services.permissions import Actor, Operation, Subject, require
from city.services.publishing import operator_for
from city.store.database import Database

SHORTEST_MINUTES, LONGEST_MINUTES = 5, 60 * 24 * 31


@dataclass(frozen=True)
class NewSource:
    """A feed to import at an interval; `options` say how it is read."""

    name: str
    format: str
    address: str
    operator: str
    interval_minutes: int
    options: Mapping[str, Any] = field(default_factory=dict)


class Sourcing:
    """Use cases of scheduled sources; `clock` is real time, so that a fixed catalogue still fetches when it is due."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def add(self, actor: Actor, wanted: NewSource) -> bool:
        """Add a source, or change the one of that name; True when it is new. Raises InvalidInput, NotAllowed."""
        if not SHORTEST_MINUTES <= wanted.interval_minutes <= LONGEST_MINUTES:
            raise InvalidInput(
                f"The interval of {wanted.interval_minutes} minutes is too short or too long.",
                field="every",
                value=wanted.interval_minutes,
                remedy=f"{SHORTEST_MINUTES} minutes to 31 days, like 60m, 12h or 1d",
            )
        with self._database.writing() as work:
            operator, _ = operator_for(work, wanted.operator)
            require(actor, Operation.IMPORT_FEED, Subject(operator_id=operator.id))
            source = work.feeds.source(wanted.name)
            is_new = source is None
            if source is None:
                source = Source(name=wanted.name, created_at=self._clock.now())
                work.feeds.add_source(source)
            elif source.address != wanted.address:
                source.cursor = source.etag = source.last_modified = ""
            source.format, source.address, source.operator_id = wanted.format, wanted.address, operator.id
            source.options, source.interval_minutes = dict(wanted.options), wanted.interval_minutes
            source.paused = False
            work.commit()
            return is_new

    def pause(self, actor: Actor, name: str, *, paused: bool) -> None:
        """Stop importing a source by itself, or go on; raises NotFound, NotAllowed."""
        with self._database.writing() as work:
            source = work.feeds.source(name)
            if source is None:
                raise _unknown(name)
            require(actor, Operation.IMPORT_FEED, Subject(operator_id=source.operator_id))
            source.paused = paused
            work.commit()

    def claim_due(self) -> tuple[Source, str] | None:
        """Return the source that waited longest and its operator's slug, taken by this worker; None when none is due.

        The claim is the start that is written here: another worker finds it not due any more.
        """
        with self._database.writing() as work:
            now = self._clock.now()
            due = [source for source in work.feeds.sources(for_update=True) if source.is_due(now)]
            if not due:
                return None
            source = min(due, key=lambda each: (each.last_started_at or each.created_at, each.name))
            source.last_started_at = now
            slug = work.operators.get(source.operator_id).slug
            work.commit()
            return source, slug

    def failed(self, name: str, error: str) -> None:
        """Note a fault that stopped a run before there was a report."""
        with self._database.writing() as work:
            if (source := work.feeds.source(name)) is not None:
                source.last_error = error[:500]
                work.commit()

    def one(self, name: str) -> tuple[Source, str]:
        """Return a source and its operator's slug; raises NotFound."""
        with self._database.reading() as work:
            source = work.feeds.source(name)
            if source is None:
                raise _unknown(name)
            return source, work.operators.get(source.operator_id).slug

    def all(self) -> list[tuple[Source, str]]:
        """Return all sources with their operators' slugs, by name."""
        with self._database.reading() as work:
            return [(source, work.operators.get(source.operator_id).slug) for source in work.feeds.sources()]

    def runs(self, name: str, n: int = 20) -> list[ImportRun]:
        """Return the reports of a source, newest first; raises NotFound when nothing of that name was ever imported."""
        with self._database.reading() as work:
            runs = work.feeds.runs(name)[:n]
            if not runs:
                raise NotFound(f"Nothing was imported from {name!r} yet: `learncity source list` names the sources.")
            return runs

    def run(self, run_id: int) -> ImportRun:
        """Return one kept report; raises NotFound."""
        with self._database.reading() as work:
            run = work.feeds.run(run_id)
            if run is None:
                raise NotFound(f"No report has the number {run_id}: `learncity source reports NAME` lists them.")
            return run


def _unknown(name: str) -> NotFound:
    return NotFound(f"No source is called {name!r}: `learncity source list` names them.")
