"""Changes to what people have places on: one meeting moved, called off or held after all; a whole run called off.

Owns: the addresses under `/o/meetings/ID` and `/o/runs/ID/call-off`. Who has to be told stands on the run's page.
"""

from __future__ import annotations

from datetime import date, time

import flask
from flask import request
from flask.typing import ResponseReturnValue

from city.errors import InvalidInput
from city.services.permissions import Operation
from web.deeds import leave_notice
from web.operators.access import guarded, staff_actor
from web.operators.blueprint import operators
from web.operators.chosen import number_of
from web.parts import parts


@operators.post("/runs/<int:run_id>/meetings/<int:meeting_id>/move")
@guarded(Operation.PUBLISH_OFFERING)
def move_meeting(run_id: int, meeting_id: int) -> ResponseReturnValue:
    """Put a meeting on another day or hour."""
    parts().changing.move_meeting(staff_actor(), meeting_id, _day("held_on"), _hour("starts"), _hour("ends"))
    return _back(run_id, "meeting_moved")


@operators.post("/runs/<int:run_id>/meetings/<int:meeting_id>/call-off")
@guarded(Operation.PUBLISH_OFFERING)
def call_off_meeting(run_id: int, meeting_id: int) -> ResponseReturnValue:
    """Say that one meeting does not take place."""
    parts().changing.call_off_meeting(staff_actor(), meeting_id)
    return _back(run_id, "meeting_called_off")


@operators.post("/runs/<int:run_id>/meetings/<int:meeting_id>/hold")
@guarded(Operation.PUBLISH_OFFERING)
def hold_meeting(run_id: int, meeting_id: int) -> ResponseReturnValue:
    """Take back that a meeting was called off."""
    parts().changing.hold_meeting_after_all(staff_actor(), meeting_id)
    return _back(run_id, "meeting_held")


@operators.post("/runs/<int:run_id>/call-off")
@guarded(Operation.PUBLISH_OFFERING)
def call_off_run(run_id: int) -> ResponseReturnValue:
    """Call the whole run off; the form asks for the number of people, so that no slip of a finger does it."""
    roster = parts().rosters.of_run(staff_actor(), run_id)
    held = sum(seat.enrolment.party_size for seat in roster.seats)
    if number_of("people_count") != held:
        raise InvalidInput(
            "This is not the number of people who have a place.", field="people_count", remedy=f"{held}, if it is meant"
        )
    parts().run_changes.cancel_run(staff_actor(), run_id, request.form.get("reason", ""))
    return _back(run_id, "run_called_off")


def _back(run_id: int, said: str) -> ResponseReturnValue:
    leave_notice(said)
    return flask.redirect(flask.url_for("operators.run", run_id=run_id), 303)


def _day(name: str) -> date:
    try:
        return date.fromisoformat(request.form.get(name, ""))
    except ValueError:
        raise InvalidInput("This is no day.", field=name, remedy="a day, like 2026-12-03") from None


def _hour(name: str) -> time | None:
    sent = request.form.get(name, "").strip()
    if not sent:
        return None
    try:
        return time.fromisoformat(sent).replace(tzinfo=None, second=0, microsecond=0)
    except ValueError:
        raise InvalidInput("This is no hour.", field=name, value=sent[:20], remedy="an hour, like 19:00") from None
