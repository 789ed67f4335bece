"""One search answered: from an address to everything the search page shows.

Owns: the order of steps (check the address, ask the engine, load the rows, word them) and what a search for the elder
view finds first. Called by the search view.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import flask
from markupsafe import Markup
from werkzeug.datastructures import MultiDict

from city.asking import DAYS, SearchForm
from city.errors import NotFound
from city.model import Area, ClassSession, Kind, Offering
from city.model.places import NO_STAIRS
from city.ports import RESULTS_PER_PAGE, Hit, Position, SearchPage, SearchRequest
from city.services.enrolling import ListOrigin
from city.store.unit_of_work import UnitOfWork
from web import formatters
from web.access import Person
from web.addresses import current_language
from web.citizens.links import offering_url
from web.citizens.search_page import Catalogue, SearchView, last_page
from web.components.cards import Card, Viewpoint, card, marked, minutes_to, viewpoint
from web.components.frame import Capsule
from web.deeds import Deed, deed_action
from web.language import html_tag, sentence, words
from web.parts import parts
from web.visitor import change_visitor

ELDER_WORDS = frozenset({"长辈版", "关怀版", "大字", "大字版", "elder view", "large print"})
SECTIONS = {frozenset({Kind.ROUTE.value}): "routes", frozenset({Kind.NIGHT_SCHOOL.value}): "night"}
SHORT_WALK_MINUTES = 15


@dataclass(frozen=True)
class Answer:
    """The title, where in the navigation it stands, the capsule, and what the template shows."""

    title: str
    section: str
    capsule: Mapping[str, Any] = field(default_factory=dict)
    content: Mapping[str, Any] = field(default_factory=dict)


def answer(args: MultiDict[str, str], person: Person) -> Answer:
    """Answer a search; raises InvalidInput for a value that is not offered, NotFound for a page after the last."""
    form = SearchForm.read(args)
    with parts().database.reading() as work:
        catalogue = _catalogue(work, form)
        here = catalogue.areas.get(form.near or person.area_id or "")
        _remember(form, here, person)
        near = _position_of(here) if form.near else person.position()
        request = form.request(today=parts().clock.today(), near=near)
        page = _asked(request)
        view = replace(viewpoint((near.latitude, near.longitude) if near else None), wanted=_wanted(request))
        cards = _cards(work, page, form, view)
        capsule = _capsule(here)
    shown = SearchView(
        form, page, catalogue, path=flask.url_for("citizens.search"), language=view.language, today=view.today
    )
    content = {
        "found": shown,
        "cards": cards,
        "day_counts": _day_counts(form, request, page),
        "no_stairs_count": _no_stairs_count(request, page),
        "is_elder_asked": form.text.strip().lower() in ELDER_WORDS,
        "here": words(here.name) if here else None,
        "placed": near is not None,
        "spelling_url": shown.url(form.address(q=page.spelling)) if page.spelling else "",
        "near_topics": _near_topics(page, catalogue),
    }
    return Answer(shown.title(), SECTIONS.get(frozenset(form.all("kind")), "find"), capsule, content)


def _asked(request: SearchRequest) -> SearchPage:
    page = parts().search.search(request)
    if request.page > last_page(page.total):
        raise NotFound(f"The results have {last_page(page.total)} pages.")
    return page


def _wanted(request: SearchRequest) -> Callable[[ClassSession], bool]:
    """Return what a meeting must be to answer the days and hours that were asked for."""

    def meets(meeting: ClassSession) -> bool:
        in_days = (request.from_on or meeting.held_on) <= meeting.held_on <= (request.to_on or meeting.held_on)
        on_day = not request.weekdays or meeting.weekday() in request.weekdays
        return in_days and on_day and (not request.dayparts or meeting.daypart() in request.dayparts)

    return meets


def _catalogue(work: UnitOfWork, form: SearchForm) -> Catalogue:
    """Read what filters are called; raises NotFound for a key that names nothing."""
    topics = {topic.id: topic for topic in work.topics.all()}
    areas = {area.id: area for area in work.areas.all()}
    _refuse_unknown("topic", form.all("topic"), topics)
    _refuse_unknown("area", (*form.all("area"), *([form.near] if form.near else [])), areas)
    venues = {value: work.venues.get(int(value)) for value in form.all("venue")}
    operators = {value: work.operators.get(int(value)) for value in form.all("operator")}
    return Catalogue(topics, areas, venues, operators)


def _refuse_unknown(name: str, keys: tuple[str, ...], known: Mapping[str, Any]) -> None:
    for key in keys:
        if key not in known:
            raise NotFound(f"There is no {name} called {key[:64]!r}.")


def _remember(form: SearchForm, here: Area | None, person: Person) -> None:
    """A stranger who says where to set out from need not say it again."""
    if form.near and here is not None and person.citizen is None:
        change_visitor(replace(person.visitor, area_id=here.id))


def _position_of(area: Area | None) -> Position | None:
    if area is None or area.latitude is None or area.longitude is None:
        return None
    return Position(area.latitude, area.longitude)


def _capsule(here: Area | None) -> Mapping[str, Any]:
    district = here.district() if here else None
    if district is None:
        return {}
    said = sentence("%(area)s and around", area=words(district.name))
    return {"capsule": Capsule(said, flask.url_for("citizens.area", area_id=district.id))}


def _cards(work: UnitOfWork, page: SearchPage, form: SearchForm, view: Viewpoint) -> list[Card]:
    rows = {row.id: row for row in work.offerings.many([hit.offering_id for hit in page.hits])}
    first = (form.page - 1) * RESULTS_PER_PAGE + 1
    return [
        _card(rows[hit.offering_id], hit, form, view, ListOrigin("search", None, position))
        for position, hit in enumerate(page.hits, start=first)
        if hit.offering_id in rows
    ]


def _card(offering: Offering, hit: Hit, form: SearchForm, view: Viewpoint, origin: ListOrigin) -> Card:
    title = words(offering.title, view.language)
    spans = hit.highlights.get(f"title.{title.tag or html_tag()}", ())
    return card(
        offering,
        view,
        url=offering_url(offering.id, origin),
        marked=marked(title, spans) if spans else None,
        reason=_reason(offering, [title.text[start:end] for start, end in spans], view),
        dismiss=deed_action(Deed.DISMISS, offering.id, origin=origin),
    )


def _reason(offering: Offering, found: list[str], view: Viewpoint) -> Markup | None:
    """Return why this result is here: which words its name has, else how near it is, else what it is about."""
    if found:
        return sentence('Its name has "%(words)s".', words=found[0])
    minutes = minutes_to(offering.venue, view)
    if minutes is not None and minutes <= SHORT_WALK_MINUTES:
        return sentence("Near you: %(minutes)s.", minutes=formatters.travel(minutes, view.language))
    topics = [words(topic.name, view.language) for topic in offering.topics[:1]]
    return sentence("It is about this: %(topic)s.", topic=topics[0]) if topics else None


def _day_counts(form: SearchForm, request: SearchRequest, page: SearchPage) -> dict[str, int]:
    """Count what each choice of days would give with the other filters kept; nothing while the answer is reduced."""
    if page.degraded:
        return {}
    counts = {}
    for day in ("", *DAYS):
        starts, ends = SearchForm(values={"day": (day,)} if day else {}).days(parts().clock.today())
        asked = replace(request, from_on=starts, to_on=ends, page=1, per_page=0)
        is_chosen = form.one("day") == day and not form.one("from") and not form.one("to")
        counts[day] = page.total if is_chosen else parts().search.search(asked).total
    return counts


def _no_stairs_count(request: SearchRequest, page: SearchPage) -> int | None:
    """Count what needs no stairs: three features are alternatives, which no facet adds up."""
    if page.degraded:
        return None
    return parts().search.search(replace(request, access=NO_STAIRS, page=1, per_page=0)).total


def _near_topics(page: SearchPage, catalogue: Catalogue) -> list[tuple[Any, str]]:
    found = [catalogue.topics[key] for key in page.near_topics if key in catalogue.topics]
    return [
        (words(topic.name, current_language()), flask.url_for("citizens.topic", topic_id=topic.id)) for topic in found
    ]
