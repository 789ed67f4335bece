"""Seats of study rooms a person took, as pages know them: the link, what this browser remembers, the telephone.

Owns: the address of a booking's page and whose bookings these are. Called by the pages of rooms, of checking in, and by
the look-up by number.
"""

from __future__ import annotations

import flask

from city.model import RoomBooking
from city.store.unit_of_work import UnitOfWork
from web.access import Person
from web.kept import keep_ids, kept_ids
from web.parts import parts
from web.places import KnownPhone, known_phone

COOKIE = "rooms"


def booking_url(booking_id: int) -> str:
    """Return the unguessable address of a booking's page."""
    return flask.url_for("citizens.room_booking", token=parts().booking_rooms.link_token(booking_id))


def keep_booking(response: flask.Response, booking_id: int) -> None:
    """Remember in this browser that the booking was made here."""
    keep_ids(response, COOKIE, [booking_id])


def own_bookings(work: UnitOfWork, person: Person) -> list[RoomBooking]:
    """Return the bookings of a signed-in citizen and those made in this browser, newest first, each once."""
    own = work.room_bookings.of_citizen(person.citizen.id) if person.citizen else []
    known = {each.id for each in own}
    found = [*own, *work.room_bookings.many([each for each in kept_ids(COOKIE) if each not in known])]
    return sorted(found, key=lambda each: each.id, reverse=True)


def phone_for_rooms(work: UnitOfWork, person: Person) -> KnownPhone | None:
    """Return the telephone a seat would be booked with: as for places, else that of the newest booking made here."""
    if (known := known_phone(work, person)) is not None:
        return known
    return next((KnownPhone(each.contact_phone) for each in own_bookings(work, person) if each.contact_phone), None)
