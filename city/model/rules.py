"""What "upcoming", "over", "full", "free" and "listable" mean, for mapped rows and for what is read for the index.

Owns: the rules themselves, as methods that a class inherits when it has the columns they look at. Knows no database
and no clock: `now` is passed in. Inherited by `city.model.catalogue` and `city.model.indexed`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time
from typing import Any, Protocol, TypeVar

from city.terms import Daypart, Kind, Price, Status, daypart_of

# all read-only, so that a mapped column and a frozen field both meet them


class Meeting(Protocol):
    """What the rules look at of a meeting."""

    @property
    def held_on(self) -> date: ...
    @property
    def starts_local(self) -> time | None: ...
    @property
    def over_at(self) -> datetime: ...
    def is_over(self, now: datetime) -> bool: ...


M = TypeVar("M", bound=Meeting)
M_co = TypeVar("M_co", bound=Meeting, covariant=True)


class RunWithMeetings(Protocol[M_co]):
    """What the rules look at of a run."""

    @property
    def cancelled(self) -> bool: ...
    @property
    def seat_count(self) -> int | None: ...
    @property
    def taken_count(self) -> int: ...
    @property
    def class_sessions(self) -> Sequence[M_co]: ...
    def seats_left(self) -> int | None: ...
    def is_full(self) -> bool: ...
    def is_over(self, now: datetime) -> bool: ...


class House(Protocol):
    """What the rules look at of a venue."""

    @property
    def access_features(self) -> Sequence[str]: ...


class OfferingWithRuns(Protocol[M_co]):
    """What the rules look at of an offering."""

    @property
    def kind(self) -> str: ...
    @property
    def status(self) -> str: ...
    @property
    def merged_into_id(self) -> int | None: ...
    @property
    def always_open(self) -> bool: ...
    @property
    def price_tiers(self) -> Sequence[Any]: ...
    @property
    def prices(self) -> tuple[Price, ...]: ...
    @property
    def access_features(self) -> Sequence[str]: ...
    @property
    def venue(self) -> House | None: ...
    @property
    def runs(self) -> Sequence[RunWithMeetings[M_co]]: ...
    def meetings(self) -> Sequence[M_co]: ...
    def upcoming_meetings(self, now: datetime) -> Sequence[M_co]: ...
    def is_over(self, now: datetime) -> bool: ...


class Located(Protocol):
    """What the rules look at of what may have a place."""

    @property
    def latitude(self) -> float | None: ...
    @property
    def longitude(self) -> float | None: ...


class VenueRules:
    """Where a venue is."""

    __slots__ = ()

    def position(self: Located) -> tuple[float, float] | None:
        """Return (latitude, longitude) in WGS84 degrees, or None when unknown."""
        if self.latitude is None or self.longitude is None:
            return None
        return self.latitude, self.longitude


class MeetingRules:
    """When a meeting is over, and on which weekday and in which part of the day it is."""

    __slots__ = ()

    def is_over(self: Meeting, now: datetime) -> bool:
        return self.over_at <= now

    def weekday(self: Meeting) -> int:
        """Return 0 for Monday to 6 for Sunday."""
        return self.held_on.weekday()

    def daypart(self: Meeting) -> Daypart | None:
        """Return the daypart of the start, None when the hour is not stated."""
        return daypart_of(self.starts_local) if self.starts_local is not None else None


class RunRules:
    """How many places are left in a run, and whether it is over."""

    __slots__ = ()

    def seats_left(self: RunWithMeetings[Meeting]) -> int | None:
        """Return the number of free places, or None when nobody counts them."""
        return None if self.seat_count is None else max(0, self.seat_count - self.taken_count)

    def is_full(self: RunWithMeetings[Meeting]) -> bool:
        return self.seats_left() == 0

    def is_over(self: RunWithMeetings[Meeting], now: datetime) -> bool:
        return all(meeting.is_over(now) for meeting in self.class_sessions)


class OfferingRules:
    """Which meetings are still to come, what it costs, whether somebody could still come and may find it."""

    __slots__ = ()

    @property
    def prices(self: OfferingWithRuns[Meeting]) -> tuple[Price, ...]:
        return tuple(Price.from_json(row) for row in self.price_tiers)

    def is_free(self: OfferingWithRuns[Meeting]) -> bool | None:
        """True when every stated price is 0, False when one is not, None when none is stated."""
        return all(price.amount_minor == 0 for price in self.prices) if self.price_tiers else None

    def meetings(self: OfferingWithRuns[M]) -> list[M]:
        """Return all meetings of all runs that were not cancelled, soonest first; unknown hours come first of a day."""
        found = [meeting for run in self.runs if not run.cancelled for meeting in run.class_sessions]
        return sorted(found, key=lambda meeting: (meeting.held_on, meeting.starts_local or time(0)))

    def upcoming_meetings(self: OfferingWithRuns[M], now: datetime) -> list[M]:
        """Return the meetings that are not over at `now`, soonest first."""
        return [meeting for meeting in self.meetings() if not meeting.is_over(now)]

    def is_over(self: OfferingWithRuns[Meeting], now: datetime) -> bool:
        """True when nothing of it is still to come and it is not always open."""
        return not self.always_open and not self.upcoming_meetings(now)

    def is_listable(self: OfferingWithRuns[Meeting], now: datetime) -> bool:
        """True when a citizen may meet it in a list: published, not over, and no duplicate of another one."""
        return self.status == Status.PUBLISHED and self.merged_into_id is None and not self.is_over(now)

    def has_seats(self: OfferingWithRuns[Meeting], now: datetime) -> bool:
        """True when somebody could still come: no run asks for places, or an upcoming run has one left."""
        ahead = [run for run in self.runs if not run.cancelled and not run.is_over(now)]
        return not ahead or any(not run.is_full() for run in ahead)

    def features(self: OfferingWithRuns[Meeting]) -> set[str]:
        """Return the access features of the offering and of its venue; a route has only those of its own way.

        A lift in the house where a route begins takes nobody over the steps on the way.
        """
        house = self.venue.access_features if self.venue and self.kind != Kind.ROUTE else ()
        return set(self.access_features) | set(house)
