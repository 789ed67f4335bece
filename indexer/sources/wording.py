"""What free words of feeds say for certain: hours, prices, ages, and plain text out of markup.

Owns: the certain readings only. Whatever is not certain gives None, so that the words are kept and nothing is invented.
"""

from __future__ import annotations

import html
import re
from datetime import time

import nh3

from city.text import clean_line, clean_text

CLOCK = r"(\d{1,2})(?:[:.](\d{2}))?\s*(am|pm|nn|noon|mn)|(\d{1,2}):(\d{2})|\b([01]\d|2[0-3])([0-5]\d)(?=\s*-\s*\d{4}\b)"
CLOCK_AFTER = r"(\d{1,2})(?:[:.](\d{2}))?\s*(am|pm|nn|noon|mn)|(\d{1,2}):(\d{2})|\b([01]\d|2[0-3])([0-5]\d)\b"
INTERVAL = re.compile(rf"(?P<start>{CLOCK})(?:\s*(?:-|–|to)\s*(?P<end>{CLOCK_AFTER}))?", re.IGNORECASE)
BARE_START = re.compile(r"\b(\d{1,2})(?:[:.](\d{2}))?\s*-\s*(\d{1,2})(?:[:.](\d{2}))?\s*(am|pm)\b", re.IGNORECASE)
FREE = re.compile(r"^\s*(free|free (admission|activit(y|ies)|of charge)\b.*|免費.*|免费.*)\s*$", re.IGNORECASE)
AMOUNTS = re.compile(r"^\s*(?:HK)?\$\s?\d+(?:\.\d{1,2})?(?:\s*[,/、]\s*(?:HK)?\$?\s?\d+(?:\.\d{1,2})?)*\s*$")
AMOUNT = re.compile(r"\d+(?:\.\d{1,2})?")
AGE_FROM = re.compile(
    r"^\s*(?:only\s+)?(?:suitable\s+|recommended\s+)?(?:for\s+)?(?:ages?|aged)\s+(\d{1,2})\s+(?:or|and)\s+above\b[^0-9]*$",
    re.IGNORECASE,
)
BREAK = re.compile(r"<\s*(?:br|/p|/li|/div)\s*/?>", re.IGNORECASE)

Hours = tuple[time, time | None]


def plain(text: str | None, *, field: str = "") -> str:
    """Return a text without markup and character references, cleaned, with paragraph breaks kept."""
    if not text:
        return ""
    unmarked = nh3.clean(BREAK.sub("\n", html.unescape(text)), tags=set())
    lines = (" ".join(line.split()) for line in clean_text(html.unescape(unmarked), field=field).splitlines())
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def plain_line(text: str | None, *, field: str = "") -> str:
    """Return a text without markup on one line."""
    return clean_line(plain(text, field=field), field=field)


def hours_in(text: str) -> list[Hours]:
    """Return the distinct hours a text names, in order; an end that is not after its start is left out."""
    found: dict[Hours, None] = {}
    for match in INTERVAL.finditer(_with_both_halves(text)):
        start = _clock(match.group("start"))
        end = _clock(match.group("end")) if match.group("end") else None
        if start is not None:
            found[(start, end if end is not None and end > start else None)] = None
    return list(found)


def says_only_hours(text: str) -> bool:
    """True when a text holds nothing but hours and what separates them (also when it is empty)."""
    return not INTERVAL.sub("", _with_both_halves(text)).strip(" ,;&/\t")


def _with_both_halves(text: str) -> str:
    """Write "2-3pm" as "2pm-3pm": the half of the day said once holds for both."""

    def both(match: re.Match[str]) -> str:
        hour, minute, end_hour, end_minute, half = match.groups()
        first = "am" if half.lower() == "pm" and int(hour) % 12 > int(end_hour) % 12 else half
        return f"{hour}:{minute or '00'}{first}-{end_hour}:{end_minute or '00'}{half}"

    return BARE_START.sub(both, text)


def _clock(text: str) -> time | None:
    match = re.fullmatch(CLOCK_AFTER, text.strip(), re.IGNORECASE)
    if match is None:
        return None
    hour_12, minute_12, half, hour_24, minute_24, hour_4, minute_4 = match.groups()
    if half:
        return _twelve_hour_clock(int(hour_12), int(minute_12 or 0), half.lower())
    hour, minute = int(hour_24 or hour_4), int(minute_24 or minute_4)
    return time(hour, minute) if hour < 24 and minute < 60 else None


def _twelve_hour_clock(hour: int, minute: int, half: str) -> time | None:
    if not 1 <= hour <= 12 or minute > 59:
        return None
    if half in ("nn", "noon"):
        return time(12, minute) if hour == 12 else None
    if half == "mn":
        return None
    return time(hour % 12 + (12 if half == "pm" else 0), minute)


def prices_in(text: str) -> list[int] | None:
    """Return amounts in minor units when a text names nothing but amounts, [0] when it says free, else None."""
    if FREE.match(text):
        return [0]
    if not AMOUNTS.match(text):
        return None
    return list(dict.fromkeys(round(float(amount) * 100) for amount in AMOUNT.findall(text)))


def age_from_in(text: str) -> int | None:
    """Return the lowest age when a text says just that ("Only for age 6 or above", "6"), else None."""
    match = AGE_FROM.match(text) or re.fullmatch(r"\s*(\d{1,2})\s*", text)
    return int(match.group(1)) if match else None
