"""Venues of an operator: the list, the form of one with its hours and holidays, its study rooms.

Owns: the addresses under `/o/venues`. The rules are `city.services.venue_keeping`'s.
"""

from __future__ import annotations

from typing import Any

import flask
from flask import request
from flask.typing import ResponseReturnValue

from city.services.findings import NotComplete, NotConfirmed
from city.services.permissions import Operation
from city.services.venue_form import ROOM_FIELDS, VENUE_FIELDS, room_values, venue_values
from city.services.venue_keeping import RoomInUse, VenueForm
from web.addresses import current_language
from web.deeds import leave_notice
from web.language import gettext, words
from web.operators.access import guarded, staff_actor
from web.operators.blueprint import operators
from web.operators.forms import id_of_address, id_of_form, values_of_form, working_for
from web.operators.frame import staff_frame
from web.operators.venue_page import VenuePage, room_page, venue_page, venues_page
from web.parts import parts

MANY = ("access",)


@operators.get("/venues")
@guarded(Operation.EDIT_VENUE)
def venues() -> ResponseReturnValue:
    """Show the venues an operator looks after."""
    operator_id = working_for(id_of_address("operator"))
    rows = venues_page(parts().venue_keeping.all(staff_actor(), operator_id))
    page = staff_frame(gettext("Places you look after"), "venues")
    return flask.render_template("operators/venues.html", page=page, rows=rows, operator_id=operator_id)


@operators.get("/venues/new")
@guarded(Operation.EDIT_VENUE)
def new_venue() -> ResponseReturnValue:
    """Show an empty form of a venue."""
    return _shown(VenueForm(working_for(id_of_address("operator")), {}))


@operators.get("/venues/<int:venue_id>")
@guarded(Operation.EDIT_VENUE)
def edit_venue(venue_id: int) -> ResponseReturnValue:
    """Show a venue as a form, with its study rooms."""
    venue = parts().venue_keeping.one(staff_actor(), venue_id)
    values = venue_values(venue, current_language())
    return _shown(VenueForm(venue.operator_id or 0, values, venue_id))


@operators.post("/venues")
@guarded(Operation.EDIT_VENUE)
def save_venue() -> ResponseReturnValue:
    """Write what was typed, or show all that is wrong or doubtful with it."""
    form = _sent_form()
    try:
        venue_id = parts().venue_keeping.save(staff_actor(), form)
    except (NotComplete, NotConfirmed) as wrong:
        return _shown(form, wrong), 400
    leave_notice("venue_saved")
    return flask.redirect(flask.url_for("operators.edit_venue", venue_id=venue_id), 303)


@operators.get("/venues/<int:venue_id>/rooms/new")
@guarded(Operation.EDIT_VENUE)
def new_room(venue_id: int) -> ResponseReturnValue:
    """Show an empty form of a study room."""
    return _room_shown(venue_id, None, {})


@operators.get("/venues/<int:venue_id>/rooms/<int:room_id>")
@guarded(Operation.EDIT_VENUE)
def edit_room(venue_id: int, room_id: int) -> ResponseReturnValue:
    """Show a study room as a form."""
    venue = parts().venue_keeping.one(staff_actor(), venue_id)
    found = next((room for room in venue.study_rooms if room.id == room_id), None)
    if found is None:
        flask.abort(404)
    return _room_shown(venue_id, room_id, room_values(found))


@operators.post("/venues/<int:venue_id>/rooms")
@guarded(Operation.EDIT_VENUE)
def save_room(venue_id: int) -> ResponseReturnValue:
    """Add or change a study room."""
    room_id, values = id_of_form("room"), values_of_form(ROOM_FIELDS, MANY)
    try:
        parts().venue_keeping.save_room(staff_actor(), venue_id, room_id, values)
    except NotComplete as wrong:
        return _room_shown(venue_id, room_id, values, wrong), 400
    leave_notice("room_saved")
    return _to_venue(venue_id)


@operators.post("/venues/<int:venue_id>/rooms/<int:room_id>/remove")
@guarded(Operation.EDIT_VENUE)
def remove_room(venue_id: int, room_id: int) -> ResponseReturnValue:
    """Remove a room that nobody ever booked; of another one say why not, and offer to close it."""
    try:
        parts().venue_keeping.remove_room(staff_actor(), venue_id, room_id)
    except RoomInUse as used:
        venue = parts().venue_keeping.one(staff_actor(), venue_id)
        room = next(each for each in venue.study_rooms if each.id == room_id)
        page = staff_frame(gettext("Error: this room cannot be removed"), "venues")
        values = {"ahead": used.ahead, "room": words(room.name), "venue_id": venue_id, "room_id": room_id}
        return flask.render_template("operators/room_in_use.html", page=page, **values), 409
    leave_notice("room_removed")
    return _to_venue(venue_id)


@operators.post("/venues/<int:venue_id>/rooms/<int:room_id>/close")
@guarded(Operation.EDIT_VENUE)
def close_room(venue_id: int, room_id: int) -> ResponseReturnValue:
    """Let a room take no bookings any more."""
    parts().venue_keeping.close_room(staff_actor(), venue_id, room_id)
    leave_notice("room_closed")
    return _to_venue(venue_id)


def _to_venue(venue_id: int) -> ResponseReturnValue:
    return flask.redirect(flask.url_for("operators.edit_venue", venue_id=venue_id), 303)


def _sent_form() -> VenueForm:
    venue_id = id_of_form("venue")
    if venue_id is not None:
        operator_id = parts().venue_keeping.one(staff_actor(), venue_id).operator_id or 0
    else:
        operator_id = working_for(id_of_form("operator"))
    return VenueForm(operator_id, values_of_form(VENUE_FIELDS, MANY), venue_id, request.form.get("confirmed", "")[:40])


def _shown(form: VenueForm, wrong: NotComplete | NotConfirmed | None = None) -> str:
    found: VenuePage = venue_page(form, wrong)
    title = str(found.name) if form.venue_id is not None else gettext("Add a place")
    named = gettext("%(title)s, for those who look after it", title=title) if form.venue_id is not None else title
    heading = gettext("Error: %(title)s", title=named) if found.errors else named
    return flask.render_template("operators/venue.html", page=staff_frame(heading, "venues"), found=found, title=title)


def _room_shown(venue_id: int, room_id: int | None, values: dict[str, Any], wrong: NotComplete | None = None) -> str:
    found = room_page(parts().venue_keeping.one(staff_actor(), venue_id), room_id, values, wrong)
    title = gettext("Add a study room") if room_id is None else gettext("Change a study room")
    named = gettext("%(title)s, number %(number)s", title=title, number=room_id or venue_id)
    heading = gettext("Error: %(title)s", title=named) if found.errors else named
    return flask.render_template(
        "operators/room_form.html", page=staff_frame(heading, "venues"), found=found, title=title
    )
