"""What the elder list shows: free, by day, within a walk, without sign-up first; four at a time.

Owns: the filters and in which order they give way when nothing is left, and says which hold. The list is asked of the
same search as every other page.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from city.distances import LONGEST_WALK_MINUTES
from city.model import Attendance, Audience, Daypart, EnrolmentMode, Kind, Offering, travel_minutes
from city.ports import Position, SearchRequest, Sort
from city.store.unit_of_work import UnitOfWork
from web.elder.tiles import Tile
from web.language import gettext
from web.parts import parts

CARDS = 4
LOOKED_AT = 40
BY_DAY = frozenset({Daypart.MORNING.value, Daypart.AFTERNOON.value})
FOR_ELDERS = frozenset({Audience.EVERYONE.value, Audience.OLDER_PEOPLE.value})
ON_SITE = frozenset({Attendance.IN_PERSON.value, Attendance.MIXED.value})


@dataclass(frozen=True)
class ElderList:
    """One screen of offerings, what holds for all of them in a sentence, and whether more follow."""

    offerings: tuple[Offering, ...]
    held: str
    page: int
    has_more: bool


def find(tile: Tile, near: Position | None, page: int, work: UnitOfWork) -> ElderList:
    """Return screen `page` (from 1) of what the tile finds around `near`."""
    now = parts().clock.now()
    topics = frozenset[str]().union(*(work.topics.with_children(topic) for topic in tile.topics))
    for request, held in _ladder(tile, near):
        found = work.offerings.many([hit.offering_id for hit in parts().search.search(request).hits])
        open_ones = [each for each in found if _keeps(each, request, topics, now)]
        if open_ones:
            return _screen(_easiest_first(open_ones, now), held, page)
    return ElderList((), "", page, has_more=False)


def needs_sign_up(offering: Offering, now: datetime) -> bool:
    """True when one cannot just walk in."""
    run = offering.next_run(now)
    return run is not None and run.enrolment_mode != EnrolmentMode.NONE


def _keeps(offering: Offering, request: SearchRequest, topics: frozenset[str], now: datetime) -> bool:
    """True when one can still go there and what the list says of it is so.

    The engine has looked already; but while it rests, the database answers in its place and knows fewer filters.
    """
    can_come = offering.is_listable(now) and offering.has_seats(now)
    about_it = not topics or bool(topics & set(offering.topic_ids()))
    free = not request.only_free or offering.is_free() is True
    return can_come and about_it and free and _is_by_day(offering, request, now) and _is_near(offering, request)


def _is_by_day(offering: Offering, request: SearchRequest, now: datetime) -> bool:
    if not request.dayparts or offering.always_open:
        return True
    return any(meeting.daypart() in request.dayparts for meeting in offering.upcoming_meetings(now))


def _is_near(offering: Offering, request: SearchRequest) -> bool:
    """True within the wanted walk, and where nobody knows."""
    if request.near is None or request.within_minutes is None:
        return True
    minutes = travel_minutes((request.near.latitude, request.near.longitude), _starts_at(offering))
    return minutes is None or minutes <= request.within_minutes


def _starts_at(offering: Offering) -> tuple[float, float] | None:
    """Return where one goes to: the first stop of a route, else the venue."""
    first = offering.stops[0] if offering.stops else None
    if first is not None and first.latitude is not None and first.longitude is not None:
        return first.latitude, first.longitude
    return offering.venue.position() if offering.venue else None


def _ladder(tile: Tile, near: Position | None) -> list[tuple[SearchRequest, str]]:
    """Return the requests in the order in which they are asked, until one finds something."""
    whole = SearchRequest(
        topics=frozenset(tile.topics),
        kinds=frozenset(tile.kinds),
        audiences=FOR_ELDERS,
        attendance=ON_SITE,
        near=near,
        sort=Sort.NEAREST if near is not None else Sort.SOONEST,
        per_page=LOOKED_AT,
    )
    by_day = whole if Kind.ROUTE in tile.kinds else replace(whole, dayparts=BY_DAY)
    free = replace(by_day, only_free=True)
    walk = replace(free, within_minutes=LONGEST_WALK_MINUTES, sort=Sort.SOONEST)
    said_by_day = gettext("By day.") if by_day.dayparts else ""
    said_free = gettext("Free, by day.") if by_day.dayparts else gettext("Free.")
    said_walk = gettext("Near you, free, by day.") if by_day.dayparts else gettext("Near you, free.")
    steps = [(walk, said_walk)] if near is not None else []
    return [*steps, (free, said_free), (by_day, said_by_day), (whole, "")]


def _easiest_first(found: Sequence[Offering], now: datetime) -> list[Offering]:
    """Put what one can just walk into first; the order is kept otherwise."""
    return sorted(found, key=lambda offering: needs_sign_up(offering, now))


def _screen(found: Sequence[Offering], held: str, page: int) -> ElderList:
    start = (page - 1) * CARDS
    return ElderList(tuple(found[start : start + CARDS]), held, page, has_more=len(found) > start + CARDS)
