"""Seats of a study room by the hour: book, come, give back, take that back, and pass on what nobody came for.

Owns: the order of steps (permission, repeat of the same request, rules, one conditional UPDATE an hour, row, message)
and the limits: 4 hours a person and day, 4 people a booking (staff may book more), 14 days ahead. All hours or none.
A room whose seats nobody counts takes no bookings. Called by the pages of rooms, the desk and the worker.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from city.booking_numbers import new_number, read_number
from city.clock import Clock
from city.errors import InvalidInput, NotFound, PlaceRefused
from city.model import Citizen, RoomBooking, RoomBookingStatus, StudyRoom
from city.phones import phone_number
from city.services import message_words, room_words
from city.services.auditing import audit
from city.services.contacts import Asker, file_of, write_contact
from city.services.links import ROOM, Links
from city.services.permissions import Actor, Operation, Subject, require
from city.services.place_words import Said
from city.services.repeating import account_of, keep_answer, kept_answer
from city.services.room_hours import AN_HOUR, DAYS_AHEAD, days_to_book, is_hour_of
from city.services.telling import About, tell
from city.store.database import Database
from city.store.unit_of_work import UnitOfWork

MOST_HOURS_A_DAY = 4
MOST_IN_PARTY = 4
HELD_FOR = timedelta(minutes=15)
"""How long seats wait for whoever booked them, from the start or from the booking, whichever is later."""
COMES_FROM = timedelta(minutes=15)
"""How long before the start one may say that one is there."""
UNDO_WITHIN = timedelta(days=1)
MOST_AT_ONCE = 500
NO_SUCH_BOOKING = "This number and this telephone do not belong together."
COME = "come"
"""The purpose for which the token behind a room's QR code is signed."""


@dataclass(frozen=True)
class RoomBooked:
    """The answer to whoever booked: the booking, its number to quote, and the room."""

    room_booking_id: int
    number: str
    study_room_id: int


class RoomRefused(PlaceRefused):
    """A rule keeps somebody from seats of a study room; `said` is the sentence in both languages."""


