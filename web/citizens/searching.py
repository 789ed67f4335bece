"""One search answered: from an address to everything the search page shows.

Owns: the order of steps (check the address, ask the engine, load the rows, word them) and what a search for the elder
view finds first. Called by the search view.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import flask
from markupsafe import Markup, escape
from werkzeug.datastructures import MultiDict

from city.asking import DAYS, SearchForm
from city.errors import InvalidInput, NotFound
from city.model import Area, ClassSession, Kind, Offering
from city.ports import RESULTS_PER_PAGE, FreeHours, Hit, Position, SearchPage, SearchRequest
from city.services.enrolling import ListOrigin
from city.services.saved_searches import LONGEST_NAME
from city.store.unit_of_work import UnitOfWork
from city.terms import NO_STAIRS
from web import formatters
from web.access import Person
from web.addresses import current_language
from web.citizens.links import offering_url
from web.citizens.search_page import Catalogue, SearchView, last_page
from web.components.cards import Card, Viewpoint, card, marked, minutes_to, viewpoint
from web.components.frame import Capsule
from web.deeds import Deed, deed_action
from web.language import gettext, html_tag, sentence, words
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
        here = catalogue.areas.get(form.near_area or person.area_id or "")
        _remember(form, here, person)
        near = set_out(form, person, catalogue.areas)
        request = form.request(today=parts().clock.today(), near=near, own_hours=person.free_hours)
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
        "flag_counts": _flag_counts(form, request, page, person),
        "area_counts": _area_counts(shown, request, page),
        "has_home": person.citizen is not None and person.position() is not None,
        "has_hours": bool(person.free_hours),
        "feeds": _feeds(form, person),
        "keep": _keep_fields(form, shown),
        "email_needed": person.citizen is None,
        "is_elder_asked": form.text.strip().lower() in ELDER_WORDS,
        "here": words(here.name) if here else None,
        "placed": near is not None,
        "spelling_url": shown.url(form.address(q=page.spelling)) if page.spelling else "",
        "near_topics": _near_topics(page, catalogue),
    }
    _count_demand(form, person, page)
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
        in_part = not request.dayparts or meeting.daypart() in request.dayparts
        return in_days and on_day and in_part and _fits(meeting, request.free_hours)

    return meets


def _fits(meeting: ClassSession, free: tuple[FreeHours, ...]) -> bool:
    """True when the meeting lies within one of the intervals, or none was asked for."""
    starts, ends = meeting.starts_local, meeting.ends_local or meeting.starts_local
    if not free or starts is None or ends is None:
        return not free
    return any(
        each.weekday == meeting.weekday() and each.starts_local <= starts and ends <= each.ends_local for each in free
    )


def _catalogue(work: UnitOfWork, form: SearchForm) -> Catalogue:
    """Read what filters are called; raises NotFound for a key that names nothing."""
    topics = {topic.id: topic for topic in work.topics.all()}
    areas = {area.id: area for area in work.areas.all()}
    _refuse_unknown("topic", form.all("topic"), topics)
    _refuse_unknown("area", (*form.all("area"), *([form.near_area] if form.near_area else [])), areas)
    venues = {value: work.venues.get(int(value)) for value in form.all("venue")}
    operators = {value: work.operators.get(int(value)) for value in form.all("operator")}
    return Catalogue(topics, areas, venues, operators)


def _refuse_unknown(name: str, keys: tuple[str, ...], known: Mapping[str, Any]) -> None:
    for key in keys:
        if key not in known:
            raise NotFound(f"There is no {name} called {key[:64]!r}.")


def _remember(form: SearchForm, here: Area | None, person: Person) -> None:
    """A stranger who says where to set out from need not say it again."""
    if form.near_area and here is not None and person.citizen is None:
        change_visitor(replace(person.visitor, area_id=here.id))


def set_out(form: SearchForm, person: Person, areas: Mapping[str, Area]) -> Position | None:
    """Return where the person sets out: the point or area of the address, else their home."""
    if form.point is not None:
        return form.point
    return _position_of(areas.get(form.near_area)) if form.near_area else person.position()


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


def _flag_counts(form: SearchForm, request: SearchRequest, page: SearchPage, person: Person) -> dict[str, int]:
    """Count what no facet counts: no stairs (three features are alternatives), open now, within one's own hours."""
    if page.degraded:
        return {}
    typed = form.request(today=parts().clock.today(), near=None).free_hours
    asked = {"nostairs": replace(request, access=NO_STAIRS), "opennow": replace(request, open_now=True)}
    if person.free_hours:
        asked["fit"] = replace(request, free_hours=(*typed, *person.free_hours))
    return {name: _total(each) for name, each in asked.items()}


