"""Taking a seat in a study room by the hour, and everything about it afterwards; nothing here needs an account.

Owns: the addresses `/rooms/ID`, `/rooms/ID/seat` and `/room-bookings/TOKEN` with its deeds and calendar. The form
carries a key, so that sending it twice takes one seat. What stands on the pages is decided in `room_page`.
"""

from __future__ import annotations

from dataclasses import dataclass

import flask
from flask import request
from flask.typing import ResponseReturnValue

from city.errors import Conflict, IdempotencyMismatch, InvalidInput
from city.model import RoomBooking
from city.services.contacts import Asker
from web.access import current_person
from web.addresses import current_language
from web.citizens.room_page import SeatChoice, booking_calendar, read_choice, read_room
from web.citizens.views import citizens
from web.components.cards import Action, Viewpoint, viewpoint
from web.frames import frame
from web.language import gettext
from web.parts import parts
from web.place_asking import new_key
from web.place_forms import KEY, phone_slip, said_in, slip_of
from web.places import KnownPhone
from web.room_facts import BookingFacts, booking_facts
from web.room_keys import booking_url, keep_booking, phone_for_rooms


@dataclass(frozen=True)
class SeatForm:
    """What was typed, field by field, as it was typed."""

    at: str
    hours: str
    party: str
    phone: str
    key: str
    other: bool

    @classmethod
    def read(cls) -> SeatForm:
        given = request.values
        return cls(
            at=given.get("at", ""),
            hours=given.get("hours", "1"),
            party=given.get("party", "1"),
            phone=given.get("phone", ""),
            key=given.get("key", ""),
            other=given.get("other") == "1",
        )


@citizens.get("/rooms/<int:room_id>")
def room(room_id: int) -> ResponseReturnValue:
    """The hours of a study room and their free seats."""
    with parts().database.reading() as work:
        found = read_room(work, room_id, request.args.get("day", ""), _view())
    title = gettext("Seats by the hour: %(room)s, %(venue)s", room=found.name, venue=found.venue)
    if found.day and "day" in request.args:
        title = gettext("%(title)s, %(day)s", title=title, day=found.day)
    return flask.render_template("citizens/room.html", page=frame(title, section="places"), room=found)


@citizens.get("/rooms/<int:room_id>/seat")
def ask_for_seat(room_id: int) -> ResponseReturnValue:
    """Ask how long, for how many, and for a telephone."""
    form = SeatForm.read()
    with parts().database.reading() as work:
        choice, _ = read_choice(work, room_id, form.at, _view())
        known = None if form.other else phone_for_rooms(work, current_person())
    return _form(choice, form, known, [], "", 200)


@citizens.post("/rooms/<int:room_id>/seat")
def take_seat(room_id: int) -> ResponseReturnValue:
    """Take the seats, or show the form again as it was typed."""
    form = SeatForm.read()
    if not KEY.fullmatch(form.key):
        raise InvalidInput("The form is not complete.", field="key", remedy="open the page again and send it once more")
    person = current_person()
    with parts().database.reading() as work:
        choice, starts_at = read_choice(work, room_id, form.at, _view())
        known = None if form.other or form.phone.strip() else phone_for_rooms(work, person)
    if wrong := _slips(form, known):
        return _form(choice, form, known, wrong, "", 400)
    asker = Asker(phone=known.number if known else form.phone, language=current_language(), party_size=int(form.party))
    try:
        booked = parts().booking_rooms.book(
            person.actor, room_id, starts_at, int(form.hours), key=form.key, asker=asker
        )
    except InvalidInput as fault:
        return _form(choice, form, known, [slip_of(fault)], "", 400)
    except Conflict as fault:
        return _refused(room_id, form, known, fault)
    response = flask.make_response(flask.redirect(booking_url(booked.room_booking_id), 303))
    keep_booking(response, booked.room_booking_id)
    return response


@citizens.get("/room-bookings/<token>")
def room_booking(token: str) -> ResponseReturnValue:
    """Say which seat somebody has, when and where, and what can be done with it."""
    return _booking_page(token)


