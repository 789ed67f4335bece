"""Coming in and going out: mailbox and password, then six digits; in demo mode sample staff by a tap.

Owns: the steps and their order. A form that was being typed when the sign-in ended goes along, sealed, and comes back.
"""

from __future__ import annotations

from typing import Any

import flask
from flask import request
from flask.typing import ResponseReturnValue

from city.errors import InvalidInput, LearncityError, NotFound, TooManyTries
from city.services.permissions import ActorRole, Operation
from city.services.staff_access import Offer, StaffMember
from web.addresses import safe_next
from web.deeds import leave_notice
from web.language import gettext, words
from web.operators.access import current_staff, doorway, guarded, staff_member
from web.operators.blueprint import operators
from web.operators.cookie import drop_staff_login, keep_staff_login, staff_token
from web.operators.frame import ROLE_WORDS, staff_frame
from web.operators.returning import LAST_OWNER, is_kept_for, kept_form, page_as_typed
from web.parts import parts
from web.qr import qr_drawing

CLEARED = '"cache", "storage"'


@operators.get("/sign-in")
@doorway(Operation.SIGN_IN)
def sign_in(kept: str = "", ended: bool = False) -> ResponseReturnValue:
    """Ask who comes; `ended` says that a sign-in was over while a form was typed."""
    page = _sign_in_page(kept=kept, ended=ended)
    return (page, 403) if ended else page


@operators.post("/sign-in")
@doorway(Operation.SIGN_IN)
def show_password() -> ResponseReturnValue:
    """Check mailbox and password, then ask for the second step."""
    email = request.form.get("email", "")
    try:
        token = parts().staff_access.sign_in(
            email, request.form.get("password", ""), address=_address(), former_token=staff_token()
        )
    except (InvalidInput, TooManyTries) as refused:
        return _refused(_sign_in_page(kept=_kept(), email=email, errors=_said(refused)), refused)
    member = parts().staff_access.member_of(token)
    if _kept() and member is not None:
        return _with_login(flask.make_response(_second_page(member, token)), token)
    return _with_login(_to(flask.url_for("operators.second_step", next=_next())), token)


@operators.get("/second-step")
@doorway(Operation.SIGN_IN)
def second_step() -> ResponseReturnValue:
    """Ask for the six digits, or set them up where there are none yet."""
    member = current_staff()
    if member is None or member.second_factor:
        return flask.redirect(flask.url_for("operators.overview" if member else "operators.sign_in"), 303)
    return _second_page(member, staff_token())


@operators.post("/second-step")
@doorway(Operation.SIGN_IN)
def show_second_step() -> ResponseReturnValue:
    """Take the six digits or a recovery code; then the person is in."""
    member = current_staff()
    if member is None or member.second_factor:
        return sign_in(kept=_kept())
    try:
        token = parts().staff_access.show_second_factor(staff_token(), request.form.get("code", ""))
    except (InvalidInput, TooManyTries) as refused:
        return _refused(_second_page(member, staff_token(), errors=_said(refused)), refused)
    return _come_in(member, token)


@operators.post("/second-step/set-up")
@doorway(Operation.SIGN_IN)
def set_up_second_step() -> ResponseReturnValue:
    """Keep the new second step once its first digits were shown; show the recovery codes this once."""
    member = current_staff()
    if member is None or member.second_factor:
        return sign_in(kept=_kept())
    sealed = request.form.get("offer", "")
    try:
        done = parts().staff_access.set_up_second_factor(staff_token(), sealed, request.form.get("code", ""))
    except (InvalidInput, TooManyTries) as refused:
        offer = parts().staff_access.offered_again(member.id, sealed, member.email)
        return _refused(_set_up_page(offer, errors=_said(refused)), refused)
    flask.session[LAST_OWNER] = member.id
    flask.g.staff = parts().staff_access.member_of(done.token)
    return _with_login(flask.make_response(recovery_page(done.recovery_codes)), done.token)


@operators.post("/as-typed")
@guarded(Operation.USE_PORTAL)
def as_typed() -> ResponseReturnValue:
    """Show the page of the form that was being typed when the sign-in ended, with all of it in the fields."""
    return page_as_typed(kept_form(_kept(), staff_member().id))


