"""Sources, import reports, the outbox and facts in the database."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.orm import Session, defer

from city.model import Consumer, DuplicatePair, Fact, ImportRun, Offering, OutboxMessage, Source, SourceRecord, Venue

CLAIM_EXPIRES = timedelta(seconds=60)
MOST_TRIES = 10


class Feeds:
    """Records of sources and the reports of their runs."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def records(self, source: str) -> dict[str, SourceRecord]:
        """Return all records of a source by the source's own id; their values are read when they are asked for."""
        query = select(SourceRecord).where(SourceRecord.source == source).options(defer(SourceRecord.record))
        return {row.source_id: row for row in self._session.scalars(query)}

    def read_values(self, source: str, source_ids: Sequence[str]) -> None:
        """Read the values of these records in one query: of most records of a feed nobody needs them."""
        query = select(SourceRecord).where(SourceRecord.source == source, SourceRecord.source_id.in_(source_ids))
        self._session.scalars(query.execution_options(populate_existing=True)).all()

    def source(self, name: str) -> Source | None:
        """Return a source by its name."""
        return self._session.get(Source, name)

    def add_source(self, source: Source) -> None:
        self._session.add(source)

    def sources(self, *, for_update: bool = False) -> list[Source]:
        """Return all sources by name, locked until the transaction ends when they are to be written."""
        query = select(Source).order_by(Source.name)
        return list(self._session.scalars(query.with_for_update() if for_update else query))

    def recurring(self) -> list[SourceRecord]:
        """Return the records whose meetings follow from a rule and that their source still holds."""
        query = select(SourceRecord).where(SourceRecord.recurs, SourceRecord.gone_at.is_(None))
        return list(self._session.scalars(query.order_by(SourceRecord.source, SourceRecord.source_id)))

    def record(self, source: str, source_id: str) -> SourceRecord | None:
        """Return what a source said last of one record."""
        return self._session.get(SourceRecord, (source, source_id))

    def duplicate_pairs(self) -> dict[tuple[int, int], DuplicatePair]:
        """Return all pairs that were ever found alike or decided on, by their two ids."""
        rows = self._session.scalars(select(DuplicatePair))
        return {(row.first_id, row.second_id): row for row in rows}

    def duplicate_pair(self, first_id: int, second_id: int) -> DuplicatePair | None:
        """Return one pair; `first_id` is the smaller."""
        return self._session.get(DuplicatePair, (first_id, second_id))

    def add_duplicate_pair(self, pair: DuplicatePair) -> None:
        self._session.add(pair)

    def present_count(self, source: str) -> int:
        """Return how many records (or venues, where those are the records) a source holds."""
        of_records = select(func.count()).where(SourceRecord.source == source, SourceRecord.gone_at.is_(None))
        of_venues = select(func.count()).where(Venue.source == source, Venue.gone_at.is_(None))
        return self._session.scalar(of_records) or self._session.scalar(of_venues) or 0

    def add_run(self, run: ImportRun) -> None:
        self._session.add(run)

    def runs(self, source: str) -> list[ImportRun]:
        """Return the runs of a source, newest first."""
        return list(
            self._session.scalars(select(ImportRun).where(ImportRun.source == source).order_by(ImportRun.id.desc()))
        )

    def run(self, run_id: int) -> ImportRun | None:
        return self._session.get(ImportRun, run_id)

    def all_runs(self, n: int = 50) -> list[ImportRun]:
        return list(self._session.scalars(select(ImportRun).order_by(ImportRun.id.desc()).limit(n)))