class BookingRooms:
    """Use cases of study rooms, on one database and clock."""

    def __init__(self, database: Database, clock: Clock, links: Links) -> None:
        self._database = database
        self._clock = clock
        self._links = links

    def book(
        self, actor: Actor, study_room_id: int, starts_at: datetime, hours: int, *, key: str, asker: Asker
    ) -> RoomBooked:
        """Take seats for the party in `hours` hours from `starts_at` on, all of them or none.

        The same `key` sent again gets the same answer. Raises NotAllowed, NotFound, InvalidInput, RoomRefused,
        IdempotencyMismatch, or DatabaseUnavailable under too much load.
        """
        checked = asker.checked()
        wanted = _Wanted(study_room_id, starts_at.astimezone(UTC), hours)
        return self._database.retrying(lambda work: self._book(work, actor, wanted, key, checked))

    def cancel(self, actor: Actor, booking_id: int) -> RoomBooked:
        """Give the seats of all hours that are not over back; repeating it changes nothing.

        Raises NotAllowed or NotFound.
        """
        return self._database.retrying(lambda work: self._cancel(work, actor, booking_id))

    def undo_cancel(self, actor: Actor, booking_id: int) -> RoomBooked:
        """Take the seats again, within a day and before the start; repeating it changes nothing.

        Raises NotAllowed, NotFound, or RoomRefused when it is too late or the seats are gone.
        """
        return self._database.retrying(lambda work: self._undo_cancel(work, actor, booking_id))

    def come(self, actor: Actor, booking_id: int, *, token: str = "") -> RoomBooked:
        """Note that the person is there: by the token of the QR code in the room, or by staff without one.

        Raises NotAllowed, NotFound, or RoomRefused too early and when the seats went on.
        """
        return self._database.retrying(lambda work: self._come(work, actor, booking_id, token))

    def release_no_shows(self) -> int:
        """Pass on the seats of bookings nobody came to in 15 minutes, and tell them; return how many bookings."""
        with self._database.reading() as work:
            due = work.room_bookings.unclaimed(self._clock.now() - HELD_FOR, n=MOST_AT_ONCE)
        return sum(self._database.retrying(lambda work, id_=id_: self._release(work, id_)) for id_ in due)  # type: ignore[misc]

    def holder_of(self, number: str, phone: str) -> tuple[Actor, int]:
        """Return who holds the booking and its id; raises NotFound in the same words whichever of the two is wrong."""
        digits, given = read_number(number), phone_number(phone)
        with self._database.reading() as work:
            booking = work.room_bookings.by_number(digits)
            if booking is None or given not in {booking.contact_phone, booking.helper_phone, booking.citizen.phone}:
                raise NotFound(NO_SUCH_BOOKING)
            return Actor.holder(booking.citizen_id), booking.id

    def holder_by_link(self, token: str) -> tuple[Actor, int]:
        """Return who holds the booking whose unguessable link was opened, and its id; raises NotFound."""
        booking_id = int(self._links.tokens.read(ROOM, token))
        with self._database.reading() as work:
            found = work.room_bookings.many([booking_id])
        if not found:
            raise NotFound("There is no such booking.")
        return Actor.holder(found[0].citizen_id), booking_id

    def link_token(self, booking_id: int) -> str:
        """Return the unguessable end of the address of a booking's page."""
        return self._links.tokens.make(ROOM, str(booking_id))

    def token_for(self, study_room_id: int) -> str:
        """Return the end of the address behind the QR code that hangs in the room."""
        return self._links.tokens.make(COME, f"room:{study_room_id}")

    def room_of_token(self, token: str) -> int:
        """Return the room whose QR code it is; raises NotFound for any other token."""
        return int(self._links.tokens.read(COME, token).removeprefix("room:"))

    def _book(self, work: UnitOfWork, actor: Actor, wanted: _Wanted, key: str, asker: Asker) -> RoomBooked:
        room = self._room(work, wanted.study_room_id)
        require(actor, Operation.BOOK_ROOM, Subject(actor.citizen_id, room.venue.operator_id))
        account, request = account_of(actor, asker), wanted.essence() | asker.essence()
        if (kept := kept_answer(work, account, key, request)) is not None:
            return RoomBooked(**kept)
        seats = self._check(room, wanted, asker, actor)
        citizen = file_of(work, actor, asker, self._clock.now())
        self._refuse_beyond_limits(work, citizen, wanted)
        self._take(work, room, wanted.every_hour(), asker.party_size, seats)
        booking = self._write(work, actor, room, wanted, asker, citizen)
        booked = _answer(booking)
        keep_answer(work, account, key, request, asdict(booked), self._clock.now())
        work.commit()
        return booked

    def _check(self, room: StudyRoom, wanted: _Wanted, asker: Asker, actor: Actor) -> int:
        """Return the room's seats when the hours and the party are possible at all."""
        if room.seat_count is None:
            raise _refused("uncounted", room_words.uncounted())
        if not 1 <= wanted.hours <= MOST_HOURS_A_DAY:
            raise InvalidInput(
                "That is no number of hours.",
                field="hours",
                value=wanted.hours,
                remedy=f"a number from 1 to {MOST_HOURS_A_DAY}",
            )
        most = room.seat_count if actor.is_staff else min(MOST_IN_PARTY, room.seat_count)
        if asker.party_size > most:
            raise InvalidInput(
                "There is no room for so many people.",
                field="party_size",
                value=asker.party_size,
                remedy=f"a number from 1 to {most}",
            )
        self._refuse_other_hours(room, wanted)
        return room.seat_count

    def _refuse_other_hours(self, room: StudyRoom, wanted: _Wanted) -> None:
        zone = self._clock.zone
        if wanted.starts_at + AN_HOUR <= self._clock.now():
            raise _refused("over", room_words.over())
        if wanted.starts_at.astimezone(zone).date() > days_to_book(self._clock.today())[-1]:
            raise _refused("too_far", room_words.too_far(DAYS_AHEAD))
        for hour in wanted.every_hour():
            if not is_hour_of(room, hour, zone):
                raise _refused("closed", room_words.closed(hour.astimezone(zone)))

    def _refuse_beyond_limits(self, work: UnitOfWork, citizen: Citizen, wanted: _Wanted) -> None:
        """Refuse more hours a day than one person may have, and two seats at once; locks the citizen's row."""
        work.citizens.lock(citizen.id)
        zone = self._clock.zone
        day = wanted.starts_at.astimezone(zone).date()
        since = datetime.combine(day, time(0), tzinfo=zone)
        held = work.room_bookings.of_citizen_between(citizen.id, since, since + timedelta(days=2))
        for booking in held:
            if booking.starts_at < wanted.ends_at and booking.ends_at > wanted.starts_at:
                raise _refused("overlaps", room_words.overlaps(booking.starts_at.astimezone(zone)))
        left = MOST_HOURS_A_DAY - sum(_hours_of(each) for each in held if _day_of(each, zone) == day)
        if wanted.hours > left:
            raise _refused("day_limit", room_words.day_limit(MOST_HOURS_A_DAY, max(0, left)))

    def _take(self, work: UnitOfWork, room: StudyRoom, hours: list[datetime], party: int, seats: int) -> None:
        for hour in hours:
            if not work.room_bookings.take_hour(room.id, hour, party, seat_count=seats):
                taken = work.room_bookings.taken(room.id, hour, hour + AN_HOUR).get(hour, 0)
                raise _refused("full", room_words.full(hour.astimezone(self._clock.zone), max(0, seats - taken)))

    def _write(
        self, work: UnitOfWork, actor: Actor, room: StudyRoom, wanted: _Wanted, asker: Asker, citizen: Citizen
    ) -> RoomBooking:
        now = self._clock.now()
        booking = RoomBooking(
            study_room_id=room.id,
            citizen_id=citizen.id,
            starts_at=wanted.starts_at,
            ends_at=wanted.ends_at,
            status=RoomBookingStatus.CONFIRMED,
            number=new_number(),
            created_at=now,
            changed_at=now,
        )
        write_contact(booking, asker, citizen, actor)
        booking.study_room = room
        work.room_bookings.add(booking)
        self._tell(work, booking, "room_booked", at_once=True)
        if actor.is_staff:
            self._audit(work, actor, Operation.BOOK_ROOM, booking, {"status": None})
        return booking

    def _cancel(self, work: UnitOfWork, actor: Actor, booking_id: int) -> RoomBooked:
        booking = self._booking(work, actor, booking_id)
        now = self._clock.now()
        if booking.status == RoomBookingStatus.CONFIRMED and booking.ends_at > now:
            self._free(work, booking, now)
            self._change(work, actor, booking, RoomBookingStatus.CANCELLED)
            self._tell(work, booking, "cancelled", at_once=True)
        work.commit()
        return _answer(booking)

    def _undo_cancel(self, work: UnitOfWork, actor: Actor, booking_id: int) -> RoomBooked:
        booking = self._booking(work, actor, booking_id)
        if booking.status != RoomBookingStatus.CANCELLED:
            return _answer(booking)
        if not can_undo(booking, self._clock.now()):
            raise _refused("too_late_to_undo", room_words.too_late_to_undo())
        room, wanted = self._room(work, booking.study_room_id), _Wanted.of(booking)
        self._refuse_other_hours(room, wanted)
        self._refuse_beyond_limits(work, work.citizens.get(booking.citizen_id), wanted)
        self._take(work, room, wanted.every_hour(), booking.party_size, room.seat_count or 0)
        self._change(work, actor, booking, RoomBookingStatus.CONFIRMED)
        self._tell(work, booking, "undone", at_once=True)
        work.commit()
        return _answer(booking)

    def _come(self, work: UnitOfWork, actor: Actor, booking_id: int, token: str) -> RoomBooked:
        booking = work.room_bookings.find(booking_id)
        if booking is None or (not actor.is_staff and self.room_of_token(token) != booking.study_room_id):
            raise NotFound("There is no booking of this room under that number.")
        require(
            actor,
            Operation.MARK_ATTENDANCE if actor.is_staff else Operation.CHECK_IN,
            Subject(booking.citizen_id, booking.study_room.venue.operator_id),
        )
        now = self._clock.now()
        if booking.status != RoomBookingStatus.ATTENDED:
            if booking.status != RoomBookingStatus.CONFIRMED or now >= booking.ends_at:
                raise _refused("gone", room_words.gone())
            if now < booking.starts_at - COMES_FROM:
                raise _refused("not_yet", room_words.not_yet(int(COMES_FROM.total_seconds() // 60)))
            self._change(work, actor, booking, RoomBookingStatus.ATTENDED, Operation.MARK_ATTENDANCE)
        work.commit()
        return _answer(booking)

    def _release(self, work: UnitOfWork, booking_id: int) -> int:
        booking, now = work.room_bookings.find(booking_id), self._clock.now()
        if booking is None or booking.status != RoomBookingStatus.CONFIRMED:
            return 0
        self._free(work, booking, now)
        booking.status, booking.changed_at = RoomBookingStatus.RELEASED, now
        if booking.ends_at > now:
            self._tell(work, booking, "room_released")
        work.commit()
        return 1

    def _booking(self, work: UnitOfWork, actor: Actor, booking_id: int) -> RoomBooking:
        booking = work.room_bookings.find(booking_id)
        if booking is None:
            raise NotFound("There is no such booking.")
        subject = Subject(booking.citizen_id, booking.study_room.venue.operator_id)
        require(actor, Operation.CANCEL_ROOM, subject)
        return booking

    def _room(self, work: UnitOfWork, study_room_id: int) -> StudyRoom:
        room = work.room_bookings.room(study_room_id)
        if room is None or room.venue.gone_at is not None:
            raise NotFound("There is no such room.")
        return room

    def _free(self, work: UnitOfWork, booking: RoomBooking, now: datetime) -> None:
        """Give the seats of all hours that are not over to others."""
        for hour in (each for each in _Wanted.of(booking).every_hour() if each + AN_HOUR > now):
            work.room_bookings.free_hour(booking.study_room_id, hour, booking.party_size)

    def _change(
        self,
        work: UnitOfWork,
        actor: Actor,
        booking: RoomBooking,
        status: RoomBookingStatus,
        operation: Operation = Operation.CANCEL_ROOM,
    ) -> None:
        was = booking.status
        booking.status, booking.changed_at = status, self._clock.now()
        if actor.is_staff:
            self._audit(work, actor, operation, booking, {"status": was})

    def _tell(self, work: UnitOfWork, booking: RoomBooking, purpose: str, *, at_once: bool = False) -> None:
        now, zone = self._clock.now(), self._clock.zone
        url = self._links.room(booking.id, booking.language)
        words = WORDS[purpose](booking, message_words.facts_of_room(booking, url, now, zone))
        tell(work, booking, purpose, words, About(room_booking_id=booking.id), now=now, zone=zone, at_once=at_once)

    def _audit(
        self, work: UnitOfWork, actor: Actor, operation: Operation, booking: RoomBooking, before: Mapping[str, object]
    ) -> None:
        audit(
            work,
            actor,
            operation,
            ("room booking", booking.id),
            self._clock.now(),
            before=before,
            after={"status": str(booking.status)},
            on_behalf_of_id=booking.citizen_id,
        )


WORDS = {
    "room_booked": message_words.room_booked,
    "room_released": message_words.room_released,
    "cancelled": message_words.cancelled,
    "undone": message_words.undone,
}


@dataclass(frozen=True)
class _Wanted:
    """Which hours of which room; `starts_at` is aware, in UTC."""

    study_room_id: int
    starts_at: datetime
    hours: int

    @classmethod
    def of(cls, booking: RoomBooking) -> _Wanted:
        return cls(booking.study_room_id, booking.starts_at, _hours_of(booking))

    @property
    def ends_at(self) -> datetime:
        return self.starts_at + self.hours * AN_HOUR

    def every_hour(self) -> list[datetime]:
        """Return the starts of the hours, in order: everybody locks them in the same order."""
        return [self.starts_at + number * AN_HOUR for number in range(self.hours)]

    def essence(self) -> dict[str, object]:
        return {"room": self.study_room_id, "starts": self.starts_at.isoformat(), "hours": self.hours}


def can_undo(booking: RoomBooking, now: datetime) -> bool:
    """True while a cancelled booking can be taken back: for a day, until its start."""
    return (
        booking.status == RoomBookingStatus.CANCELLED
        and now < booking.changed_at + UNDO_WITHIN
        and now < booking.starts_at
    )


def can_cancel(booking: RoomBooking, now: datetime) -> bool:
    """True while there is something to give back."""
    return booking.status == RoomBookingStatus.CONFIRMED and now < booking.ends_at


def _answer(booking: RoomBooking) -> RoomBooked:
    return RoomBooked(booking.id, booking.number, booking.study_room_id)


def _hours_of(booking: RoomBooking) -> int:
    return int((booking.ends_at - booking.starts_at) / AN_HOUR)


def _day_of(booking: RoomBooking, zone: ZoneInfo) -> date:
    return booking.starts_at.astimezone(zone).date()


def _refused(rule: str, said: Said) -> RoomRefused:
    return RoomRefused(said["en"], rule=rule, said=said)
