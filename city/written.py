"""Days, hours, prices and positions as people write them, in Chinese or English, read into values.

Owns: which ways of writing are understood: 12月5日, 2026-12-05, 5 December; 晚上7点到8点半, 19:00-20:30, 7 to 8:30 pm;
免费, 20元, 成人30，学生15. Pure: `today` is passed in. What cannot be read raises ValueError with the part that was
not understood; whoever calls says what would be right. Called by `city.services.offering_form` and `.venue_form`.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date, time, timedelta
from decimal import Decimal
from itertools import pairwise

from city.terms import Price

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
MONTH = r"(?P<month_{0}>jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?"
DAYS = re.compile(
    r"(?P<y1>\d{4})\s*(?:-|/|\.|年)\s*(?P<m1>\d{1,2})\s*(?:-|/|\.|月)\s*(?P<d1>\d{1,2})\s*[日号]?"
    r"|(?P<m2>\d{1,2})\s*月\s*(?P<d2>\d{1,2})\s*[日号]?"
    rf"|(?P<d3>\d{{1,2}})(?:st|nd|rd|th)?\s+{MONTH.format('a')}(?:,?\s+(?P<y3>\d{{4}}))?"
    rf"|{MONTH.format('b')}\s+(?P<d4>\d{{1,2}})(?:st|nd|rd|th)?(?:,?\s+(?P<y4>\d{{4}}))?(?!\d)"
)
BESIDE_DAYS = re.compile(
    r"[\s,;、;.&()]+|和|及|(?:周|星期|礼拜)[一二三四五六日天]|and|(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?s?"
)
FIRST_HALF, SECOND_HALF = ("凌晨", "清晨", "早上", "早", "上午"), ("中午", "下午", "傍晚", "晚上", "晚", "夜里")
PARTS = dict.fromkeys(FIRST_HALF, 0) | dict.fromkeys(SECOND_HALF, 12)
AT_NIGHT = frozenset({"晚上", "晚", "夜里"})
HOURS = re.compile(
    r"(?P<part>凌晨|清晨|早上|上午|中午|下午|傍晚|晚上|夜里|早|晚)?\s*"
    r"(?:(?P<hour>\d{1,2})(?:\s*(?:[:点时.]\s*(?P<minute>\d{2}(?!\d)|半|一刻|三刻)?)\s*分?)?\s*(?P<half>am|pm|a\.m\.?|p\.m\.?)?"
    r"|(?P<word>noon|midnight))"
)
BETWEEN_HOURS = re.compile(r"\s*(?:到|至|-|–|—|~|〜|to|until|till)\s*")
QUARTERS = {"半": 30, "一刻": 15, "三刻": 45, None: 0}
FREE = frozenset({"免费", "不要钱", "不收费", "free", "0", "0元"})
AMOUNT = re.compile(
    r"(?P<label>[^\d]*?)\s*¥?\s*(?P<amount>\d{1,6}(?:\.\d{1,2})?)\s*(?:元|块|rmb|cny|yuan)?", re.IGNORECASE
)
LONG_AGO_DAYS = 60
"""A day without its year is this year's, also when it lies that far back: a slip is told, not moved by a year."""
Interval = tuple[time, time]


def _plain(text: str) -> str:
    """Return the text in one width and lower case."""
    return unicodedata.normalize("NFKC", text).lower().strip()


def days_in(text: str, today: date) -> list[date]:
    """Return the days that a text names, in order, each once; raises ValueError with what names no day."""
    plain, found, at = _plain(text), list[date](), 0
    for match in DAYS.finditer(plain):
        _refuse_rest(plain[at : match.start()])
        found.append(_day_of(match, today))
        at = match.end()
    _refuse_rest(plain[at:])
    return sorted(set(found))


def _refuse_rest(between: str) -> None:
    if rest := BESIDE_DAYS.sub("", between):
        raise ValueError(rest[:40])


def _day_of(match: re.Match[str], today: date) -> date:
    groups = match.groupdict()
    year, month, day = next(
        (groups[y] if y else None, _month(groups[m]), groups[d])
        for y, m, d in (("y1", "m1", "d1"), ("", "m2", "d2"), ("y3", "month_a", "d3"), ("y4", "month_b", "d4"))
        if groups[d]
    )
    try:
        return date(int(year), month, int(day)) if year else _nearest(month, int(day), today)
    except ValueError as impossible:
        raise ValueError(match.group().strip()) from impossible


def _month(written: str | None) -> int:
    if written is None:
        return 0
    return MONTHS.index(written[:3]) + 1 if written[0].isalpha() else int(written)


def _nearest(month: int, day: int, today: date) -> date:
    """Return the first such day from LONG_AGO_DAYS before today on; 29 February may be years away."""
    for year in range(today.year - 1, today.year + 9):
        try:
            found = date(year, month, day)
        except ValueError:
            continue
        if found >= today - timedelta(days=LONG_AGO_DAYS):
            return found
    raise ValueError(f"{month}-{day}")


def moment_in(text: str, today: date) -> tuple[date, time | None]:
    """Return a day and, if one is named, an hour of it; raises ValueError with what is neither."""
    plain = _plain(text)
    match = DAYS.search(plain)
    if match is None:
        raise ValueError(plain[:40])
    rest = BESIDE_DAYS.sub(" ", plain[: match.start()] + " " + plain[match.end() :]).strip()
    if not rest:
        return _day_of(match, today), None
    starts, ends = hours_in(rest)
    if ends is not None:
        raise ValueError(rest[:40])
    return _day_of(match, today), starts


