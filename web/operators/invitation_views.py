"""Taking up an invitation: a name and a password, then the second step."""

from __future__ import annotations

import flask
from flask import request
from flask.typing import ResponseReturnValue

from city.errors import InvalidInput
from city.model import StaffInvitation
from city.passwords import SHORTEST_BESIDE_A_SECOND_FACTOR
from city.services.permissions import ActorRole, Operation
from web.language import gettext, words
from web.operators.access import doorway
from web.operators.blueprint import operators
from web.operators.frame import ROLE_WORDS, staff_frame
from web.operators.sign_in_views import said, with_login
from web.parts import parts


@operators.get("/invitation/<token>")
@doorway(Operation.SIGN_IN)
def invitation(token: str) -> ResponseReturnValue:
    """Ask whoever was invited for a name and a password."""
    return _page(parts().staff_keeping.invitation_of(token), token)


@operators.post("/invitation/<token>")
@doorway(Operation.SIGN_IN)
def take_up_invitation(token: str) -> ResponseReturnValue:
    """Make the member of staff, then ask for the second step."""
    name = request.form.get("name", "")
    try:
        session = parts().staff_keeping.take_up(token, name, request.form.get("password", ""))
    except InvalidInput as refused:
        return _page(parts().staff_keeping.invitation_of(token), token, name=name, errors=said(refused)), 400
    return with_login(flask.redirect(flask.url_for("operators.second_step"), 303), session)


def _page(row: StaffInvitation, token: str, *, name: str = "", errors: dict[str, str] | None = None) -> str:
    return flask.render_template(
        "operators/invitation.html",
        page=staff_frame(gettext("Take up your invitation")),
        token=token,
        email=row.email,
        role=gettext(ROLE_WORDS[ActorRole(row.role)]),
        body=_body(row),
        shortest=SHORTEST_BESIDE_A_SECOND_FACTOR,
        name=name,
        errors=errors or {},
    )


def _body(row: StaffInvitation) -> object:
    with parts().database.reading() as work:
        if row.operator_id is not None:
            return words(work.operators.get(row.operator_id).name)
        area = work.areas.find(row.district_id) if row.district_id else None
        return words(area.name) if area is not None else ""
