"""The queue of a district's moderator: what waits, one of them as citizens would see it, publish or return.

Owns: the addresses under `/o/moderation`. The rules are `city.services.moderating`'s.
"""

from __future__ import annotations

import flask
from flask import request
from flask.typing import ResponseReturnValue

from city.services.findings import NotComplete
from city.services.permissions import Operation
from web.deeds import leave_notice
from web.language import gettext
from web.operators.access import guarded, staff_actor
from web.operators.blueprint import operators
from web.operators.frame import staff_frame
from web.operators.moderation_page import moderation_page, queue_rows
from web.parts import parts


@operators.get("/moderation")
@guarded(Operation.MODERATE)
def moderation() -> ResponseReturnValue:
    """Show what waits for a decision, the longest waiting first."""
    rows = queue_rows(parts().moderating.queue(staff_actor()))
    page = staff_frame(gettext("Waits for a look"), "moderation")
    return flask.render_template("operators/moderation.html", page=page, rows=rows)


@operators.get("/moderation/<int:offering_id>")
@guarded(Operation.MODERATE)
def look_at_offering(offering_id: int) -> ResponseReturnValue:
    """Show one offering as citizens would see it."""
    return _shown(offering_id)


@operators.post("/moderation/<int:offering_id>")
@guarded(Operation.MODERATE)
def decide(offering_id: int) -> ResponseReturnValue:
    """Publish it, or return it with a reason."""
    if request.form.get("do") == "publish":
        parts().moderating.publish(staff_actor(), offering_id)
        leave_notice("moderated_published")
        return flask.redirect(flask.url_for("operators.moderation"), 303)
    try:
        parts().moderating.send_back(staff_actor(), offering_id, request.form.get("reason", ""))
    except NotComplete as wrong:
        return _shown(offering_id, wrong), 400
    leave_notice("moderated_returned")
    return flask.redirect(flask.url_for("operators.moderation"), 303)


def _shown(offering_id: int, wrong: NotComplete | None = None) -> str:
    found = moderation_page(parts().moderating.one(staff_actor(), offering_id), request.form.get("reason", ""), wrong)
    named = gettext("%(title)s: show it?", title=found.title)
    heading = gettext("Error: %(title)s", title=named) if wrong is not None else named
    page = staff_frame(heading, "moderation")
    return flask.render_template("operators/moderation_one.html", page=page, found=found)
