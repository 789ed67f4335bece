"""Whether a Run gets in the way of what a person has booked: at the same time, or too near in time to get there.

Owns: `Clash` and how one is found. It is told and never refuses: somebody may want to leave early. An hour or a place
that nobody stated clashes with nothing it cannot be shown to. Called by the pages that ask for a place.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from city.distances import travel_minutes
from city.localised import LocalisedText
from city.model import Enrolment, RoomBooking, RoomBookingStatus, Run
from city.store.unit_of_work import UnitOfWork
from city.terms import Attendance

SECONDS_PER_MINUTE = 60
LONGEST_WAY = timedelta(days=1)
"""What lies further apart than this is never too near."""


@dataclass(frozen=True)
class Engagement:
    """Something a person goes to: when, where (None: unknown or at home), what it is called, and whose row it is."""

    title: LocalisedText
    starts_at: datetime
    ends_at: datetime
    position: tuple[float, float] | None
    enrolment_id: int | None = None
    room_booking_id: int | None = None


@dataclass(frozen=True)
class Clash:
    """One own engagement and the first meeting of the wanted run that it clashes with.

    `gap_minutes` lie between them, fewer than the `travel_minutes` it takes; both are None where they overlap.
    """

    own: Engagement
    wanted: Engagement
    gap_minutes: int | None = None
    travel_minutes: int | None = None

    @property
    def overlaps(self) -> bool:
        return self.gap_minutes is None


def clashes(work: UnitOfWork, citizen_id: int, run: Run, now: datetime) -> list[Clash]:
    """Return what of a citizen's live places and seats in study rooms the run clashes with, soonest first."""
    places = work.enrolments.live_of_citizen(citizen_id)
    last = max((meeting.ends_at for meeting in _meetings(run, now)), default=now)
    rooms = work.room_bookings.of_citizen_between(citizen_id, now, last + LONGEST_WAY)
    return clashes_among(places, rooms, run, now)


def clashes_among(places: Iterable[Enrolment], rooms: Iterable[RoomBooking], run: Run, now: datetime) -> list[Clash]:
    """Return what of these places and room bookings the run clashes with: those known to a browser, for one."""
    own = [each for place in places if place.is_live() and place.run_id != run.id for each in _of_place(place, now)]
    own += [_of_room(booking) for booking in rooms if booking.status == RoomBookingStatus.CONFIRMED]
    wanted = list(_meetings(run, now))
    found: dict[tuple[int | None, int | None], Clash] = {}
    for engagement in sorted(own, key=lambda each: each.starts_at):
        key = (engagement.enrolment_id, engagement.room_booking_id)
        for clash in (_clash(engagement, meeting) for meeting in wanted):
            if clash is not None:
                found.setdefault(key, clash)
    return list(found.values())


def _clash(own: Engagement, wanted: Engagement) -> Clash | None:
    """Return the clash of two engagements, None when there is time to get from one to the other."""
    first, second = sorted((own, wanted), key=lambda each: (each.starts_at, each.ends_at))
    gap = (second.starts_at - first.ends_at).total_seconds() / SECONDS_PER_MINUTE
    if gap < 0 or first.starts_at == second.starts_at:
        return Clash(own, wanted)
    needed = travel_minutes(first.position, second.position)
    if needed is None or needed <= gap:
        return None
    return Clash(own, wanted, gap_minutes=int(gap), travel_minutes=round(needed))


def _of_place(place: Enrolment, now: datetime) -> Iterator[Engagement]:
    return _meetings(place.run, now, enrolment_id=place.id)


def _meetings(run: Run, now: datetime, enrolment_id: int | None = None) -> Iterator[Engagement]:
    offering = run.offering
    goes_there = offering.venue is not None and offering.attendance != Attendance.ONLINE
    position = offering.venue.position() if goes_there and offering.venue else None
    for meeting in sorted(run.class_sessions, key=lambda each: each.over_at):
        if meeting.starts_at is not None and not meeting.cancelled and not meeting.is_over(now):
            yield Engagement(offering.title, meeting.starts_at, meeting.over_at, position, enrolment_id)


def _of_room(booking: RoomBooking) -> Engagement:
    room = booking.study_room
    return Engagement(room.name, booking.starts_at, booking.ends_at, room.venue.position(), room_booking_id=booking.id)
