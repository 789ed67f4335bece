"""Is the index equal to the catalogue? Drift as figures, and how it is healed.

Owns: what counts as drift (missing, extra, stale, double) and what does not (changes that still wait in the outbox).
Called every hour by the worker, at its start, and by `learncity index check [--repair]`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from city.clock import Clock
from city.model import Consumer
from city.store.database import Database
from indexer.changes import fresh_until, in_batches
from indexer.engines.protocol import SearchEngine
from indexer.rebuild import Rebuilding

LATE = timedelta(minutes=2)
"""So long may an offering that is over stay in the index, where no question finds it any more."""


@dataclass(frozen=True)
class Drift:
    """What differs: offerings not in the index, in it though nobody may find them, of another version, or twice."""

    compared: int = 0
    missing: frozenset[int] = frozenset()
    extra: frozenset[int] = frozenset()
    stale: frozenset[int] = frozenset()
    ahead: frozenset[int] = frozenset()
    """Those of the stale whose version the catalogue has not reached: it was restored from a backup."""
    double: int = 0

    @property
    def total(self) -> int:
        return len(self.missing) + len(self.extra) + len(self.stale) + self.double

    def figures(self) -> dict[str, Any]:
        return {
            "compared": self.compared,
            "missing": len(self.missing),
            "extra": len(self.extra),
            "stale": len(self.stale),
            "double": self.double,
        }

    def sentence(self) -> str:
        if not self.total:
            return f"The index equals the catalogue: {self.compared} offerings compared."
        counts = ", ".join(f"{count} {name}" for name, count in self.figures().items() if name != "compared" and count)
        return f"The index differs from the catalogue: {counts}, of {self.compared} compared."


class Reconciling:
    """Compares one engine's index with one catalogue, and heals it."""

    def __init__(self, database: Database, engine: SearchEngine, clock: Clock) -> None:
        self._database = database
        self._engine = engine
        self._clock = clock

    def find(self) -> Drift:
        """Compare (id, version) of both; what differs is looked at twice: edits go on. Raises SearchUnavailable."""
        first = self._compare()
        if not first.total:
            return first
        second = self._compare()
        return Drift(
            second.compared,
            self._not_waiting(first.missing & second.missing),
            self._not_waiting(first.extra & second.extra),
            stale := self._not_waiting(first.stale & second.stale),
            first.ahead & second.ahead & stale,
            min(first.double, second.double),
        )

    def heal(self, drift: Drift) -> Drift:
        """Bring the index back to the catalogue and return what still differs afterwards."""
        if drift.double or drift.ahead:  # a double has no name, and engines refuse a version older than they hold
            Rebuilding(self._database, self._engine, self._clock).run()
        elif drift.total:
            self._write_again(drift.missing | drift.stale | drift.extra)
        return self.find() if drift.total else drift

    def _compare(self) -> Drift:
        held = self._engine.versions()
        documents = self._engine.health().documents
        now = self._clock.now()
        with self._database.reading() as work:
            wanted = work.offerings.listable_versions(now)
            lately = work.offerings.listable_versions(self._lately(fresh_until(work), now))
        stale = {id_ for id_, version in wanted.items() if held.get(id_, version) != version}
        return Drift(
            compared=len(wanted.keys() | held.keys()),
            missing=frozenset(wanted.keys() - held.keys()),
            extra=frozenset(held.keys() - wanted.keys() - _same(lately, held)),
            stale=frozenset(stale),
            ahead=frozenset(id_ for id_ in stale if held[id_] > wanted[id_]),
            double=max(0, documents - len(held)),
        )

    def _lately(self, fresh: datetime | None, now: datetime) -> datetime:
        """An offering that was over since then may wait for its fresh look."""
        return min(fresh or now, now - LATE)

    def _not_waiting(self, offering_ids: Iterable[int]) -> frozenset[int]:
        ids = sorted(offering_ids)
        with self._database.reading() as work:
            waiting = {
                id_
                for start in range(0, len(ids), 500)
                for id_ in work.outbox.waiting_for(Consumer.INDEX, ids[start : start + 500])
            }
        return frozenset(ids) - waiting

    def _write_again(self, offering_ids: frozenset[int]) -> None:
        with self._database.reading() as work:
            known = offering_ids & work.offerings.versions().keys()
        for found in in_batches(self._database, sorted(known), self._clock.now()):
            self._engine.apply(found.changes)
        if unknown := offering_ids - known:
            self._engine.forget(unknown)


def _same(versions: Mapping[int, int], held: Mapping[int, int]) -> set[int]:
    return {id_ for id_, version in held.items() if versions.get(id_) == version}
