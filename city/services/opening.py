"""Which places are open at an instant, until when, and when those that are closed open next.

Owns: how opening hours and holidays read as instants, also past midnight and across a change of the clocks. Reads rows
that are handed to it; knows no session. Called by the search (`open_now`), and by the pages of places.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from city.model import Venue

LOOK_AHEAD_DAYS = 31
A_DAY = timedelta(days=1)


class Place(Protocol):
    """A Venue or a StudyRoom."""

    def hours_on(self, day: date) -> list[tuple[time, time]] | None: ...


@dataclass(frozen=True)
class Opening:
    """How a place stands at an instant: `is_open` None when its hours are unknown.

    `closes_at` of an open place and `opens_at` of a closed one are instants in UTC; None when none is near.
    """

    is_open: bool | None
    closes_at: datetime | None = None
    opens_at: datetime | None = None


UNKNOWN = Opening(None)


def opening_of(place: Place, instant: datetime, zone: ZoneInfo) -> Opening:
    """Return how the place stands at `instant`; a place that is closed for a month says no next opening."""
    today = instant.astimezone(zone).date()
    if place.hours_on(today) is None:
        return UNKNOWN
    spans = _joined(_spans(place, today - A_DAY, zone))
    for starts, ends in spans:
        if starts <= instant < ends:
            return Opening(True, closes_at=ends)
        if starts > instant:
            return Opening(False, opens_at=starts)
    return Opening(False)


def is_open(place: Place, instant: datetime, zone: ZoneInfo) -> bool:
    """True when the place is known to be open at `instant`; quicker than `opening_of`, for many places."""
    today = instant.astimezone(zone).date()
    return any(
        starts <= instant < ends for day in (today - A_DAY, today) for starts, ends in spans_on(place, day, zone)
    )


def open_venue_ids(venues: Iterable[Venue], instant: datetime, zone: ZoneInfo) -> frozenset[int]:
    """Return the venues that are known to be open at `instant`."""
    return frozenset(venue.id for venue in venues if venue.gone_at is None and is_open(venue, instant, zone))


def _spans(place: Place, first: date, zone: ZoneInfo) -> Iterator[tuple[datetime, datetime]]:
    """Yield the opening spans of a month, in order."""
    for offset in range(LOOK_AHEAD_DAYS + 1):
        yield from spans_on(place, first + timedelta(days=offset), zone)


def spans_on(place: Place, day: date, zone: ZoneInfo) -> list[tuple[datetime, datetime]]:
    """Return the spans that begin on a local day; hours that end before they begin end on the next day."""
    return sorted(
        (_instant(day, opens, zone), _instant(day if closes > opens else day + A_DAY, closes, zone))
        for opens, closes in place.hours_on(day) or ()
    )


def _instant(day: date, wall: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, wall, tzinfo=zone).astimezone(UTC)


def _joined(spans: Iterable[tuple[datetime, datetime]]) -> Iterator[tuple[datetime, datetime]]:
    """Yield the spans with those that touch or overlap as one: who is in need not leave at midnight."""
    current: tuple[datetime, datetime] | None = None
    for starts, ends in spans:
        if current is not None and starts <= current[1]:
            current = (current[0], max(current[1], ends))
            continue
        if current is not None:
            yield current
        current = (starts, ends)
    if current is not None:
        yield current
