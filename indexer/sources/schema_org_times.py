"""When something takes place, as schema.org states it: dates, date-times, durations and repeating schedules.

Owns: from `startDate`, `endDate`, `duration` and `Schedule` to meetings on a local wall. An hour that is not given
stays unknown; an offset gives the wall time of the record's zone. A schedule becomes an iCalendar rule (RFC 5545), is
expanded at most 400 days ahead and 1,000 times, and is refused when it repeats within a day.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import recurring_ical_events
from icalendar import Calendar

from city.clock import instant_of
from city.errors import InvalidInput
from city.services.records import MeetingRecord
from indexer.sources.schema_org import Node, first, listed, word

DAYS_AHEAD = 400
MOST_MEETINGS = 1_000
YEARS = range(1900, 2200)
"""Beyond these a date is a sentinel or a slip."""
OPEN_DAY_ENDS = (time(23, 59), time(23, 59, 59))
NIGHT = timedelta(hours=12)
FARTHEST_FIRST_DAYS = 3_000
"""How far ahead a schedule's first day is looked for: 29 February may be eight years away."""
DAY_REMEDY = "a day like 2026-11-27, or 2026-11-27T19:30:00+08:00"
DURATION = re.compile(
    r"P(?:(?P<years>\d+)Y)?(?:(?P<months>\d+)M)?(?:(?P<weeks>\d+)W)?(?:(?P<days>\d+)D)?"
    r"(?:T(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?(?:(?P<seconds>\d+)(?:\.\d+)?S)?)?"
)
FREQUENCIES = {"years": "YEARLY", "months": "MONTHLY", "weeks": "WEEKLY", "days": "DAILY"}
WORDS = {"daily": "P1D", "weekly": "P1W", "monthly": "P1M", "yearly": "P1Y", "annually": "P1Y", "biweekly": "P2W"}
WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
DAY_NAMES = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
NAMES = dict(zip(DAY_NAMES, WEEKDAYS, strict=True))
RULE_DAY = re.compile(r"([+-]?[1-5])?(MO|TU|WE|TH|FR|SA|SU)")
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
    """Meetings, the rule they follow ("" where they are stated one by one), and what words have to say about them."""

    meetings: tuple[MeetingRecord, ...] = ()
    rule: str = ""
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
    return Moment(local.date(), _whole_minutes(local.time()))


def _whole_minutes(wall: time) -> time:
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
        return When(rule=f"DTSTART;VALUE=DATE:{begins.day:%Y%m%d}\nRRULE:FREQ=DAILY;UNTIL={ends.day:%Y%m%d}", note=note)
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


def rule_of(schedule: Node, zone: ZoneInfo) -> str:
    """Return a Schedule as iCalendar lines; raises InvalidInput for what repeats within a day or has no first day."""
    begins = moment(schedule.get("startDate"), zone, "startDate")
    if begins is None:
        raise InvalidInput("The schedule has no first day.", field="startDate", remedy=DAY_REMEDY)
    starts = _hour(schedule.get("startTime"), "startTime") or begins.wall
    ends = _hour(schedule.get("endTime"), "endTime")
    by = {name: values for name, values in _restrictions(schedule).items() if values}
    day = _first_match(begins.day, by)
    _refuse_ended_before(schedule, day, zone)
    lines = [_dated("DTSTART", day, starts, zone)]
    if starts is not None and (end := _schedule_end(starts, ends, duration(schedule.get("duration")))) is not None:
        lines.append(_dated("DTEND", day + timedelta(days=end <= starts), end, zone))
    lines.append(_repeats(schedule, zone, starts, by))
    read = (moment(value, zone, "exceptDate") for value in listed(schedule.get("exceptDate")))
    excepted = sorted({each for each in read if each}, key=lambda each: (each.day, each.wall or time(0)))
    lines += [_dated("EXDATE", each.day, each.wall or starts, zone) for each in excepted]
    return "\n".join(lines)


def _refuse_ended_before(schedule: Node, day: date, zone: ZoneInfo) -> None:
    last = moment(schedule.get("endDate"), zone, "endDate")
    if last is not None and last.day < day:
        raise InvalidInput(
            "The schedule ends before its first day.", field="endDate", value=word(schedule.get("endDate")),
            remedy=f"{day} or later",
        )  # fmt: skip


