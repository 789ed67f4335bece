"""Pages of places and topics: a venue, an area of the four-level tree, a topic; and a route's stops.

Owns: what such a page lists and in which order. Called by the views of venues, areas and topics, and by the pages that
draw a route.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

import flask
from markupsafe import Markup

from city.model import Area, AreaLevel, Offering, Topic, Venue
from city.ports import Position, SearchRequest
from city.services.opening import opening_of
from city.store.unit_of_work import UnitOfWork
from web import formatters
from web.access import Person
from web.addresses import current_language
from web.citizens.listing import plain_cards
from web.citizens.open_page import hours_in_words, opening_in_words, rooms_of, special_days
from web.components.cards import Fact, Viewpoint, minutes_to, viewpoint
from web.components.frame import Capsule
from web.components.route_map import RouteMap, draw, line
from web.deeds import area_action
from web.language import Words, gettext, joined, ngettext, sentence, words
from web.parts import parts
from web.vocabulary import ACCESS, AREA_LEVELS, VENUE_TYPES, word

LISTED = 12


@dataclass(frozen=True)
class Page:
    """Title, capsule and content of a page of a place or topic."""

    title: str
    content: Mapping[str, Any]
    capsule: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class TreeStop:
    """One place on the line of the tree: name, address, what it is, whether it is this page's."""

    name: Words
    url: str
    level: str
    here: bool = False
    below: bool = False


@dataclass(frozen=True)
class RouteStop:
    """One stop of a route in words."""

    name: Words
    text: Words
    stay: str
    features: Any
    walk: str
    venue_url: str = ""


@dataclass(frozen=True)
class RoutePanel:
    """A route as a card of its own: title, summary, a line with as many rings as stops."""

    offering_id: int
    title: Words
    summary: Words
    note: Any
    drawing: RouteMap
    url: str


def read_venue(venue_id: int, person: Person) -> Page:
    """Read a venue with what happens there next; raises NotFound."""
    view = _view(person)
    with parts().database.reading() as work:
        work.areas.all()
        venue = work.venues.get(venue_id)
        page = parts().search.search(SearchRequest(venues=frozenset({venue_id}), per_page=LISTED))
        offerings = work.offerings.many([hit.offering_id for hit in page.hits])
        content = {
            "venue": venue,
            "name": words(venue.name),
            "facts": list(_venue_facts(venue, view)),
            "rooms": rooms_of(venue, view),
            "cards": plain_cards(offerings, view, "venue"),
            "total": page.total,
            "more_url": flask.url_for("citizens.search", venue=venue_id),
            "lineage": [*_lineage(venue.area, None), TreeStop(words(venue.name), "", "", here=True)],
        }
        district = venue.area.district() if venue.area else None
    return Page(str(words(venue.name)), content, _capsule(district))


def read_city(person: Person) -> Page:
    """Read the whole city; a catalogue without areas lists its venues."""
    with parts().database.reading() as work:
        areas = work.areas.all()
        city = next((area for area in areas if area.level == AreaLevel.CITY), None)
        if city is not None:
            return _area_page(work, city, areas, person)
        venues = [(words(venue.name), venue.id) for venue in work.venues.all()]
    content = {
        "name": gettext("Places"),
        "lineage": [],
        "children": [],
        "venues": venues,
        "cards": [],
        "total": 0,
        "choose": None,
        "is_mine": False,
        "more_url": "",
    }
    return Page(gettext("Places"), content)


def read_area(area_id: str, person: Person) -> Page:
    """Read an area with its part of the tree, its venues and what happens there; raises NotFound."""
    with parts().database.reading() as work:
        areas = work.areas.all()
        return _area_page(work, work.areas.get(area_id), areas, person)


def read_topic(topic_id: str, person: Person) -> Page:
    """Read a topic with what teaches it; raises NotFound."""
    view = _view(person)
    with parts().database.reading() as work:
        topics = work.topics.all()
        topic = work.topics.get(topic_id)
        wanted = SearchRequest(topics=work.topics.with_children(topic_id), near=_near(view), per_page=LISTED)
        page = parts().search.search(wanted)
        offerings = work.offerings.many([hit.offering_id for hit in page.hits])
        related = [other for other in topics if _is_related(other, topic)]
        content = {
            "name": words(topic.name),
            "others": [(words(other.name), other.id) for other in related],
            "parent": (words(topic.parent.name), topic.parent.id) if topic.parent else None,
            "also_called": _synonyms(topic, view.language),
            "cards": plain_cards(offerings, view, "topic"),
            "total": page.total,
            "more_url": flask.url_for("citizens.search", topic=topic_id),
        }
    return Page(str(words(topic.name)), content)


def route_stops(offering: Offering, view: Viewpoint) -> list[RouteStop]:
    """Return the stops of a route in order, in words."""
    return [
        RouteStop(
            name=words(stop.name, view.language),
            text=words(stop.text, view.language),
            stay=formatters.duration(stop.stay_minutes, view.language) if stop.stay_minutes else "",
            features=joined([word(ACCESS, feature, view.language) for feature in stop.features], view.language),
            walk=formatters.duration(stop.walk_minutes_to_next, view.language) if stop.walk_minutes_to_next else "",
            venue_url=flask.url_for("citizens.venue", venue_id=stop.venue_id) if stop.venue_id else "",
        )
        for stop in offering.stops
    ]


def route_map(offering: Offering, view: Viewpoint) -> RouteMap | None:
    """Return the drawing of a route, None for an offering without stops."""
    if len(offering.stops) < 2:
        return None
    positions = [
        (stop.latitude, stop.longitude) if stop.latitude is not None and stop.longitude is not None else None
        for stop in offering.stops
    ]
    names = [words(stop.name, view.language) for stop in offering.stops]
    unit = "分" if view.language == "zh" else " min"
    minutes = [
        f"{stop.walk_minutes_to_next}{unit}" if stop.walk_minutes_to_next else "" for stop in offering.stops[:-1]
    ]
    return draw(positions, [(name.text, name.tag) for name in names], minutes)


