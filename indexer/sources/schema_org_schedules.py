"""What repeats, as schema.org states it: a Schedule with its frequency, days, exceptions and end.

Owns: how a Schedule becomes a rule that `indexer.sources.recurrences` keeps and expands. A rule's first day counts as
held, so it is the first day that fits, not the day the schedule begins. What repeats within a day is refused.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from city.errors import InvalidInput
from indexer.sources.ical_rules import parts_of, written
from indexer.sources.recurrences import RuleSet, Span, as_time, expand
from indexer.sources.schema_org import Node, first, listed, word
from indexer.sources.schema_org_times import (
    DAY_REMEDY,
    DURATION,
    MOST_MEETINGS,
    NAMES,
    WEEKDAYS,
    When,
    duration,
    moment,
    whole_minutes,
)

FREQUENCIES = {"years": "YEARLY", "months": "MONTHLY", "weeks": "WEEKLY", "days": "DAILY"}
WORDS = {"daily": "P1D", "weekly": "P1W", "monthly": "P1M", "yearly": "P1Y", "annually": "P1Y", "biweekly": "P2W"}
RULE_DAY = re.compile(r"([+-]?[1-5])?(MO|TU|WE|TH|FR|SA|SU)")
EVENT = re.compile(r"BEGIN:VEVENT.*END:VEVENT", re.DOTALL)
FARTHEST_FIRST_DAYS = 3_000
"""How far ahead a schedule's first day is looked for: 29 February may be eight years away."""


def rules_of(schedule: Node, zone: ZoneInfo) -> RuleSet:
    """Return a Schedule as a rule; raises InvalidInput for what repeats within a day or has no first day."""
    begins = moment(schedule.get("startDate"), zone, "startDate")
    if begins is None:
        raise InvalidInput("The schedule has no first day.", field="startDate", remedy=DAY_REMEDY)
    starts = _hour(schedule.get("startTime"), "startTime") or begins.wall
    ends = _hour(schedule.get("endTime"), "endTime")
    by = {name: values for name, values in _restrictions(schedule).items() if values}
    day = _first_match(begins.day, by)
    _refuse_ended_before(schedule, day, zone)
    excepted = (moment(value, zone, "exceptDate") for value in listed(schedule.get("exceptDate")))
    return RuleSet(
        zone.key,
        _span(day, starts, _schedule_end(starts, ends, duration(schedule.get("duration")))),
        _repeats(schedule, zone, starts, by),
        left_out=tuple(_wall(each.day, each.wall or starts) for each in excepted if each),
    )


def _span(day: date, starts: time | None, ends: time | None) -> Span:
    """Return the first meeting; one that ends before it starts goes on after midnight, one without an end has none."""
    if starts is None:
        return day, day + timedelta(days=1)
    begin = datetime.combine(day, starts)
    return begin, datetime.combine(day + timedelta(days=ends <= starts), ends) if ends is not None else begin


def _wall(day: date, hour: time | None) -> date | datetime:
    return day if hour is None else datetime.combine(day, hour)


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
            return whole_minutes(datetime.fromisoformat(said).time())
        return whole_minutes(time.fromisoformat(said.lstrip("T")))
    except ValueError as wrong:
        raise InvalidInput("This is not an hour.", field=name, value=said, remedy="an hour like 19:30") from wrong


def _schedule_end(starts: time | None, ends: time | None, lasts: timedelta | None) -> time | None:
    if starts is None or ends is not None or lasts is None or lasts >= timedelta(days=1):
        return ends
    return (datetime.combine(date(2000, 1, 1), starts) + lasts).time()


def _repeats(schedule: Node, zone: ZoneInfo, starts: time | None, by: Mapping[str, list[str]]) -> str:
    """Return the rule in its canonical text."""
    frequency, interval = _frequency(schedule)
    parts = [f"FREQ={frequency}"] + ([f"INTERVAL={interval}"] if interval > 1 else [])
    count = _number(schedule.get("repeatCount"), "repeatCount", MOST_MEETINGS)
    last = moment(schedule.get("endDate"), zone, "endDate")
    if count is not None:  # a rule holds one of the two (RFC 5545), and the number is the narrower word
        parts.append(f"COUNT={count}")
    elif last is not None:
        parts.append(f"UNTIL={last.day:%Y%m%d}" + ("T235959" if starts is not None else ""))
    return written(parts_of(";".join([*parts, *(f"{name}={','.join(values)}" for name, values in by.items())])))


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


def scheduled(schedules: Sequence[Node], zone: ZoneInfo, now: datetime | None) -> When:
    """Return the meetings of schedules around now, and their rules as one text."""
    return followed([rules_of(schedule, zone) for schedule in schedules if first(schedule.get("startDate"))], zone, now)


def every_day(lasts: tuple[date, date], zone: ZoneInfo, now: datetime | None) -> When:
    """Return the meetings of what is there each day from the first to the last."""
    begins, ends = lasts
    rules = RuleSet(zone.key, _span(begins, None, None), f"FREQ=DAILY;UNTIL={ends:%Y%m%d}")
    return followed([rules], zone, now)


def followed(rules: Sequence[RuleSet], zone: ZoneInfo, now: datetime | None) -> When:
    """Return what follows from rules at an instant; without one, from the first day on."""
    if not rules:
        return When()
    text = _one_text(rules, zone)
    begins = min(as_time(each.first[0]) for each in rules if each.first is not None)
    return When(expand(text, zone.key, now or begins.replace(tzinfo=zone)).meetings, text)


def _one_text(rules: Sequence[RuleSet], zone: ZoneInfo) -> str:
    """Return the canonical text of one rule, or of several as events of one calendar in the order of their texts."""
    if len(rules) == 1:
        return rules[0].text()
    events = sorted(EVENT.search(each.text())[0] for each in rules)  # type: ignore[index]
    numbered = (event.replace("UID:1", f"UID:{at}") for at, event in enumerate(events, start=1))
    return "\n".join(["BEGIN:VCALENDAR", f"X-WR-TIMEZONE:{zone.key}", *numbered, "END:VCALENDAR"])
