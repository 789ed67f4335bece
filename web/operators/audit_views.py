"""The audit log as administrators read it: newest first, or all done with one thing; and whether it is whole."""

from __future__ import annotations

from typing import Any

import flask
from flask import request
from flask.typing import ResponseReturnValue

from city.model import AuditEntry
from city.services.permissions import ActorRole, Operation
from city.services.verifying import verify_log
from web.deeds import leave_notice
from web.instants import moment
from web.language import gettext
from web.operators.access import guarded, staff_actor
from web.operators.blueprint import operators
from web.operators.forms import id_of_address
from web.operators.frame import ROLE_WORDS, staff_frame
from web.parts import parts

A_PAGE = 50


@operators.get("/audit")
@guarded(Operation.SEE_AUDIT_LOG)
def audit_log() -> ResponseReturnValue:
    """Show who changed what, a page at a time."""
    before = id_of_address("before")
    kind, thing = request.args.get("kind", ""), request.args.get("id", "")
    with parts().database.reading() as work:
        if kind and thing:
            found, more = work.audit_log.of_object(kind[:32], thing[:80]), None
        else:
            read = work.audit_log.newest(n=A_PAGE + 1, before_id=before)
            found, more = read[:A_PAGE], read[A_PAGE - 1].id if len(read) > A_PAGE else None
        names = {row.id: row.name or row.email for row in work.staff.all()}
    return flask.render_template(
        "operators/audit.html",
        page=staff_frame(gettext("Audit log"), "audit"),
        rows=[_row(entry, names) for entry in found],
        older=flask.url_for("operators.audit_log", before=more) if more else "",
        all_url=flask.url_for("operators.audit_log") if kind or before else "",
    )


@operators.post("/audit/verify")
@guarded(Operation.SEE_AUDIT_LOG)
def verify_audit_log() -> ResponseReturnValue:
    """Walk the whole chain and say whether it is whole."""
    verdict = verify_log(parts().database, staff_actor())
    leave_notice("audit_whole" if verdict.whole else "audit_broken")
    return flask.redirect(flask.url_for("operators.audit_log"), 303)


def _row(entry: AuditEntry, names: dict[int, str]) -> dict[str, Any]:
    return {
        "at": moment(entry.happened_at),
        "who": names.get(entry.staff_id or 0, "") if entry.staff_id else "",
        "role": gettext(ROLE_WORDS[ActorRole(entry.role)]) if entry.role in ROLE_WORDS else gettext(entry.role),
        "operation": gettext(entry.operation),
        "thing": f"{entry.object_kind} {entry.object_id}",
        "url": flask.url_for("operators.audit_log", kind=entry.object_kind, id=entry.object_id),
        "before": _told(entry.before),
        "after": _told(entry.after),
        "number": entry.id,
    }


def _told(values: dict[str, Any]) -> str:
    return "; ".join(f"{name}: {value}" for name, value in values.items())
