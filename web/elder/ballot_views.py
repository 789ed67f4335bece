"""A ballot in the elder view: what one can wish for as buttons, one number, and a page that says what became of it.

Owns: `/e/ballots/ID`, `/e/ballots/ID/enter`, `/e/entries/TOKEN` with its deeds. What they do is shared with the
standard view (`ballot_asking`, `ballot_facts`); what is large and short here is this module's and its templates'.
"""

from __future__ import annotations

import flask
from flask import request
from flask.typing import ResponseReturnValue

from city.errors import Conflict, InvalidInput
from web.access import current_person
from web.ballot_asking import (
    EntryAsking,
    ask_entry,
    change_entry,
    enter,
    entry_url,
    keep_entry,
    open_entry,
    own_entry_url,
    wishes_in,
)
from web.ballot_facts import BallotState, EntryFacts, EntryState, ballot_facts
from web.components.cards import Action, Viewpoint, viewpoint
from web.elder.frame import elder_frame
from web.elder.views import elder, screen
from web.language import Words, gettext
from web.parts import parts
from web.place_forms import said_in
from web.places import see

RUNS_A_SCREEN = 4


@elder.get("/ballots/<int:ballot_id>")
def ballot(ballot_id: int) -> ResponseReturnValue:
    """What one can wish for, four a screen; a tap leads to the one question."""
    facts, nth = ballot_facts(ballot_id, _view()), screen()
    shown = facts.runs[(nth - 1) * RUNS_A_SCREEN : nth * RUNS_A_SCREEN]
    has_more = len(facts.runs) > nth * RUNS_A_SCREEN
    return flask.render_template(
        "elder/ballot.html",
        page=elder_frame(_called(facts.name), back=flask.url_for("elder.home"), nth=nth),
        ballot=facts,
        runs=[(run, _enter_url(ballot_id, run.id) if facts.state == BallotState.OPEN else "") for run in shown],
        entry_url=own_entry_url(ballot_id, view="elder"),
        more=flask.url_for("elder.ballot", ballot_id=ballot_id, page=nth + 1) if has_more else "",
    )


@elder.get("/ballots/<int:ballot_id>/enter")
def ask_to_enter(ballot_id: int) -> ResponseReturnValue:
    """Ask for the telephone, or for nothing where it is known; a wish has to be named before."""
    asking = ask_entry(ballot_id, _view())
    if not asking.wishes or asking.state != BallotState.OPEN:
        return flask.redirect(flask.url_for("elder.ballot", ballot_id=ballot_id), 302)
    return _form(asking, 200)


@elder.post("/ballots/<int:ballot_id>/enter")
def enter_ballot(ballot_id: int) -> ResponseReturnValue:
    """Enter, or show the form again as it was typed."""
    made = enter(ballot_id, _view())
    if isinstance(made, tuple):
        return _form(*made)
    response = see(entry_url(made.entry_id, view="elder"))
    keep_entry(response, made.entry_id)
    return response


@elder.get("/entries/<token>")
def entry(token: str) -> ResponseReturnValue:
    """The entry: number, wishes, what became of them."""
    return _entry_page(token)


@elder.post("/entries/<token>/<any(withdraw,undo):deed>")
def change_own_entry(token: str, deed: str) -> ResponseReturnValue:
    """Leave the draw, or come back in."""
    if refused := change_entry(token, deed):
        return _entry_page(token, refused, 409)
    return see(flask.url_for("elder.entry", token=token))


@elder.get("/entries/<token>/more")
def another_wish(token: str) -> ResponseReturnValue:
    """What else one could wish for, four a screen."""
    _, facts = open_entry(token, _view(), "elder")
    flask.g.keep_nowhere = True
    chosen, nth = {wish.run_id for wish in facts.wishes}, screen()
    others = [run for run in ballot_facts(facts.ballot_id, _view()).runs if run.id not in chosen]
    has_more = len(others) > nth * RUNS_A_SCREEN
    title = gettext("What else would you like? %(number)s", number=facts.number)
    return flask.render_template(
        "elder/another_wish.html",
        page=elder_frame(title, back=flask.url_for("elder.entry", token=token), nth=nth),
        runs=others[(nth - 1) * RUNS_A_SCREEN : nth * RUNS_A_SCREEN],
        add=flask.url_for("elder.add_wish", token=token),
        more=flask.url_for("elder.another_wish", token=token, page=nth + 1) if has_more else "",
    )


@elder.post("/entries/<token>/more")
def add_wish(token: str) -> ResponseReturnValue:
    """Put one more wish behind the others."""
    holder, facts = open_entry(token, _view(), "elder")
    wishes = [*(wish.run_id for wish in facts.wishes), *wishes_in(request.form)]
    try:
        parts().balloting.change_wishes(holder, facts.id, list(dict.fromkeys(wishes)))
    except (InvalidInput, Conflict) as refused:
        return _entry_page(token, said_in(refused), 409)
    return see(flask.url_for("elder.entry", token=token))


def _entry_page(token: str, refused: str = "", status: int = 200) -> ResponseReturnValue:
    _, facts = open_entry(token, _view(), "elder")
    flask.g.keep_nowhere = True
    title = gettext("%(heading)s: %(title)s, %(number)s", heading=facts.heading, title=facts.name, number=facts.number)
    return flask.render_template(
        "elder/entry.html",
        page=elder_frame(title, step=facts.heading, back=flask.url_for("elder.ballot", ballot_id=facts.ballot_id)),
        entry=facts,
        refused=refused,
        actions=_actions(facts, token),
        more_url=flask.url_for("elder.another_wish", token=token) if facts.is_open else "",
    ), status


def _actions(facts: EntryFacts, token: str) -> dict[str, Action | None]:
    may = {"withdraw": facts.is_open, "undo": facts.state == EntryState.WITHDRAWN}
    return {
        deed: Action(flask.url_for("elder.change_own_entry", token=token, deed=deed)) if allowed else None
        for deed, allowed in may.items()
    }


def _form(asking: EntryAsking, status: int) -> ResponseReturnValue:
    title = gettext("Enter ballot %(number)s: %(name)s", number=asking.ballot_id, name=asking.name)
    shown = gettext("Error: %(title)s", title=title) if asking.errors else title
    back = flask.url_for("elder.ballot", ballot_id=asking.ballot_id)
    wished = [(title, when) for run_id, title, when in asking.runs if run_id in asking.wishes]
    return flask.render_template(
        "elder/enter.html",
        page=elder_frame(shown, step=gettext("Step 2 of 2"), back=back),
        asking=asking,
        wished=wished,
        here=flask.url_for("elder.ask_to_enter", ballot_id=asking.ballot_id),
    ), status


def _called(name: Words) -> str:
    return gettext("Draw: %(name)s", name=name)


def _enter_url(ballot_id: int, run_id: int) -> str:
    return flask.url_for("elder.ask_to_enter", ballot_id=ballot_id, wish=run_id)


def _view() -> Viewpoint:
    at = current_person().position()
    return viewpoint((at.latitude, at.longitude) if at else None)