@operators.post("/sign-in/sample")
@doorway(Operation.SIGN_IN)
def sign_in_as_sample() -> ResponseReturnValue:
    """Start a sign-in as the sample member of staff the form names."""
    number = request.form.get("staff", "")
    if not parts().settings.demo or not number.isdecimal() or not number.isascii() or len(number) > 18:
        raise NotFound("There is no such sample member of staff.")
    token = parts().staff_access.sign_in_as_sample(int(number), former_token=staff_token())
    member = parts().staff_access.member_of(token)
    return _come_in(member, token) if member is not None else sign_in()


@operators.post("/sign-out")
@doorway(Operation.SIGN_IN)
def sign_out() -> ResponseReturnValue:
    """End the sign-in, here and on the server; the browser forgets the pages it was shown."""
    parts().staff_access.sign_out(staff_token())
    leave_notice("signed_out")
    response = _to(flask.url_for("operators.sign_in"))
    drop_staff_login(response)
    response.headers["Clear-Site-Data"] = CLEARED
    return response


def recovery_page(codes: list[str]) -> str:
    """Return the page that shows recovery codes, this once."""
    return flask.render_template(
        "operators/recovery_codes.html", page=staff_frame(gettext("Write these codes down")), codes=codes, next=_next()
    )


def with_login(answer: ResponseReturnValue, token: str) -> flask.Response:
    """Return the answer with the token of a new sign-in."""
    return _with_login(flask.make_response(answer), token)


def offer_drawing(offer: Offer) -> Any:
    """Return the square that a telephone reads to set up the second step."""
    return qr_drawing(offer.address, gettext("Square for the app on your phone"))


def _come_in(member: StaffMember, token: str) -> flask.Response:
    flask.session[LAST_OWNER] = member.id
    if is_kept_for(_kept(), member.id):
        flask.g.staff = parts().staff_access.member_of(token)
        page = staff_frame(gettext("You are signed in again"))
        return _with_login(
            flask.make_response(flask.render_template("operators/kept.html", page=page, kept=_kept())), token
        )
    leave_notice("signed_in")
    return _with_login(_to(_next()), token)


def _sign_in_page(*, kept: str = "", ended: bool = False, email: str = "", errors: dict[str, str] | None = None) -> str:
    people = [
        (one.id, one.name, gettext(ROLE_WORDS[ActorRole(one.role)]), words(one.operator.name) if one.operator else "")
        for one in parts().staff_access.sample_staff()
    ]
    return flask.render_template(
        "operators/sign_in.html",
        page=staff_frame(gettext("Sign in to work here")),
        people=people,
        next=_next(),
        kept=kept,
        ended=ended,
        email=email,
        errors=errors or {},
    )


def _second_page(member: StaffMember, token: str, *, errors: dict[str, str] | None = None) -> str:
    if not member.has_second_factor:
        return _set_up_page(parts().staff_access.offer_second_factor(token))
    return flask.render_template(
        "operators/second_step.html",
        page=staff_frame(gettext("The second step")),
        next=_next(),
        kept=_kept(),
        errors=errors or {},
    )


def _set_up_page(offer: Offer, *, errors: dict[str, str] | None = None) -> str:
    return flask.render_template(
        "operators/set_up_second_step.html",
        page=staff_frame(gettext("Set up the second step")),
        offer=offer,
        drawing=offer_drawing(offer),
        next=_next(),
        errors=errors or {},
    )


def said(refused: LearncityError) -> dict[str, str]:
    """Return field → sentence of what a service refused."""
    return _said(refused)


def _said(refused: LearncityError) -> dict[str, str]:
    return {getattr(refused, "field", "") or "password": gettext(str(refused))}


def _refused(page: str, fault: LearncityError) -> flask.Response:
    response = flask.make_response(page, 429 if isinstance(fault, TooManyTries) else 400)
    if isinstance(fault, TooManyTries):
        response.headers["Retry-After"] = str(fault.retry_after_seconds)
    return response


def _kept() -> str:
    return request.form.get("kept", "")


def _next() -> str:
    return safe_next(request.values.get("next"), flask.url_for("operators.overview"))


def _address() -> str:
    return request.remote_addr or "unknown"


def _with_login(response: flask.Response, token: str) -> flask.Response:
    keep_staff_login(response, token)
    return response


def _to(address: str) -> flask.Response:
    return flask.make_response(flask.redirect(address, 303))
