"""Series that run over the changes of clocks of a year, and whether each of their meetings keeps its hour.

A series is read from a calendar as any other; its days are compared with those that its rule gives on a naive calendar,
its instants with what the zone's clocks show. `utc_arithmetic` is the twin that adds weeks to an instant instead.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr

from city.clock import instant_of
from city.model import ClassSession
from city.services.records import OfferingRecord
from indexer.sources import SourceOptions
from indexer.sources.ical import read_content
from tests.calendars import calendar, event

ZONES = (
    *("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Shanghai", "Europe/London", "Europe/Lisbon"),
    *("Europe/Helsinki", "Europe/Kyiv", "Asia/Beirut", "Asia/Jerusalem", "Africa/Cairo", "Africa/Casablanca"),
    *("America/Sao_Paulo", "America/Santiago", "America/Havana", "America/St_Johns", "America/Los_Angeles"),
    *("Australia/Sydney", "Pacific/Auckland", "Pacific/Chatham"),
)
YEAR_BEGINS = datetime(2026, 1, 1, 12, tzinfo=UTC)
LAST_DAY = date(2026, 12, 31)
RULES = ("FREQ=DAILY", "FREQ=DAILY;INTERVAL=3", "FREQ=WEEKLY", "FREQ=WEEKLY;BYDAY=SA,SU", "FREQ=MONTHLY;BYDAY=-1SU",
         "FREQ=MONTHLY;BYMONTHDAY=29", "FREQ=WEEKLY;INTERVAL=2;BYDAY=SU")  # fmt: skip


@dataclass(frozen=True)
class Series:
    """A rule in a zone, from a first start on."""

    zone: ZoneInfo
    first: datetime
    rule: str


@dataclass
class Tally:
    """What became of the meetings of all series."""

    series: int = 0
    stated: int = 0
    kept: int = 0
    skipped: int = 0
    """Stated for an hour that the clocks skip: left out."""
    twice: int = 0


def series_of(seed: int, count: int, zones: Sequence[str] = ZONES) -> Iterator[Series]:
    """Yield series that run through the whole year; half of them begin in the hours in which clocks change."""
    rng = random.Random(seed)
    for number in range(count):
        hour = rng.randrange(4) if number % 2 else rng.randrange(24)
        first = datetime(2025, 12, rng.randint(1, 28), hour, rng.choice((0, 15, 30, 45)))  # noqa: DTZ001  (wall clock)
        yield Series(ZoneInfo(zones[number % len(zones)]), first, rng.choice(RULES))


def tally(many: Sequence[Series]) -> Tally:
    """Read all series and compare each meeting of the year."""
    found = Tally()
    for series in many:
        stated = [day for day in _naive_days(series) if day <= LAST_DAY]
        there = {(m.held_on, m.starts_local) for m in _read(series).meetings if m.held_on <= LAST_DAY}
        exist = {day for day in stated if _instant(day, series) is not None}
        found.series += 1
        found.stated += len(stated)
        found.skipped += len(stated) - len(exist)
        found.twice += sum(_comes_twice(day, series) for day in exist)
        if {day for day, _ in there} == exist:
            found.kept += sum(_keeps_its_hour(day, wall, series) for day, wall in there)
    return found


def utc_arithmetic(many: Sequence[Series]) -> int:
    """Return how many meetings would be at another hour if periods were added to the first instant."""
    moved = 0
    for series in many:
        first = series.first.replace(tzinfo=series.zone).astimezone(UTC)
        for day in _naive_days(series):
            shown = (first + (day - series.first.date())).astimezone(series.zone)
            moved += shown.time() != series.first.time()
    return moved


def _read(series: Series) -> OfferingRecord:
    lines = (f"DTSTART;TZID={series.zone.key}:{series.first:%Y%m%dT%H%M%S}", f"RRULE:{series.rule}")
    reading = read_content(calendar(event(*lines)), "year.ics", SourceOptions(now=YEAR_BEGINS))
    return reading.records[0]


def _naive_days(series: Series) -> list[date]:
    """Return the days of the rule from the year's beginning on, by the naive calendar."""
    begins = datetime.combine(YEAR_BEGINS.astimezone(series.zone).date(), time(0))
    rule = rrulestr(series.rule, dtstart=series.first)
    days = {start.date() for start in rule.between(begins, begins + timedelta(days=398), inc=True)}
    return sorted(days | ({series.first.date()} if series.first >= begins else set()))


def _instant(day: date, series: Series) -> datetime | None:
    try:
        return instant_of(day, series.first.time(), series.zone)
    except ValueError:
        return None


def _comes_twice(day: date, series: Series) -> bool:
    walls = (datetime.combine(day, series.first.time(), tzinfo=series.zone).replace(fold=fold) for fold in (0, 1))
    first, second = (wall.utcoffset() for wall in walls)
    return first != second


def _keeps_its_hour(day: date, wall: time | None, series: Series) -> bool:
    """True when the meeting is stated at its hour, and its instant is the first at which the clocks show that hour."""
    if wall != series.first.time():
        return False
    meeting = ClassSession.at(day, series.zone, wall)
    assert meeting.starts_at is not None
    shown = meeting.starts_at.astimezone(series.zone)
    return shown.fold == 0 and (shown.date(), shown.time()) == (day, wall)
