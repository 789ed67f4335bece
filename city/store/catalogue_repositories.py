"""Offerings, Topics, Operators and popularity in the database.

Owns: how an offering is loaded whole in few queries, and the lists that need no engine (the fallback of search).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select
from sqlalchemy.orm import Session, joinedload, selectinload

from city.errors import NotFound
from city.model import (
    ClassSession,
    Consumer,
    LocalisedText,
    Offering,
    OfferingPopularity,
    OfferingTopic,
    Operator,
    Run,
    Status,
    Topic,
    Venue,
)
from city.store.feed_repositories import Outbox

WHOLE = (
    joinedload(Offering.operator),
    joinedload(Offering.venue),
    selectinload(Offering.topic_links),
    selectinload(Offering.runs).selectinload(Run.class_sessions),
    selectinload(Offering.stops),
)


@dataclass(frozen=True)
class ListFilter:
    """What the database can answer by itself: kinds, areas, topics, a venue, instants between which it meets."""

    kinds: frozenset[str] = frozenset()
    area_ids: frozenset[str] = frozenset()
    topic_ids: frozenset[str] = frozenset()
    venue_id: int | None = None
    venue_ids: frozenset[int] | None = None
    operator_id: int | None = None
    from_at: datetime | None = None
    to_at: datetime | None = None
    exclude: frozenset[int] = field(default_factory=frozenset)


class OfferingTexts(NamedTuple):
    """What of an offering is shown on a list, in all its languages."""

    title: LocalisedText
    summary: LocalisedText


class Offerings:
    """Offerings by id, by source, and in plain lists."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def meeting(self, meeting_id: int) -> ClassSession | None:
        """Return one meeting with its run and offering."""
        query = select(ClassSession).where(ClassSession.id == meeting_id)
        return self._session.scalar(query.options(joinedload(ClassSession.run).joinedload(Run.offering)))

    def add(self, offering: Offering) -> None:
        self._session.add(offering)

    def find(self, offering_id: int) -> Offering | None:
        return self._session.scalar(select(Offering).where(Offering.id == offering_id).options(*WHOLE))

    def get(self, offering_id: int) -> Offering:
        """Return the offering whole or raise NotFound."""
        if (offering := self.find(offering_id)) is None:
            raise NotFound("There is no such offering.")
        return offering

    def many(self, offering_ids: Sequence[int]) -> list[Offering]:
        """Return the offerings that exist, whole, in the order of `offering_ids`."""
        rows = self._session.scalars(select(Offering).where(Offering.id.in_(offering_ids)).options(*WHOLE))
        by_id = {offering.id: offering for offering in rows}
        return [by_id[offering_id] for offering_id in offering_ids if offering_id in by_id]

    def in_batches(self, n: int = 500) -> Iterator[list[Offering]]:
        """Yield all offerings whole in order of id, `n` at a time; memory stays bounded."""
        last = 0
        while rows := list(
            self._session.scalars(
                select(Offering).where(Offering.id > last).order_by(Offering.id).limit(n).options(*WHOLE)
            )
        ):
            yield rows
            last = rows[-1].id
            for row in rows:
                self._session.expunge(row)

    def versions(self) -> dict[int, int]:
        """Return id → version of every offering."""
        return {row.id: row.version for row in self._session.execute(select(Offering.id, Offering.version))}

    def listable_versions(self, now: datetime) -> dict[int, int]:
        """Return id → version of every offering that may be found at `now`: what the index must hold, and no more."""
        found = self._listable(now, ListFilter()).subquery()
        rows = self._session.execute(
            select(Offering.id, Offering.version).where(Offering.id.in_(select(found.c.id))).order_by(Offering.id)
        )
        return {row.id: row.version for row in rows}

    def texts(self, offering_ids: Sequence[int]) -> dict[int, OfferingTexts]:
        """Return the titles and summaries of offerings in one query, for marking what a question found."""
        rows = self._session.execute(
            select(Offering.id, Offering.title, Offering.summary).where(Offering.id.in_(offering_ids))
        )
        return {row.id: OfferingTexts(row.title, row.summary) for row in rows}

    def published_at(self, offering_ids: set[int]) -> dict[int, datetime]:
        """Return offering → when it was published, of those that were."""
        rows = self._session.execute(
            select(Offering.id, Offering.published_at).where(Offering.id.in_(sorted(offering_ids)))
        )
        return {row.id: row.published_at for row in rows if row.published_at is not None}

    def count(self) -> int:
        return self._session.scalar(select(func.count()).select_from(Offering)) or 0

    def merged_into(self, offering_ids: Sequence[int]) -> list[Offering]:
        """Return the duplicates that any of the offerings stands for, whole."""
        query = select(Offering).where(Offering.merged_into_id.in_(offering_ids)).order_by(Offering.id)
        return list(self._session.scalars(query.options(*WHOLE)))

    def of_operator(self, operator_id: int) -> list[Offering]:
        """Return an operator's offerings whole, in order of id."""
        query = select(Offering).where(Offering.operator_id == operator_id).order_by(Offering.id)
        return list(self._session.scalars(query.options(*WHOLE)))

    def read_venue(self, offering: Offering) -> None:
        """Read an offering's venue again after its column was written."""
        self._session.refresh(offering, ["venue"])

    def in_review(self) -> list[Offering]:
        """Return the offerings that wait for a moderator, whole, in order of id."""
        query = select(Offering).where(Offering.status == Status.IN_REVIEW).order_by(Offering.id)
        return list(self._session.scalars(query.options(*WHOLE)))

    def newest_of_operator(self, operator_id: int, n: int) -> list[Offering]:
        """Return an operator's newest offerings whole, whatever their state."""
        query = select(Offering).where(Offering.operator_id == operator_id).order_by(Offering.id.desc()).limit(n)
        return list(self._session.scalars(query.options(*WHOLE)))

    def lately_over(self, operator_id: int, now: datetime, n: int) -> list[Offering]:
        """Return an operator's offerings whose last meeting is over, whole, those over last first."""
        last = func.max(ClassSession.over_at)
        over = select(Run.offering_id).join(ClassSession, ClassSession.run_id == Run.id)
        own = over.join(Offering, Offering.id == Run.offering_id).where(Offering.operator_id == operator_id)
        query = own.group_by(Run.offering_id).having(last <= now).order_by(last.desc(), Run.offering_id).limit(n)
        return self.many(list(self._session.scalars(query)))

    def last_of_operator(self, operator_id: int) -> Offering | None:
        """Return an operator's newest offering whole."""
        return next(iter(self.newest_of_operator(operator_id, 1)), None)

    def by_source(self, source: str, source_ids: Sequence[str]) -> dict[str, Offering]:
        """Return the offerings of one source by the source's own id."""
        rows = self._session.scalars(
            select(Offering).where(Offering.source == source, Offering.source_id.in_(source_ids)).options(*WHOLE)
        )
        return {str(offering.source_id): offering for offering in rows}

    def listable(
        self, now: datetime, wanted: ListFilter, *, n: int, offset: int = 0, newest_first: bool = False
    ) -> list[int]:
        """Return ids of listable offerings, soonest meeting first (always open ones last), or newest first."""
        found = self._listable(now, wanted)
        soonest = self._next_over_at(now)
        order: list[ColumnElement[Any]] = (
            [Offering.published_at.desc()] if newest_first else [soonest.is_(None), soonest.asc()]
        )
        return list(self._session.scalars(found.order_by(*order, Offering.id).limit(n).offset(offset)))

    def count_listable(self, now: datetime, wanted: ListFilter) -> int:
        found = self._listable(now, wanted).subquery()
        return self._session.scalar(select(func.count()).select_from(found)) or 0

    def count_listable_by_kind(self, now: datetime, wanted: ListFilter) -> dict[str, int]:
        """Return how many listable offerings of each kind there are."""
        found = self._listable(now, wanted).subquery()
        rows = self._session.execute(
            select(Offering.kind, func.count()).where(Offering.id.in_(select(found.c.id))).group_by(Offering.kind)
        )
        return {row[0]: row[1] for row in rows}

    def closing_soon(self, now: datetime, kind: str, *, n: int) -> list[int]:
        """Return ids of published offerings of a kind, those first whose enrolment ends next."""
        closes = func.min(Run.enrol_closes_at)
        query = (
            select(Run.offering_id)
            .join(Offering, Offering.id == Run.offering_id)
            .where(Offering.status == Status.PUBLISHED, Offering.merged_into_id.is_(None))
            .where(Offering.kind == kind, ~Run.cancelled)
            .where(Run.enrol_closes_at > now, or_(Run.enrol_opens_at.is_(None), Run.enrol_opens_at <= now))
            .where(or_(Run.seat_count.is_(None), Run.taken_count < Run.seat_count))
            .group_by(Run.offering_id)
            .order_by(closes, Run.offering_id)
            .limit(n)
        )
        return list(self._session.scalars(query))

    def ended_between(self, since: datetime, until: datetime) -> list[int]:
        """Return ids of offerings of which a meeting was over in (since, until]; their documents need a fresh look."""
        query = (
            select(Run.offering_id)
            .join(ClassSession, ClassSession.run_id == Run.id)
            .where(ClassSession.over_at > since, ClassSession.over_at <= until)
            .distinct()
            .order_by(Run.offering_id)
        )
        return list(self._session.scalars(query))

    def ids_around(
        self, *, venue_id: int | None = None, operator_id: int | None = None, topic_id: str | None = None
    ) -> list[int]:
        """Return ids of the offerings of a venue, an operator or a topic, whatever their state."""
        query = select(Offering.id).order_by(Offering.id)
        if venue_id is not None:
            query = query.where(Offering.venue_id == venue_id)
        if operator_id is not None:
            query = query.where(Offering.operator_id == operator_id)
        if topic_id is not None:
            query = query.where(_has_topic(frozenset({topic_id})))
        return list(self._session.scalars(query))

    def _listable(self, now: datetime, wanted: ListFilter) -> Select[int]:
        listed = (Offering.status == Status.PUBLISHED, Offering.merged_into_id.is_(None))
        query = select(Offering.id).where(*listed, *_conditions(wanted))
        meets = _meets(now, wanted.from_at, wanted.to_at)
        return query.where(or_(Offering.always_open, meets))

    def _next_over_at(self, now: datetime) -> Any:
        return (
            select(func.min(ClassSession.over_at))
            .join(Run, Run.id == ClassSession.run_id)
            .where(Run.offering_id == Offering.id, ~Run.cancelled, ClassSession.over_at > now)
            .correlate(Offering)
            .scalar_subquery()
        )


