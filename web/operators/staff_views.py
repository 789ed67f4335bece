"""Colleagues: who works here, who was invited, and access that is given and taken away."""

from __future__ import annotations

import flask
from flask import request
from flask.typing import ResponseReturnValue

from city.errors import InvalidInput
from city.model import AreaLevel
from city.model.people import OPERATOR_ROLES, Role
from city.services.permissions import ActorRole, Operation
from city.services.staff_access import may_come_in
from city.services.staff_keeping import Invitation, Invited
from web.addresses import current_language, is_slug
from web.deeds import leave_notice
from web.instants import moment
from web.language import gettext, message, words
from web.operators.access import guarded, staff_actor, staff_member
from web.operators.blueprint import operators
from web.operators.forms import id_of_form
from web.operators.frame import ROLE_WORDS, staff_frame
from web.operators.sign_in_views import said
from web.parts import parts


@operators.get("/staff")
@guarded(Operation.INVITE_STAFF)
def staff_list() -> ResponseReturnValue:
    """Show colleagues and open invitations, with the form that invites."""
    return _page()


@operators.post("/staff/invite")
@guarded(Operation.INVITE_STAFF)
def invite_staff() -> ResponseReturnValue:
    """Invite somebody by mail."""
    try:
        invited = parts().staff_keeping.invite(staff_actor(), _asked())
    except InvalidInput as refused:
        return _page(errors=said(refused)), 400
    if not invited.mailed:
        parts().staff_keeping.withdraw(staff_actor(), invited.id)
        return _page(errors={"email": gettext("The mail could not be sent. Try again in a few minutes.")}), 503
    if parts().settings.demo:
        return _page(invited=invited)
    leave_notice("invited")
    return _to_page()


@operators.post("/staff/invitations/<int:invitation_id>/withdraw")
@guarded(Operation.INVITE_STAFF)
def withdraw_invitation(invitation_id: int) -> ResponseReturnValue:
    """Make an invitation good for nothing."""
    parts().staff_keeping.withdraw(staff_actor(), invitation_id)
    leave_notice("invitation_withdrawn")
    return _to_page()


@operators.post("/staff/<int:staff_id>/disable")
@guarded(Operation.DISABLE_STAFF)
def disable_staff(staff_id: int) -> ResponseReturnValue:
    """Shut a colleague out at once."""
    parts().staff_keeping.disable(staff_actor(), staff_id)
    leave_notice("staff_disabled")
    return _to_page()


@operators.post("/staff/<int:staff_id>/enable")
@guarded(Operation.DISABLE_STAFF)
def enable_staff(staff_id: int) -> ResponseReturnValue:
    """Let a colleague in again."""
    parts().staff_keeping.let_in_again(staff_actor(), staff_id)
    leave_notice("staff_enabled")
    return _to_page()


def _asked() -> Invitation:
    """Return the invitation of the form; a publisher invites for the own operator, whatever the form says."""
    staff, form = staff_member(), request.form
    role, district = form.get("role", ""), form.get("district", "")
    runs_city = staff.role == ActorRole.ADMINISTRATOR
    operator_id = id_of_form("operator") if runs_city else staff.operator_id
    if district and not is_slug(district):
        raise InvalidInput("There is no such district.", field="district")
    if runs_city and role in OPERATOR_ROLES and operator_id is None:
        raise InvalidInput(message("Choose the operator for whom the person works."), field="operator")
    return Invitation(
        form.get("email", ""),
        role,
        operator_id if not runs_city or role in OPERATOR_ROLES else None,
        (district or None) if role == Role.MODERATOR else None,
        current_language(),
    )


def _page(*, errors: dict[str, str] | None = None, invited: Invited | None = None) -> str:
    actor, staff = staff_actor(), staff_member()
    with parts().database.reading() as work:
        bodies = [row for row in work.operators.all() if row.closed_at is None]
        areas = {area.id: area for area in work.areas.all()}
    names = {row.id: words(row.name) for row in bodies}
    runs_city = staff.role == ActorRole.ADMINISTRATOR
    colleagues = [
        (row, _role(row.role), _body(row.operator_id, row.district_id, names, areas), may_come_in(row))
        for row in parts().staff_keeping.colleagues(actor)
    ]
    invitations = [
        (row, _role(row.role), _body(row.operator_id, row.district_id, names, areas), moment(row.expires_at))
        for row in parts().staff_keeping.invitations(actor)
    ]
    roles = [role for role in Role if runs_city or role in OPERATOR_ROLES]
    typed = request.form
    return flask.render_template(
        "operators/staff.html",
        page=staff_frame(gettext("An invitation is made") if invited else gettext("Colleagues"), "staff"),
        own_id=staff.id,
        colleagues=colleagues,
        invitations=invitations,
        invited=invited,
        email="" if invited else typed.get("email", ""),
        roles=[(role, _role(role), typed.get("role") == role) for role in roles],
        bodies=_choices(runs_city, [(str(id_), name) for id_, name in names.items()], typed.get("operator")),
        districts=_choices(
            runs_city,
            [(area.id, words(area.name)) for area in areas.values() if area.level == AreaLevel.DISTRICT],
            typed.get("district"),
        ),
        errors=errors or {},
    )


def _choices(offered: bool, rows: list[tuple[str, object]], chosen: str | None) -> list[tuple[str, object, bool]]:
    if not offered:
        return []
    return [("", gettext("None"), not chosen), *((key, name, key == chosen) for key, name in rows)]


def _role(role: str) -> str:
    return gettext(ROLE_WORDS[ActorRole(role)])


def _body(operator_id: int | None, district_id: str | None, names: dict, areas: dict) -> object:  # type: ignore[type-arg]
    if operator_id is not None:
        return names.get(operator_id, "")
    area = areas.get(district_id or "")
    return words(area.name) if area is not None else ""


def _to_page() -> flask.Response:
    return flask.make_response(flask.redirect(flask.url_for("operators.staff_list"), 303))
