"""Saying that one is there: by the square at the door, or by the digits that are shown on the spot.

Owns: the addresses `/check-in/TOKEN` (behind the square of a meeting, a stop or a study room) and `/check-in` (digits).
What fits and who may is decided in `check_in_page`.
"""

from __future__ import annotations

import flask
from flask import request
from flask.typing import ResponseReturnValue

from web.access import current_person
from web.citizens.check_in_page import Choice, Errors, Here, check_in, choices, choices_now, what_is_here
from web.citizens.views import citizens
from web.components.cards import Viewpoint, viewpoint
from web.deeds import leave_notice
from web.frames import frame
from web.language import gettext
from web.parts import parts


@citizens.get("/check-in/<token>")
def at_the_door(token: str) -> ResponseReturnValue:
    """Offer the own places that fit here, else ask for number and telephone."""
    return _form(*_read(token), [], 200)


@citizens.post("/check-in/<token>")
def come_in(token: str) -> ResponseReturnValue:
    """Note that somebody is there, and lead to the page of the place."""
    here, own = _read(token)
    return _answered(here, own)


@citizens.get("/check-in")
def digits_on_the_spot() -> ResponseReturnValue:
    """Ask for the digits that are shown on the spot."""
    return _form(None, _read_now(), [], 200)


@citizens.post("/check-in")
def come_in_by_digits() -> ResponseReturnValue:
    """Note that somebody is there, by the digits, and lead to the page of the place."""
    return _answered(None, _read_now())


def _answered(here: Here | None, own: list[Choice]) -> ResponseReturnValue:
    address, wrong = check_in(here, own)
    if wrong:
        return _form(here, own, wrong, 400)
    leave_notice("came")
    return flask.redirect(address, 303)


def _read(token: str) -> tuple[Here, list[Choice]]:
    with parts().database.reading() as work:
        here = what_is_here(work, token, _view())
        return here, choices(work, here, current_person(), _view())


def _read_now() -> list[Choice]:
    with parts().database.reading() as work:
        return choices_now(work, current_person(), _view())


def _form(here: Here | None, own: list[Choice], errors: Errors, status: int) -> ResponseReturnValue:
    title = gettext("I am here: %(title)s", title=here.title) if here else gettext("I am here: digits on the spot")
    page = frame(gettext("Error: %(title)s", title=title) if errors else title, section="mine")
    flask.g.keep_nowhere = True
    return flask.render_template(
        "citizens/check_in.html",
        page=page,
        here=here,
        own=own,
        address=flask.url_for("citizens.come_in", token=here.token)
        if here
        else flask.url_for("citizens.come_in_by_digits"),
        errors=errors,
        wrong=dict(errors),
        typed={name: request.form.get(name, "") for name in ("code", "place", "number", "phone", "people")},
    ), status


def _view() -> Viewpoint:
    return viewpoint(None)
