"""One place behind its link: reading it, giving it back, taking that back, saying yes; the same in both views.

Owns: who may open a place (whoever has the link; it proves to hold it) and the order of each deed. Called by the views
of both blueprints, which draw what these functions return.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

import flask
from flask import request

from city.booking_numbers import read_number
from city.errors import Conflict, InvalidInput, NotFound
from city.model import Enrolment, Offering
from city.services.permissions import Actor, Operation, Subject, require
from city.store.unit_of_work import UnitOfWork
from web.ballot_asking import entry_url
from web.components.cards import Viewpoint
from web.language import gettext
from web.parts import parts
from web.place_alternatives import nearest_with_seats
from web.place_asking import Elsewhere
from web.place_calendar import place_calendar
from web.place_facts import PlaceFacts, place_facts
from web.place_forms import phone_slip, said_in
from web.places import place_token
from web.room_keys import booking_url


@dataclass(frozen=True)
class OpenedPlace:
    """A place as its page shows it, and what else one could take, for a person who waits."""

    facts: PlaceFacts
    others: tuple[Offering, ...] = ()


def open_place(token: str, view: Viewpoint) -> OpenedPlace:
    """Return the place a link opens; raises NotFound for a link that was not made here."""
    holder, enrolment_id = parts().enrolling.holder_by_link(token)
    with parts().database.reading() as work:
        place, offering = _read(work, holder, enrolment_id)
        facts = place_facts(work, place, offering, view)
        others = tuple(nearest_with_seats(work, offering, None, view.now)) if facts.state == "waiting" else ()
    return OpenedPlace(facts, others)


def change(token: str, deed: str) -> tuple[int, str]:
    """Give a place back (cancel), take that back (undo) or say yes (accept); return its id and why not, "" when done.

    Who comes back too late stands at the end of the line with a new place: then the id is another one.
    """
    holder, enrolment_id = parts().enrolling.holder_by_link(token)
    enrolling = parts().enrolling
    act = {"cancel": enrolling.cancel_place, "undo": enrolling.undo_cancel, "accept": enrolling.accept}[deed]
    try:
        return act(holder, enrolment_id).enrolment_id, ""
    except Conflict as refused:
        return enrolment_id, said_in(refused)


def calendar_file(token: str) -> flask.Response:
    """Return the meetings of a place as a calendar file to keep."""
    holder, enrolment_id = parts().enrolling.holder_by_link(token)
    address = flask.url_for("citizens.place", token=token, _external=True)
    with parts().database.reading() as work:
        place, offering = _read(work, holder, enrolment_id)
        body = place_calendar(place, offering, address, parts().phone)
    response = flask.Response(body, content_type="text/calendar; charset=utf-8")
    response.headers["Content-Disposition"] = 'attachment; filename="learncity.ics"'
    response.headers["Cache-Control"] = "private, no-store"
    return response


def find_place(view: str = "citizens") -> tuple[str, list[tuple[str, str]]]:
    """Return the link of the place whose number and telephone the form gives, or what is wrong, one list.

    Raises Elsewhere where they are those of seats in a study room, or of an entry of a ballot.
    """
    number, phone = request.form.get("number", ""), request.form.get("phone", "")
    if wrong := [*_number_slip(number), *_phone_slip(phone)]:
        return "", wrong
    try:
        _, enrolment_id = parts().enrolling.holder_of(number, phone)
    except (NotFound, InvalidInput):
        _lead_to_seats(number, phone)
        _lead_to_entry(number, phone, view)
        return "", [("number", gettext("This number and this telephone do not belong together. Look at both again."))]
    return place_token(enrolment_id), []


def _lead_to_seats(number: str, phone: str) -> None:
    with suppress(NotFound, InvalidInput):
        raise Elsewhere(booking_url(parts().booking_rooms.holder_of(number, phone)[1]))


def _lead_to_entry(number: str, phone: str, view: str) -> None:
    with suppress(NotFound, InvalidInput):
        raise Elsewhere(entry_url(parts().balloting.holder_of(number, phone)[1], view=view))


def _number_slip(text: str) -> list[tuple[str, str]]:
    try:
        read_number(text)
    except InvalidInput:
        return [("number", gettext("The booking number has 8 digits, like 1234 5674. Look at it again."))]
    return []


def _phone_slip(text: str) -> list[tuple[str, str]]:
    wrong = phone_slip(text)
    return [("phone", wrong)] if wrong else []


def _read(work: UnitOfWork, holder: Actor, enrolment_id: int) -> tuple[Enrolment, Offering]:
    found = next(iter(work.enrolments.many([enrolment_id])), None)
    if found is None:
        raise NotFound("There is no such place.")
    require(holder, Operation.SEE_PLACE, Subject(citizen_id=found.citizen_id))
    return found, work.offerings.get(found.run.offering_id)
