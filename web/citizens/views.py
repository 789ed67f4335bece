"""The addresses of citizens' pages: home, search, offerings, venues, areas, topics, and two pages of plain words.

Owns: the blueprint `citizens`. Each view reads, builds the page and answers; what stands on a page is decided in
`home_page`, `search_page`, `offering_page` and `place_page`.
"""

from __future__ import annotations

from dataclasses import replace

import flask
from flask import request
from flask.typing import ResponseReturnValue

from city.errors import NotFound
from city.model import Area
from city.store.unit_of_work import UnitOfWork
from web.access import current_person
from web.citizens import home_page, offering_page, place_page, searching
from web.components.cards import viewpoint
from web.deeds import switch_action
from web.frames import frame
from web.language import gettext, words
from web.origins import log_view, origin_of
from web.parts import parts
from web.visitor import change_visitor

citizens = flask.Blueprint("citizens", __name__, template_folder="templates")


@citizens.get("/")
def home() -> ResponseReturnValue:
    """What would you like to learn?"""
    _remember_area()
    person = current_person()
    at = person.position()
    view = viewpoint((at.latitude, at.longitude) if at else None)
    with parts().database.reading() as work:
        areas = work.areas.all()
        suggested = home_page.suggestions(work, person, view)
        shown = frozenset(card.offering_id for card in suggested.cards)
        nearest = home_page.nearest(work, person, view, shown)
        route = home_page.a_route(work, person, shown)
        content = {
            "greeting": home_page.greeting(person, view),
            "week": home_page.week(work, view),
            "suggested": suggested,
            "nearest": nearest,
            "weekend_days": home_page.weekend_days(view),
            "weekend": [] if suggested.is_personal else home_page.this_weekend(work, view, shown),
            "closing": [] if suggested.is_personal else home_page.closing_soon(work, view),
            "route": place_page.route_panel(route, view) if route else None,
            "examples": home_page.examples(work.topics.all(), view.language),
            "districts": [(area.id, words(area.name)) for area in home_page.districts(areas)],
            "here": next((words(area.name) for area in areas if area.id == person.area_id), None),
        }
    page = frame(gettext("What would you like to learn?"), at_home=True)
    return flask.render_template(
        "citizens/home.html", page=page, view=view, person=person, switch=switch_action(False), **content
    )


@citizens.get("/search")
def search() -> ResponseReturnValue:
    """All filters as one form, and what they find."""
    answer = searching.answer(request.args, current_person())
    page = frame(answer.title, section=answer.section, **answer.capsule)
    return flask.render_template("citizens/search.html", page=page, **answer.content)


@citizens.get("/offerings/<int:offering_id>")
def offering(offering_id: int) -> ResponseReturnValue:
    """Everything about one offering, and the button for a place on it."""
    person = current_person()
    try:
        found = offering_page.read(offering_id, person)
    except offering_page.StandsElsewhere as moved:
        url = flask.url_for("citizens.offering", offering_id=moved.offering_id, **request.args)  # type: ignore[arg-type]
        return flask.redirect(url, 301)
    origin = origin_of(request.args)
    log_view(offering_id, person, origin)
    if origin.source == "search":
        searching.count_click(request.referrer, person)
    page = frame(found.title, kind=found.kind, section=found.section, **found.capsule)
    return flask.render_template("citizens/offering.html", page=page, **found.content)


@citizens.get("/venues/<int:venue_id>")
def venue(venue_id: int) -> ResponseReturnValue:
    """Hours, access and what happens at a venue."""
    found = place_page.read_venue(venue_id, current_person())
    return flask.render_template(
        "citizens/venue.html", page=frame(found.title, section="places", **found.capsule), **found.content
    )


@citizens.get("/areas")
def areas() -> ResponseReturnValue:
    """The whole city: its districts as stops of a line."""
    found = place_page.read_city(current_person())
    return flask.render_template("citizens/area.html", page=frame(found.title, section="places"), **found.content)


@citizens.get("/areas/<slug:area_id>")
def area(area_id: str) -> ResponseReturnValue:
    """One place of the four-level tree, and what happens there."""
    found = place_page.read_area(area_id, current_person())
    return flask.render_template(
        "citizens/area.html", page=frame(found.title, section="places", **found.capsule), **found.content
    )


@citizens.get("/topics/<slug:topic_id>")
def topic(topic_id: str) -> ResponseReturnValue:
    """One thing to learn, and everything that teaches it."""
    found = place_page.read_topic(topic_id, current_person())
    return flask.render_template("citizens/topic.html", page=frame(found.title, section="find"), **found.content)


@citizens.get("/accessibility")
def accessibility() -> ResponseReturnValue:
    """What this site does so that everybody can use it."""
    return flask.render_template("citizens/accessibility.html", page=frame(gettext("Accessibility")))


@citizens.get("/privacy")
def privacy() -> ResponseReturnValue:
    """What the site keeps about a person, and how to have it forgotten."""
    return flask.render_template("citizens/privacy.html", page=frame(gettext("What we keep")))


def _remember_area() -> None:
    """`near=AREA` in the address says where a stranger is; it is kept in the browser."""
    wanted = request.args.get("near", "")
    if not wanted:
        return
    with parts().database.reading() as work:
        known = _area(work, wanted)
    person = current_person()
    if person.citizen is None:
        change_visitor(replace(person.visitor, area_id=known.id))
        flask.g.pop("person", None)  # ask again: the visitor is somewhere now


def _area(work: UnitOfWork, area_id: str) -> Area:
    found = work.areas.find(area_id)
    if found is None:
        raise NotFound(f"There is no area called {area_id[:64]!r}.")
    return found
