"""What can be suggested now: every listable offering with what the rules of candidates ask, as arrays.

Owns: reading the live catalogue, whole or only what changed. Refuses: nothing; what is not stated is empty or NaN.
Called by: refreshing, which keeps it current; candidates, ranking, reranking and reasons, which look at it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property

import numpy as np
import numpy.typing as npt
from scipy import sparse

from city.model import Attendance, Audience, Offering, Run
from city.store.unit_of_work import UnitOfWork
from recommender.interactions import Days, Mask, Vector
from recommender.offering_facts import OfferingFacts, days_of, facts_of

ALWAYS = float("inf")
NO_AGE_LIMIT = 200
TIE_FACTOR = 2654435761


@dataclass(frozen=True)
class LiveOffering:
    """One offering as lists see it. Instants are days since 1970 UTC; `over_days` is when nobody can join any more,
    `starts_on` the local day on which the next Run with a place left begins, None when none is to begin."""

    facts: OfferingFacts
    kind: str
    operator_id: int
    venue_id: int | None
    topics: tuple[str, ...]
    audiences: frozenset[str]
    age_min: int
    age_max: int
    position: tuple[float, float] | None
    district_id: str | None
    under_served: bool
    attendance: str
    has_seats: bool
    starts_on: date | None
    over_days: float
    published_days: float

    @property
    def offering_id(self) -> int:
        return self.facts.offering_id


@dataclass(frozen=True)
class LiveOfferings:
    """All of them in one order, which every vector of a list follows."""

    offerings: tuple[LiveOffering, ...]

    def __len__(self) -> int:
        return len(self.offerings)

    @cached_property
    def ids(self) -> npt.NDArray[np.int64]:
        """(n_live,) int64."""
        return np.asarray([each.offering_id for each in self.offerings], dtype=np.int64)

    @cached_property
    def column(self) -> Mapping[int, int]:
        """Offering id → place."""
        return {each.offering_id: place for place, each in enumerate(self.offerings)}

    @cached_property
    def kinds(self) -> npt.NDArray[np.str_]:
        return np.asarray([each.kind for each in self.offerings], dtype=np.str_)

    @cached_property
    def operators(self) -> npt.NDArray[np.int64]:
        return np.asarray([each.operator_id for each in self.offerings], dtype=np.int64)

    @cached_property
    def directions(self) -> npt.NDArray[np.float64]:
        """Unit vectors from the middle of the earth (n_live, 3), NaN where the position is unknown."""
        return directions_of([each.position or (np.nan, np.nan) for each in self.offerings])

    @cached_property
    def anywhere(self) -> Mask:
        """Whether distance does not matter: it can be joined from home, or nobody knows where it is."""
        found = [each.attendance != Attendance.IN_PERSON or each.position is None for each in self.offerings]
        return np.asarray(found, dtype=bool)

    @cached_property
    def over_days(self) -> Days:
        return np.asarray([each.over_days for each in self.offerings], dtype=np.float64)

    @cached_property
    def published_days(self) -> Days:
        return np.asarray([each.published_days for each in self.offerings], dtype=np.float64)

    @cached_property
    def has_seats(self) -> Mask:
        return np.asarray([each.has_seats for each in self.offerings], dtype=bool)

    @cached_property
    def under_served(self) -> Mask:
        return np.asarray([each.under_served for each in self.offerings], dtype=bool)

    @cached_property
    def for_everyone(self) -> Mask:
        """Whether it is meant for everyone; nothing stated means the same."""
        return np.asarray([_for_everyone(each.audiences) for each in self.offerings], dtype=bool)

    @cached_property
    def by_audience(self) -> Mapping[str, Mask]:
        """Audience → which offerings name it."""
        named = {audience for each in self.offerings for audience in each.audiences}
        return {name: np.asarray([name in each.audiences for each in self.offerings], dtype=bool) for name in named}

    @cached_property
    def ages(self) -> npt.NDArray[np.int64]:
        """Youngest and oldest (n_live, 2)."""
        return np.asarray([(each.age_min, each.age_max) for each in self.offerings], dtype=np.int64).reshape(-1, 2)

    @cached_property
    def ties(self) -> npt.NDArray[np.int64]:
        """A fixed number of each offering by which equal scores are ordered, not its age (Knuth's hash)."""
        return (self.ids * TIE_FACTOR) % 2**32

    @cached_property
    def topics(self) -> sparse.csr_array:
        """Which topics each names (n_live, n_topics) CSR of ones, in the order of `topic_column`."""
        cells = [self.topic_column[topic] for each in self.offerings for topic in each.topics]
        starts = np.cumsum([0, *(len(each.topics) for each in self.offerings)])
        shape = (len(self), len(self.topic_column))
        return sparse.csr_array((np.ones(len(cells), dtype=np.float32), cells, starts), shape=shape)

    @cached_property
    def by_topic(self) -> sparse.csc_array:
        """The same by topic (n_live, n_topics) CSC."""
        return sparse.csc_array(self.topics)

    @cached_property
    def topic_counts(self) -> Vector:
        """How many topics each names (n_live,)."""
        counts: Vector = np.diff(self.topics.indptr).astype(np.float32)
        return counts

    @cached_property
    def topic_column(self) -> Mapping[str, int]:
        """Topic → its column in `topics`."""
        return {name: n for n, name in enumerate(sorted({topic for each in self.offerings for topic in each.topics}))}

    def topics_of(self, offering_id: int) -> tuple[str, ...]:
        """The topics of an offering, the main one first; of one that is not live any more none are known."""
        place = self.column.get(offering_id)
        return self.offerings[place].topics if place is not None else ()

    def sharing_topics(self, offering_ids: Sequence[int], none: float = np.nan) -> Vector:
        """Share of topics each has in common with the most alike of these (n_live,), `none` where there is none."""
        most = np.zeros(len(self), dtype=np.float32)
        for topics in {self.topics_of(each) for each in offering_ids} - {()}:
            wanted = np.zeros(len(self.topic_column), dtype=np.float32)
            wanted[[self.topic_column[topic] for topic in topics]] = 1
            common = self.topics @ wanted
            np.maximum(most, common / (self.topic_counts + np.float32(len(topics)) - common), out=most)
        return most if none == 0 else np.where(most > 0, most, np.float32(none))

    def about(self, topic: str) -> Mask:
        """Which of them name a topic (n_live,)."""
        mask = np.zeros(len(self), dtype=bool)
        if (column := self.topic_column.get(topic)) is not None:
            mask[self.by_topic.indices[self.by_topic.indptr[column] : self.by_topic.indptr[column + 1]]] = True
        return mask

    def read(self) -> "LiveOfferings":
        """Lay out all arrays now, so that no request has to wait for them."""
        for name, each in vars(type(self)).items():
            if isinstance(each, cached_property):
                getattr(self, name)
        return self

    def updated(self, changed: Iterable[LiveOffering], gone: Iterable[int]) -> "LiveOfferings":
        """The same with some read again and some gone, in order of id."""
        by_id = {each.offering_id: each for each in self.offerings}
        by_id.update((each.offering_id, each) for each in changed)
        for offering_id in gone:
            by_id.pop(offering_id, None)
        return LiveOfferings(tuple(by_id[each] for each in sorted(by_id)))


def read_all(work: UnitOfWork, now: datetime) -> LiveOfferings:
    """Read everything that is listable at `now`, in bounded batches."""
    areas = work.areas.all()  # kept until the end, so that no offering asks for its district again
    found = [
        live_offering(offering, now)
        for batch in work.offerings.in_batches()
        for offering in batch
        if offering.is_listable(now)
    ]
    del areas
    return LiveOfferings(tuple(found))


def read_some(work: UnitOfWork, now: datetime, offering_ids: Sequence[int]) -> tuple[list[LiveOffering], set[int]]:
    """Read some again: those that are listable, and the ids of those that are not (any more)."""
    areas = work.areas.all()
    found = [live_offering(each, now) for each in work.offerings.many(offering_ids) if each.is_listable(now)]
    del areas
    return found, set(offering_ids) - {each.offering_id for each in found}


def live_offering(offering: Offering, now: datetime) -> LiveOffering:
    """Take from an offering that was loaded whole what lists ask of it."""
    district = offering.venue.area.district() if offering.venue and offering.venue.area else None
    return LiveOffering(
        facts=facts_of(offering, now),
        kind=str(offering.kind),
        operator_id=offering.operator_id,
        venue_id=offering.venue_id,
        topics=tuple(offering.topic_ids()),
        audiences=frozenset(offering.audiences),
        age_min=offering.age_min or 0,
        age_max=offering.age_max if offering.age_max is not None else NO_AGE_LIMIT,
        position=_position(offering),
        district_id=district.id if district else None,
        under_served=bool(district and district.under_served),
        attendance=str(offering.attendance),
        has_seats=offering.has_seats(now),
        starts_on=_begins_on(offering, now),
        over_days=ALWAYS if offering.always_open else _joinable_until(offering, now),
        published_days=days_of(offering.published_at or offering.created_at),
    )


def directions_of(points: Sequence[tuple[float, float]]) -> npt.NDArray[np.float64]:
    """Unit vectors (n, 3) of (latitude, longitude) in degrees: their products are cosines of great-circle angles."""
    latitude, longitude = np.radians(np.asarray(points, dtype=np.float64).reshape(-1, 2)).T
    flat = np.cos(latitude)
    return np.column_stack([flat * np.cos(longitude), flat * np.sin(longitude), np.sin(latitude)])


def _joinable_until(offering: Offering, now: datetime) -> float:
    """The last instant at which somebody could join: a Run's enrolment closes, or it is over."""
    ahead = [run for run in offering.runs if not run.cancelled and not run.is_over(now)]
    return max(days_of(_last_chance(run)) for run in ahead)


def _last_chance(run: Run) -> datetime:
    over = max(meeting.over_at for meeting in run.class_sessions)
    return min(over, run.enrol_closes_at) if run.enrol_closes_at is not None else over


def _begins_on(offering: Offering, now: datetime) -> date | None:
    """The first day of the next Run that has not begun and has a place left."""
    joinable = [run for run in offering.runs if run.class_sessions and not run.cancelled and not run.is_full()]
    firsts = [min(run.class_sessions, key=lambda meeting: meeting.over_at) for run in joinable]
    return min((first.held_on for first in firsts if not first.is_over(now)), default=None)


def _position(offering: Offering) -> tuple[float, float] | None:
    """The venue's, or a route's first stop that has one."""
    if offering.venue is not None and (found := offering.venue.position()) is not None:
        return found
    stops = [(stop.latitude, stop.longitude) for stop in offering.stops]
    return next(((lat, lon) for lat, lon in stops if lat is not None and lon is not None), None)


def _for_everyone(audiences: frozenset[str]) -> bool:
    return not audiences or Audience.EVERYONE in audiences
