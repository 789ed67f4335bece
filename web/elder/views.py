"""The pages of the elder view: home, list, one offering, and "where do you live?".

Owns: the blueprint `elder` under `/{zh,en}/e/`. Nothing is asked but the area, once; it is remembered in the browser,
and `?near=AREA` (on paper and on library screens) answers it beforehand.
"""

from __future__ import annotations

import re
from dataclasses import replace

import flask
from flask import request
from flask.typing import ResponseReturnValue

from city.errors import InvalidInput, NotFound
from city.model import Area, AreaLevel, Offering
from city.services.enrolling import ListOrigin
from city.store.unit_of_work import UnitOfWork
from web.access import current_person
from web.addresses import current_language, is_slug
from web.components.cards import Viewpoint, viewpoint
from web.elder.frame import elder_frame
from web.elder.listing import find, needs_sign_up
from web.elder.presenters import book_url, elder_card, read_aloud, utterances
from web.elder.tiles import BY_KEY, TILES, Tile
from web.language import gettext, words
from web.origins import log_view, origin_of
from web.parts import parts
from web.places import known_phone
from web.visitor import change_visitor

AREAS_A_SCREEN = 6

elder = flask.Blueprint("elder", __name__, template_folder="templates")


@elder.get("/")
def home() -> ResponseReturnValue:
    """What do you want to learn?"""
    remember_area()
    language = current_language()
    page = elder_frame(gettext("What do you want to learn?"))
    tiles = [(tile.words[language], flask.url_for("elder.show_list", **tile.query), tile.drawing) for tile in TILES]
    said = [gettext("What do you want to learn?"), *(name for name, _, _ in tiles)]
    return flask.render_template("elder/home.html", page=page, tiles=tiles, said=utterances(said))


@elder.get("/list")
def show_list() -> ResponseReturnValue:
    """Four things to go to, around the person; without a known place it asks for that first."""
    tile = tile_asked()
    remember_area()
    person = current_person()
    if person.area_id is None:
        return flask.redirect(flask.url_for("elder.where", **tile.query), 302)
    near = person.position()
    view = viewpoint((near.latitude, near.longitude) if near else None)
    with parts().database.reading() as work:
        found = find(tile, near, screen(), work)
        known = None if "other" in request.args else known_phone(work, person)
        cards = [elder_card(each, view, position, known) for position, each in enumerate(found.offerings, start=1)]
    page = elder_frame(
        tile.words[view.language], step=gettext("Step 1 of 2"), back=flask.url_for("elder.home"), nth=found.page
    )
    more = flask.url_for("elder.show_list", page=found.page + 1, **tile.query) if found.has_more else ""
    return flask.render_template(
        "elder/list.html",
        page=page,
        found=found,
        cards=cards,
        more=more,
        said=read_aloud(cards),
        ending=known.ending if known is not None and any(card.take for card in cards) else "",
        not_me=flask.url_for("elder.show_list", other=1, **tile.query),
        paper=flask.url_for("elder.list_on_paper", **_nth(found.page), **tile.query) if cards else "",
    )


@elder.get("/offerings/<int:offering_id>")
def offering(offering_id: int) -> ResponseReturnValue:
    """All one needs to go there, the button for a place, and the telephone that books too."""
    remember_area()
    person = current_person()
    near = person.position()
    view = viewpoint((near.latitude, near.longitude) if near else None)
    with parts().database.reading() as work:
        found = _shown(work, offering_id)
    origin = origin_of(request.args)
    log_view(offering_id, person, origin)
    card = elder_card(found, view, 1)
    page = elder_frame(str(card.title), step=gettext("Step 2 of 2"), back=_list_of_offering(found))
    return flask.render_template(
        "elder/offering.html", page=page, card=card, said=read_aloud([card]), **_more(found, view, origin)
    )


@elder.get("/where")
def where() -> ResponseReturnValue:
    """Where do you live? Districts as tiles; the choice leads to the list that was wanted, or home."""
    wanted = tile_asked().query if {"topic", "kind"} & set(request.args) else {}
    target = "elder.show_list" if wanted else "elder.home"
    with parts().database.reading() as work:
        districts = [area for area in work.areas.all() if area.level == AreaLevel.DISTRICT]
    nth = screen()
    shown = districts[(nth - 1) * AREAS_A_SCREEN : nth * AREAS_A_SCREEN]
    tiles = [(words(area.name), flask.url_for(target, near=area.id, **wanted)) for area in shown]
    has_more = len(districts) > nth * AREAS_A_SCREEN
    more = flask.url_for("elder.where", page=nth + 1, **wanted) if has_more else ""
    page = elder_frame(gettext("Where do you live?"), back=flask.url_for("elder.home"), nth=nth)
    return flask.render_template("elder/where.html", page=page, tiles=tiles, more=more)


def remember_area() -> None:
    """Keep the area the address names; a signed-in citizen's own area stays what it is."""
    wanted = request.args.get("near", "")
    if not wanted:
        return
    with parts().database.reading() as work:
        known: Area | None = work.areas.find(wanted) if is_slug(wanted) else None
    if known is None:
        raise NotFound(f"There is no area called {wanted[:64]!r}.")
    person = current_person()
    if person.citizen is None:
        change_visitor(replace(person.visitor, area_id=known.id))


def tile_asked() -> Tile:
    """Return the tile the address names; another topic of the catalogue makes a tile of its own."""
    topic, kind = request.args.get("topic", ""), request.args.get("kind", "")
    if (tile := BY_KEY.get(topic or kind)) is not None and (topic or kind) in tile.query.values():
        return tile
    if not is_slug(topic):
        raise InvalidInput("A list needs something to be about.", field="topic", value=topic[:80])
    with parts().database.reading() as work:
        found = work.topics.get(topic)
    names = {language: found.name.best(language)[0] for language in parts().settings.languages}
    return Tile(topic, names, TILES[0].drawing, topics=(topic,))


def screen() -> int:
    page = request.args.get("page", "1")
    if not re.fullmatch("[1-9][0-9]?", page):
        raise InvalidInput("Screens are numbered from 1.", field="page", value=page[:80], remedy="a number, like 2")
    return int(page)


def _shown(work: UnitOfWork, offering_id: int) -> Offering:
    found = work.offerings.get(offering_id)
    if not found.has_page():
        raise NotFound("There is no such offering.")
    return found


def _list_of_offering(offering: Offering) -> str:
    """Return the list this offering belongs to, to go back to."""
    topics = set(offering.topic_ids())
    for tile in TILES:
        if topics & set(tile.topics) or offering.kind in tile.kinds:
            return flask.url_for("elder.show_list", **tile.query)
    return flask.url_for("elder.home")


def _nth(page: int) -> dict[str, str]:
    return {"page": str(page)} if page > 1 else {}


def list_of(offering_id: int) -> str:
    """Return the list an offering belongs to, to go back to."""
    with parts().database.reading() as work:
        return _list_of_offering(work.offerings.get(offering_id))


def area_of_visit() -> str | None:
    """Return where the person looks around, to be carried by what is printed."""
    return current_person().area_id


def _more(offering: Offering, view: Viewpoint, origin: ListOrigin) -> dict[str, object]:
    venue = offering.venue
    return {
        "offering_id": offering.id,
        "book_url": book_url(offering, view, origin),
        "full": not offering.has_seats(view.now),
        "address": words(venue.address) if venue else None,
        "bring": words(offering.bring),
        "signs_up": needs_sign_up(offering, view.now) and offering.is_listable(view.now),
        "over": not offering.is_listable(view.now),
    }
