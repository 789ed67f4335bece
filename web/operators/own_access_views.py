"""One's own access: password, second step, recovery codes, and where one is signed in.

Owns: that each change asks for password and six digits again. Every change ends the other sign-ins.
"""

from __future__ import annotations

import flask
from flask import request
from flask.typing import ResponseReturnValue

from city.errors import InvalidInput, LearncityError, TooManyTries
from city.passwords import SHORTEST_BESIDE_A_SECOND_FACTOR
from city.services.permissions import Operation
from city.services.staff_access import Offer
from web.deeds import leave_notice
from web.instants import moment
from web.language import gettext
from web.operators.access import guarded, staff_actor, staff_member
from web.operators.blueprint import operators
from web.operators.cookie import drop_staff_login, staff_token
from web.operators.frame import staff_frame
from web.operators.sign_in_views import CLEARED, offer_drawing, recovery_page, said, with_login
from web.parts import parts


@operators.get("/me")
@guarded(Operation.CHANGE_OWN_ACCESS)
def own_access() -> ResponseReturnValue:
    """Show how one comes in and where one is signed in."""
    return _page()


@operators.post("/me/password")
@guarded(Operation.CHANGE_OWN_ACCESS)
def change_password() -> ResponseReturnValue:
    """Set a new password."""
    form = request.form
    try:
        token = parts().staff_access.change_password(
            staff_actor(), form.get("current", ""), form.get("code", ""), form.get("new", "")
        )
    except (InvalidInput, TooManyTries) as refused:
        return _again("password", refused)
    leave_notice("password_changed")
    return with_login(_to_page(), token)


@operators.get("/me/second-step")
@guarded(Operation.CHANGE_OWN_ACCESS)
def another_second_step() -> ResponseReturnValue:
    """Show the square of another second step."""
    return _factor_page(parts().staff_access.renewed_offer(staff_actor()))


@operators.post("/me/second-step")
@guarded(Operation.CHANGE_OWN_ACCESS)
def change_second_step() -> ResponseReturnValue:
    """Put another second step in the place of the present one."""
    form, staff = request.form, staff_member()
    sealed = form.get("offer", "")
    offer = parts().staff_access.offered_again(staff.id, sealed, staff.email)
    try:
        done = parts().staff_access.renew_second_factor(
            staff_actor(), form.get("current", ""), form.get("code", ""), sealed, form.get("new_code", "")
        )
    except (InvalidInput, TooManyTries) as refused:
        return _factor_page(offer, errors=said(refused)), _status(refused)
    return with_login(recovery_page(done.recovery_codes), done.token)


@operators.post("/me/recovery-codes")
@guarded(Operation.CHANGE_OWN_ACCESS)
def renew_recovery_codes() -> ResponseReturnValue:
    """Make new recovery codes and show them this once."""
    form = request.form
    try:
        codes = parts().staff_access.renew_recovery_codes(staff_actor(), form.get("current", ""), form.get("code", ""))
    except (InvalidInput, TooManyTries) as refused:
        return _again("recovery", refused)
    return recovery_page(codes)


@operators.post("/me/sign-ins/end")
@guarded(Operation.CHANGE_OWN_ACCESS)
def end_own_sign_in() -> ResponseReturnValue:
    """End one of one's own sign-ins."""
    parts().staff_access.end_sign_in(staff_actor(), request.form.get("sign_in", ""))
    leave_notice("sign_in_ended")
    return _to_page()


@operators.post("/me/sign-out-everywhere")
@guarded(Operation.CHANGE_OWN_ACCESS)
def sign_out_everywhere() -> ResponseReturnValue:
    """End all of one's own sign-ins."""
    parts().staff_access.sign_out_everywhere(staff_actor())
    leave_notice("signed_out")
    response = flask.make_response(flask.redirect(flask.url_for("operators.sign_in"), 303))
    drop_staff_login(response)
    response.headers["Clear-Site-Data"] = CLEARED
    return response


def _page(*, form: str = "", errors: dict[str, str] | None = None) -> str:
    access, staff = parts().staff_access, staff_member()
    sign_ins = [
        (row, moment(row.began_at), moment(row.seen_at)) for row in access.sign_ins(staff_actor(), staff_token())
    ]
    return flask.render_template(
        "operators/own_access.html",
        page=staff_frame(gettext("How I come in")),
        staff=staff,
        sign_ins=sign_ins,
        codes_left=access.recovery_codes_left(staff_actor()),
        shortest=SHORTEST_BESIDE_A_SECOND_FACTOR,
        form=form,
        errors=errors or {},
    )


def _factor_page(offer: Offer, *, errors: dict[str, str] | None = None) -> str:
    return flask.render_template(
        "operators/another_second_step.html",
        page=staff_frame(gettext("Another phone for the second step")),
        offer=offer,
        drawing=offer_drawing(offer),
        errors=errors or {},
    )


def _again(form: str, refused: LearncityError) -> tuple[str, int]:
    return _page(form=form, errors={f"{form}-{field}": text for field, text in said(refused).items()}), _status(refused)


def _status(refused: LearncityError) -> int:
    return 429 if isinstance(refused, TooManyTries) else 400


def _to_page() -> flask.Response:
    return flask.make_response(flask.redirect(flask.url_for("operators.own_access"), 303))
