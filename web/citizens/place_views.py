"""Taking a place on a run and everything about it afterwards, in the standard view; nothing here needs an account.

Owns: the addresses `/runs/ID/place`, `/places/TOKEN` with its deeds, calendar and sheet, and `/my-place`. The form
carries a key, so that sending it twice takes one place. What stands on the pages is decided in `place_asking`,
`place_facts` and `place_pages`, which both views share.
"""

from __future__ import annotations

from dataclasses import replace

import flask
from flask.typing import ResponseReturnValue

from city.model import Offering, Run
from web.access import current_person
from web.citizens.links import offering_url
from web.citizens.views import citizens
from web.components.cards import Action, Card, Fact, Viewpoint, card, enrolment_state, seats, viewpoint
from web.components.schedule import run_in_words
from web.frames import frame
from web.language import gettext, pgettext
from web.place_asking import Asking, Elsewhere, Show, ask, take
from web.place_pages import OpenedPlace, calendar_file, change, find_place, open_place
from web.places import keep_places, place_url, see
from web.qr import qr_drawing


@citizens.get("/runs/<int:run_id>/place")
def ask_for_place(run_id: int) -> ResponseReturnValue:
    """Ask one question, and say what one gets."""
    return _form(ask(run_id, _show()), 200)


@citizens.post("/runs/<int:run_id>/place")
def take_place(run_id: int) -> ResponseReturnValue:
    """Take the place, or show the form again as it was typed."""
    taken = take(run_id, _show())
    if not isinstance(taken, int):
        return _form(*taken)
    response = see(place_url(taken))
    keep_places(response, [taken])
    return response


@citizens.get("/places/<token>")
def place(token: str) -> ResponseReturnValue:
    """Say what place somebody has, when and where, and what can be done with it."""
    return _place_page(token)


@citizens.post("/places/<token>/<any(cancel,undo,accept):deed>")
def change_place(token: str, deed: str) -> ResponseReturnValue:
    """Give a place back, take that back, or say yes to one that was offered."""
    enrolment_id, refused = change(token, deed)
    if refused:
        return _place_page(token, refused, 409)
    response = see(place_url(enrolment_id))
    keep_places(response, [enrolment_id])
    return response


def _place_page(token: str, refused: str = "", status: int = 200) -> ResponseReturnValue:
    view = _view()
    opened = open_place(token, view)
    facts = opened.facts
    page = frame(
        gettext("%(heading)s: %(title)s, %(number)s", heading=facts.heading, title=facts.title, number=facts.number),
        kind=facts.kind,
        section="mine",
    )
    return _kept_private(
        flask.render_template(
            "citizens/place.html",
            page=page,
            place=facts,
            token=token,
            actions=_actions(opened, token),
            others=[_other(each, view) for each in opened.others],
            offering_url=offering_url(facts.offering_id),
            again_url=flask.url_for("citizens.ask_for_place", run_id=facts.run_id),
            refused=refused,
        ),
        status,
    )


@citizens.get("/places/<token>/calendar.ics")
def place_in_calendar(token: str) -> ResponseReturnValue:
    """The meetings as a calendar file."""
    return calendar_file(token)


@citizens.get("/places/<token>/sheet")
def place_on_paper(token: str) -> ResponseReturnValue:
    """One A4 sheet to take along: number, time, place, and a square that opens the place."""
    facts = open_place(token, _view()).facts
    address = flask.url_for("citizens.place", token=token, _external=True)
    title = gettext("On paper: %(title)s, %(number)s", title=facts.title, number=facts.number)
    return _kept_private(
        flask.render_template(
            "citizens/place_sheet.html",
            page=frame(title, section="mine"),
            place=facts,
            square=qr_drawing(address, gettext("Opens this place on a telephone")),
            back=flask.url_for("citizens.place", token=token),
        )
    )


@citizens.get("/my-place")
def ask_for_number() -> ResponseReturnValue:
    """Ask for booking number and telephone."""
    return _number_form([], 200)


@citizens.post("/my-place")
def open_by_number() -> ResponseReturnValue:
    """Lead to the place with that number, when the telephone is the one given with it."""
    token, wrong = find_place()
    if wrong:
        return _number_form(wrong, 400)
    return flask.redirect(flask.url_for("citizens.place", token=token), 303)


def _number_form(errors: list[tuple[str, str]], status: int) -> ResponseReturnValue:
    page = frame(gettext("Open a place by its number"), section="mine")
    values = flask.request.form
    return flask.render_template(
        "citizens/my_place.html",
        page=page,
        errors=errors,
        wrong=dict(errors),
        number=values.get("number", ""),
        phone=values.get("phone", ""),
    ), status


def _form(asking: Asking, status: int) -> ResponseReturnValue:
    title = gettext("A place on %(title)s, %(number)s", title=asking.title, number=asking.run_id)
    page = frame(gettext("Error: %(title)s", title=title) if asking.errors else title, kind=asking.kind)
    return flask.render_template(
        "citizens/place_form.html",
        page=page,
        asking=asking,
        here=flask.url_for("citizens.ask_for_place", run_id=asking.run_id),
        offering_url=offering_url(asking.offering_id),
    ), status


def _kept_private(source: str, status: int = 200) -> flask.Response:
    """A page about one person's place is kept nowhere."""
    flask.g.keep_nowhere = True
    return flask.make_response(source, status)


def _actions(opened: OpenedPlace, token: str) -> dict[str, Action | None]:
    may = {"cancel": opened.facts.can_cancel, "undo": opened.facts.can_undo, "accept": opened.facts.can_accept}
    return {
        deed: Action(flask.url_for("citizens.change_place", token=token, deed=deed)) if allowed else None
        for deed, allowed in may.items()
    }


def _show() -> Show:
    return Show("citizens", _view(), run_card, _other)


def _view() -> Viewpoint:
    at = current_person().position()
    return viewpoint((at.latitude, at.longitude) if at else None)


def run_card(offering: Offering, run: Run, view: Viewpoint) -> Card:
    """Return the card of what is asked for: it speaks of this run."""
    made = card(offering, view, url=offering_url(offering.id), taken=run)
    label = pgettext("seats", "Places")
    places = Fact(label, enrolment_state(run, view) or seats(run, view))
    when = Fact(gettext("When"), run_in_words(run, view), strong=True)
    rest = [places if fact.label == label else fact for fact in made.facts[1:]]
    return replace(made, facts=(when, *rest))


def _other(offering: Offering, view: Viewpoint) -> Card:
    return card(offering, view, url=offering_url(offering.id))


@citizens.errorhandler(Elsewhere)
def _led_elsewhere(other: Elsewhere) -> ResponseReturnValue:
    """Another page answers; after a form it is opened anew."""
    return flask.redirect(other.address, 302 if flask.request.method == "GET" else 303)
