"""Standard view and elder view: which one was chosen, and the same page in the other one.

Owns: the cookie of one year, set and cleared by `?view=elder` and `?view=standard` alone (answered by 303 to the clean
address), what it decides (`/`, `/zh/`, `/en/` and nothing else), and the links between the two views.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import flask
from flask import g, request

from city.errors import InvalidInput
from city.model import Kind
from web.addresses import current_language
from web.cookies import drop_cookie, keep_cookie
from web.elder.tiles import BY_KEY
from web.parts import parts

COOKIE = "view"
IN_BOTH = frozenset({"ask_for_place", "place", "place_on_paper", "ask_for_number", "ballot", "ask_to_enter", "entry"})
"""Pages that both views have, by the name of their endpoint."""
SHOWN_BY_POST = {
    "take_place": "ask_for_place",
    "change_place": "place",
    "open_by_number": "ask_for_number",
    "enter_ballot": "ask_to_enter",
    "change_own_entry": "entry",
}
ELDER, STANDARD = "elder", "standard"


def install_two_views(app: flask.Flask) -> None:
    """Answer the two links, lead those who chose the elder view home there, and name the links for templates."""
    app.before_request(_choose)
    app.before_request(_lead_home)
    app.jinja_env.globals.update(elder_address=elder_address, standard_address=standard_address)


def chose_elder() -> bool:
    """True when this browser keeps the elder view."""
    return request.cookies.get(COOKIE) == ELDER


def elder_address() -> str:
    """Return the address of this page in the elder view, or of its home."""
    values = {"view": ELDER}
    if (same := _same_page("citizens")) is not None:
        return flask.url_for(f"elder.{same}", **_same_thing(), **values)
    if request.endpoint == "citizens.offering":
        return flask.url_for("elder.offering", **(request.view_args or {}), **values)
    if request.endpoint == "citizens.search" and (about := _tile_of_search()):
        return flask.url_for("elder.show_list", **about, **values)
    return flask.url_for("elder.home", **values)


def standard_address() -> str:
    """Return the address of this elder page in the standard view, or of its home."""
    if (same := _same_page("elder")) is not None:
        return flask.url_for(f"citizens.{same}", **_same_thing(), view=STANDARD)
    if request.endpoint == "elder.offering":
        return flask.url_for("citizens.offering", **(request.view_args or {}), view=STANDARD)
    if request.endpoint == "elder.show_list":
        return flask.url_for("citizens.search", **_search_of_list(), view=STANDARD)
    return flask.url_for("citizens.home", view=STANDARD)


def _same_page(view: str) -> str | None:
    """Return the name of this page when the other view has the same, else None."""
    blueprint, _, name = (request.endpoint or "").partition(".")
    shown = SHOWN_BY_POST.get(name, name)
    return shown if blueprint == view and shown in IN_BOTH else None


def _same_thing() -> dict[str, Any]:
    """Return what this address is about, without the deed that was done to it."""
    return {name: value for name, value in (request.view_args or {}).items() if name != "deed"}


def _search_of_list() -> dict[str, list[str]]:
    """Return the topics (of those the catalogue has) and kinds an elder list is about."""
    tile = BY_KEY.get(request.args.get("topic") or request.args.get("kind") or "")
    with parts().database.reading() as work:
        known = {topic.id for topic in work.topics.all()}
    topics = tile.topics if tile else request.args.getlist("topic")
    return {"topic": [each for each in topics if each in known], "kind": list(tile.kinds) if tile else []}


def _tile_of_search() -> dict[str, str]:
    """Return what a search for one topic, or for routes, is called in the elder view; {} when it has no page there."""
    topics, kinds = request.args.getlist("topic"), request.args.getlist("kind")
    if topics:
        return {"topic": topics[0]}
    return {"kind": Kind.ROUTE.value} if kinds == [Kind.ROUTE] else {}


def _choose() -> flask.typing.ResponseReturnValue | None:
    """Keep or drop the choice and lead to the same address without it."""
    wanted = request.args.getlist("view")
    if not wanted or request.method != "GET" or request.path.startswith("/api/"):
        return None
    if wanted not in ([ELDER], [STANDARD]):
        raise InvalidInput("There are two views.", field="view", value=wanted[0][:80], remedy="elder or standard")
    response = flask.make_response(flask.redirect(_without_view(), 303))
    if wanted == [ELDER]:
        keep_cookie(response, COOKIE, ELDER)
    else:
        drop_cookie(response, COOKIE)
    return response


def _lead_home() -> flask.typing.ResponseReturnValue | None:
    if request.endpoint in ("citizens.home", "entrance.enter") and request.method == "GET" and chose_elder():
        return flask.redirect(flask.url_for("elder.home", language=g.language or current_language()), 302)
    return None


def _without_view() -> str:
    """Return this address without `view`. Its path was matched to a rule of ours, so it cannot lead elsewhere."""
    kept = [(name, value) for name, value in request.args.items(multi=True) if name != "view"]
    path = request.path if request.url_rule is not None else "/"
    return f"{path}?{urlencode(kept)}" if kept else path