def _area_counts(shown: SearchView, request: SearchRequest, page: SearchPage) -> dict[str, int]:
    """Count what each area below the district would give; districts are a facet."""
    if page.degraded:
        return {}
    return {area.id: _total(replace(request, areas=frozenset({area.id}))) for area in shown.smaller_areas()}


def _total(request: SearchRequest) -> int:
    return parts().search.search(replace(request, page=1, per_page=0)).total


def _feeds(form: SearchForm, person: Person) -> list[tuple[str, str, str]]:
    """Return (type, words, address) of this search as feeds: they know nobody, so the address says all."""
    address = impersonal(form, person)
    return [
        ("application/rss+xml", gettext("News feed (RSS)"), flask.url_for("citizens.rss", **address)),
        ("text/calendar", gettext("Calendar (iCal)"), flask.url_for("citizens.calendar", **address)),
    ]


def impersonal(form: SearchForm, person: Person) -> dict[str, list[str]]:
    """Return the parameters with one's own free hours and home written out, without page and order."""
    changes: dict[str, Any] = {"sort": None}
    if form.has("fit"):
        own = [f"{each.weekday}-{each.starts_local:%H%M}-{each.ends_local:%H%M}" for each in person.free_hours]
        changes |= {"fit": None, "hours": tuple(dict.fromkeys([*form.all("hours"), *own]))}
    if form.has_within and form.point is None and not form.near_area and (at := person.position()):
        changes["near"] = person.area_id or f"{at.latitude:.4f},{at.longitude:.4f}"
    found: dict[str, list[str]] = {}
    for name, value in form.address(**changes):
        found.setdefault(name, []).append(value)
    return found


def _keep_fields(form: SearchForm, shown: SearchView) -> dict[str, Any]:
    """Return what the form that keeps this search carries; empty for a search of everything."""
    if not form.text and not form.is_narrowed:
        return {}
    name = "，".join if current_language() == "zh" else ", ".join
    said = name([*([form.text] if form.text else []), *(str(escape(chip.label).striptags()) for chip in shown.chips())])
    return {"name": said[:LONGEST_NAME], "fields": form.address(sort=None)}


def _count_demand(form: SearchForm, person: Person, page: SearchPage) -> None:
    """Count what was asked for; further pages of an answer ask nothing new."""
    if form.page > 1 or page.degraded or (not form.text and not form.is_narrowed):
        return
    filters = urlencode(form.address(q=None, near=None, sort=None))
    parts().demand.asked(form.text, _asked_in(form, person), filters, is_empty=not page.total)


def count_click(referrer: str | None, person: Person) -> None:
    """Count that a result was opened: the search it stood in is the page one comes from, on this site."""
    split = urlsplit(referrer or "")
    if not split.path.endswith("/search") or split.netloc != flask.request.host:
        return
    try:
        form = SearchForm.read(MultiDict(parse_qsl(split.query)))
    except InvalidInput:
        return
    parts().demand.clicked(form.text, _asked_in(form, person))


def _asked_in(form: SearchForm, person: Person) -> str:
    return form.one("area") or form.near_area or person.area_id or ""


def _near_topics(page: SearchPage, catalogue: Catalogue) -> list[tuple[Any, str]]:
    found = [catalogue.topics[key] for key in page.near_topics if key in catalogue.topics]
    return [
        (words(topic.name, current_language()), flask.url_for("citizens.topic", topic_id=topic.id)) for topic in found
    ]
