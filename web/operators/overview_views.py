"""The first page of the portal: who is signed in, for whom, and what there is to do."""

from __future__ import annotations

import flask
from flask.typing import ResponseReturnValue

from city.services.permissions import Operation
from web.language import gettext
from web.operators.access import guarded
from web.operators.blueprint import operators
from web.operators.frame import staff_frame


@operators.get("/")
@guarded(Operation.USE_PORTAL)
def overview() -> ResponseReturnValue:
    """Show the ways that the role has."""
    return flask.render_template("operators/overview.html", page=staff_frame(gettext("Overview"), "overview"))