def _restrictions(schedule: Node) -> dict[str, list[str]]:
    """Return the weekdays, days of the month and months that a schedule is held on, as a rule names them."""
    found = {"BYDAY": _by_day(schedule)}
    for name, rule, highest in (("byMonthDay", "BYMONTHDAY", 31), ("byMonth", "BYMONTH", 12)):
        found[rule] = [str(_number(value, name, highest)) for value in listed(schedule.get(name))]
    return found


def _first_match(begins: date, by: Mapping[str, list[str]]) -> date:
    """Return the first day from the start on that fits: a rule's start counts as held whether it fits or not."""
    days = (begins + timedelta(days=at) for at in range(FARTHEST_FIRST_DAYS))
    found = next((day for day in days if _fits(day, by)), None)
    if found is None:
        raise InvalidInput("The schedule names days that never come together.", field="byDay", value=str(dict(by)),
                           remedy="weekdays, days or months that exist")  # fmt: skip
    return found


def _fits(day: date, by: Mapping[str, list[str]]) -> bool:
    code, place = WEEKDAYS[day.weekday()], (day.day - 1) // 7 + 1
    from_end = ((day.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1) - day).days // 7 + 1
    names = {code, f"{place}{code}", f"+{place}{code}", f"-{from_end}{code}"}
    return (
        ("BYDAY" not in by or bool(names & set(by["BYDAY"])))
        and ("BYMONTHDAY" not in by or str(day.day) in by["BYMONTHDAY"])
        and ("BYMONTH" not in by or str(day.month) in by["BYMONTH"])
    )


def _hour(value: Any, name: str) -> time | None:
    said = word(value)
    if not said:
        return None
    try:
        if "T" in said.rstrip("T")[1:]:
            return _whole_minutes(datetime.fromisoformat(said).time())
        return _whole_minutes(time.fromisoformat(said.lstrip("T")))
    except ValueError as wrong:
        raise InvalidInput("This is not an hour.", field=name, value=said, remedy="an hour like 19:30") from wrong


def _schedule_end(starts: time, ends: time | None, lasts: timedelta | None) -> time | None:
    if ends is not None or lasts is None or lasts >= timedelta(days=1):
        return ends
    return (datetime.combine(date(2000, 1, 1), starts) + lasts).time()


def _dated(name: str, day: date, wall: time | None, zone: ZoneInfo) -> str:
    return f"{name};VALUE=DATE:{day:%Y%m%d}" if wall is None else f"{name};TZID={zone.key}:{day:%Y%m%d}T{wall:%H%M%S}"


def _repeats(schedule: Node, zone: ZoneInfo, starts: time | None, by: Mapping[str, list[str]]) -> str:
    """Return the RRULE line."""
    frequency, interval = _frequency(schedule)
    parts = [f"FREQ={frequency}"] + ([f"INTERVAL={interval}"] if interval > 1 else [])
    count = _number(schedule.get("repeatCount"), "repeatCount", MOST_MEETINGS)
    last = moment(schedule.get("endDate"), zone, "endDate")
    if count is not None:  # a rule holds one of the two (RFC 5545), and the number is the narrower word
        parts.append(f"COUNT={count}")
    elif last is not None:
        parts.append(_until(last.day, starts, zone))
    return "RRULE:" + ";".join([*parts, *(f"{name}={','.join(values)}" for name, values in by.items())])


def _until(day: date, starts: time | None, zone: ZoneInfo) -> str:
    """Return the last day: as a day for whole days, else as the instant its local day ends, in UTC (RFC 5545)."""
    if starts is None:
        return f"UNTIL={day:%Y%m%d}"
    ends = datetime.combine(day, time(23, 59, 59), zone).astimezone(ZoneInfo("UTC"))
    return f"UNTIL={ends:%Y%m%dT%H%M%SZ}"


def _frequency(schedule: Node) -> tuple[str, int]:
    said = word(schedule.get("repeatFrequency"))
    if not said:
        return ("WEEKLY", 1) if schedule.get("byDay") else ("DAILY", 1)
    found = DURATION.fullmatch(WORDS.get(said.rsplit("/", 1)[-1].lower(), said))
    named = {name: int(number) for name, number in found.groupdict().items() if number} if found else {}
    if len(named) != 1 or not (name := next(iter(named))) or name not in FREQUENCIES or not 1 <= named[name] <= 999:
        raise InvalidInput(
            "The schedule repeats in a way that is not read.",
            field="repeatFrequency",
            value=said,
            remedy="days, weeks, months or years, like P1W",
        )
    return FREQUENCIES[name], named[name]


