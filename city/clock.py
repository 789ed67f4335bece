"""The only source of "now", as aware UTC, and of the city's time zone.

Owns: what instant it is for the catalogue (can be fixed by LEARNCITY_NOW), what day it is in the city, and how an
instant reads on the city's clocks. Refuses naive datetimes. Breakers, limits and login sessions take `SystemClock`:
they run on real time even when the catalogue's clock is fixed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo


class Clock(Protocol):
    """What every part needs of a clock."""

    @property
    def zone(self) -> ZoneInfo: ...

    def now(self) -> datetime:
        """The present instant, aware, in UTC."""

    def today(self) -> date:
        """The calendar day in the city's zone."""


@dataclass(frozen=True)
class SystemClock:
    """Real time, read in the city's zone."""

    zone: ZoneInfo

    def now(self) -> datetime:
        return datetime.now(UTC)

    def today(self) -> date:
        return self.now().astimezone(self.zone).date()


@dataclass(frozen=True)
class FixedClock:
    """A clock that stands still at one instant: for tests and for LEARNCITY_NOW."""

    instant: datetime
    zone: ZoneInfo

    def __post_init__(self) -> None:
        if self.instant.tzinfo is None:
            raise ValueError("a fixed instant needs a zone, like 2026-11-24T09:00:00+08:00")

    def now(self) -> datetime:
        return self.instant.astimezone(UTC)

    def today(self) -> date:
        return self.now().astimezone(self.zone).date()


def instant_of(day: date, wall: time, zone: ZoneInfo) -> datetime:
    """Return the UTC instant at which the zone's clocks show `day` and `wall`.

    Of a wall time that comes twice the first is taken. Raises ValueError for a wall time that does not exist on that
    day (the hour skipped in spring).
    """
    local = datetime.combine(day, wall, tzinfo=zone)
    instant = local.astimezone(UTC)
    if instant.astimezone(zone).replace(tzinfo=None) != local.replace(tzinfo=None):
        raise ValueError(f"{day.isoformat()} {wall:%H:%M} does not exist in {zone.key}: the clocks skip it")
    return instant


def end_of_day(day: date, zone: ZoneInfo) -> datetime:
    """Return the UTC instant at which `day` is over in the zone."""
    return datetime.combine(day + timedelta(days=1), time(0), tzinfo=zone).astimezone(UTC)
