"""The one that keeps the index: starts it, drains the outbox into it, rebuilds it, compares it; one at a time.

Owns: when an index is rebuilt without being asked (missing, damaged, made by another analysis or for another time), and
what is said about it. The worker has one, whose loop and hourly check share it; each `learncity index` verb makes one.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import timedelta

from city.analysis import ANALYSIS_VERSION
from city.clock import Clock
from city.errors import SearchUnavailable
from city.model import Consumer
from city.store.database import Database
from indexer.changes import fresh_until
from indexer.engines.protocol import SearchEngine
from indexer.rebuild import Progress, Rebuilding, Rebuilt
from indexer.reconcile import Drift, Reconciling
from indexer.sync import IndexSync, Synced

DONE_MESSAGES_KEPT = timedelta(days=7)
CLOCK_MAY_GO_BACK = timedelta(hours=1)
ASKS_FOR_REBUILD = "learncity index rebuild"
"""What an engine's sentence names when its index is at fault, and does not when the engine itself is silent."""


@dataclass(frozen=True)
class Started:
    """What had to be done before the index could be kept: a sentence each for why it was rebuilt, and the drift."""

    rebuilt_because: str = ""
    rebuilt: Rebuilt | None = None
    drift: Drift | None = None

    def sentence(self) -> str:
        """Say it, "" when the index was as it should be."""
        if self.rebuilt is not None:
            reason = self.rebuilt_because.partition("; type:")[0].rstrip(".")  # nobody needs to type it any more
            return f"{reason}. {self.rebuilt.sentence()}"
        return f"{self.drift.sentence()} It was healed." if self.drift is not None and self.drift.total else ""


class IndexUpkeep:
    """Keeps one engine's index equal to one catalogue. Raises SearchUnavailable and IndexLocked, in sentences."""

    def __init__(self, database: Database, engine: SearchEngine, *, clock: Clock, system_clock: Clock) -> None:
        self._database = database
        self._engine = engine
        self._clock = clock
        self._system_clock = system_clock
        self._sync = IndexSync(database, engine, clock=clock, system_clock=system_clock)
        self._one_at_a_time = threading.Lock()

    def start(self, progress: Progress | None = None) -> Started:
        """Make the index usable: release claims of an indexer that died, rebuild where needed, else heal any drift."""
        with self._one_at_a_time:
            self._sync.release_claims()
            because = self.why_rebuild()
            if because:
                return Started(because, Rebuilding(self._database, self._engine, self._clock).run(progress))
            self._engine.ensure()
            reconciling = Reconciling(self._database, self._engine, self._clock)
            drift = reconciling.find()
            reconciling.heal(drift)
            return Started(drift=drift)

    def is_well(self) -> bool:
        """True when the engine answers from an index that fits the code and the catalogue's clock."""
        return not self.why_rebuild()

    def sync_once(self) -> Synced:
        """Settle one batch of the outbox."""
        with self._one_at_a_time:
            return self._sync.once()

    def sync(self, progress: Progress | None = None) -> Synced:
        """Settle everything that waits in the outbox."""
        with self._one_at_a_time:
            return self._sync.drain(progress)

    def rebuild(self, progress: Progress | None = None) -> Rebuilt:
        """Build the index anew beside the one that answers, and swap."""
        with self._one_at_a_time:
            return Rebuilding(self._database, self._engine, self._clock).run(progress)

    def check(self, *, repair: bool = False) -> tuple[Drift, Drift]:
        """Return the drift found and the drift left (the same without `repair`).

        A repair rebuilds an index that cannot serve; when nothing is left, messages that were given up are settled.
        """
        with self._one_at_a_time:
            reconciling = Reconciling(self._database, self._engine, self._clock)
            if repair and self.why_rebuild():
                Rebuilding(self._database, self._engine, self._clock).run()
            found = reconciling.find()
            left = reconciling.heal(found) if repair else found
            if repair and not left.total:
                self._settle_dead()
            return found, left

    def tidy(self) -> int:
        """Erase outbox rows done a week ago; return how many."""
        with self._database.writing() as work:
            purged = work.outbox.purge_done(Consumer.INDEX, self._system_clock.now() - DONE_MESSAGES_KEPT)
            work.commit()
            return purged

    def _settle_dead(self) -> None:
        with self._database.reading() as work:
            if not work.outbox.dead(Consumer.INDEX):
                return
        with self._database.writing() as work:
            work.outbox.settle_dead(Consumer.INDEX, self._system_clock.now())
            work.commit()

    def why_rebuild(self) -> str:
        """Say why the index cannot serve, "" when it can; raises SearchUnavailable when no rebuild would help."""
        health = self._engine.health()
        if not health.ok and ASKS_FOR_REBUILD not in health.sentence:
            raise SearchUnavailable(health.sentence)
        if not health.ok:
            return health.sentence
        if health.analysis_version != ANALYSIS_VERSION:
            made = health.analysis_version or "none"
            return f"The index was made by text analysis {made}, this is {ANALYSIS_VERSION}."
        with self._database.reading() as work:
            fresh = fresh_until(work)
        if fresh is not None and fresh > self._clock.now() + CLOCK_MAY_GO_BACK:
            return "The index was made for a later time than the catalogue's clock shows."
        return ""
