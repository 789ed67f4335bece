"""Taking a place in the elder view: one number, one button, and a page that says what one has.

Owns: `/e/runs/ID/place`, `/e/places/TOKEN` with its deeds and sheet, `/e/my-place`, and the list on paper.
What they do is shared with the standard view (`place_asking`, `place_pages`); what is large and short here is this
module's and its templates'.
"""

from __future__ import annotations

import flask
from flask import request
from flask.typing import ResponseReturnValue

from city.model import Offering, Run
from web.access import current_person
from web.components.cards import Action, Viewpoint, viewpoint
from web.elder.frame import elder_frame
from web.elder.listing import find
from web.elder.presenters import ElderCard, elder_card, run_card, utterances
from web.elder.views import area_of_visit, elder, list_of, remember_area, screen, tile_asked
from web.language import gettext
from web.parts import parts
from web.place_asking import Asking, Elsewhere, Show, ask, take
from web.place_facts import PlaceFacts
from web.place_pages import OpenedPlace, change, find_place, open_place
from web.places import keep_places, place_url, see
from web.qr import qr_drawing


@elder.get("/runs/<int:run_id>/place")
def ask_for_place(run_id: int) -> ResponseReturnValue:
    """Ask for the telephone, or for nothing where it is known."""
    remember_area()
    return _form(ask(run_id, _show()), 200)


@elder.post("/runs/<int:run_id>/place")
def take_place(run_id: int) -> ResponseReturnValue:
    """Take the place, or show the form again as it was typed."""
    taken = take(run_id, _show())
    if not isinstance(taken, int):
        return _form(*taken)
    response = see(place_url(taken, view="elder"))
    keep_places(response, [taken])
    return response


@elder.get("/places/<token>")
def place(token: str) -> ResponseReturnValue:
    """Say what one has: number, day, hour, place, what to bring."""
    return _place_page(token)


@elder.post("/places/<token>/<any(cancel,undo,accept):deed>")
def change_place(token: str, deed: str) -> ResponseReturnValue:
    """Not going, going after all, or yes to an offered place."""
    enrolment_id, refused = change(token, deed)
    if refused:
        return _place_page(token, refused, 409)
    response = see(place_url(enrolment_id, view="elder"))
    keep_places(response, [enrolment_id])
    return response


def _place_page(token: str, refused: str = "", status: int = 200) -> ResponseReturnValue:
    view = _view()
    opened = open_place(token, view)
    facts = opened.facts
    flask.g.keep_nowhere = True
    title = gettext("%(heading)s: %(title)s, %(number)s", heading=facts.heading, title=facts.title, number=facts.number)
    return flask.render_template(
        "elder/done.html",
        page=elder_frame(title, step=_step(facts), back=flask.url_for("elder.home")),
        place=facts,
        token=token,
        actions=_actions(opened, token),
        others=[elder_card(each, view, nth) for nth, each in enumerate(opened.others, start=1)],
        said=utterances(_spoken(facts)) if facts.is_held else [],
        refused=refused,
    ), status


@elder.get("/places/<token>/sheet")
def place_on_paper(token: str) -> ResponseReturnValue:
    """The place on one A4 sheet in large print."""
    facts = open_place(token, _view()).facts
    flask.g.keep_nowhere = True
    address = flask.url_for("elder.place", token=token, _external=True)
    title = gettext("On paper: %(title)s, %(number)s", title=facts.title, number=facts.number)
    return flask.render_template(
        "elder/sheet.html",
        page=elder_frame(title, back=flask.url_for("elder.place", token=token)),
        place=facts,
        square=qr_drawing(address, gettext("Opens this place on a telephone")),
    )


@elder.get("/paper")
def list_on_paper() -> ResponseReturnValue:
    """The list one was looking at, on A4: at most four, each with its number and square."""
    tile = tile_asked()
    remember_area()
    near = current_person().position()
    view = _view()
    with parts().database.reading() as work:
        found = find(tile, near, screen(), work)
    rows = [(elder_card(each, view, nth), each.id, _square(each)) for nth, each in enumerate(found.offerings, start=1)]
    title = gettext("On paper: %(title)s", title=tile.words[view.language])
    back = flask.url_for("elder.show_list", **tile.query, **({"page": found.page} if found.page > 1 else {}))
    return flask.render_template(
        "elder/paper.html",
        page=elder_frame(title, back=back, nth=found.page),
        heading=tile.words[view.language],
        held=found.held,
        rows=rows,
    )


@elder.get("/my-place")
def ask_for_number() -> ResponseReturnValue:
    """Ask for the number on the paper and the telephone."""
    return _number_form([], 200)


@elder.post("/my-place")
def open_by_number() -> ResponseReturnValue:
    """Lead to the place with that number and telephone."""
    token, wrong = find_place("elder")
    if wrong:
        return _number_form(wrong, 400)
    return flask.redirect(flask.url_for("elder.place", token=token), 303)


def _number_form(errors: list[tuple[str, str]], status: int) -> ResponseReturnValue:
    title = gettext("Find my place")
    page = elder_frame(gettext("Error: %(title)s", title=title) if errors else title, back=flask.url_for("elder.home"))
    values = {name: request.form.get(name, "") for name in ("number", "phone")}
    return flask.render_template(
        "elder/my_place.html", page=page, heading=title, errors=errors, wrong=dict(errors), **values
    ), status


def _form(asking: Asking, status: int) -> ResponseReturnValue:
    title = gettext("A place on %(title)s, %(number)s", title=asking.title, number=asking.run_id)
    shown = gettext("Error: %(title)s", title=title) if asking.errors else title
    page = elder_frame(shown, step=gettext("Step 2 of 2"), back=list_of(asking.offering_id))
    here = flask.url_for("elder.ask_for_place", run_id=asking.run_id)
    return flask.render_template("elder/book.html", page=page, asking=asking, here=here), status


def _step(facts: PlaceFacts) -> str:
    return gettext("All done") if facts.is_held else facts.heading


def _spoken(facts: PlaceFacts) -> list[str]:
    """What is read aloud: day and hour, place, what to bring, nothing else."""
    bring = [gettext("Bring: %(things)s", things=facts.bring)] if facts.bring else []
    return [f"{facts.day} {facts.hour}".strip(), facts.where.striptags(), *bring]


def _actions(opened: OpenedPlace, token: str) -> dict[str, Action | None]:
    may = {"cancel": opened.facts.can_cancel, "undo": opened.facts.can_undo, "accept": opened.facts.can_accept}
    return {
        deed: Action(flask.url_for("elder.change_place", token=token, deed=deed)) if allowed else None
        for deed, allowed in may.items()
    }


def _square(offering: Offering) -> str:
    area = area_of_visit()
    near = {"near": area} if area else {}
    address = flask.url_for("elder.offering", offering_id=offering.id, _external=True, **near)  # type: ignore[arg-type]
    return qr_drawing(address, gettext("Opens it on a telephone"))


def _show() -> Show:
    return Show("elder", _view(), _card, lambda offering, view: elder_card(offering, view, 1))


def _card(offering: Offering, run: Run, view: Viewpoint) -> ElderCard:
    return run_card(offering, run, view)


def _view() -> Viewpoint:
    at = current_person().position()
    return viewpoint((at.latitude, at.longitude) if at else None)


@elder.errorhandler(Elsewhere)
def _led_elsewhere(other: Elsewhere) -> ResponseReturnValue:
    """Another page answers; after a form it is opened anew."""
    return flask.redirect(other.address, 302 if request.method == "GET" else 303)
