"""Any search as a feed: RSS of what is newest, iCalendar of what comes next; an address alone says it all.

Owns: the addresses `/search.rss` and `/search.ics`. They know nobody and keep nothing: a reader may be a program far
away, so one's own home and free hours are written out by the page that links here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from email.utils import format_datetime
from hashlib import sha256

import flask
from flask import request
from icalendar import Calendar, Event
from lxml import etree
from werkzeug.urls import iri_to_uri

from city.asking import SearchForm
from city.model import Attendance, ClassSession, Offering
from city.ports import Sort
from web import formatters
from web.access import Person
from web.addresses import current_language
from web.citizens.searching import set_out
from web.citizens.views import citizens
from web.components import cards
from web.components.cards import Viewpoint, viewpoint
from web.language import gettext, html_tag, words
from web.parts import parts
from web.visitor import NOBODY

MOST_ENTRIES = 100
FRESH_SECONDS = 900
ATOM = "http://www.w3.org/2005/Atom"
UNKNOWN_LENGTH = timedelta(hours=1)


@citizens.get("/search.rss")
def rss() -> flask.Response:
    """The newest results as RSS 2.0."""
    form, view, found = _found(Sort.NEWEST)
    channel = etree.Element("rss", version="2.0", nsmap={"atom": ATOM})
    body = etree.SubElement(channel, "channel")
    page = flask.url_for("citizens.search", _external=True, **_address(form))
    _add(body, "title", _name(form))
    _add(body, "link", page)
    _add(body, "description", gettext("What is new in this search."))
    _add(body, "language", html_tag())
    _add(body, "ttl", str(FRESH_SECONDS // 60))
    etree.SubElement(body, f"{{{ATOM}}}link", href=iri_to_uri(request.url), rel="self", type="application/rss+xml")
    for offering in found:
        _add_item(body, offering, view)
    return _answer(etree.tostring(channel, xml_declaration=True, encoding="utf-8"), "application/rss+xml")


@citizens.get("/search.ics")
def calendar() -> flask.Response:
    """The next meetings of the results as iCalendar."""
    form, view, found = _found(Sort.SOONEST)
    made = Calendar()
    made.add("prodid", "-//Learncity//search//EN")
    made.add("version", "2.0")
    made.add("name", _name(form))
    made.add("x-wr-calname", _name(form))
    made.add("refresh-interval", timedelta(seconds=FRESH_SECONDS), parameters={"value": "DURATION"})
    meetings = sorted(_meetings(found, view), key=lambda pair: (pair[1].over_at, pair[1].id))
    for offering, meeting in meetings[:MOST_ENTRIES]:
        made.add_component(_event(offering, meeting, view))
    return _answer(made.to_ical(), "text/calendar")


def _found(sort: Sort) -> tuple[SearchForm, Viewpoint, list[Offering]]:
    form = SearchForm.read(request.args)
    with parts().database.reading() as work:
        near = set_out(form, Person(None, NOBODY), {area.id: area for area in work.areas.all()})
        asked = form.request(today=parts().clock.today(), near=near)
        page = parts().search.search(replace(asked, sort=sort, page=1, per_page=MOST_ENTRIES))
        return form, viewpoint(None), work.offerings.many([hit.offering_id for hit in page.hits])


def _address(form: SearchForm) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in form.address(sort=None):
        found.setdefault(name, []).append(value)
    return found


def _name(form: SearchForm) -> str:
    city = gettext("Learncity")
    return f"{city}: {form.text}" if form.text else city


def _add(parent: etree._Element, name: str, text: str) -> None:
    etree.SubElement(parent, name).text = "".join(letter for letter in text if letter.isprintable() or letter == "\n")


def _add_item(body: etree._Element, offering: Offering, view: Viewpoint) -> None:
    item = etree.SubElement(body, "item")
    _add(item, "title", str(words(offering.title)))
    _add(item, "link", _url(offering))
    _add(item, "description", _description(offering, view))
    guid = etree.SubElement(item, "guid", isPermaLink="false")
    guid.text = f"learncity-offering-{offering.id}"
    if offering.published_at is not None:
        _add(item, "pubDate", format_datetime(offering.published_at.astimezone(UTC)))


def _description(offering: Offering, view: Viewpoint) -> str:
    """When, where and what it costs, then the summary."""
    facts = [cards.when(offering, view), cards.where(offering, view), formatters.price(offering.prices, view.language)]
    comma = "，" if view.language == "zh" else ", "
    said = comma.join(str(fact.striptags()) if hasattr(fact, "striptags") else str(fact) for fact in facts)
    return f"{said}\n{words(offering.summary)}".strip()


def _meetings(found: Sequence[Offering], view: Viewpoint) -> Iterator[tuple[Offering, ClassSession]]:
    for offering in found:
        for meeting in offering.upcoming_meetings(view.now):
            yield offering, meeting


def _event(offering: Offering, meeting: ClassSession, view: Viewpoint) -> Event:
    event = Event()
    event.add("uid", f"meeting-{meeting.id}@learncity")
    event.add("dtstamp", offering.updated_at.astimezone(UTC))
    event.add("summary", str(words(offering.title)))
    event.add("url", _url(offering))
    event.add("description", _description(offering, view))
    if offering.venue is not None and offering.attendance != Attendance.ONLINE:
        event.add("location", str(words(offering.venue.name)))
        if (at := offering.venue.position()) is not None:
            event.add("geo", at)
    starts, ends = _span(meeting)
    event.add("dtstart", starts)
    event.add("dtend", ends)
    return event


def _span(meeting: ClassSession) -> tuple[datetime, datetime] | tuple[date, date]:
    """Instants in UTC; a meeting whose hour nobody stated takes the day."""
    if meeting.starts_at is None:
        return meeting.held_on, meeting.held_on + timedelta(days=1)
    starts = meeting.starts_at.astimezone(UTC)
    ends = meeting.over_at.astimezone(UTC) if meeting.ends_local is not None else starts + UNKNOWN_LENGTH
    return starts, ends


def _url(offering: Offering) -> str:
    return flask.url_for("citizens.offering", offering_id=offering.id, _external=True, **{"from": "feed"})  # type: ignore[arg-type]


def _answer(body: bytes, kind: str) -> flask.Response:
    """The feed with what a reader needs to ask again cheaply."""
    response = flask.Response(body, content_type=f"{kind}; charset=utf-8")
    response.headers["Cache-Control"] = f"public, max-age={FRESH_SECONDS}"
    response.headers["Content-Language"] = {"zh": "zh-Hans"}.get(current_language(), current_language())
    response.set_etag(sha256(body).hexdigest()[:32])
    return response.make_conditional(request)
