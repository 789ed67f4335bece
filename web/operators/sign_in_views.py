"""Coming in and going out: the sign-in of staff, and in demo mode sample staff by a tap."""

from __future__ import annotations

import flask
from flask import request
from flask.typing import ResponseReturnValue

from city.errors import NotFound
from city.services.permissions import ActorRole, Operation
from web.addresses import safe_next
from web.deeds import leave_notice
from web.language import gettext, words
from web.operators.access import doorway, drop_staff_login, keep_staff_login, staff_token
from web.operators.blueprint import operators
from web.operators.frame import ROLE_WORDS, staff_frame
from web.parts import parts


@operators.get("/sign-in")
@doorway(Operation.SIGN_IN)
def sign_in() -> ResponseReturnValue:
    """Ask who comes."""
    people = [
        (
            staff.id,
            staff.name,
            gettext(ROLE_WORDS[ActorRole(staff.role)]),
            words(staff.operator.name) if staff.operator else "",
        )
        for staff in parts().staff_access.sample_staff()
    ]
    return flask.render_template(
        "operators/sign_in.html",
        page=staff_frame(gettext("Sign in to work here")),
        people=people,
        next=safe_next(request.args.get("next"), flask.url_for("operators.overview")),
    )


@operators.post("/sign-in/sample")
@doorway(Operation.SIGN_IN)
def sign_in_as_sample() -> ResponseReturnValue:
    """Start a sign-in as the sample member of staff the form names."""
    number = request.form.get("staff", "")
    if not number.isdecimal() or len(number) > 9:
        raise NotFound("There is no such sample member of staff.")
    token = parts().staff_access.sign_in_as_sample(int(number), former_token=staff_token())
    leave_notice("signed_in")
    response = _to(safe_next(request.form.get("next"), flask.url_for("operators.overview")))
    keep_staff_login(response, token)
    return response


@operators.post("/sign-out")
@doorway(Operation.SIGN_IN)
def sign_out() -> ResponseReturnValue:
    """End the sign-in, here and on the server."""
    parts().staff_access.sign_out(staff_token())
    leave_notice("signed_out")
    response = _to(flask.url_for("operators.sign_in"))
    drop_staff_login(response)
    response.headers["Clear-Site-Data"] = '"cache"'
    return response


def _to(address: str) -> flask.Response:
    return flask.make_response(flask.redirect(address, 303))
