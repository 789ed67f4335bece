"""A new index beside the one that answers, while edits go on; swapped in one step when it equals the catalogue.

Owns: filling, replaying what changed meanwhile by comparing (id, version), and what is left to the normal consumer. The
sync of another process goes on writing the index that answers, until the last replay and the swap. A rebuild claims no
outbox row: whatever it cannot settle before the swap is announced anew, and what waited before it read the first row is
told by the new index already. Called by `learncity index rebuild`, and by upkeep when an index is missing, damaged or
made by another analysis.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime

from city.clock import Clock
from city.model import Consumer
from city.store.database import Database
from indexer.changes import fresh_until, in_batches, put_fresh_until
from indexer.engines.protocol import Change, Rebuild, SearchEngine

MOST_REPLAYS = 5
SETTLED_AT_ONCE = 500

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Rebuilt:
    """What the new index holds, how many changes were replayed, how many are left to the sync, and what failed."""

    documents: int = 0
    replayed: int = 0
    left_to_sync: int = 0
    failed: Mapping[int, str] = field(default_factory=dict)

    def sentence(self) -> str:
        said = f"The index was rebuilt: {self.documents} offerings"
        said += f", {self.replayed} changes replayed" if self.replayed else ""
        said += f", {self.left_to_sync} left to the sync" if self.left_to_sync else ""
        return f"{said}, {len(self.failed)} failed: {next(iter(self.failed.values()))}" if self.failed else f"{said}."


class Rebuilding:
    """One rebuild of an engine's index from the database."""

    def __init__(self, database: Database, engine: SearchEngine, clock: Clock) -> None:
        self._database = database
        self._engine = engine
        self._clock = clock
        self._replayed = 0
        self._failed: dict[int, str] = {}

    def run(self, progress: Progress | None = None) -> Rebuilt:
        """Build, replay, swap; on any fault the index that answers stays as it was. Raises SearchUnavailable."""
        began = self._clock.now()
        waiting = self._waiting()
        beside = self._engine.begin_rebuild()
        with ExitStack() as alone:
            try:
                self._fill(beside, began, progress or (lambda done, total: None))
                self._replay(beside)
                alone.enter_context(beside.alone())
                self._replay(beside)
                beside.commit()
            except BaseException:
                beside.abandon()
                raise
            return self._finish(began, waiting)

    def _finish(self, began: datetime, waiting: Mapping[int, int]) -> Rebuilt:
        """Settle what the new index tells, and leave the rest to the sync."""
        self._look_again_since(began)
        self._settle(waiting)
        held = self._engine.versions()
        return Rebuilt(len(held), self._replayed, self._announce(held), self._failed)

    def _fill(self, beside: Rebuild, now: datetime, progress: Progress) -> None:
        """Write everything that may be found; the rows of a batch are forgotten before the next is read."""
        with self._database.reading() as work:
            wanted = list(work.offerings.listable_versions(now))
        progress(0, len(wanted))
        self._write(beside, wanted, now, {}, progress)

    def _replay(self, beside: Rebuild) -> None:
        """Write what differs from the catalogue until nothing does, and a tombstone of what was erased lately."""
        self._add(beside, [Change(id_, version, None) for id_, version in self._erased({}).items()])
        for _ in range(MOST_REPLAYS):
            held = beside.versions()
            differing = self._differing(held)
            if not differing:
                return
            self._write(beside, differing, self._clock.now(), self._erased(held), lambda done, total: None)
            self._replayed += len(differing)

    def _write(
        self, beside: Rebuild, offering_ids: list[int], now: datetime, erased: Mapping[int, int], progress: Progress
    ) -> None:
        done = 0
        for found in in_batches(self._database, offering_ids, now, erased):
            self._failed |= found.failed
            self._add(beside, found.changes)
            done += len(found.changes) + len(found.failed)
            progress(done, len(offering_ids))

    def _add(self, beside: Rebuild, changes: list[Change]) -> None:
        if changes:
            self._failed |= beside.add(changes).failed

    def _differing(self, held: Mapping[int, int], *, also_failed: bool = False) -> list[int]:
        """Return offerings whose version in the index is not the catalogue's; those that failed only if asked for."""
        with self._database.reading() as work:
            wanted = work.offerings.listable_versions(self._clock.now())
        differing = {id_ for id_, version in wanted.items() if held.get(id_) != version} | (held.keys() - wanted.keys())
        return sorted(differing if also_failed else differing - self._failed.keys())

    def _erased(self, held: Mapping[int, int]) -> dict[int, int]:
        """Return what was erased with the version after its last: as the outbox tells, else after the one held."""
        with self._database.reading() as work:
            told = work.outbox.erased()
        return {id_: max(told.get(id_, 0), held.get(id_, 0) + 1) for id_ in told.keys() | held.keys()}

    def _waiting(self) -> dict[int, int]:
        """Messages that are committed now: the rows they tell of are read after this, so the new index holds them."""
        with self._database.reading() as work:
            return work.outbox.waiting_ids(Consumer.INDEX)

    def _settle(self, waiting: Mapping[int, int]) -> None:
        """Mark done what the new index tells; messages of offerings that failed stay with the sync."""
        told = [message for message, offering in waiting.items() if offering not in self._failed]
        with self._database.writing() as work:
            for start in range(0, len(told), SETTLED_AT_ONCE):
                work.outbox.done(told[start : start + SETTLED_AT_ONCE], self._clock.now())
            work.commit()

    def _look_again_since(self, began: datetime) -> None:
        """Meetings that ended while the index was built are to be looked at again by the sync."""
        with self._database.writing() as work:
            known = fresh_until(work)
            put_fresh_until(work, min(known, began) if known else began)
            work.commit()

    def _announce(self, held: Mapping[int, int]) -> int:
        """Tell the normal consumer of what changed between the last replay and the swap, and of what failed."""
        differing = self._differing(held, also_failed=True)
        if not differing:
            return 0
        erased, now = self._erased(held), self._clock.now()
        with self._database.writing() as work:
            versions = erased | work.offerings.versions()
            for offering_id in differing:
                work.outbox.announce(offering_id, versions[offering_id], now, [Consumer.INDEX])
            work.commit()
        return len(differing)
