"""The grammar of days in words: tokens → clauses of days, weekdays, hours and exceptions.

Owns: what a day, a list, a stretch, a weekday rule and an exception look like, in either language's order. Refuses
(Uncertain) whatever fits no rule. What the days of a clause are is told by `dates_in_words`, the caller.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NamedTuple, TypeVar

from indexer.sources.date_tokens import BUT, EVERY, EXCEPT, HOURS, MARK, MONTH, NUMBER, TO, WEEKDAY, YEAR, Token
from indexer.sources.wording import Hours

Found = TypeVar("Found")


class Uncertain(Exception):
    """The words can be read in more than one way, or in none."""


class Day(NamedTuple):
    """A day as said; a year said once may hold for its neighbours."""

    year: int | None
    month: int
    day: int


@dataclass(frozen=True)
class Stretch:
    """Days from one to another, both included.

    `open` for "1 Jul - 30 Dec 2023", which need not mean every day; `ends_on` for "13/12/2023(Sat)---14/12/2023(Sun)",
    where each end has its weekday.
    """

    first: Day
    last: Day
    open: bool = False
    ends_on: tuple[int, int] | None = None


@dataclass
class Clause:
    """Days that share weekdays, hours and exceptions."""

    stretches: list[Stretch]
    weekdays: set[int] = field(default_factory=set)
    every: bool = False
    hours: list[Hours] = field(default_factory=list)
    exceptions: list[Stretch] = field(default_factory=list)
    exceptions_in_brackets: bool = True


def clauses_of(tokens: Sequence[Token]) -> list[Clause]:
    """Return the clauses of a text; raises Uncertain."""
    words = _Words(tokens)
    found: list[Clause] = []
    while not words.at_end():
        if words.mark(",;&.\n") is None:
            found += words.tried(lambda: _days_with_one_month(words)) or [_clause(words, found)]
    return found


class _Words:
    """A place in the tokens that moves on, and back when a rule does not fit."""

    def __init__(self, tokens: Sequence[Token]) -> None:
        self._tokens = tokens
        self._at = 0

    def at_end(self) -> bool:
        return self._at >= len(self._tokens)

    def next(self, kind: str) -> Any:
        """Take the next token if it is of that kind; None if not."""
        if self.at_end() or self._tokens[self._at].kind != kind:
            return None
        self._at += 1
        return self._tokens[self._at - 1].value

    def need(self, kind: str) -> Any:
        """Take the next token, which has to be of that kind."""
        if (value := self.next(kind)) is None:
            raise Uncertain
        return value

    def mark(self, marks: str) -> str | None:
        """Take the next token if it is one of these marks; None if not."""
        if self.at_end() or self._tokens[self._at].kind != MARK or self._tokens[self._at].value not in marks:
            return None
        return str(self.next(MARK))

    def need_mark(self, marks: str) -> str:
        if (mark := self.mark(marks)) is None:
            raise Uncertain
        return mark

    def tried(self, rule: Callable[[], Found]) -> Found | None:
        """Return what a rule reads; when it does not fit, go back to where it began and return None."""
        at = self._at
        try:
            return rule()
        except Uncertain:
            self._at = at
            return None

    def first_of(self, *rules: Callable[[_Words], Found]) -> Found:
        """Return what the first fitting rule reads."""
        for rule in rules:
            if (found := self.tried(partial(rule, self))) is not None:
                return found
        raise Uncertain

    def list_of(self, rule: Callable[[_Words], Found], marks: str) -> list[Found]:
        """Return one or more, parted by marks; a mark that nothing follows is left alone."""

        def another() -> Found:
            self.need_mark(marks)
            return rule(self)

        found = [rule(self)]
        while (more := self.tried(another)) is not None:
            found.append(more)
        return found

    def in_brackets(self, rule: Callable[[_Words], Found]) -> Found:
        self.need_mark("(")
        found = rule(self)
        self.need_mark(")")
        return found


# clauses


def _clause(words: _Words, before: Sequence[Clause]) -> Clause:
    stretches = words.tried(lambda: _stretches(words))
    clause = Clause(stretches or _same_stretches(before))
    _weekdays_and_hours(words, clause)
    if stretches is None and not clause.every:
        raise Uncertain
    if _takes(words, _exceptions, clause) and clause.exceptions_in_brackets:
        _weekdays_and_hours(words, clause)
    return clause


def _same_stretches(before: Sequence[Clause]) -> list[Stretch]:
    """Return the stretches of the rule before: "3 Jul to 29 Dec (Every Mon) 5pm, (Every Fri) 2pm"."""
    if not before or not before[-1].every:
        raise Uncertain
    return before[-1].stretches


def _weekdays_and_hours(words: _Words, clause: Clause) -> None:
    while _takes(words, _weekdays, clause) or _takes(words, _hours, clause):
        pass


def _takes(words: _Words, rule: Callable[[_Words, Clause], None], clause: Clause) -> bool:
    """True when the rule fitted and the clause holds what it read."""

    def read() -> bool:
        rule(words, clause)
        return True

    return bool(words.tried(read))


def _days_with_one_month(words: _Words) -> list[Clause]:
    """Read "12 (Fri) [2pm]; 17 (Wed) /12/2025 4pm": month and year said at the end hold for all."""

    def group(words: _Words) -> tuple[list[tuple[int, int]], Clause]:
        found = _numbers(words), Clause([])
        _weekdays_and_hours(words, found[1])
        return found

    groups = words.list_of(group, ";,")
    words.need_mark("/")
    month = words.need(NUMBER)
    words.need_mark("/")
    year, shared = words.need(YEAR), Clause([])
    if len(groups) == 1 and not groups[0][1].weekdays and not groups[0][1].hours:
        raise Uncertain  # "4, 11/11/2023" is for the plainer rules
    _weekdays_and_hours(words, shared)
    if shared.hours and any(clause.hours for _, clause in groups):
        raise Uncertain
    for numbers, clause in groups:
        clause.stretches = _of_month(numbers, month, year)
        clause.hours, clause.weekdays = clause.hours or shared.hours, clause.weekdays or shared.weekdays
    return [clause for _, clause in groups]


# days


def _stretches(words: _Words) -> list[Stretch]:
    return [stretch for group in words.list_of(_stretch, ",&") for stretch in group]


def _stretch(words: _Words) -> list[Stretch]:
    return words.first_of(_from_to, _days)


def _from_to(words: _Words) -> list[Stretch]:
    """Read "1 Jul - 30 Dec 2023", "2025年7月3日至8月14日", "28/12/2025(Sun)-29/12/2025(Mon)"."""
    first, its_weekday = _one_day(words), words.tried(lambda: _one_weekday(words))
    words.need(TO)
    last = _one_day(words)
    ends_on = None if its_weekday is None else (its_weekday, _one_weekday(words))
    return [Stretch(first, last, open=True, ends_on=ends_on)]


def _one_weekday(words: _Words) -> int:
    return int(words.in_brackets(lambda words: words.need(WEEKDAY)))


def _one_day(words: _Words) -> Day:
    found = _days(words)
    if len(found) > 1 or found[0].first != found[0].last:
        raise Uncertain
    return found[0].first


def _days(words: _Words) -> list[Stretch]:
    return words.first_of(_year_month_days, _year_in_front, _days_slash_month, _days_month, _month_days)


def _year_month_days(words: _Words) -> list[Stretch]:
    """Read "2025年7月2, 9日" and "2025 Jul 2"."""
    year, month = words.need(YEAR), words.need(MONTH)
    return _of_month(_numbers(words), month, year)


def _year_in_front(words: _Words) -> list[Stretch]:
    """Read "2025/12/26"."""
    year = words.need(YEAR)
    mark = words.need_mark("/.")
    month = words.need(NUMBER)
    words.need_mark(mark)
    day = words.need(NUMBER)
    return _of_month([(day, day)], month, year)


def _days_slash_month(words: _Words) -> list[Stretch]:
    """Read "4, 11/11/2023", "24.12.2023" and, with the year said elsewhere, "16/2"."""
    numbers, mark = _numbers(words), words.need_mark("/.")
    month = words.need(NUMBER)

    def year() -> int:
        words.need_mark(mark)
        return int(words.need(YEAR))

    return _of_month(numbers, month, words.tried(year))


def _days_month(words: _Words) -> list[Stretch]:
    """Read "24-25 Nov 2023" and "22 Jul"."""
    numbers, month = _numbers(words), words.need(MONTH)
    return _of_month(numbers, month, words.next(YEAR))


def _month_days(words: _Words) -> list[Stretch]:
    """Read "8月25日", "Dec 6" and "Dec 6, 2023"."""
    month, numbers = words.need(MONTH), _numbers(words)

    def year() -> int:
        words.mark(",")
        found = int(words.need(YEAR))
        if words.next(MONTH) is not None or words.mark("/.") is not None:
            raise Uncertain  # the year of the day that follows
        return found

    return _of_month(numbers, month, words.tried(year))


def _of_month(numbers: list[tuple[int, int]], month: int, year: int | None) -> list[Stretch]:
    return [Stretch(Day(year, month, first), Day(year, month, last)) for first, last in numbers]


def _numbers(words: _Words) -> list[tuple[int, int]]:
    """Read "4, 11, 18-20" as pairs of first and last."""
    return words.list_of(_number, ",&")


def _number(words: _Words) -> tuple[int, int]:
    def last() -> int:
        words.need(TO)
        return int(words.need(NUMBER))

    first = words.need(NUMBER)
    return first, words.tried(last) or first


# weekdays, hours, exceptions


def _weekdays(words: _Words, clause: Clause) -> None:
    if clause.weekdays:
        raise Uncertain
    clause.every, clause.weekdays = words.first_of(lambda words: words.in_brackets(_weekday_rule), _weekday_rule)


def _weekday_rule(words: _Words) -> tuple[bool, set[int]]:
    every = words.next(EVERY) is not None
    return every, set().union(*words.list_of(_weekday, ",&/"))


def _weekday(words: _Words) -> set[int]:
    def last() -> int:
        words.need(TO)
        return int(words.need(WEEKDAY))

    first = words.need(WEEKDAY)
    until = words.tried(last)
    if until == first:
        return set(range(7))  # "20-27 Dec 2023 (Wed-Wed)"
    return {(first + step) % 7 for step in range(((first if until is None else until) - first) % 7 + 1)}


def _hours(words: _Words, clause: Clause) -> None:
    """Read "2pm", "14:15 & 19:15", "[3pm-4pm]", also after a comma or on a line of their own."""
    if clause.hours:
        raise Uncertain
    words.mark(",\n")
    clause.hours = words.first_of(lambda words: words.in_brackets(_some_hours), _some_hours)


def _some_hours(words: _Words) -> list[Hours]:
    return words.list_of(lambda words: words.need(HOURS), ",&;/")


def _exceptions(words: _Words, clause: Clause) -> None:
    """Read "(Except 16/2, 6/4)", "; Except 22 Jul 2025", "(16/2除外)", "(除2月13日外)", ", 2023年10月14日除外"."""
    words.mark(",;\n")
    within = words.tried(lambda: words.in_brackets(_some_exceptions))
    clause.exceptions = within or _some_exceptions(words)
    clause.exceptions_in_brackets = within is not None


def _some_exceptions(words: _Words) -> list[Stretch]:
    said_before = words.next(EXCEPT) or words.next(BUT)
    found = _stretches(words)
    if words.next(EXCEPT) is None and said_before is None:
        raise Uncertain
    return found