def _number(value: Any, name: str, highest: int = 100_000) -> int | None:
    said = word(value)
    if not said:
        return None
    if not said.isascii() or not said.isdigit() or not 1 <= int(said) <= highest:
        raise InvalidInput("This is not a number that fits.", field=name, value=said, remedy=f"1 to {highest}")
    return int(said)


def _by_day(schedule: Node) -> list[str]:
    found = []
    for value in listed(schedule.get("byDay")):
        said = word(value).rsplit("/", 1)[-1].removeprefix("schema:")
        code = NAMES.get(said.lower()) or (said.upper() if RULE_DAY.fullmatch(said.upper()) else "")
        if not code and said != "PublicHolidays":
            raise InvalidInput("This is not a weekday.", field="byDay", value=said, remedy="https://schema.org/Monday")
        found += [code] if code else []
    if listed(schedule.get("byDay")) and not found:
        raise InvalidInput(
            "The schedule names public holidays alone.",
            field="byDay",
            value="PublicHolidays",
            remedy="weekdays or dates",
        )
    return found


def expanded(rule: str, now: datetime, zone: ZoneInfo) -> tuple[MeetingRecord, ...]:
    """Return the meetings of a rule: those of the last day and of the next 400, at most 1,000.

    Of a rule that has ended the meetings of its last 400 days are given, so that the catalogue knows what is over.
    """
    series = recurring_ical_events.of(Calendar.from_ical(_as_calendar(rule)))
    today, begins = now.astimezone(zone).date(), _first_day(rule)
    window = timedelta(days=DAYS_AHEAD)
    found = _between(series, max(begins, today - timedelta(days=1)), max(begins, today) + window, zone)
    if not found:
        last = min(_last_day(rule) or today, today)
        since = begins if "COUNT=" in rule else max(begins, last - window)
        found = _between(series, since, last + timedelta(days=1), zone)[-MOST_MEETINGS:]
    return tuple(found[:MOST_MEETINGS])


def _as_calendar(rule: str) -> str:
    body = rule.replace("\n", "\r\n")
    return f"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:schedule\r\n{body}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"


def _between(series: Any, begins: date, ends: date, zone: ZoneInfo) -> list[MeetingRecord]:
    """Return the meetings that start from one day on and before another, in order."""
    found = [_meeting(event, zone) for event in series.between(begins, ends)] if begins < ends else []
    return sorted(
        (meeting for meeting in found if begins <= meeting.held_on < ends),
        key=lambda meeting: (meeting.held_on, meeting.starts_local or time(0)),
    )


def _meeting(event: Any, zone: ZoneInfo) -> MeetingRecord:
    starts, stops = event["DTSTART"].dt, event["DTEND"].dt if "DTEND" in event else None
    if not isinstance(starts, datetime):
        return MeetingRecord(starts)
    return in_zone(starts.date(), starts.time(), stops.time() if stops and stops != starts else None, zone)


def _first_day(rule: str) -> date:
    return datetime.strptime(rule.split("\n", 1)[0].rsplit(":", 1)[1][:8], "%Y%m%d").date()  # noqa: DTZ007  (a day)


def _last_day(rule: str) -> date | None:
    found = re.search(r"UNTIL=(\d{8})", rule)
    return datetime.strptime(found[1], "%Y%m%d").date() if found else None  # noqa: DTZ007  (a calendar day)


def scheduled(schedules: Sequence[Node], zone: ZoneInfo, now: datetime | None) -> When:
    """Return the meetings of schedules, the rule of each one on lines of its own, an empty line between them."""
    usable = [schedule for schedule in schedules if first(schedule.get("startDate"))]
    rules = [rule_of(schedule, zone) for schedule in usable]
    return expanded_all(rules, zone, now)


def expanded_all(rules: Sequence[str], zone: ZoneInfo, now: datetime | None) -> When:
    found = [m for rule in rules for m in expanded(rule, now or datetime.combine(_first_day(rule), time(), zone), zone)]
    distinct = {(meeting.held_on, meeting.starts_local): meeting for meeting in found}
    ordered = sorted(distinct.values(), key=lambda each: (each.held_on, each.starts_local or time(0)))
    return When(tuple(ordered[:MOST_MEETINGS]), "\n\n".join(rules))


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
