"""From the outbox into the index: claim, read the current row, write, and only then mark exactly the claimed rows done.

Owns: the six steps, what becomes of a row that fails, and the fresh look at offerings of which a meeting ended. A kill
between any two steps repeats work and loses nothing. Called by the worker's loop, by `learncity index sync` and tests.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from city.clock import Clock
from city.errors import LearncityError
from city.model import Consumer, OutboxMessage
from city.store.database import Database
from indexer.changes import BATCH, current, fresh_until, put_fresh_until, surroundings_of
from indexer.engines.protocol import Applied, SearchEngine

LOOK_AT_ENDED_EVERY = timedelta(seconds=30)

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Synced:
    """What a round, or several, did: messages settled, offerings written or taken out, and what failed and why."""

    messages: int = 0
    written: int = 0
    taken_out: int = 0
    failed: Mapping[int, str] = field(default_factory=dict)

    def __add__(self, other: Synced) -> Synced:
        return Synced(
            self.messages + other.messages,
            self.written + other.written,
            self.taken_out + other.taken_out,
            {**self.failed, **other.failed},
        )

    def sentence(self) -> str:
        """Say it, "" when there was nothing to do."""
        if not (self.written or self.taken_out or self.failed):
            return ""
        said = f"{self.written} offerings indexed, {self.taken_out} taken out"
        return f"{said}, {len(self.failed)} failed: {next(iter(self.failed.values()))}" if self.failed else said


class IndexSync:
    """The consumer of the index's outbox rows; one process has one.

    `clock` is the catalogue's (what is over), `system_clock` real time (claims and delays).
    """

    def __init__(self, database: Database, engine: SearchEngine, *, clock: Clock, system_clock: Clock) -> None:
        self._database = database
        self._engine = engine
        self._clock = clock
        self._system_clock = system_clock
        self._looked_at: datetime | None = None

    def release_claims(self) -> None:
        """Take back what an indexer that died had claimed; called once at the start."""
        with self._database.writing() as work:
            work.outbox.release_claims(Consumer.INDEX)
            work.commit()

    def drain(self, progress: Progress | None = None) -> Synced:
        """Settle all messages that can be settled now."""
        total = Synced()
        while True:
            done = self.once()
            total += done
            if progress:
                progress(total.messages, total.messages + self._waiting())
            if not done.messages:
                return total

    def once(self) -> Synced:
        """Settle one batch; raises SearchUnavailable or IndexLocked, then every claim was given back."""
        messages = self._claim()
        now = self._clock.now()
        ended = self._ended(now)
        if not messages and not ended:
            return Synced()
        try:
            done = self._settle(messages, self._write([message.offering_id for message in messages], messages, now))
            for start in range(0, len(ended), BATCH):
                done += self._write(ended[start : start + BATCH], (), now)
        except LearncityError:
            self._give_back(messages)
            raise
        if ended:
            self._keep_looked_at(now)
        return done

    def _claim(self) -> list[OutboxMessage]:
        with self._database.reading() as work:
            if not work.outbox.waiting(Consumer.INDEX)[0]:
                return []
        with self._database.writing() as work:
            messages = work.outbox.claim(Consumer.INDEX, self._system_clock.now(), BATCH)
            work.commit()
            return messages

    def _ended(self, now: datetime) -> list[int]:
        """Return offerings of which a meeting was over since the last look; their rows did not change."""
        if self._looked_at is not None and now - self._looked_at < LOOK_AT_ENDED_EVERY:
            return []
        with self._database.reading() as work:
            since = self._looked_at or fresh_until(work)
            ended = work.offerings.ended_between(since, now) if since else []
        if since is None:
            self._keep_looked_at(now)
        elif not ended:
            self._looked_at = now  # kept in the process alone: to look at the same span again is harmless
        return ended

    def _keep_looked_at(self, now: datetime) -> None:
        with self._database.writing() as work:
            put_fresh_until(work, now)
            work.commit()
        self._looked_at = now

    def _write(self, offering_ids: Iterable[int], messages: Iterable[OutboxMessage], now: datetime) -> Synced:
        """Write the offerings as they are now; the index has them when this returns."""
        ids = list(dict.fromkeys(offering_ids))
        if not ids:
            return Synced()
        erased: dict[int, int] = {}
        for message in messages:
            erased[message.offering_id] = max(message.version, erased.get(message.offering_id, 0))
        found = current(self._database, ids, now, surroundings_of(self._database), erased)
        applied = self._engine.apply(found.changes) if found.changes else Applied(frozenset())
        written = sum(1 for change in found.changes if change.document and change.offering_id in applied.done)
        return Synced(0, written, len(applied.done) - written, {**found.failed, **applied.failed})

    def _settle(self, messages: list[OutboxMessage], done: Synced) -> Synced:
        """Mark the claimed messages done, but give back those of offerings that failed."""
        now = self._system_clock.now()
        good = [message.id for message in messages if message.offering_id not in done.failed]
        with self._database.writing() as work:
            work.outbox.done(good, now)
            for offering_id, reason in done.failed.items():
                bad = [message.id for message in messages if message.offering_id == offering_id]
                work.outbox.failed(bad, now, reason)
            work.commit()
        return Synced(len(good), done.written, done.taken_out, done.failed)

    def _give_back(self, messages: list[OutboxMessage]) -> None:
        with self._database.writing() as work:
            work.outbox.give_back([message.id for message in messages])
            work.commit()

    def _waiting(self) -> int:
        with self._database.reading() as work:
            return work.outbox.waiting(Consumer.INDEX)[0]
