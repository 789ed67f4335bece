"""What is open now: places and their study rooms, the nearest first, and when closed ones open next.

Owns: the page `/open` and how opening reads in words; the venue page says it the same way. The rules of hours are
`city.services.opening`'s.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import flask
from markupsafe import Markup

from city.model import StudyRoom, Venue
from city.services.opening import Opening, opening_of
from web import formatters
from web.access import Person
from web.citizens.search_page import PageLink
from web.components.cards import Viewpoint, minutes_to, viewpoint
from web.language import Words, gettext, joined, ngettext, sentence, words
from web.parts import parts
from web.vocabulary import ACCESS, VENUE_TYPES, word

MOST_OPEN, MOST_CLOSED = 30, 6
FAR = 10_000.0
SPECIAL_DAYS_AHEAD = 60


@dataclass(frozen=True)
class Room:
    """A study room in words."""

    name: Words
    seats: str
    state: Markup
    features: Markup
    book_url: str = ""
    """Where a seat is taken by the hour, "" for a room whose seats nobody counts."""


@dataclass(frozen=True)
class OpenPlace:
    """A venue in words: what it is, how far, until when, and its rooms."""

    name: Words
    url: str
    kind: str
    travel: str
    state: Markup
    rooms: tuple[Room, ...]
    search_url: str


def read_open(person: Person, wanted: int = 1) -> Mapping[str, Any]:
    """Return what a page of the list shows; a number beyond the list is its last page."""
    at = person.position()
    view = viewpoint((at.latitude, at.longitude) if at else None)
    with parts().database.reading() as work:
        venues = work.venues.with_rooms()
        stood = [(venue, opening_of(venue, view.now, parts().clock.zone)) for venue in venues]
        open_now = [(venue, state) for venue, state in stood if state.is_open or _has_open_room(venue, view)]
        closed = [(venue, state) for venue, state in stood if state.opens_at and not _has_open_room(venue, view)]
        closed.sort(key=lambda pair: (pair[1].opens_at or view.now, _minutes(pair[0], view)))
        open_now.sort(key=lambda pair: (_minutes(pair[0], view), pair[0].id))
        last = max(1, -(-len(open_now) // MOST_OPEN))
        number = min(max(wanted, 1), last)
        return {
            "places": [_place(*pair, view) for pair in open_now[(number - 1) * MOST_OPEN : number * MOST_OPEN]],
            "total": len(open_now),
            "pages": [_page_link(each, number) for each in range(1, last + 1)],
            "soon": [_place(*pair, view) for pair in closed[:MOST_CLOSED]] if number == last else [],
            "placed": at is not None,
        }


def _page_link(number: int, shown: int) -> PageLink:
    url = flask.url_for("citizens.open_now", page=number if number > 1 else None)
    return PageLink(number, url, current=number == shown, gap=False)


def rooms_of(venue: Venue, view: Viewpoint) -> tuple[Room, ...]:
    """Return the study rooms of a venue in words."""
    return tuple(_room(room, view) for room in venue.study_rooms)


def opening_in_words(state: Opening, view: Viewpoint) -> Markup:
    """Return how a place stands: open until when, closed until when, or nobody knows."""
    if state.is_open is None:
        return sentence("Opening hours are not stated. Please call before you go.")
    if state.is_open and state.closes_at is not None:
        if state.closes_at - view.now >= timedelta(days=1):
            return sentence("Open day and night")
        return sentence("Open until %(time)s", time=_clock_time(state.closes_at, view))
    if state.opens_at is not None:
        return sentence("Closed, opens %(when)s", when=_day_and_time(state.opens_at, view))
    return sentence("Closed for now")


def special_days(venue: Venue, view: Viewpoint) -> list[Markup]:
    """Return the holidays and days with other hours that lie ahead, in words."""
    days = (view.today + timedelta(days=ahead) for ahead in range(SPECIAL_DAYS_AHEAD))
    return [
        sentence(
            "%(days)s: %(hours)s",
            days=formatters.full_day(day, view.language, view.today),
            hours=hours_in_words(venue.special_hours[day.isoformat()], view.language),
        )
        for day in days
        if day.isoformat() in (venue.special_hours or {})
    ]


def hours_in_words(pairs: list[list[str]], language: str) -> str:
    """Return the intervals of a day, or that it is closed."""
    between = "，" if language == "zh" else ", "
    return between.join(formatters.opening(opens, closes, language) for opens, closes in pairs) or gettext("closed")


def _has_open_room(venue: Venue, view: Viewpoint) -> bool:
    return any(opening_of(room, view.now, parts().clock.zone).is_open for room in venue.study_rooms)


def _place(venue: Venue, state: Opening, view: Viewpoint) -> OpenPlace:
    minutes = minutes_to(venue, view)
    return OpenPlace(
        name=words(venue.name),
        url=flask.url_for("citizens.venue", venue_id=venue.id),
        kind=word(VENUE_TYPES, venue.type, view.language),
        travel=formatters.travel(minutes, view.language) if minutes is not None else "",
        state=opening_in_words(state, view),
        rooms=rooms_of(venue, view),
        search_url=flask.url_for("citizens.search", venue=venue.id),
    )


def _room(room: StudyRoom, view: Viewpoint) -> Room:
    return Room(
        name=words(room.name),
        seats=ngettext("%(num)s seat", "%(num)s seats", room.seat_count) if room.seat_count else "",
        state=opening_in_words(opening_of(room, view.now, parts().clock.zone), view),
        features=joined([word(ACCESS, feature, view.language) for feature in room.access_features or ()]),
        book_url=flask.url_for("citizens.room", room_id=room.id) if room.seat_count else "",
    )


def _minutes(venue: Venue, view: Viewpoint) -> float:
    minutes = minutes_to(venue, view)
    return FAR if minutes is None else minutes


def _clock_time(instant: datetime, view: Viewpoint) -> Markup:
    wall = instant.astimezone(parts().clock.zone).time()
    if wall.hour == wall.minute == 0:
        return sentence("midnight")
    return formatters.unbroken(formatters.clock_time(wall, view.language))


def _day_and_time(instant: datetime, view: Viewpoint) -> Markup:
    local = instant.astimezone(parts().clock.zone)
    return formatters.day_and_hours(local.date(), local.time(), None, view.language, view.today)