def days_and_rest(text: str, today: date) -> tuple[list[date], str]:
    """Return the days that a line begins with and what stands behind them; raises ValueError when none does."""
    plain, at, found = _plain(text), 0, list[date]()
    while match := DAYS.match(plain, at):
        found.append(_day_of(match, today))
        at = match.end()
        while between := BESIDE_DAYS.match(plain, at):
            at = between.end()
    if not found:
        raise ValueError(plain[:40])
    return found, plain[at:].removeprefix(":").strip()


def hours_in(text: str) -> tuple[time, time | None]:
    """Return start and, if named, end; raises ValueError with what is no hour. An end of 24:00 is midnight."""
    plain = _plain(text)
    first = HOURS.match(plain)
    if first is None:
        raise ValueError(plain[:40])
    rest = plain[first.end() :]
    between = BETWEEN_HOURS.match(rest)
    if not rest.strip():
        return _time_of(first, _part_of(first), plain), None
    second = HOURS.fullmatch(rest[between.end() :].strip()) if between else None
    if second is None:
        raise ValueError(rest.strip()[:40])
    return _both(first, second, plain)


def _both(first: re.Match[str], second: re.Match[str], plain: str) -> tuple[time, time]:
    """Read two hours, of which one may lend the other its part of the day: 晚上7点到9点, 7 to 8:30 pm."""
    part, other = _part_of(first), _part_of(second)
    if part is None and other is not None and not _is_whole_day(first):
        ends = _time_of(second, other, plain)
        same = _time_of(first, other, plain)
        return (same if same < ends else _time_of(first, 0, plain)), ends
    starts = _time_of(first, part, plain)
    if first["part"] in AT_NIGHT and other is None and second["hour"] == "12":
        return starts, time(0)
    lent = part if other is None and not _is_whole_day(second) else other
    ends = _time_of(second, lent, plain)
    if lent is not None and other is None and ends <= starts and ends.hour < 12:
        ends = _time_of(second, 12, plain)
    return starts, ends


def _is_whole_day(match: re.Match[str]) -> bool:
    """True for an hour of the 24 hours' clock, like 19:00 or 07:30."""
    hour = match["hour"] or ""
    return len(hour) == 2 and (int(hour) > 12 or hour[0] == "0")


def _part_of(match: re.Match[str]) -> int | None:
    """Return 0 for the first half of the day, 12 for the second, None when it is not said."""
    if match["word"]:
        return 0
    if match["part"]:
        return PARTS[match["part"]]
    return {"a": 0, "p": 12}.get((match["half"] or " ")[0])


def _time_of(match: re.Match[str], part: int | None, plain: str) -> time:
    if match["word"]:
        return time(12 if match["word"] == "noon" else 0)
    hour, written = int(match["hour"]), match["minute"]
    minute = QUARTERS[written] if written in QUARTERS else int(written)
    if part == 12 and hour < 12 and not (match["part"] == "中午" and hour == 11):
        hour += 12
    elif part == 0 and hour == 12 and match["half"]:
        hour = 0
    if hour == 24 and minute == 0:
        return time(0)
    try:
        return time(hour, minute)
    except ValueError as impossible:
        raise ValueError(plain[:40]) from impossible


def intervals_in(text: str) -> list[Interval]:
    """Return the opening intervals of a day, in order; [] for 休 or "closed". Raises ValueError with what is wrong."""
    plain = _plain(text)
    if plain in ("", "休", "休息", "休馆", "闭馆", "不开", "关", "closed", "shut", "-"):
        return []
    found = list[Interval]()
    for piece in re.split(r"[,;、;和]|\band\b", plain):
        starts, ends = hours_in(piece)
        if ends is None or (ends <= starts and ends != time(0)):
            raise ValueError(piece.strip()[:40])
        found.append((starts, ends))
    found.sort()
    if any(later[0] < (earlier[1] if earlier[1] != time(0) else time.max) for earlier, later in pairwise(found)):
        raise ValueError(plain[:40])
    return found


def prices_in(text: str) -> list[tuple[str, Price]]:
    """Return (label, price) of each tier; a price of 0 is free. Raises ValueError with what is no price."""
    if _plain(text).replace(" ", "") in FREE:
        return [("", Price(0))]
    found = list[tuple[str, Price]]()
    for piece in re.split(r"[,，;；、\n]", unicodedata.normalize("NFC", text)):
        plain = unicodedata.normalize("NFKC", piece).strip()
        if plain.endswith(("免费", "free", "Free")):
            plain = plain.removesuffix("免费").removesuffix("free").removesuffix("Free") + "0"
        match = AMOUNT.fullmatch(plain)
        if match is None or match["label"].strip().endswith("-"):
            raise ValueError(piece.strip()[:40])
        found.append((match["label"].strip().rstrip(":").rstrip(), Price(int(Decimal(match["amount"]) * 100))))
    return found


def whole_number_in(text: str) -> int:
    """Return a whole number written in digits, also with 个, 人, 位 or "seats" behind it; raises ValueError."""
    match = re.fullmatch(r"(\d{1,9})\s*(?:个|人|位|座|岁|小时|次|seats?|people|places?)?", _plain(text))
    if match is None:
        raise ValueError(text.strip()[:40])
    return int(match[1])


def position_in(text: str) -> tuple[float, float]:
    """Return (latitude, longitude) in WGS84 degrees of "30.511, 120.871"; raises ValueError."""
    match = re.fullmatch(r"(-?\d{1,2}(?:\.\d{1,8})?)\s*[,;\s]\s*(-?\d{1,3}(?:\.\d{1,8})?)", _plain(text))
    if match is None or abs(float(match[1])) > 90 or abs(float(match[2])) > 180:
        raise ValueError(text.strip()[:40])
    return float(match[1]), float(match[2])
