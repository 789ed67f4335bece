"""Opening hours as OpenStreetMap writes them, the subset that most places use.

Owns: the reading of `opening_hours` into weekday → intervals. Rules are parted by ";", a later one replaces an earlier
one for its weekdays; "off", "24/7", several intervals and hours past midnight are understood. Seasons, dates, sunset
and words are not: the whole text is then unknown. Holidays ("PH off") are read past: which days they are is not
said. Source: OpenStreetMap wiki, Key:opening_hours/specification. Called by `geojson`.
"""

from __future__ import annotations

import re

DAYS = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
DAY = "(?:Mo|Tu|We|Th|Fr|Sa|Su|PH|SH)"
RULE = re.compile(rf"(?P<days>{DAY}(?:\s*-\s*{DAY})?(?:\s*,\s*{DAY}(?:\s*-\s*{DAY})?)*)?\s*:?\s*(?P<hours>.*)")
SPAN = re.compile(r"([01]?\d|2[0-4]):([0-5]\d)\s*(?:-|–)\s*([01]?\d|2[0-9]):([0-5]\d)")
LAST_MINUTE = "23:59"
LONGEST = 300

Week = dict[str, list[list[str]]]


def week_of(text: str) -> Week | None:
    """Return weekday "0" (Monday) to "6" → intervals ["HH:MM", "HH:MM"], None when the text says more than we read."""
    if not text.strip() or len(text) > LONGEST:
        return None
    if text.strip() == "24/7":
        return {str(day): [["00:00", LAST_MINUTE]] for day in range(7)}
    week: dict[int, list[tuple[int, int]]] = {}
    for rule in text.split(";"):
        if not rule.strip():
            continue
        if (read := _rule(rule.strip())) is None:
            return None
        days, spans = read
        week.update(dict.fromkeys(days, spans))
    return _written(week) if week else None


def _rule(text: str) -> tuple[set[int], list[tuple[int, int]]] | None:
    """Return the weekdays of one rule and its intervals in minutes; no weekday of ours when it is for holidays only."""
    match = RULE.fullmatch(text)
    hours = match["hours"].strip() if match else ""
    if match is None or not hours:
        return None
    days = _days(match["days"]) if match["days"] else set(range(7))
    if hours.lower() in ("off", "closed"):
        return days, []
    spans = [_span(part.strip()) for part in hours.split(",")]
    return None if None in spans else (days, [span for span in spans if span is not None])


def _days(text: str) -> set[int]:
    found: set[int] = set()
    for part in text.split(","):
        first, _, last = (piece.strip() for piece in part.partition("-"))
        if first in DAYS and (last or first) in DAYS:
            begins, length = DAYS.index(first), (DAYS.index(last or first) - DAYS.index(first)) % 7
            found |= {(begins + step) % 7 for step in range(length + 1)}
    return found


def _span(text: str) -> tuple[int, int] | None:
    """Return an interval in minutes from midnight; one past midnight ends beyond 24 hours."""
    match = SPAN.fullmatch(text)
    if match is None:
        return None
    opens, closes = int(match[1]) * 60 + int(match[2]), int(match[3]) * 60 + int(match[4])
    closes += 24 * 60 if closes <= opens else 0
    return (opens, closes) if opens < 24 * 60 and closes <= 48 * 60 else None


def _written(week: dict[int, list[tuple[int, int]]]) -> Week:
    found: Week = {str(day): [] for day in sorted(week)}
    for day, spans in week.items():
        for opens, closes in spans:
            if closes <= 24 * 60:
                found[str(day)].append([_clock(opens), _clock(closes)])
                continue
            found[str(day)].append([_clock(opens), LAST_MINUTE])
            found.setdefault(str((day + 1) % 7), []).append(["00:00", _clock(closes - 24 * 60)])
    return {day: sorted(spans) for day, spans in sorted(found.items())}


def _clock(minutes: int) -> str:
    return LAST_MINUTE if minutes == 24 * 60 else f"{minutes // 60:02}:{minutes % 60:02}"
