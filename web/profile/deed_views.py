"""Buttons: save, "less like this", their undo; switch, reach, area, forgetting. Each answers 303 and says what it did.

Owns: the POST addresses under `/offerings/ID/` and `/profile/`. Every one takes the same form: a token, what to
change, and `next`, the page to go back to (safe_next).
"""

from __future__ import annotations

import re

import flask
from flask import request

from city.asking import week_of_boxes
from city.errors import InvalidInput
from web.access import current_person
from web.addresses import LARGEST_ID, safe_next
from web.deeds import Deed, do, leave_notice
from web.origins import origin_of
from web.profile.blueprint import profile
from web.profile.changes import change_area as change_own_area
from web.profile.changes import change_hours as change_own_hours
from web.profile.changes import change_reach as change_own_reach
from web.profile.changes import forget as forget_own
from web.profile.changes import switch as switch_own


@profile.post("/offerings/<int:offering_id>/<any(save,unsave,dismiss,undismiss):deed>")
def do_deed(offering_id: int, deed: str) -> flask.typing.ResponseReturnValue:
    """Save an offering, say "less like this", or take either back."""
    do(Deed(deed), offering_id, current_person(), origin_of(request.form))
    leave_notice(deed, offering_id)
    return back(flask.url_for("profile.saved"))


@profile.post("/profile/switch")
def switch() -> flask.typing.ResponseReturnValue:
    """Turn the use of one's own history on or off."""
    on = one_of("on", ("0", "1")) == "1"
    switch_own(current_person(), on)
    leave_notice("switched_on" if on else "switched_off")
    return back(flask.url_for("profile.show"))


@profile.post("/profile/reach")
def change_reach() -> flask.typing.ResponseReturnValue:
    """Set how far one goes, in minutes."""
    change_own_reach(current_person(), number("reach"))
    leave_notice("reach")
    return back(flask.url_for("profile.show"))


@profile.post("/profile/hours")
def change_hours() -> flask.typing.ResponseReturnValue:
    """Set when one is free each week: typed into the boxes of a week, or as they stand in a search."""
    hours = [*week_of_boxes(request.form), *request.form.getlist("hours")]
    change_own_hours(current_person(), list(dict.fromkeys(hours)))
    leave_notice("hours" if hours else "no_hours")
    return back(flask.url_for("profile.show"))


@profile.post("/profile/area")
def change_area() -> flask.typing.ResponseReturnValue:
    """Set where one lives or looks around."""
    change_own_area(current_person(), request.form.get("area", ""))
    leave_notice("area")
    return back(flask.url_for("profile.show"))


@profile.post("/profile/forget")
def forget() -> flask.typing.ResponseReturnValue:
    """Erase what one did: with one offering, or all of it."""
    everything = request.form.get("offering", "") == ""
    forget_own(current_person(), None if everything else number("offering"))
    leave_notice("forgotten")
    return back(flask.url_for("profile.show"))


def back(otherwise: str) -> flask.typing.ResponseReturnValue:
    """Lead to the page the form names when it is one of ours, else to `otherwise`."""
    return flask.redirect(safe_next(request.form.get("next"), otherwise), 303)


def one_of(field: str, allowed: tuple[str, ...]) -> str:
    """Return a field's value; raises InvalidInput unless it is one of `allowed`."""
    value = request.form.get(field, "")
    if value not in allowed:
        raise InvalidInput("The form holds a choice that is not offered.", field=field, value=value[:80])
    return value


def number(field: str) -> int:
    """Return a field's value as a number that fits an id; raises InvalidInput for anything else."""
    value = request.form.get(field, "")
    if not re.fullmatch("[0-9]{1,19}", value) or int(value) > LARGEST_ID:
        raise InvalidInput("The form holds no number here.", field=field, value=value[:80], remedy="a number, like 45")
    return int(value)
