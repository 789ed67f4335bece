"""A ballot in the standard view: its page with chances and result, entering, the entry by its link, the files.

Owns: `/ballots/ID`, `/ballots/ID/enter`, `/ballots/ID/STAGE.jsonl`, `/entries/TOKEN` with its deeds. Nothing here needs
an account. What stands on the pages is decided in `ballot_facts` and `ballot_asking`, which both views share.
"""

from __future__ import annotations

import flask
from flask import request
from flask.typing import ResponseReturnValue

from city.errors import Conflict, InvalidInput
from city.services.ballot_office import Stage, published
from city.services.balloting import published_ballot
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
    runs_to_wish,
    wish_fields,
    wishes_in,
)
from web.ballot_facts import BallotState, EntryState, ballot_facts
from web.citizens.views import citizens
from web.components.cards import Action, Viewpoint, viewpoint
from web.frames import frame
from web.language import gettext
from web.parts import parts
from web.place_forms import said_in
from web.places import see

FILE_SECONDS = 3_600


@citizens.get("/ballots/<int:ballot_id>")
def ballot(ballot_id: int) -> ResponseReturnValue:
    """What one can enter for, how much each is wanted, by which rule it is drawn, and what came of it."""
    facts = ballot_facts(ballot_id, _view())
    page = frame(gettext("Ballot %(number)s: %(name)s", number=facts.id, name=facts.name), section="night")
    enter_url = flask.url_for("citizens.ask_to_enter", ballot_id=ballot_id) if facts.state == BallotState.OPEN else ""
    return flask.render_template(
        "citizens/ballot.html", page=page, ballot=facts, enter_url=enter_url, entry_url=own_entry_url(ballot_id)
    )


@citizens.get("/ballots/<int:ballot_id>/<any(announced,closed,drawn):stage>.jsonl")
def ballot_file(ballot_id: int, stage: str) -> ResponseReturnValue:
    """A published file, byte for byte."""
    with parts().database.reading() as work:
        published_ballot(work, ballot_id)
        found = published(work, ballot_id, Stage(stage))
    response = flask.Response(found.body.encode(), content_type="application/jsonl; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="ballot-{ballot_id}-{stage}.jsonl"'
    response.headers["Cache-Control"] = f"private, max-age={FILE_SECONDS}"
    return response


@citizens.get("/ballots/<int:ballot_id>/enter")
def ask_to_enter(ballot_id: int) -> ResponseReturnValue:
    """What would you like most, and how do we reach you?"""
    return _form(ask_entry(ballot_id, _view()), 200)


@citizens.post("/ballots/<int:ballot_id>/enter")
def enter_ballot(ballot_id: int) -> ResponseReturnValue:
    """Enter, or show the form again as it was typed."""
    made = enter(ballot_id, _view())
    if isinstance(made, tuple):
        return _form(*made)
    response = see(entry_url(made.entry_id))
    keep_entry(response, made.entry_id)
    return response


@citizens.get("/entries/<token>")
def entry(token: str) -> ResponseReturnValue:
    """The entry: number, wishes, what became of them."""
    return _entry_page(token)


@citizens.post("/entries/<token>/<any(withdraw,undo):deed>")
def change_own_entry(token: str, deed: str) -> ResponseReturnValue:
    """Leave the draw, or come back in."""
    if refused := change_entry(token, deed):
        return _entry_page(token, refused, 409)
    return see(flask.url_for("citizens.entry", token=token))


@citizens.get("/entries/<token>/wishes")
def ask_for_wishes(token: str) -> ResponseReturnValue:
    """Other wishes, or another order."""
    return _wishes_page(token, (), 200)


@citizens.post("/entries/<token>/wishes")
def change_wishes(token: str) -> ResponseReturnValue:
    """Put the wishes of the form in place of those before."""
    holder, entry_id = parts().balloting.holder_by_link(token)
    wishes = wishes_in(request.form)
    if not wishes:
        return _wishes_page(token, (("wish1", gettext("Choose what you would like most.")),), 400)
    try:
        parts().balloting.change_wishes(holder, entry_id, wishes)
    except (InvalidInput, Conflict) as refused:
        return _wishes_page(token, (("wish1", said_in(refused)),), 409)
    return see(flask.url_for("citizens.entry", token=token))


def _entry_page(token: str, refused: str = "", status: int = 200) -> ResponseReturnValue:
    _, facts = open_entry(token, _view())
    title = gettext("%(heading)s: %(title)s, %(number)s", heading=facts.heading, title=facts.name, number=facts.number)

    def deed(name: str, allowed: bool) -> Action | None:
        return Action(flask.url_for("citizens.change_own_entry", token=token, deed=name)) if allowed else None

    return _kept_private(
        flask.render_template(
            "citizens/entry.html",
            page=frame(title, section="mine"),
            entry=facts,
            refused=refused,
            withdraw=deed("withdraw", facts.is_open),
            undo=deed("undo", facts.state == EntryState.WITHDRAWN),
            wishes_url=flask.url_for("citizens.ask_for_wishes", token=token) if facts.is_open else "",
            ballot_url=flask.url_for("citizens.ballot", ballot_id=facts.ballot_id),
        ),
        status,
    )


def _wishes_page(token: str, errors: tuple[tuple[str, str], ...], status: int) -> ResponseReturnValue:
    view = _view()
    _, facts = open_entry(token, view)
    with parts().database.reading() as work:
        runs = runs_to_wish(work, facts.ballot_id, view)
    chosen = wishes_in(request.form) or tuple(wish.run_id for wish in facts.wishes)
    title = gettext("Other wishes: %(title)s, %(number)s", title=facts.name, number=facts.number)
    return _kept_private(
        flask.render_template(
            "citizens/entry_wishes.html",
            page=frame(gettext("Error: %(title)s", title=title) if errors else title, section="mine"),
            entry=facts,
            runs=runs,
            fields=wish_fields(chosen, len(runs)),
            errors=errors,
            wrong=dict(errors),
            here=flask.url_for("citizens.change_wishes", token=token),
            back=flask.url_for("citizens.entry", token=token),
        ),
        status,
    )


def _form(asking: EntryAsking, status: int) -> ResponseReturnValue:
    title = gettext("Enter ballot %(number)s: %(name)s", number=asking.ballot_id, name=asking.name)
    return flask.render_template(
        "citizens/entry_form.html",
        page=frame(gettext("Error: %(title)s", title=title) if asking.errors else title, section="night"),
        asking=asking,
        here=flask.url_for("citizens.ask_to_enter", ballot_id=asking.ballot_id),
        ballot_url=flask.url_for("citizens.ballot", ballot_id=asking.ballot_id),
    ), status


def _kept_private(source: str, status: int = 200) -> flask.Response:
    """A page about one person's entry is kept nowhere."""
    flask.g.keep_nowhere = True
    return flask.make_response(source, status)


def _view() -> Viewpoint:
    at = current_person().position()
    return viewpoint((at.latitude, at.longitude) if at else None)
