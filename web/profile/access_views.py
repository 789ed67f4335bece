"""How a citizen comes in: numbers, password, where one is signed in; and two files of one person made one.

Owns: that whoever changes the way in signed in within the last quarter of an hour, else does so again first.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import flask
from flask import request
from flask.typing import ResponseReturnValue

from city.errors import Conflict, InvalidInput, NotFound, TooManyTries, Unavailable
from city.model import Citizen
from city.passwords import SHORTEST_ALONE
from city.phones import written
from city.services.couriers import target_of
from city.services.permissions import Actor
from city.services.signing_in import ADD
from web.access import current_person, keep_login, login_token
from web.addresses import current_language, safe_next
from web.deeds import leave_notice
from web.frames import frame
from web.instants import moment
from web.language import gettext, words
from web.parts import parts
from web.profile.belongings import add_to_file, belongings_of, places_elsewhere
from web.profile.blueprint import profile
from web.profile.sign_in_views import Slips, client_address, digits_page, signed_out, slips_of, status_of

View = Callable[..., ResponseReturnValue]


def for_the_signed_in(view: View) -> View:
    """Lead whoever is not signed in to the sign-in."""

    @wraps(view)
    def checked(*args: Any, **values: Any) -> ResponseReturnValue:
        if current_person().citizen is None:
            return _sign_in_first()
        return view(*args, **values)

    return checked


def just_signed_in(view: View) -> View:
    """Lead whoever signed in longer ago to the sign-in once more."""

    @wraps(view)
    def checked(*args: Any, **values: Any) -> ResponseReturnValue:
        if current_person().citizen is None or not parts().signing_in.signed_in_recently(login_token()):
            leave_notice("sign_in_again")
            return _sign_in_first()
        return view(*args, **values)

    return checked


@profile.get("/access")
@for_the_signed_in
def access() -> ResponseReturnValue:
    """Show how one comes in and where one is signed in."""
    return _page()


@profile.post("/access/password")
@just_signed_in
def set_password() -> ResponseReturnValue:
    """Give oneself a password; other sign-ins end."""
    try:
        token = parts().signing_in.set_password(_actor(), login_token(), request.form.get("password", ""))
    except InvalidInput as refused:
        return _page(errors=slips_of(refused, "password")), 400
    leave_notice("password_changed")
    response = _to_page()
    keep_login(response, token)
    return response


@profile.post("/access/send")
@just_signed_in
def send_to_add() -> ResponseReturnValue:
    """Send six digits to another number or mailbox of one's own."""
    who = request.form.get("who", "")
    try:
        code = parts().signing_in.send_code(
            target_of(who), purpose=ADD, language=current_language(), address=client_address()
        )
    except (InvalidInput, TooManyTries, Unavailable) as refused:
        return _page(who=who, errors=slips_of(refused, "who")), status_of(refused)
    return digits_page(who, code=code, adding=True)


@profile.post("/access/add")
@just_signed_in
def add_number() -> ResponseReturnValue:
    """Add the number whose digits were shown; where it has a file of its own, offer to join the two."""
    who = request.form.get("who", "")
    try:
        added = parts().signing_in.add_contact(_actor(), login_token(), target_of(who), request.form.get("code", ""))
    except (InvalidInput, TooManyTries) as refused:
        return digits_page(who, adding=True, errors=slips_of(refused, "code")), status_of(refused)
    if added.proof:
        return _join_page(added.target.shown, added.proof)
    leave_notice("number_added")
    return _to_page()


@profile.post("/access/join")
@for_the_signed_in
def join_files() -> ResponseReturnValue:
    """Make one file of two."""
    try:
        joined = parts().signing_in.join(_actor(), request.form.get("proof", ""))
    except Conflict:
        raise NotFound("These files were joined already.") from None
    leave_notice("files_joined_places" if joined.one_booking or joined.left_line else "files_joined")
    return flask.redirect(flask.url_for("profile.saved"), 303)


@profile.post("/access/sign-ins/end")
@for_the_signed_in
def end_sign_in() -> ResponseReturnValue:
    """End one of one's own sign-ins."""
    parts().signing_in.end_sign_in(_actor(), request.form.get("sign_in", ""))
    leave_notice("sign_in_ended")
    return _to_page()


@profile.post("/access/sign-out-everywhere")
@for_the_signed_in
def sign_out_everywhere() -> ResponseReturnValue:
    """End all of one's own sign-ins."""
    parts().signing_in.sign_out_everywhere(_actor())
    return signed_out()


@profile.get("/access/belongings")
@for_the_signed_in
def add_belongings() -> ResponseReturnValue:
    """Offer to add what this browser kept before."""
    citizen = _citizen()
    held, elsewhere = belongings_of(citizen), places_elsewhere(citizen)
    if not held and not elsewhere:
        return flask.redirect(_next(), 303)
    with parts().database.reading() as work:
        area = work.areas.find(held.area_id) if held.area_id else None
        name = words(area.name) if area is not None else ""
    return flask.render_template(
        "profile/belongings.html",
        page=frame(gettext("What this browser kept for you"), section="mine"),
        held=held,
        area=name,
        elsewhere=elsewhere,
        next=_next(),
    )


@profile.post("/access/belongings")
@for_the_signed_in
def take_belongings() -> ResponseReturnValue:
    """Add what this browser kept to one's file."""
    add_to_file(_citizen())
    leave_notice("belongings_added")
    return flask.redirect(_next(), 303)


def _page(*, who: str = "", errors: Slips | None = None) -> str:
    citizen = _citizen()
    rows = parts().signing_in.own_sign_ins(_actor(), login_token())
    return flask.render_template(
        "profile/access.html",
        page=frame(gettext("How you come in"), section="mine"),
        phone=written(citizen.phone) if citizen.phone else "",
        email=citizen.email or "",
        has_password=bool(citizen.password_hash),
        sign_ins=[(row, moment(row.began_at), moment(row.seen_at)) for row in rows],
        shortest=SHORTEST_ALONE,
        who=who,
        errors=errors or {},
    )


def _join_page(shown: str, proof: str) -> str:
    return flask.render_template(
        "profile/join.html",
        page=frame(gettext("Two files of yours"), section="mine"),
        shown=shown,
        proof=proof,
        places=parts().signing_in.joins_what(_actor(), proof),
    )


def _citizen() -> Citizen:
    found = current_person().citizen
    if found is None:
        raise NotFound("Nobody is signed in.")
    return found


def _actor() -> Actor:
    return Actor.citizen(_citizen().id)


def _sign_in_first() -> ResponseReturnValue:
    target = request.full_path.rstrip("?") if request.method == "GET" else flask.url_for("profile.access")
    return flask.redirect(flask.url_for("profile.sign_in", next=target), 303)


def _next() -> str:
    return safe_next(request.values.get("next"), flask.url_for("profile.saved"))


def _to_page() -> flask.Response:
    return flask.make_response(flask.redirect(flask.url_for("profile.access"), 303))
