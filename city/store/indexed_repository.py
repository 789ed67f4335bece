"""Offerings as the index needs them, read as plain rows: one query for each table, no object of the session.

Owns: the one way to read many offerings for documents. A batch costs eight queries, whatever it holds; of the
meetings only those still to come are read, and the titles of all. Refuses nothing: an id that is not there is left out.
Called through `UnitOfWork.indexed_offerings`, by the indexer.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from city.localised import LocalisedText
from city.model import ClassSession, Offering, OfferingTopic, Operator, Run, Stop, Venue
from city.model.indexed import (
    IndexedMeeting,
    IndexedOffering,
    IndexedOperator,
    IndexedRun,
    IndexedStop,
    IndexedVenue,
)

T = TypeVar("T")

OF_OFFERING = (
    Offering.id,
    Offering.version,
    Offering.kind,
    Offering.status,
    Offering.operator_id,
    Offering.venue_id,
    Offering.merged_into_id,
    Offering.title,
    Offering.summary,
    Offering.description,
    Offering.bring,
    Offering.transcript,
    Offering.languages,
    Offering.audiences,
    Offering.attendance,
    Offering.always_open,
    Offering.price_tiers,
    Offering.access_features,
    Offering.picture,
    Offering.created_at,
    Offering.published_at,
)
"""Named as the fields of IndexedOffering are."""


class IndexedOfferings:
    """Offerings for documents, by id."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def many(self, offering_ids: Sequence[int], now: datetime) -> list[IndexedOffering]:
        """Return the offerings that exist, in the order of `offering_ids`, with their meetings not over at `now`."""
        rows = {row.id: row for row in self._rows(select(*OF_OFFERING).where(Offering.id.in_(offering_ids)))}
        operators = self._operators({row.operator_id for row in rows.values()})
        venues = self._venues({row.venue_id for row in rows.values() if row.venue_id is not None})
        topics, runs, stops = self._topics(offering_ids), self._runs(offering_ids, now), self._stops(offering_ids)
        return [
            IndexedOffering(
                **row._mapping,
                operator=operators[row.operator_id],
                venue=venues.get(row.venue_id),
                topics_in_order=topics[id_],
                runs=runs[id_],
                stops=stops[id_],
            )
            for id_ in offering_ids
            if (row := rows.get(id_)) is not None
        ]

    def _operators(self, ids: Iterable[int]) -> dict[int, IndexedOperator]:
        query = select(Operator.id, Operator.name).where(Operator.id.in_(sorted(ids)))
        return {row.id: IndexedOperator(row.name) for row in self._rows(query)}

    def _venues(self, ids: Iterable[int]) -> dict[int, IndexedVenue]:
        columns = (Venue.name, Venue.area_id, Venue.latitude, Venue.longitude, Venue.access_features)
        query = select(Venue.id, *columns).where(Venue.id.in_(sorted(ids)))
        return {row[0]: IndexedVenue(*row[1:]) for row in self._rows(query)}

    def _topics(self, offering_ids: Sequence[int]) -> Mapping[int, Sequence[str]]:
        query = select(OfferingTopic.offering_id, OfferingTopic.topic_id).order_by(OfferingTopic.position)
        return self._grouped(query.where(OfferingTopic.offering_id.in_(offering_ids)), str)

    def _stops(self, offering_ids: Sequence[int]) -> Mapping[int, Sequence[IndexedStop]]:
        columns = (Stop.venue_id, Stop.name, Stop.text, Stop.latitude, Stop.longitude)
        query = select(Stop.offering_id, *columns).order_by(Stop.position)
        return self._grouped(query.where(Stop.offering_id.in_(offering_ids)), IndexedStop)

    def _runs(self, offering_ids: Sequence[int], now: datetime) -> Mapping[int, Sequence[IndexedRun]]:
        meetings, titles = self._meetings(offering_ids, now), self._titles(offering_ids)
        query = select(Run.offering_id, Run.id, Run.cancelled, Run.seat_count, Run.taken_count).order_by(Run.id)
        return self._grouped(
            query.where(Run.offering_id.in_(offering_ids)),
            lambda id_, cancelled, seats, taken: IndexedRun(cancelled, seats, taken, meetings[id_], titles[id_]),
        )

    def _meetings(self, offering_ids: Sequence[int], now: datetime) -> Mapping[int, Sequence[IndexedMeeting]]:
        """Return run → its meetings that are not over, day by day."""
        hours = (ClassSession.starts_local, ClassSession.ends_local, ClassSession.starts_at, ClassSession.over_at)
        query = _of_runs(select(ClassSession.run_id, ClassSession.held_on, *hours), offering_ids)
        return self._grouped(query.where(ClassSession.over_at > now), IndexedMeeting)

    def _titles(self, offering_ids: Sequence[int]) -> Mapping[int, Sequence[LocalisedText]]:
        """Return run → the titles of those of its meetings that have one, day by day."""
        query = _of_runs(select(ClassSession.run_id, ClassSession.title), offering_ids)
        return self._grouped(query.where(ClassSession.title != LocalisedText()), LocalisedText)

    def _rows(self, query: Any) -> Any:
        """The rows as the connection gives them: the session would look at each again for objects it might hold."""
        return self._session.connection().execute(query).all()

    def _grouped(self, query: Any, made: Callable[..., T]) -> Mapping[int, Sequence[T]]:
        """Return what is made of the rows by their first column; nothing for what has no row."""
        found: defaultdict[int, list[T]] = defaultdict(list)
        for row in self._rows(query):
            found[row[0]].append(made(*row[1:]))
        return found


def _of_runs(query: Any, offering_ids: Sequence[int]) -> Any:
    """Meetings of the offerings' runs, in the order in which a Run has them."""
    of_offerings = query.join(Run, Run.id == ClassSession.run_id).where(Run.offering_id.in_(offering_ids))
    return of_offerings.order_by(ClassSession.held_on, ClassSession.id)
