"""When something takes place, as schema.org states it: dates, date-times and durations.

Owns: from `startDate`, `endDate` and `duration` to meetings on a local wall. An hour that is not given stays unknown;
an offset gives the wall time of the record's zone. Repeating schedules are `schema_org_schedules`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from city.clock import instant_of
from city.errors import InvalidInput
from city.services.records import MeetingRecord
from indexer.sources.schema_org import Node, word

DAYS_AHEAD = 400
MOST_MEETINGS = 1_000
YEARS = range(1900, 2200)
"""Beyond these a date is a sentinel or a slip."""
OPEN_DAY_ENDS = (time(23, 59), time(23, 59, 59))
NIGHT = timedelta(hours=12)
DAY_REMEDY = "a day like 2026-11-27, or 2026-11-27T19:30:00+08:00"
DURATION = re.compile(
    r"P(?:(?P<years>\d+)Y)?(?:(?P<months>\d+)M)?(?:(?P<weeks>\d+)W)?(?:(?P<days>\d+)D)?"
    r"(?:T(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?(?:(?P<seconds>\d+)(?:\.\d+)?S)?)?"
)
WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
DAY_NAMES = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
NAMES = dict(zip(DAY_NAMES, WEEKDAYS, strict=True))
MONTHS_EN = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


@dataclass(frozen=True)
class Moment:
    """A local day, and the hour where one is stated."""

    day: date
    wall: time | None = None


@dataclass(frozen=True)
class When:
    """Meetings, the rule they follow ("" where they are stated one by one), and what words have to say about them.

    `lasts` is the first and last day of what is there every day for longer than meetings are written out for.
    """

    meetings: tuple[MeetingRecord, ...] = ()
    rule: str = ""
    lasts: tuple[date, date] | None = None
    note: Mapping[str, str] = field(default_factory=dict)


def zone_of(schedules: Iterable[Node], fallback: str) -> ZoneInfo:
    """Return the zone that a schedule states, else the fallback; raises InvalidInput for one that does not exist."""
    names = (word(schedule.get("scheduleTimezone")) for schedule in schedules)
    name = next((name for name in names if name), fallback)
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as unknown:
        raise InvalidInput(
            "This is no time zone.", field="scheduleTimezone", value=name, remedy="an IANA name like Asia/Shanghai"
        ) from unknown


def moment(value: Any, zone: ZoneInfo, name: str) -> Moment | None:
    """Return what a date or date-time says on the zone's wall, None when nothing is said."""
    said = word(value)
    if not said:
        return None
    try:
        found = _read_moment(said, zone)
    except (ValueError, OverflowError) as wrong:
        raise InvalidInput("This is not a day.", field=name, value=said, remedy=DAY_REMEDY) from wrong
    if found.day.year not in YEARS:
        raise InvalidInput("This is no day that anybody means.", field=name, value=said, remedy=DAY_REMEDY)
    return found


def _read_moment(said: str, zone: ZoneInfo) -> Moment:
    if len(said) <= len("2026-11-27"):
        return Moment(date.fromisoformat(said))
    read = datetime.fromisoformat(said)
    local = read.astimezone(zone) if read.tzinfo else read
    return Moment(local.date(), whole_minutes(local.time()))


def whole_minutes(wall: time) -> time:
    """Return a wall time without fractions of a second and without its zone."""
    return wall.replace(microsecond=0, tzinfo=None)


def duration(value: Any) -> timedelta | None:
    """Return how long an ISO 8601 duration lasts, None when it is none or names months or years."""
    found = DURATION.fullmatch(word(value))
    if found is None or found["years"] or found["months"]:
        return None
    parts = {name: int(number) for name, number in found.groupdict(default="0").items()}
    try:
        return timedelta(**{name: parts[name] for name in ("weeks", "days", "hours", "minutes", "seconds")}) or None
    except OverflowError:
        return None


