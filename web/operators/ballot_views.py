"""Ballots in the portal: the list, preparing one, and its page with the one step that comes next.

Owns: the addresses under `/o/ballots`. The steps are `city.services.ballot_office`'s; a large ballot is drawn by the
worker, a small one at once.
"""

from __future__ import annotations

import flask
from flask import request
from flask.typing import ResponseReturnValue

from city.asking import LARGEST_ID
from city.errors import Conflict, InvalidInput, NotFound
from city.model import Ballot
from city.services.permissions import ActorRole, Operation, Subject, require
from city.store.unit_of_work import UnitOfWork
from web.ballot_facts import rule_in_words
from web.components.cards import viewpoint
from web.deeds import leave_notice
from web.instants import moment
from web.language import gettext, words
from web.operators.access import guarded, staff_actor, staff_member
from web.operators.ballot_page import (
    FIELDS,
    BallotForm,
    NextStep,
    choices,
    next_step,
    run_choice,
    runs_to_give,
    slip_of_plan,
    state_in_words,
)
from web.operators.blueprint import operators
from web.operators.chosen import operator_in_question
from web.operators.forms import values_of_form
from web.operators.frame import staff_frame
from web.parts import parts

DRAWN_AT_ONCE = 2_000
"""Entries up to which a draw is worked out while the page waits."""


@operators.get("/ballots")
@guarded(Operation.RUN_BALLOT)
def ballots() -> ResponseReturnValue:
    """List an operator's ballots; whoever runs the city sees all of them."""
    staff, now = staff_member(), parts().clock.now()
    with parts().database.reading() as work:
        of_all = staff.role == ActorRole.ADMINISTRATOR and not request.args.get("operator")
        found = work.ballots.all() if of_all else work.ballots.of_operator(operator_in_question())
        rows = [
            (_name(each), state_in_words(each, now), moment(each.closes_at), _entries(work, each), each.id)
            for each in found
        ]
        bodies = [(body.id, words(body.name)) for body in work.operators.all()] if of_all else []
    page = staff_frame(gettext("Ballots"), "ballots")
    return flask.render_template("operators/ballots.html", page=page, rows=rows, bodies=bodies)


@operators.get("/ballots/new")
@guarded(Operation.RUN_BALLOT)
def new_ballot() -> ResponseReturnValue:
    """Show the form that prepares a ballot."""
    return _form(BallotForm({"weigh": "1", "most_runs": "1"}), operator_in_question(), [])


@operators.post("/ballots")
@guarded(Operation.RUN_BALLOT)
def prepare_ballot() -> ResponseReturnValue:
    """Write a draft, or show all that is wrong with it."""
    operator_id = operator_in_question()
    require(staff_actor(), Operation.RUN_BALLOT, Subject(operator_id=operator_id))
    form = BallotForm(values_of_form(FIELDS), _ticked())
    if slips := form.slips():
        return _form(form, operator_id, slips), 400
    try:
        ballot_id = parts().ballot_office.prepare(staff_actor(), operator_id, form.plan())
    except InvalidInput as wrong:
        return _form(form, operator_id, [slip_of_plan(wrong)]), 400
    leave_notice("ballot_prepared")
    return _to(ballot_id)


@operators.get("/ballots/<int:ballot_id>")
@guarded(Operation.RUN_BALLOT)
def ballot(ballot_id: int) -> ResponseReturnValue:
    """Show a ballot, its rule, how many are in it, and what comes next."""
    return _page(ballot_id, "", 200)


@operators.post("/ballots/<int:ballot_id>/<any(announce,close,draw):step>")
@guarded(Operation.RUN_BALLOT)
def step_of_ballot(ballot_id: int, step: str) -> ResponseReturnValue:
    """Announce, close or draw."""
    actor, office = staff_actor(), parts().ballot_office
    try:
        if step == NextStep.ANNOUNCE:
            office.announce(actor, ballot_id)
        elif step == NextStep.CLOSE:
            office.close(actor, ballot_id)
        else:
            _draw(ballot_id)
    except (Conflict, InvalidInput) as refused:
        return _page(ballot_id, gettext(str(refused)), 409)
    return _to(ballot_id)


