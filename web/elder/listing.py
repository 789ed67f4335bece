"""What the elder list shows: free, by day, within a walk, without sign-up first; four at a time.

Owns: the filters and in which order they give way when nothing is left, and says which hold. The list is asked of the
same search as every other page.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from city.model import Attendance, Audience, Daypart, EnrolmentMode, Kind, Offering
from city.model.places import LONGEST_WALK_MINUTES
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
    for request, held in _ladder(tile, near):
        found = work.offerings.many([hit.offering_id for hit in parts().search.search(request).hits])
        open_ones = [each for each in found if each.is_listable(now) and each.has_seats(now)]
        if open_ones:
            return _screen(_easiest_first(open_ones, now), held, page)
    return ElderList((), "", page, has_more=False)


def needs_sign_up(offering: Offering, now: datetime) -> bool:
    """True when one cannot just walk in."""
    run = offering.next_run(now)
    return run is not None and run.enrolment_mode != EnrolmentMode.NONE


def _ladder(tile: Tile, near: Position | None) -> list[tuple[SearchRequest, str]]:
    """Return the requests in the order in which they are asked, until one finds something."""
    whole = SearchRequest(
        topics=frozenset(tile.topics),
        kinds=frozenset(tile.kinds),
        audiences=FOR_ELDERS,
        attendance=ON_SITE,
        near=near,
        sort=Sort.SOONEST,
        per_page=LOOKED_AT,
    )
    by_day = whole if Kind.ROUTE in tile.kinds else replace(whole, dayparts=BY_DAY)
    free = replace(by_day, only_free=True)
    walk = replace(free, within_minutes=LONGEST_WALK_MINUTES)
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