class Outbox:
    """Messages to consumers: claimed, worked on, then marked done; never read by "id greater than last"."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def announce(
        self, offering_id: int, version: int, now: datetime, consumers: Sequence[Consumer] = tuple(Consumer)
    ) -> None:
        for consumer in consumers:
            self._session.add(
                OutboxMessage(consumer=consumer, offering_id=offering_id, version=version, created_at=now)
            )

    def claim(self, consumer: Consumer, now: datetime, n: int = 200) -> list[OutboxMessage]:
        """Claim at most `n` waiting messages, oldest first; a claim older than a minute has expired.

        On PostgreSQL rows claimed by another transaction are skipped. Commit to keep the claim.
        """
        query = (
            select(OutboxMessage)
            .where(OutboxMessage.consumer == consumer, OutboxMessage.done_at.is_(None))
            .where(OutboxMessage.tries < MOST_TRIES)
            .where(or_(OutboxMessage.not_before.is_(None), OutboxMessage.not_before <= now))
            .where(or_(OutboxMessage.claimed_at.is_(None), OutboxMessage.claimed_at <= now - CLAIM_EXPIRES))
            .order_by(OutboxMessage.id)
            .limit(n)
            .with_for_update(skip_locked=True)
        )
        messages = list(self._session.scalars(query))
        for message in messages:
            message.claimed_at = now
        return messages

    def release_claims(self, consumer: Consumer) -> None:
        """Take back claims left by a consumer that died; called by the one consumer when it starts."""
        self._session.execute(
            update(OutboxMessage)
            .where(OutboxMessage.consumer == consumer, OutboxMessage.done_at.is_(None))
            .values(claimed_at=None)
        )

    def give_back(self, message_ids: Sequence[int]) -> None:
        """Take back the claim of exactly these messages, without counting a try: the engine itself did not answer."""
        self._session.execute(update(OutboxMessage).where(OutboxMessage.id.in_(message_ids)).values(claimed_at=None))

    def done(self, message_ids: Sequence[int], now: datetime) -> None:
        """Mark exactly these messages done."""
        self._session.execute(update(OutboxMessage).where(OutboxMessage.id.in_(message_ids)).values(done_at=now))

    def failed(self, message_ids: Sequence[int], now: datetime, error: str) -> None:
        """Give messages back with a growing delay; after MOST_TRIES tries they stay as dead letters."""
        for message in self._session.scalars(select(OutboxMessage).where(OutboxMessage.id.in_(message_ids))):
            message.tries += 1
            message.claimed_at = None
            message.not_before = now + timedelta(seconds=2**message.tries)
            message.last_error = error[:500]

    def waiting(self, consumer: Consumer) -> tuple[int, datetime | None]:
        """Return how many messages wait and since when the oldest one does."""
        query = select(func.count(), func.min(OutboxMessage.created_at)).where(
            OutboxMessage.consumer == consumer, OutboxMessage.done_at.is_(None), OutboxMessage.tries < MOST_TRIES
        )
        count, oldest = self._session.execute(query).one()
        return count, oldest

    def dead(self, consumer: Consumer) -> int:
        """Return how many messages were given up."""
        query = select(func.count()).where(
            OutboxMessage.consumer == consumer, OutboxMessage.done_at.is_(None), OutboxMessage.tries >= MOST_TRIES
        )
        return self._session.scalar(query) or 0

    def waiting_ids(self, consumer: Consumer) -> dict[int, int]:
        """Return message → offering of all that waits, also what another process has claimed."""
        query = select(OutboxMessage.id, OutboxMessage.offering_id).where(
            OutboxMessage.consumer == consumer, OutboxMessage.done_at.is_(None)
        )
        return {row[0]: row[1] for row in self._session.execute(query)}

    def waiting_for(self, consumer: Consumer, offering_ids: Sequence[int]) -> set[int]:
        """Return those of the offerings of which a message is still to be worked on (dead letters are not)."""
        query = select(OutboxMessage.offering_id).where(
            OutboxMessage.consumer == consumer,
            OutboxMessage.done_at.is_(None),
            OutboxMessage.tries < MOST_TRIES,
            OutboxMessage.offering_id.in_(offering_ids),
        )
        return set(self._session.scalars(query))

    def erased(self) -> dict[int, int]:
        """Return offering → last version of the offerings that messages tell of and the catalogue no longer holds."""
        query = (
            select(OutboxMessage.offering_id, func.max(OutboxMessage.version))
            .where(~select(Offering.id).where(Offering.id == OutboxMessage.offering_id).exists())
            .group_by(OutboxMessage.offering_id)
        )
        return {row[0]: row[1] for row in self._session.execute(query)}

    def purge_done(self, consumer: Consumer, before: datetime) -> int:
        """Erase a consumer's messages that were done before `before`; return how many."""
        statement = delete(OutboxMessage).where(OutboxMessage.consumer == consumer, OutboxMessage.done_at < before)
        return int(self._session.execute(statement).rowcount)  # type: ignore[attr-defined]

    def offerings_since(self, message_id: int) -> set[int]:
        """Return the offerings that messages from this id on tell of; ask with some overlap, for ids may come late."""
        query = select(OutboxMessage.offering_id).where(OutboxMessage.id >= message_id).distinct()
        return set(self._session.scalars(query))

    def settle_dead(self, consumer: Consumer, now: datetime) -> int:
        """Mark messages that were given up done, once what they told of is known to have arrived; return how many."""
        statement = (
            update(OutboxMessage)
            .where(OutboxMessage.consumer == consumer, OutboxMessage.done_at.is_(None))
            .where(OutboxMessage.tries >= MOST_TRIES)
            .values(done_at=now)
        )
        return int(self._session.execute(statement).rowcount)  # type: ignore[attr-defined]

    def last_id(self) -> int:
        """Return the newest message's id: a cheap mark that says whether anything changed."""
        return self._session.scalar(select(func.max(OutboxMessage.id))) or 0


class Facts:
    """Small named facts about the database."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def get(self, name: str) -> dict[str, Any] | None:
        fact = self._session.get(Fact, name)
        return fact.value if fact else None

    def put(self, name: str, value: dict[str, Any]) -> None:
        self._session.merge(Fact(name=name, value=value))
