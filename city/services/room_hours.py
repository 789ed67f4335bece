"""Which hours of a study room can be booked, and how many seats are free in each.

Owns: whole hours of the city's clocks that lie inside the opening hours (holidays respected, past midnight too), how
far ahead one may book, and the honest count of free seats. Reads rows that are handed to it. Called by room booking and
by the pages of rooms.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from city.model import StudyRoom
from city.services.opening import spans_on

AN_HOUR = timedelta(hours=1)
DAYS_AHEAD = 14
"""A room can be booked today and on the 13 days that follow."""


@dataclass(frozen=True)
class FreeHour:
    """One hour of a room and its free seats."""

    starts_at: datetime
    free_count: int


def days_to_book(today: date) -> list[date]:
    """Return the days on which a room can be booked."""
    return [today + timedelta(days=ahead) for ahead in range(DAYS_AHEAD)]


def hours_on(room: StudyRoom, day: date, zone: ZoneInfo) -> list[datetime]:
    """Return the whole hours that begin inside the opening spans of a local day, in order; [] closed or unknown.

    Hours after midnight of a span that began the evening before belong to the evening's day.
    """
    found = set[datetime]()
    for starts, ends in spans_on(room, day, zone):
        hour = _whole_hour_from(starts, zone)
        while hour + AN_HOUR <= ends:
            found.add(hour)
            hour += AN_HOUR
    return sorted(found)


def is_hour_of(room: StudyRoom, hour: datetime, zone: ZoneInfo) -> bool:
    """True when the hour can be booked by the room's opening hours."""
    day = hour.astimezone(zone).date()
    return any(hour in hours_on(room, each, zone) for each in (day - timedelta(days=1), day))


def free_hours(
    room: StudyRoom, day: date, taken: Mapping[datetime, int], now: datetime, zone: ZoneInfo
) -> list[FreeHour]:
    """Return the hours of a day that are not over, each with its free seats; [] for a room nobody counts."""
    if room.seat_count is None:
        return []
    return [
        FreeHour(hour, max(0, room.seat_count - taken.get(hour, 0)))
        for hour in hours_on(room, day, zone)
        if hour + AN_HOUR > now
    ]


def _whole_hour_from(instant: datetime, zone: ZoneInfo) -> datetime:
    """Return the instant, or the next at which the city's clocks show a full hour."""
    local = instant.astimezone(zone)
    past = timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
    return instant + (AN_HOUR - past if past else timedelta())