@operators.post("/ballots/<int:ballot_id>/value")
@guarded(Operation.RUN_BALLOT)
def reveal_value(ballot_id: int) -> ResponseReturnValue:
    """Write down what the public source said; a small ballot is drawn at once."""
    try:
        parts().ballot_office.reveal(staff_actor(), ballot_id, request.form.get("value", ""))
        _draw(ballot_id)
    except (Conflict, InvalidInput) as refused:
        return _page(ballot_id, gettext(str(refused)), 409)
    return _to(ballot_id)


@operators.post("/ballots/<int:ballot_id>/call-off")
@guarded(Operation.RUN_BALLOT)
def call_off_ballot(ballot_id: int) -> ResponseReturnValue:
    """Call a ballot off that is not drawn; the form asks for its number, so that no slip of a finger does it."""
    if request.form.get("number", "").strip() != str(ballot_id):
        return _page(ballot_id, gettext("Write the number of the ballot, if it is meant."), 409)
    try:
        parts().ballot_office.cancel(staff_actor(), ballot_id, request.form.get("reason", ""))
    except Conflict as refused:
        return _page(ballot_id, gettext(str(refused)), 409)
    leave_notice("ballot_called_off")
    return _to(ballot_id)


def _draw(ballot_id: int) -> None:
    """Draw now, unless there are so many entries that the worker does it."""
    with parts().database.reading() as work:
        entries = work.ballots.get(ballot_id).entry_count or 0
    if entries <= DRAWN_AT_ONCE:
        parts().ballot_office.draw(staff_actor(), ballot_id)
        parts().ballot_settling.settle(ballot_id)
        leave_notice("ballot_drawn")
    else:
        leave_notice("ballot_drawn_soon")


def _page(ballot_id: int, refused: str, status: int) -> ResponseReturnValue:
    view = viewpoint(None)
    with parts().database.reading() as work:
        found = work.ballots.get(ballot_id)
        require(staff_actor(), Operation.RUN_BALLOT, Subject(operator_id=found.operator_id))
        entries, people = work.ballots.counts(ballot_id)
        runs = [run_choice(run, view, ()) for run in work.ballots.runs(ballot_id)]
        files = work.ballots.published(ballot_id)
    title = gettext("Ballot %(number)s: %(name)s", number=found.id, name=_name(found))
    return flask.render_template(
        "operators/ballot.html",
        page=staff_frame(title, "ballots"),
        ballot=found,
        name=_name(found),
        state=state_in_words(found, view.now),
        opens=moment(found.opens_at),
        closes=moment(found.closes_at),
        rule=list(rule_in_words(found, view)),
        entries=entries,
        people=people,
        runs=runs,
        files=[(stage, sha256, moment(at)) for stage, sha256, at in files],
        next=next_step(found, view.now),
        by_worker=(found.entry_count or 0) > DRAWN_AT_ONCE,
        refused=refused,
    ), status


def _form(form: BallotForm, operator_id: int, errors: list[tuple[str, str]]) -> str:
    view = viewpoint(None)
    with parts().database.reading() as work:
        runs = [run_choice(run, view, form.run_ids) for run in runs_to_give(work, operator_id, view)]
    title = gettext("Prepare a ballot")
    return flask.render_template(
        "operators/ballot_form.html",
        page=staff_frame(gettext("Error: %(title)s", title=title) if errors else title, "ballots"),
        title=title,
        v=form.values,
        said=dict(errors),
        errors=errors,
        runs=runs,
        x=choices(form),
        operator_id=operator_id,
    )


def _ticked() -> tuple[int, ...]:
    sent = request.form.getlist("run")
    if any(not (each.isascii() and each.isdigit() and int(each[:20]) <= LARGEST_ID) for each in sent):
        raise NotFound("There is no such run.")
    return tuple(dict.fromkeys(int(each) for each in sent))


def _entries(work: UnitOfWork, ballot: Ballot) -> int:
    return ballot.entry_count if ballot.entry_count is not None else work.ballots.counts(ballot.id)[0]


def _name(ballot: Ballot) -> object:
    return words(ballot.name)


def _to(ballot_id: int) -> ResponseReturnValue:
    return flask.redirect(flask.url_for("operators.ballot", ballot_id=ballot_id), 303)