def _conditions(wanted: ListFilter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.kinds:
        found.append(Offering.kind.in_(sorted(wanted.kinds)))
    if wanted.area_ids:
        found.append(Offering.venue_id.in_(select(Venue.id).where(Venue.area_id.in_(sorted(wanted.area_ids)))))
    if wanted.topic_ids:
        found.append(_has_topic(wanted.topic_ids))
    if wanted.venue_id is not None:
        found.append(Offering.venue_id == wanted.venue_id)
    if wanted.venue_ids is not None:
        found.append(Offering.venue_id.in_(sorted(wanted.venue_ids)))
    if wanted.operator_id is not None:
        found.append(Offering.operator_id == wanted.operator_id)
    if wanted.exclude:
        found.append(Offering.id.not_in(sorted(wanted.exclude)))
    return found


def _has_topic(topic_ids: frozenset[str]) -> ColumnElement[bool]:
    return Offering.id.in_(select(OfferingTopic.offering_id).where(OfferingTopic.topic_id.in_(sorted(topic_ids))))


def _meets(now: datetime, from_at: datetime | None, to_at: datetime | None) -> ColumnElement[bool]:
    """A run that was not cancelled has a meeting that is not over, and that lies between the two instants."""
    meeting = [ClassSession.over_at > max(now, from_at) if from_at else ClassSession.over_at > now]
    if to_at is not None:
        meeting.append(func.coalesce(ClassSession.starts_at, ClassSession.over_at) <= to_at)
    return exists().where(and_(Run.offering_id == Offering.id, ~Run.cancelled, ClassSession.run_id == Run.id, *meeting))


class Topics:
    """The controlled list of topics; small enough to be read whole."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, topic: Topic) -> None:
        self._session.add(topic)

    def all(self) -> list[Topic]:
        return list(self._session.scalars(select(Topic).order_by(Topic.id)))

    def get(self, topic_id: str) -> Topic:
        """Return the topic or raise NotFound."""
        if (topic := self._session.get(Topic, topic_id)) is None:
            raise NotFound(f"There is no topic called {topic_id[:64]!r}.")
        return topic

    def with_children(self, topic_id: str) -> frozenset[str]:
        """Return the topic's id and those of its children."""
        children = self._session.scalars(select(Topic.id).where(Topic.parent_id == topic_id))
        return frozenset({topic_id, *children})


class Operators:
    """Operators by id and slug."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, operator: Operator) -> None:
        self._session.add(operator)

    def all(self) -> list[Operator]:
        return list(self._session.scalars(select(Operator).order_by(Operator.slug)))

    def by_slug(self, slug: str) -> Operator | None:
        return self._session.scalar(select(Operator).where(Operator.slug == slug))

    def get(self, operator_id: int) -> Operator:
        """Return the operator or raise NotFound."""
        if (operator := self._session.get(Operator, operator_id)) is None:
            raise NotFound("There is no such operator.")
        return operator


class Popularity:
    """How many people took up each offering lately."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def steps(self, offering_ids: Iterable[int]) -> dict[int, int]:
        """Return offering → step, of those that were counted."""
        counted = select(OfferingPopularity.offering_id, OfferingPopularity.step)
        rows = self._session.execute(counted.where(OfferingPopularity.offering_id.in_(list(offering_ids))))
        return {row.offering_id: row.step for row in rows}

    def all(self) -> dict[int, OfferingPopularity]:
        return {row.offering_id: row for row in self._session.scalars(select(OfferingPopularity))}

    def put(self, row: OfferingPopularity) -> None:
        """Keep a count; when its step changed, announce the offering to the index in the same transaction."""
        before = self._session.get(OfferingPopularity, row.offering_id)
        if (before.step if before else 0) != row.step:
            self._announce(row)
        self._session.merge(row)

    def _announce(self, row: OfferingPopularity) -> None:
        version = self._session.scalar(select(Offering.version).where(Offering.id == row.offering_id))
        if version is not None:
            Outbox(self._session).announce(row.offering_id, version, row.counted_at, [Consumer.INDEX])
