"""Lists: the runs of an operator, who takes part in one, who came, and what is printed for the door.

Owns: the addresses under `/o/people` and `/o/runs/ID`, but for changes (`change_views`). Everything is a form: a tick
is a button, so that it works on any phone at a door. Names and phones stand on these pages only.
"""

from __future__ import annotations

import flask
from flask import request
from flask.typing import ResponseReturnValue

from city.model import ClassSession
from city.services.attending import MarkWay, Point
from city.services.permissions import Operation, Subject, may
from city.services.rosters import Roster
from web.deeds import leave_notice
from web.language import gettext, words
from web.operators.access import guarded, staff_actor
from web.operators.blueprint import operators
from web.operators.chosen import number_of, operator_in_question
from web.operators.frame import staff_frame
from web.operators.people_page import meeting_row, point_words, run_row, seat_row
from web.parts import parts
from web.qr import qr_drawing


@operators.get("/people")
@guarded(Operation.SEE_PEOPLE)
def people() -> ResponseReturnValue:
    """List the runs that are to come or were lately."""
    runs = parts().rosters.runs(staff_actor(), operator_in_question())
    return flask.render_template(
        "operators/people.html",
        page=staff_frame(gettext("Lists"), "people"),
        runs=[run_row(each) for each in runs],
    )


@operators.get("/runs/<int:run_id>")
@guarded(Operation.SEE_PEOPLE)
def run(run_id: int) -> ResponseReturnValue:
    """Show who takes part in a run, tick who came, change what has to be changed."""
    roster = parts().rosters.of_run(staff_actor(), run_id)
    point = _point(roster)
    told = {each.enrolment.id: each for each in parts().changing.people(staff_actor(), run_id)}
    return flask.render_template(
        "operators/run.html",
        page=staff_frame(str(words(roster.run.offering.title)), "people"),
        title=words(roster.run.offering.title),
        run=roster.run,
        seats=[seat_row(seat, point, told.get(seat.enrolment.id)) for seat in roster.seats],
        waiting=[seat_row(seat, None, None) for seat in roster.waiting],
        people_count=sum(seat.enrolment.party_size for seat in roster.seats),
        came_count=sum(
            seat.marks[point.key].person_count for seat in roster.seats if point and point.key in seat.marks
        ),
        given_back_count=roster.given_back_count,
        meetings=[meeting_row(each) for each in roster.run.class_sessions],
        points=roster.points,
        point=point,
        point_words=point_words,
        can_mark=point is not None and parts().clock.now() >= point.opens_at,
        may_change=_may_change(roster),
        is_over=all(_is_past(meeting) for meeting in roster.run.class_sessions),
    )


@operators.post("/runs/<int:run_id>/marks")
@guarded(Operation.MARK_ATTENDANCE)
def mark(run_id: int) -> ResponseReturnValue:
    """Note how many of a party came, or take the note back."""
    enrolment_id, point = number_of("place"), request.form.get("point", "")[:40]
    if request.form.get("count", "") == "":
        parts().attending.unmark(staff_actor(), enrolment_id, point)
    else:
        way = MarkWay.PAPER if request.form.get("way") == MarkWay.PAPER else MarkWay.DESK
        parts().attending.mark(staff_actor(), enrolment_id, point, number_of("count"), way)
    address = flask.url_for("operators.run", run_id=run_id, point=point)
    return flask.redirect(f"{address}#place-{enrolment_id}", 303)


@operators.post("/runs/<int:run_id>/told")
@guarded(Operation.TELL_PEOPLE)
def told(run_id: int) -> ResponseReturnValue:
    """Note that somebody was told by phone."""
    enrolment_id = number_of("place")
    parts().changing.note_told(staff_actor(), enrolment_id)
    return flask.redirect(f"{flask.url_for('operators.run', run_id=run_id)}#place-{enrolment_id}", 303)


@operators.get("/runs/<int:run_id>/sheet")
@guarded(Operation.SEE_PEOPLE)
def attendance_sheet(run_id: int) -> ResponseReturnValue:
    """Give the list in big print, to be ticked on paper and typed in later."""
    roster = parts().rosters.of_run(staff_actor(), run_id)
    point = _point(roster)
    return flask.render_template(
        "operators/attendance_sheet.html",
        page=staff_frame(gettext("List to be printed"), "people"),
        title=words(roster.run.offering.title),
        when=point_words(point) if point else "",
        seats=[seat_row(seat, point, None) for seat in roster.seats],
        people_count=sum(seat.enrolment.party_size for seat in roster.seats),
        back=flask.url_for("operators.run", run_id=run_id, point=point.key if point else None),
    )


@operators.get("/runs/<int:run_id>/door")
@guarded(Operation.MARK_ATTENDANCE)
def door(run_id: int) -> ResponseReturnValue:
    """Give what hangs at the door: a square to point a telephone at, and digits for who cannot."""
    roster = parts().rosters.of_run(staff_actor(), run_id)
    point = _point(roster)
    code = square = ""
    if point is not None:
        token = parts().attending.token_for(point.spot, point.day)
        url = parts().settings.site_address + flask.url_for("citizens.at_the_door", token=token)
        code, square = parts().attending.code_for(point.spot, point.day), qr_drawing(url, gettext("I am here"))
    return flask.render_template(
        "operators/door.html",
        page=staff_frame(gettext("Sheet for the door"), "people"),
        title=words(roster.run.offering.title),
        when=point_words(point) if point else "",
        code=code,
        square=square,
        back=flask.url_for("operators.run", run_id=run_id),
    )


@operators.post("/runs/<int:run_id>/seats")
@guarded(Operation.PUBLISH_OFFERING)
def resize(run_id: int) -> ResponseReturnValue:
    """Set how many seats there are; who waits is offered what comes free."""
    parts().run_changes.resize(staff_actor(), run_id, number_of("seat_count"))
    leave_notice("seats_changed")
    return flask.redirect(flask.url_for("operators.run", run_id=run_id), 303)


def _point(roster: Roster) -> Point | None:
    """Return the point the page is about: the one asked for, else the next one that is not over, else the last."""
    asked, now = request.args.get("point", ""), parts().clock.now()
    chosen = next((each for each in roster.points if each.key == asked), None)
    ahead = next((each for each in roster.points if now < each.closes_at), None)
    return chosen or ahead or (roster.points[-1] if roster.points else None)


def _is_past(meeting: ClassSession) -> bool:
    """True when nothing of it can be changed; one that was called off can be held until its day is over."""
    if meeting.cancelled:
        return meeting.held_on < parts().clock.today()
    return meeting.is_over(parts().clock.now())


def _came(roster: Roster, point: Point | None) -> int:
    marks = [seat.marks.get(point.key) for seat in roster.seats] if point else []
    return sum(mark.person_count for mark in marks if mark is not None)


def _may_change(roster: Roster) -> bool:
    return may(staff_actor(), Operation.PUBLISH_OFFERING, Subject(operator_id=roster.run.offering.operator_id))