@citizens.post("/room-bookings/<token>/<any(cancel,undo):deed>")
def change_room_booking(token: str, deed: str) -> ResponseReturnValue:
    """Give a seat back, or take that back."""
    rooms = parts().booking_rooms
    holder, booking_id = rooms.holder_by_link(token)
    try:
        (rooms.cancel if deed == "cancel" else rooms.undo_cancel)(holder, booking_id)
    except Conflict as refused:
        return _booking_page(token, said_in(refused), 409)
    response = flask.make_response(flask.redirect(booking_url(booking_id), 303))
    keep_booking(response, booking_id)
    return response


@citizens.get("/room-bookings/<token>/calendar.ics")
def room_booking_in_calendar(token: str) -> ResponseReturnValue:
    """The booking as a calendar file."""
    address = flask.url_for("citizens.room_booking", token=token, _external=True)
    response = flask.Response(booking_calendar(_opened(token), address), content_type="text/calendar; charset=utf-8")
    response.headers["Content-Disposition"] = 'attachment; filename="learncity.ics"'
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _booking_page(token: str, refused: str = "", status: int = 200) -> ResponseReturnValue:
    facts = booking_facts(_opened(token), _view())
    title = gettext("%(heading)s: %(title)s, %(number)s", heading=facts.heading, title=facts.room, number=facts.number)
    flask.g.keep_nowhere = True
    return flask.render_template(
        "citizens/room_booking.html",
        page=frame(title, section="mine"),
        seat=facts,
        token=token,
        actions=_actions(facts, token),
        refused=refused,
    ), status


def _actions(facts: BookingFacts, token: str) -> dict[str, Action | None]:
    may = {"cancel": facts.can_cancel, "undo": facts.can_undo}
    return {
        deed: Action(flask.url_for("citizens.change_room_booking", token=token, deed=deed)) if allowed else None
        for deed, allowed in may.items()
    }


def _opened(token: str) -> RoomBooking:
    _, booking_id = parts().booking_rooms.holder_by_link(token)
    with parts().database.reading() as work:
        (found,) = work.room_bookings.many([booking_id])
    return found


def _refused(room_id: int, form: SeatForm, known: KnownPhone | None, fault: Conflict) -> ResponseReturnValue:
    """Show the form as it was typed, how the hours stand now, and why nothing was booked."""
    with parts().database.reading() as work:
        choice, _ = read_choice(work, room_id, form.at, _view())
    fresh = isinstance(fault, IdempotencyMismatch)
    return _form(choice, form, known, [], said_in(fault), 409, fresh_key=fresh)


def _form(
    choice: SeatChoice,
    form: SeatForm,
    known: KnownPhone | None,
    errors: list[tuple[str, str]],
    note: str,
    status: int,
    *,
    fresh_key: bool = False,
) -> ResponseReturnValue:
    title = gettext("A seat in %(room)s, %(day)s, %(time)s", room=choice.name, day=choice.day, time=choice.starts)
    return flask.render_template(
        "citizens/room_seat.html",
        page=frame(gettext("Error: %(title)s", title=title) if errors else title, section="places"),
        choice=choice,
        form=form,
        known=known,
        key=new_key() if fresh_key or not form.key else form.key,
        errors=errors,
        wrong=dict(errors),
        note=note,
        here=flask.url_for("citizens.ask_for_seat", room_id=choice.room_id, at=choice.wall),
        room_url=flask.url_for("citizens.room", room_id=choice.room_id, day=choice.wall[:10]),
    ), status


def _slips(form: SeatForm, known: KnownPhone | None) -> list[tuple[str, str]]:
    found = []
    if not (form.hours.isascii() and form.hours.isdigit() and len(form.hours) < 3):
        found.append(("hours", gettext("Choose how long you stay.")))
    if not (form.party.isascii() and form.party.isdigit() and len(form.party) < 4):
        found.append(("party", gettext("Choose how many of you come.")))
    if known is None and (wrong := phone_slip(form.phone)):
        found.append(("phone", wrong))
    return found


def _view() -> Viewpoint:
    at = current_person().position()
    return viewpoint((at.latitude, at.longitude) if at else None)
