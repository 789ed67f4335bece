"""Operators as the city sees them: admitted by an administrator, closed, and opened again."""

from __future__ import annotations

import flask
from flask import request
from flask.typing import ResponseReturnValue

from city.errors import InvalidInput
from city.model import AreaLevel
from city.services.permissions import Operation
from city.services.staff_keeping import NewOperator
from web.addresses import is_slug
from web.deeds import leave_notice
from web.language import gettext, words
from web.operators.access import guarded, staff_actor
from web.operators.blueprint import operators
from web.operators.frame import staff_frame
from web.operators.sign_in_views import said
from web.parts import parts

FIELDS = ("name_zh", "name_en", "slug", "phone", "email")


@operators.get("/bodies")
@guarded(Operation.ADD_OPERATOR)
def bodies() -> ResponseReturnValue:
    """List all operators, with the form that admits one."""
    return _page()


@operators.post("/bodies/admit")
@guarded(Operation.ADD_OPERATOR)
def admit_body() -> ResponseReturnValue:
    """Admit an operator."""
    try:
        parts().staff_keeping.admit_operator(staff_actor(), _asked())
    except InvalidInput as refused:
        return _page(errors=said(refused)), 400
    leave_notice("body_admitted")
    return _to_page()


@operators.post("/bodies/<int:operator_id>/close")
@guarded(Operation.ADD_OPERATOR)
def close_body(operator_id: int) -> ResponseReturnValue:
    """Close an operator: nobody works for it any more, what it published stays."""
    parts().staff_keeping.close_operator(staff_actor(), operator_id)
    leave_notice("body_closed")
    return _to_page()


@operators.post("/bodies/<int:operator_id>/open")
@guarded(Operation.ADD_OPERATOR)
def open_body(operator_id: int) -> ResponseReturnValue:
    """Open an operator again."""
    parts().staff_keeping.close_operator(staff_actor(), operator_id, closed=False)
    leave_notice("body_opened")
    return _to_page()


def _asked() -> NewOperator:
    values = {name: request.form.get(name, "") for name in FIELDS}
    district = request.form.get("district", "")
    if district and not is_slug(district):
        raise InvalidInput("There is no such district.", field="district")
    return NewOperator(**values, district_id=district, reviewed=request.form.get("reviewed") == "1")


def _page(*, errors: dict[str, str] | None = None) -> str:
    typed = request.form
    with parts().database.reading() as work:
        districts = [area for area in work.areas.all() if area.level == AreaLevel.DISTRICT]
    names = {area.id: words(area.name) for area in districts}
    rows = [
        (row, words(row.name), names.get(row.district_id or "", ""))
        for row in parts().staff_keeping.operators(staff_actor())
    ]
    return flask.render_template(
        "operators/bodies.html",
        page=staff_frame(gettext("Operators"), "bodies"),
        rows=rows,
        values={name: typed.get(name, "") for name in FIELDS},
        reviewed=not typed or typed.get("reviewed") == "1",
        districts=[
            ("", gettext("None"), not typed.get("district")),
            *((key, name, key == typed.get("district")) for key, name in names.items()),
        ],
        errors=errors or {},
    )


def _to_page() -> flask.Response:
    return flask.make_response(flask.redirect(flask.url_for("operators.bodies"), 303))
