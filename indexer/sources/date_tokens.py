"""Words of a feed that speak of days and hours, as tokens that are the same in Chinese and English.

Owns: what months, weekdays, "every", "except" and hours look like. A text with any other word gives None: nobody knows
what that word does to the days. Called by `dates_in_words`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Any, NamedTuple

from indexer.sources.wording import INTERVAL, hours_of

MONTH_NAMES = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
WEEKDAY_NAMES = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
CHINESE_WEEKDAYS = "一二三四五六日"
LONGEST_TEXT = 2_000
MAY_BEGIN_HOURS = frozenset("0123456789上早中正下傍晚")
NUMBER, MONTH, YEAR, WEEKDAY, EVERY, EXCEPT, BUT, TO, HOURS, MARK = (
    "number", "month", "year", "weekday", "every", "except", "but", "to", "hours", "mark",
)  # fmt: skip
WORD = re.compile(
    rf"""
    (?P<year>20\d\d)(?!\d)\s*年?
    | (?P<month>\d{{1,2}})\s*月份?
    | (?P<month_name>jan|feb|mar|apr|may|june?|july?|aug|sept?|oct|nov|dec|january|february|march|april|august
        |september|october|november|december)(?![a-z])\.?
    | (?P<number>\d{{1,2}})(?:st|nd|rd|th)?(?![\da-z])(?:\s?[日號号])?
    | (?P<weekday_name>mon|tues?|wed|thurs?|thur?|fri|sat|sun|(?:mon|tues|wednes|thurs|fri|satur|sun)days?)(?![a-z])\.?
    | (?:星期|週|周|禮拜)?(?P<weekday>[{CHINESE_WEEKDAYS}天])
    | (?P<every>every(?![a-z])|each(?![a-z])|每[逢逄]|逢每|逢|每)
    | (?P<except>(?:except|expect|excluding)(?![a-z])|除外|外)
    | (?P<but>除了?)
    | (?P<to>to(?![a-z])|至|到|-{{1,3}}|–|—|~)
    | (?P<mark>[,、;&/.()\[\]\n]|and(?![a-z])|及|和)
    """,
    re.IGNORECASE | re.VERBOSE,
)
SAME_MARK = {"、": ",", "and": "&", "及": "&", "和": "&", "[": "(", "]": ")"}


class Token(NamedTuple):
    """One word: its kind, and a number, the hours or the mark itself."""

    kind: str
    value: Any


def tokens_of(text: str) -> list[Token] | None:
    """Return the tokens of a text, None when it is too long or says anything that is not known."""
    folded = "\n".join(unicodedata.normalize("NFKC", text[: LONGEST_TEXT + 1]).splitlines()).strip()
    if len(folded) > LONGEST_TEXT:
        return None
    found = list(_scan(folded))
    return None if None in found else [token for token in found if token is not None]


def _scan(text: str) -> Iterator[Token | None]:
    """Yield one token after the other, and None for what is not known, which ends it."""
    at = 0
    while at < len(text):
        if text[at].isspace() and text[at] != "\n":
            at += 1
            continue
        match = (INTERVAL.match(text, at) if text[at] in MAY_BEGIN_HOURS else None) or WORD.match(text, at)
        token = None if match is None else _token(match)
        yield token
        if match is None or token is None:
            return
        at = match.end()


def _token(match: re.Match[str]) -> Token | None:
    if match.re is INTERVAL:
        hours = hours_of(match)
        return None if hours is None else Token(HOURS, hours)
    kind = str(match.lastgroup)  # each alternative has one group
    word = match[kind].lower()
    if kind == "month_name":
        return Token(MONTH, MONTH_NAMES.index(word[:3]) + 1)
    if kind == "weekday_name":
        return Token(WEEKDAY, WEEKDAY_NAMES.index(word[:3]))
    if kind == "weekday":
        return Token(WEEKDAY, CHINESE_WEEKDAYS.index(word.replace("天", "日")))
    return Token(kind, int(word) if word.isdigit() else SAME_MARK.get(word, word))
