"""The days of a recurring series: every week, every other week, the same weekday of each month.

Owns: how a rule, an end and exceptions give days. The wall clock stays as it is on every day; whether the hour exists
there is the meeting's to say. Rules are dateutil's. Called by `city.services.offering_form`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from heapq import merge

from dateutil.rrule import DAILY, MONTHLY, WEEKLY, rrule, weekday

MOST_MEETINGS = 200
LONGEST_DAYS = 400
DAYS_OF_A_WEEK = 7


class Repeat(StrEnum):
    """How often a series comes again."""

    NEVER = ""
    DAILY = "day"
    WEEKLY = "week"
    EVERY_OTHER_WEEK = "two_weeks"
    MONTHLY = "month"


@dataclass(frozen=True)
class Days:
    """The days of a series, and those that its rule names but an exception takes out."""

    held: tuple[date, ...]
    left_out: tuple[date, ...] = ()


def days_of(
    first: Sequence[date],
    repeat: Repeat,
    *,
    times: int | None = None,
    until: date | None = None,
    exceptions: Collection[date] = (),
) -> Days:
    """Return the days that follow from the first ones: so many `times` that take place, or up to and with `until`.

    Without a rule the first days stand as they are. Never more than MOST_MEETINGS, nor further than LONGEST_DAYS.
    """
    if repeat is Repeat.NEVER or not first:
        return Days(tuple(day for day in first if day not in exceptions), _among(first, exceptions))
    last = min(until or date.max, first[0] + timedelta(days=LONGEST_DAYS))
    held, left_out = list[date](), list[date]()
    for day in _distinct(merge(*(_rule(start, repeat, last) for start in first))):
        if len(held) >= min(times or MOST_MEETINGS, MOST_MEETINGS):
            break
        (left_out if day in exceptions else held).append(day)
    return Days(tuple(held), tuple(left_out))


def _among(days: Sequence[date], exceptions: Collection[date]) -> tuple[date, ...]:
    return tuple(day for day in days if day in exceptions)


def _rule(start: date, repeat: Repeat, last: date) -> Iterator[date]:
    """Yield the days of one rule; a fifth weekday of a month stands for its last one."""
    begins, ends = datetime.combine(start, time()), datetime.combine(last, time())
    if repeat is Repeat.MONTHLY:
        nth = (start.day - 1) // DAYS_OF_A_WEEK + 1
        rule = rrule(MONTHLY, dtstart=begins, until=ends, byweekday=weekday(start.weekday(), nth if nth < 5 else -1))
    else:
        frequency = DAILY if repeat is Repeat.DAILY else WEEKLY
        rule = rrule(frequency, dtstart=begins, until=ends, interval=2 if repeat is Repeat.EVERY_OTHER_WEEK else 1)
    return (instant.date() for instant in rule)


def _distinct(days: Iterator[date]) -> Iterator[date]:
    before = None
    for day in days:
        if day != before:
            yield day
        before = day


def rule_in(days: Sequence[date]) -> Repeat:
    """Return the rule by which these days follow from the first one, NEVER when there is none."""
    if len(days) < 3:
        return Repeat.NEVER
    for repeat in (Repeat.WEEKLY, Repeat.EVERY_OTHER_WEEK, Repeat.DAILY, Repeat.MONTHLY):
        if days_of(days[:1], repeat, times=len(days)).held == tuple(days):
            return repeat
    return Repeat.NEVER
