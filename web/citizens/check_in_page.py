"""Checking in: who may say here "I am here", at a meeting, at a stop of a route or in a study room, and how it reads.

Owns: what the square at the door stands for, whose places and seats fit it, and how a number with its telephone proves
one. Wrong guesses are counted against the address they come from, right ones are not: a whole class may come in behind
one address. The rules are `city.services.attending`'s and `room_booking`'s. Called by the views of checking in.
"""

from __future__ import annotations

from dataclasses import dataclass

from flask import request
from markupsafe import Markup

from city.errors import Conflict, InvalidInput, NotFound
from city.model import Enrolment, RoomBooking
from city.services.attending import Spot, open_points, points_at
from city.services.guessing import Guessing
from city.services.permissions import Actor
from city.store.unit_of_work import UnitOfWork
from web import formatters
from web.access import Person
from web.components.cards import Viewpoint
from web.language import Words, gettext, message, words
from web.parts import parts
from web.place_forms import phone_slip, said_in
from web.places import own_places, place_url
from web.room_keys import booking_url, own_bookings

Errors = list[tuple[str, str]]
MOST_SHOWN = 6
SAID_BY_SERVICES = (
    message("You can check in from an hour before the meeting until half an hour after it."),
    message("These digits are not of this meeting."),
    message("So many people are not in this booking."),
    message("There is no seat under this number; it was given back, or waits."),
    message("There is no room for so many people."),
    message("That is no number of hours."),
)
"""What attendance and room booking refuse with, so that it stands in both languages."""


@dataclass(frozen=True)
class Here:
    """What the square stands for: a meeting, a stop, or a room; `spot` None is a room."""

    token: str
    title: Words
    when: Markup | str
    spot: Spot | None = None
    room_id: int = 0


@dataclass(frozen=True)
class Choice:
    """A place or seat of one's own that fits: `id` in the form, and how many may be said to have come."""

    id: int
    title: Words
    number: str
    party_size: int


def what_is_here(work: UnitOfWork, token: str, view: Viewpoint) -> Here:
    """Return what a square stands for; raises NotFound for one that was not made here or is no more."""
    try:
        spot = parts().attending.spot_of(work, token)
    except NotFound:
        room = work.room_bookings.room(parts().booking_rooms.room_of_token(token))
        if room is None:
            raise
        return Here(token, words(room.name), gettext("Study room"), room_id=room.id)
    return Here(token, words(spot.offering.title), formatters.full_day(spot.day, view.language, view.today), spot)


def choices(work: UnitOfWork, here: Here, person: Person, view: Viewpoint) -> list[Choice]:
    """Return the places and seats this person may open here and that fit, newest first."""
    if here.spot is None:
        seats = [each for each in own_bookings(work, person) if _fits_room(each, here, view)]
        return [Choice(each.id, words(each.study_room.name), each.number, 1) for each in seats[:MOST_SHOWN]]
    fitting = [each for each in own_places(work, person) if here.spot is not None and points_at(each, here.spot)]
    return [_choice(each) for each in fitting[:MOST_SHOWN]]


def choices_now(work: UnitOfWork, person: Person, view: Viewpoint) -> list[Choice]:
    """Return the person's places at which digits could be typed now."""
    return [_choice(each) for each in own_places(work, person) if open_points(each, view.now)][:MOST_SHOWN]


def check_in(here: Here | None, allowed: list[Choice]) -> tuple[str, Errors]:
    """Note that the person is there, by the form that was sent; return the page of the place, or what is wrong.

    `here` None: digits were typed instead of a square. `allowed` are the own places and seats the form may name.
    """
    code = "" if here is not None else request.form.get("code", "")
    if here is None and not code.strip():
        return "", [("code", gettext("Type the 6 digits that are shown on the spot."))]
    named = next((each.id for each in allowed if str(each.id) == request.form.get("place", "")), None)
    if named is None and (wrong := _number_slips()):
        return "", wrong
    guesses = _guessing().note(f"check-in from {request.remote_addr}")
    try:
        address = _noted(here, code, named)
    except InvalidInput as fault:
        return "", [(fault.field if fault.field in ("code", "people") else "number", said_in(fault))]
    except NotFound:
        return "", [("number", gettext("This number and this telephone do not belong together. Look at both again."))]
    except Conflict as fault:
        _guessing().forget(guesses)
        return "", [("number", said_in(fault))]
    _guessing().forget(guesses)
    return address, []


def _noted(here: Here | None, code: str, named: int | None) -> str:
    if here is not None and here.spot is None:
        holder, booking_id = _seat_of(named)
        parts().booking_rooms.come(holder, booking_id, token=here.token)
        return booking_url(booking_id)
    holder, enrolment_id = _place_of(named)
    token = here.token if here is not None else ""
    parts().attending.check_in(holder, enrolment_id, code=code, token=token, person_count=_people())
    return place_url(enrolment_id)


def _place_of(named: int | None) -> tuple[Actor, int]:
    """Return who holds the place and its id: an own one that was named, else by number and telephone."""
    if named is None:
        return parts().enrolling.holder_of(request.form.get("number", ""), request.form.get("phone", ""))
    with parts().database.reading() as work:
        (place,) = work.enrolments.many([named])
    return Actor.holder(place.citizen_id), place.id


def _seat_of(named: int | None) -> tuple[Actor, int]:
    if named is None:
        return parts().booking_rooms.holder_of(request.form.get("number", ""), request.form.get("phone", ""))
    with parts().database.reading() as work:
        (booking,) = work.room_bookings.many([named])
    return Actor.holder(booking.citizen_id), booking.id


def _people() -> int | None:
    """Return how many were said to have come, None when that was not asked."""
    said = request.form.get("people", "")
    return int(said) if said.isascii() and said.isdigit() and len(said) < 4 else None


def _number_slips() -> Errors:
    number, phone = request.form.get("number", ""), request.form.get("phone", "")
    found: Errors = []
    if not number.strip():
        found.append(("number", gettext("The booking number has 8 digits, like 1234 5674. Look at it again.")))
    if wrong := phone_slip(phone):
        found.append(("phone", wrong))
    return found


def _choice(place: Enrolment) -> Choice:
    return Choice(place.id, words(place.run.offering.title), place.number, place.party_size)


def _fits_room(booking: RoomBooking, here: Here, view: Viewpoint) -> bool:
    return booking.study_room_id == here.room_id and booking.status == "confirmed" and booking.ends_at > view.now


def _guessing() -> Guessing:
    return Guessing(parts().database, parts().system_clock, parts().settings.signing_key())
