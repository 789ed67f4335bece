"""Days and hours that free words of a feed say for certain, in Chinese and English.

Owns: which days a clause means, and when two languages confirm or contradict each other. A word that nobody knows, a
weekday that contradicts a day, a year that is not said, an exception that excepts nothing: the whole text is not
certain, and nothing is invented. Called by sources.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

from indexer.sources.date_grammar import Clause, Day, Stretch, Uncertain, clauses_of
from indexer.sources.date_tokens import tokens_of
from indexer.sources.wording import Hours

LONGEST_STRETCH_DAYS, FEW_DAYS = 400, 7
NOT_UNDERSTOOD = "The words do not say for certain which days are meant."
CONTRADICTION = "Chinese and English name different days."


@dataclass(frozen=True)
class SaidDays:
    """Each day that is certain with its hours: () when none are said, None when which belongs to which is not."""

    hours: Mapping[date, tuple[Hours, ...] | None]
    weekdays_agree: bool = True
    """False when a weekday contradicts its day, so that only the other language can confirm the days."""

    @property
    def days(self) -> list[date]:
        return sorted(self.hours)


@lru_cache(maxsize=1024)
def read_words(text: str) -> SaidDays | None:
    """Return what a text says, None when it is empty or not certain; a programme says the same of many events."""
    tokens = tokens_of(text)
    try:
        return _said(clauses_of(tokens)) if tokens else None
    except Uncertain:
        return None


def read_both(chinese: str, english: str) -> SaidDays | str:
    """Return what two languages say together, or the sentence that tells why nothing is certain.

    Days that both name are certain, even when one names a wrong weekday; where only one is understood, it is taken
    alone. Hours that differ are not certain.
    """
    found = [said for said in (read_words(english), read_words(chinese)) if said is not None]
    if len({tuple(said.days) for said in found}) > 1:
        return CONTRADICTION
    if not any(said.weekdays_agree for said in found):
        return NOT_UNDERSTOOD
    first, last = found[0].hours, found[-1].hours
    return SaidDays({day: hours if hours == last[day] else None for day, hours in first.items()})


def _said(clauses: Sequence[Clause]) -> SaidDays:
    found: dict[date, tuple[Hours, ...] | None] = {}
    agree, year = True, None
    for clause in clauses:
        days, weekdays_agree = _days_of(clause, year)
        agree, year = agree and weekdays_agree, max(days).year
        for day in days:
            found[day] = _together(found[day], _hours_of(clause, days)) if day in found else _hours_of(clause, days)
    return SaidDays(found, agree)


def _hours_of(clause: Clause, days: set[date]) -> tuple[Hours, ...] | None:
    """Several hours of one day, or of "every Sat", are several meetings; of listed days nobody knows which is when."""
    return tuple(clause.hours) if len(clause.hours) < 2 or len(days) == 1 or clause.every else None


def _together(first: tuple[Hours, ...] | None, second: tuple[Hours, ...] | None) -> tuple[Hours, ...] | None:
    return tuple(dict.fromkeys(first + second)) if first and second else None


# days of one clause


def _days_of(clause: Clause, year: int | None) -> tuple[set[date], bool]:
    """Return the days, and whether the weekdays agree; `year` is that of the clause before."""
    stretches = [list(_dates(first, last)) for first, last in _dated(clause.stretches, year)]
    days = {day for stretch in stretches for day in stretch}
    agree = not clause.weekdays or {day.weekday() for day in days} == clause.weekdays
    if clause.every or (not agree and _is_rule(clause, stretches)):
        days, agree = _on_weekdays(stretches, clause.weekdays), True
    elif not (clause.weekdays and agree) and not all(map(_means_every_day, clause.stretches, stretches)):
        raise Uncertain
    days -= _excepted(clause, stretches, days)
    if not days:
        raise Uncertain
    return days, agree


def _means_every_day(stretch: Stretch, days: list[date]) -> bool:
    """True for days of one month, and for a few days of which the first and the last name their weekdays."""
    if not stretch.open:
        return True
    return len(days) <= FEW_DAYS and stretch.ends_on == (days[0].weekday(), days[-1].weekday())


def _is_rule(clause: Clause, stretches: list[list[date]]) -> bool:
    """True for "5 Jul to 27 Dec 2023 (Wed)", where weeks begin and end on that weekday: every Wednesday is meant."""
    return len(clause.weekdays) == 1 and all(
        stretch.open and len(days) > FEW_DAYS and {days[0].weekday(), days[-1].weekday()} == clause.weekdays
        for stretch, days in zip(clause.stretches, stretches, strict=True)
    )


def _on_weekdays(stretches: list[list[date]], weekdays: set[int]) -> set[date]:
    """Return the days of a weekday rule; a single day or a stretch that has none of the weekdays contradicts it."""
    kept = [{day for day in stretch if day.weekday() in weekdays} for stretch in stretches]
    if not all(kept):
        raise Uncertain
    return set().union(*kept)


def _excepted(clause: Clause, stretches: list[list[date]], days: set[date]) -> set[date]:
    """Return the exceptions; one within the days that excepts nothing, or beyond them without brackets, is doubtful."""
    first, last = min(map(min, stretches)), max(map(max, stretches))
    found: set[date] = set()
    for exception in clause.exceptions:
        meant = _meant(exception, first, last)
        if (meant and not meant & days) or (not meant and not clause.exceptions_in_brackets):
            raise Uncertain
        found |= meant
    return found


def _meant(exception: Stretch, first: date, last: date) -> set[date]:
    """Return the days of an exception that lie between two days; a year that is not said follows from them."""
    years = range(first.year, last.year + 1)
    ends = [
        (_date(exception.first, year), _date(exception.last, exception.first.year or year))
        for year in ([exception.first.year] if exception.first.year else years)
    ]
    return {day for start, end in ends for day in _dates(start, end) if first <= day <= last}


# years


def _dated(stretches: Sequence[Stretch], year: int | None) -> Iterator[tuple[date, date]]:
    """Yield first and last date of each stretch, with years said once holding for their neighbours in order."""
    said = [day for stretch in stretches for day in (stretch.first, stretch.last)]
    if year is not None and all(day.year is None for day in said):
        said[0] = said[0]._replace(year=year)
    forward = _years(said, 1)
    backward = _years(said[::-1], -1)[::-1]
    years = [ahead or behind for ahead, behind in zip(forward, backward, strict=True)]
    if any(ahead and behind and ahead != behind for ahead, behind in zip(forward, backward, strict=True)):
        raise Uncertain
    dates = [_date(day, found) for day, found in zip(said, years, strict=True)]
    yield from zip(dates[::2], dates[1::2], strict=True)


def _years(days: Sequence[Day], step: int) -> list[int | None]:
    """Return each day's year as it follows from the days before it; going back, `step` is -1."""
    found: list[int | None] = []
    for at, day in enumerate(days):
        year = day.year
        if year is None and at and (known := found[-1]) is not None:
            before = days[at - 1]
            turned = (day.month, day.day) < (before.month, before.day) if step > 0 else day[1:] > before[1:]
            year = known + step if turned else known
        found.append(year)
    return found


def _date(day: Day, year: int | None) -> date:
    if year is None:
        raise Uncertain
    try:
        return date(year, day.month, day.day)
    except ValueError as wrong:
        raise Uncertain from wrong


def _dates(first: date, last: date) -> Iterator[date]:
    count = (last - first).days + 1
    if not 0 < count <= LONGEST_STRETCH_DAYS:
        raise Uncertain
    yield from (first + timedelta(days=step) for step in range(count))