def stated_meetings(node: Node, zone: ZoneInfo, *, daily: bool = True) -> When:
    """Return the meetings that a node's own dates name.

    Something over several days takes place on each of them, without hours but the first one's start; with `daily` false
    (a course) only its first and its last day are known.
    """
    begins = moment(node.get("startDate"), zone, "startDate")
    if begins is None:
        return When()
    ends = moment(node.get("endDate"), zone, "endDate") or _end_after(begins, duration(node.get("duration")))
    begins, ends = _without_midnight(begins, ends)
    if ends is not None and _is_before(ends, begins):
        raise InvalidInput(
            "It ends before it starts.",
            field="endDate",
            value=word(node.get("endDate")),
            remedy="an end after the start",
        )
    if ends is None or ends.day == begins.day or _is_one_night(begins, ends):
        end = ends.wall if ends is not None and ends.wall != begins.wall else None
        return When((in_zone(begins.day, begins.wall, end, zone),))
    return _over_days(begins, ends, zone, daily)


def _end_after(begins: Moment, lasts: timedelta | None) -> Moment | None:
    if lasts is None:
        return None
    if begins.wall is None:
        whole = lasts.days - 1 if lasts >= timedelta(days=2) else 0
        return Moment(begins.day + timedelta(days=min(whole, MOST_MEETINGS)))
    if lasts > timedelta(days=MOST_MEETINGS):
        return None
    end = datetime.combine(begins.day, begins.wall) + lasts
    return Moment(end.date(), end.time())


def _without_midnight(begins: Moment, ends: Moment | None) -> tuple[Moment, Moment | None]:
    """Return both without hours where they say whole days: from midnight, to midnight or the minute before."""
    if begins.wall != time(0) or (ends is not None and ends.wall not in (None, time(0), *OPEN_DAY_ENDS)):
        return begins, ends
    if ends is not None and ends.wall == time(0) and ends.day > begins.day:
        ends = Moment(ends.day - timedelta(days=1))
    return Moment(begins.day), Moment(ends.day) if ends is not None else None


def _is_before(ends: Moment, begins: Moment) -> bool:
    if ends.day != begins.day:
        return ends.day < begins.day
    return ends.wall is not None and begins.wall is not None and ends.wall < begins.wall


def _is_one_night(begins: Moment, ends: Moment) -> bool:
    if begins.wall is None or ends.wall is None:
        return False
    lasts = datetime.combine(ends.day, ends.wall) - datetime.combine(begins.day, begins.wall)
    return lasts <= NIGHT


def _over_days(begins: Moment, ends: Moment, zone: ZoneInfo, daily: bool) -> When:
    note = from_to(begins, ends)
    if not daily:
        return When((in_zone(begins.day, begins.wall, None, zone), MeetingRecord(ends.day)), note=note)
    days = (ends.day - begins.day).days + 1
    if days > DAYS_AHEAD:
        return When(lasts=(begins.day, ends.day), note=note)
    later = (MeetingRecord(begins.day + timedelta(days=at)) for at in range(1, days))
    return When((in_zone(begins.day, begins.wall, None, zone), *later), note=note if begins.wall or ends.wall else {})


def in_zone(day: date, starts: time | None, ends: time | None, zone: ZoneInfo) -> MeetingRecord:
    """Return a meeting; a wall time that the zone's clocks skip on that day counts as not stated."""
    try:
        for wall in (starts, ends):
            if wall is not None:
                instant_of(day, wall, zone)
    except ValueError:
        return MeetingRecord(day)
    return MeetingRecord(day, starts, ends if starts is not None else None)


def day_in_words(at: Moment) -> dict[str, str]:
    """Return a day, with its hour where known, in Chinese and in English."""
    hour = f" {at.wall:%H:%M}" if at.wall else ""
    day = at.day
    return {
        "zh-Hans": f"{day.year}年{day.month}月{day.day}日{hour}",
        "en": f"{day.day} {MONTHS_EN[day.month - 1]} {day.year}{hour}",
    }


def from_to(begins: Moment, ends: Moment) -> dict[str, str]:
    """Return the words for something that lasts from one moment to another."""
    first_words, last_words = day_in_words(begins), day_in_words(ends)
    return {
        "zh-Hans": f"{first_words['zh-Hans']}至{last_words['zh-Hans']}",
        "en": f"{first_words['en']} to {last_words['en']}",
    }
