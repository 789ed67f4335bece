"""What is so about seats somebody took in a study room: in which state they are, in words, and what can be done now.

Owns: the states as people meet them (yours, here, given back, gone on, over) and what each says. Called by the page of
a booking and by "Mine". The rules are `city.services.room_booking`'s.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import flask

from city.booking_numbers import spoken
from city.model import RoomBooking, RoomBookingStatus
from city.phones import last_digits
from city.services.room_booking import can_cancel, can_undo
from web import formatters
from web.components.cards import Viewpoint
from web.language import Words, gettext, ngettext, words
from web.parts import parts


class SeatState(StrEnum):
    """States of a booking as its page tells them."""

    YOURS = "yours"
    HERE = "here"
    GIVEN_BACK = "given_back"
    GONE = "gone"
    OVER = "over"


@dataclass(frozen=True)
class BookingFacts:
    """One booking in words."""

    id: int
    state: SeatState
    heading: str
    said: str
    number: str
    room: Words
    venue: Words
    address: Words
    day: str
    hours: str
    party: str
    phone_end: str
    room_url: str
    can_cancel: bool
    can_undo: bool

    @property
    def is_held(self) -> bool:
        return self.state in (SeatState.YOURS, SeatState.HERE)


def booking_facts(booking: RoomBooking, view: Viewpoint) -> BookingFacts:
    """Return a booking in words; it is loaded with room and venue."""
    zone = parts().clock.zone
    starts, ends = booking.starts_at.astimezone(zone), booking.ends_at.astimezone(zone)
    state = state_of(booking, view.now)
    return BookingFacts(
        id=booking.id,
        state=state,
        heading=_heading(state),
        said=_said(state),
        number=spoken(booking.number),
        room=words(booking.study_room.name),
        venue=words(booking.study_room.venue.name),
        address=words(booking.study_room.venue.address),
        day=formatters.full_day(starts.date(), view.language, view.today),
        hours=formatters.hours(starts.time(), ends.time(), view.language),
        party=ngettext("%(num)s person", "%(num)s people", booking.party_size) if booking.party_size > 1 else "",
        phone_end=last_digits(booking.contact_phone),
        room_url=flask.url_for("citizens.room", room_id=booking.study_room_id),
        can_cancel=can_cancel(booking, view.now),
        can_undo=can_undo(booking, view.now),
    )


def state_of(booking: RoomBooking, now: datetime) -> SeatState:
    """Return in which state a booking is at `now`."""
    if booking.status == RoomBookingStatus.CANCELLED:
        return SeatState.GIVEN_BACK
    if booking.status == RoomBookingStatus.RELEASED:
        return SeatState.GONE
    if booking.ends_at <= now:
        return SeatState.OVER
    return SeatState.HERE if booking.status == RoomBookingStatus.ATTENDED else SeatState.YOURS


def _heading(state: SeatState) -> str:
    said: dict[SeatState, str] = {
        SeatState.YOURS: gettext("Done, the seat is yours"),
        SeatState.HERE: gettext("You are here, the seat is yours"),
        SeatState.GIVEN_BACK: gettext("The seat is given back"),
        SeatState.GONE: gettext("The seat went to somebody else"),
        SeatState.OVER: gettext("This is over"),
    }
    return said[state]


def _said(state: SeatState) -> str:
    said: dict[SeatState, str] = {
        SeatState.YOURS: gettext(
            "Please come within 15 minutes from the start and point your phone at the square in the room, or tell the "
            "desk your number. After that the seat goes to somebody else."
        ),
        SeatState.HERE: gettext("Stay as long as you booked."),
        SeatState.GIVEN_BACK: gettext("Somebody else can have it now."),
        SeatState.GONE: gettext("We waited 15 minutes for you. You can take a seat again if one is free."),
        SeatState.OVER: gettext("We hope that you liked it."),
    }
    return said[state]