def route_panel(offering: Offering, view: Viewpoint) -> RoutePanel:
    """Return a route as one line, for the home page."""
    names = [words(stop.name, view.language) for stop in offering.stops]
    walked = sum(stop.walk_minutes_to_next for stop in offering.stops)
    seats = sum("seats" in stop.features for stop in offering.stops)
    note = joined(
        [
            ngettext("%(num)s stop", "%(num)s stops", len(offering.stops)),
            gettext("%(minutes)s on foot", minutes=formatters.duration(walked, view.language)),
            *([ngettext("%(num)s place to sit", "%(num)s places to sit", seats)] if seats else []),
        ],
        view.language,
    )
    return RoutePanel(
        offering.id,
        words(offering.title, view.language),
        words(offering.summary, view.language),
        note,
        line([(name.text, name.tag) for name in names]),
        flask.url_for("citizens.offering", offering_id=offering.id, **{"from": "home"}),  # type: ignore[arg-type]
    )


def _area_page(work: UnitOfWork, area: Area, areas: list[Area], person: Person) -> Page:
    view = _view(person)
    below = work.areas.below(area.id)
    page = parts().search.search(SearchRequest(areas=frozenset({area.id}), near=_near(view), per_page=LISTED))
    offerings = work.offerings.many([hit.offering_id for hit in page.hits])
    children = sorted((other for other in areas if other.parent_id == area.id), key=lambda other: other.id)
    venues = work.venues.in_areas(below) if area.level != AreaLevel.CITY else []
    content = {
        "name": words(area.name),
        "lineage": _lineage(area, area),
        "children": [_tree_stop(child, below=True) for child in children],
        "venues": [(words(venue.name), venue.id) for venue in venues],
        "cards": plain_cards(offerings, view, "area"),
        "total": page.total,
        "more_url": flask.url_for("citizens.search", area=area.id),
        "choose": area_action(area.id) if area.level != AreaLevel.CITY else None,
        "is_mine": person.area_id == area.id,
    }
    return Page(str(words(area.name)), content, _capsule(area.district()))


def _lineage(area: Area | None, here: Area | None) -> list[TreeStop]:
    return [_tree_stop(each, here=each is here) for each in area.lineage()] if area else []


def _tree_stop(area: Area, *, here: bool = False, below: bool = False) -> TreeStop:
    url = flask.url_for("citizens.area", area_id=area.id)
    name, level = words(area.name), word(AREA_LEVELS, area.level, current_language())
    said = "" if name.text.endswith(level) else level  # 湖滨区 says it already
    return TreeStop(name, url, said, here, below)


def _capsule(district: Area | None) -> Mapping[str, Any]:
    if district is None:
        return {}
    return {"capsule": Capsule(words(district.name), flask.url_for("citizens.area", area_id=district.id))}


def _view(person: Person) -> Viewpoint:
    at = person.position()
    return viewpoint((at.latitude, at.longitude) if at else None)


def _near(view: Viewpoint) -> Position | None:
    return Position(*view.near) if view.near else None


def _venue_facts(venue: Venue, view: Viewpoint) -> list[Fact]:
    found = [Fact(gettext("What"), word(VENUE_TYPES, venue.type, view.language))]
    if venue.address:
        found.append(Fact(gettext("Address"), words(venue.address, view.language)))
    minutes = minutes_to(venue, view)
    if minutes is not None:
        found.append(Fact(gettext("From you"), formatters.travel(minutes, view.language)))
    features = [word(ACCESS, feature, view.language) for feature in venue.access_features]
    found.append(
        Fact(gettext("Just now"), opening_in_words(opening_of(venue, view.now, parts().clock.zone), view), strong=True)
    )
    found.append(Fact(gettext("Opening hours"), _hours(venue, view)))
    if days := special_days(venue, view):
        found.append(Fact(gettext("Holidays"), Markup("<br>").join(days)))
    found.append(Fact(gettext("Access"), joined(features) if features else gettext("Not stated")))
    return found


def _hours(venue: Venue, view: Viewpoint) -> Markup:
    """Return the opening hours of a week, days with the same hours together, one line each."""
    if not venue.opening_hours:
        return sentence("Not stated. Please call before you go.")
    lines = []
    for spans, days in groupby(range(7), key=lambda day: _spans(venue, day, view.language)):
        lines.append(sentence("%(days)s: %(hours)s", days=_days(list(days), view.language), hours=spans))
    return Markup("<br>").join(lines)


def _spans(venue: Venue, day: int, language: str) -> str:
    return hours_in_words(venue.opening_hours.get(str(day), []), language)


def _days(days: list[int], language: str) -> str:
    first, last = formatters.weekday(days[0], language), formatters.weekday(days[-1], language)
    if len(days) == 7:
        return gettext("Every day")
    return first if len(days) == 1 else gettext("%(first)s to %(last)s", first=first, last=last)


def _is_related(other: Topic, topic: Topic) -> bool:
    """A child of the topic, or a sister of one that has a parent."""
    if other.id == topic.id:
        return False
    return other.parent_id == topic.id or (topic.parent_id is not None and other.parent_id == topic.parent_id)


def _synonyms(topic: Topic, language: str) -> Words:
    for tag, words_of_tag in topic.synonyms.items():
        if tag.startswith(language) and words_of_tag:
            return Words(("、" if language == "zh" else ", ").join(words_of_tag))
    return Words("")
