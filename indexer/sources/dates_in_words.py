"""Days that free words of a feed say for certain: "10 Jan 2026 (Sat) 4pm", "4, 11, 18/11/2023", "1-30/11/2023".

Owns: which lines are certain. One line names days of one month and nothing but their weekdays and hours; a weekday that
contradicts a day, a word like "every" or "except", a range across months: the whole text is not certain, and nothing is
invented. Called by sources without a list of canonical days.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

from indexer.sources.wording import says_only_hours

MONTH_NAMES = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
WEEKDAY_NAMES = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAYS = r"(?P<days>\d{1,2}(?: ?[-,&] ?\d{1,2}){0,30})"
NUMERIC = re.compile(rf"{DAYS}(?P<mark>[/.])(?P<month>\d{{1,2}})(?P=mark)(?P<year>20\d\d)(?!\d)")
NAMED = re.compile(rf"{DAYS} ?(?P<month>{'|'.join(MONTH_NAMES)})[a-z]*\.? ?(?P<year>20\d\d)(?!\d)", re.IGNORECASE)
WEEKDAYS = re.compile(
    r"\s*\(\s*((?:mon|tue|wed|thu|fri|sat|sun)[a-z]*\.?(?: ?[-,&] ?[a-z]{3,9}\.?){0,6})\s*\)", re.IGNORECASE
)
LONGEST_LINE = 200


def days_in(text: str) -> list[date]:
    """Return the days of a text of which every line is certain, sorted; [] when one is not."""
    found: set[date] = set()
    for line in filter(None, (" ".join(line.split()) for line in text.splitlines())):
        days = _days_of_line(line)
        if not days:
            return []
        found |= days
    return sorted(found)


def _days_of_line(line: str) -> set[date]:
    """Return the days of one line, the empty set when it says anything else too."""
    match = (NUMERIC.match(line) or NAMED.match(line)) if len(line) <= LONGEST_LINE else None
    if match is None:
        return set()
    stated = WEEKDAYS.match(line, match.end())
    if not says_only_hours(line[(stated or match).end() :]):
        return set()
    days = _dates(match)
    return days if not stated or _agree(days, stated.group(1)) else set()


def _dates(match: re.Match[str]) -> set[date]:
    word = match["month"]
    month = int(word) if word.isdigit() else MONTH_NAMES.index(word[:3].capitalize()) + 1
    try:
        return {date(int(match["year"]), month, day) for day in _numbers(match["days"])}
    except ValueError:
        return set()


def _numbers(text: str) -> Iterator[int]:
    """Yield "4, 11, 18-20" as numbers; a range that runs backwards raises ValueError."""
    for part in re.split(r" ?[,&] ?", text):
        first, _, last = part.replace(" ", "").partition("-")
        if last and int(last) <= int(first):
            raise ValueError("a range that runs backwards")
        yield from range(int(first), int(last or first) + 1)


def _agree(days: set[date], words: str) -> bool:
    """True when the weekdays in words are exactly those of the days."""
    return {day.weekday() for day in days} == set(_weekdays(words.lower()))


def _weekdays(words: str) -> Iterator[int]:
    for part in re.split(r" ?[,&] ?", words):
        names = [name.strip(" .")[:3] for name in part.split("-")]
        if any(name not in WEEKDAY_NAMES for name in names):
            return
        first, last = WEEKDAY_NAMES.index(names[0]), WEEKDAY_NAMES.index(names[-1])
        yield from ((first + step) % 7 for step in range((last - first) % 7 + 1))
