"""What free words of feeds say for certain: hours, prices, ages, and plain text out of markup.

Owns: the certain readings only. Whatever is not certain gives None, so that the words are kept and nothing is invented.
"""

from __future__ import annotations

import html
import re
import unicodedata
from datetime import time

import nh3

from city.errors import InvalidInput
from city.text import clean_line, clean_text

HALF = r"(?:[ap]\.?m(?![a-z])\.?|(?:nn|noon|mn)(?![a-z]))"
CHINESE_HALF = "(?:上午|早上|中午|正午|下午|傍晚|晚上|晚間)"
EVENING, FIRST_EVENING_HOUR = ("傍晚", "晚上", "晚間"), 5
CHINESE_MINUTES = r"(?::\d{2}|\s*[時时](?:\s*(?:\d{1,2}\s*分|半))?)?(?!\d)"
CLOCK = (
    rf"{CHINESE_HALF}\s*\d{{1,2}}{CHINESE_MINUTES}|\d{{1,2}}(?:[:.]\d{{2}})?\s*{HALF}|\d{{1,2}}:\d{{2}}(?!\d)"
    r"|(?<!\d)(?:[01]\d|2[0-3])[0-5]\d(?=\s*-\s*\d{4}(?!\d))"
)
CLOCK_AFTER = rf"{CLOCK}|\d{{1,2}}\s*[時时](?:\s*(?:\d{{1,2}}\s*分|半))?|(?:[01]\d|2[0-3])[0-5]\d(?!\d)"
TO = r"\s*(?:-|–|to|至|到)\s*"
INTERVAL = re.compile(
    rf"(?P<first>\d{{1,2}}(?:[:.]\d{{2}})?)\s*-\s*(?P<last>\d{{1,2}}(?:[:.]\d{{2}})?\s*[ap]\.?m(?![a-z])\.?)"
    rf"|(?P<start>{CLOCK})(?:{TO}(?P<end>{CLOCK_AFTER}))?",
    re.IGNORECASE,
)
"""Hours: "2-3pm" (the half of the day said once holds for both), "14:15", "2pm to 3pm", "0930-1130", "下午2時至5時"."""
ONE_CLOCK = re.compile(
    rf"(?P<chinese>{CHINESE_HALF})?\s*(?P<hour>\d{{1,2}}?)"
    r"(?:[:.]?(?P<minute>\d{2})|\s*[時时]\s*(?:(?P<minutes>\d{1,2})\s*分|(?P<half_past>半))?)?"
    rf"\s*(?P<half>{HALF})?",
    re.IGNORECASE,
)
FREE = re.compile(r"^\s*(free|free (admission|activit(y|ies)|of charge)\b.*|免費.*|免费.*)\s*$", re.IGNORECASE)
AMOUNTS = re.compile(r"^\s*(?:HK)?\$\s?\d+(?:\.\d{1,2})?(?:\s*[,/、]\s*(?:HK)?\$?\s?\d+(?:\.\d{1,2})?)*\s*$")
AMOUNT = re.compile(r"\d+(?:\.\d{1,2})?")
AGE_FROM = re.compile(
    r"^\s*(?:only\s+)?(?:suitable\s+|recommended\s+)?(?:for\s+)?(?:ages?|aged)\s+(\d{1,2})\s+(?:or|and)\s+above\b[^0-9]*$",
    re.IGNORECASE,
)
LONGEST_MARKED = 80_000
MOST_TAGS = 2_000
MOST_LAYERS = 5
BREAK = re.compile(r"<\s*(?:br|/p|/li|/div)\s*/?>", re.IGNORECASE)

Hours = tuple[time, time | None]


def plain(text: str | None, *, field: str = "") -> str:
    """Return a text without markup and character references, cleaned, with paragraph breaks kept."""
    if not text:
        return ""
    if len(text) > LONGEST_MARKED or text.count("<") > MOST_TAGS:
        raise InvalidInput(
            f"The text has {len(text)} letters.", field=field, value=text[:80], remedy="a text with less markup"
        )
    words = clean_text(_unmarked(text, field), field=field)
    lines = (" ".join(line.split()) for line in words.splitlines())
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def _unmarked(text: str, field: str) -> str:
    """Take markup off until none is left, however often it was written as references or behind invisible letters."""
    text = clean_text(text, field=field, longest=LONGEST_MARKED)
    for _ in range(MOST_LAYERS):
        if "<" not in text and "&" not in text:
            return text
        unmarked = html.unescape(nh3.clean(BREAK.sub("\n", html.unescape(text)), tags=set()))
        unmarked = clean_text(unmarked, field=field, longest=LONGEST_MARKED)
        if unmarked == text:
            return text
        text = unmarked
    return text.replace("<", "").replace("&", "")


def plain_line(text: str | None, *, field: str = "") -> str:
    """Return a text without markup on one line."""
    return clean_line(plain(text, field=field), field=field)


def hours_in(text: str) -> list[Hours]:
    """Return the distinct hours a text names, in order; an end that is not after its start is left out."""
    matches = (hours_of(match) for match in INTERVAL.finditer(unicodedata.normalize("NFKC", text)))
    return list(dict.fromkeys(hours for hours in matches if hours is not None))


def hours_of(match: re.Match[str]) -> Hours | None:
    """Return the hours that a match of INTERVAL names, None when its start is no time of day."""
    first, last = match["first"] or match["start"], match["last"] or match["end"]
    ends = _clock(last, _half_of(first)) if last else None
    start = _clock(first, _half_of(last) if match["last"] else "")
    if match["last"] and start is not None and ends is not None and start >= ends:
        start = _clock(first, "am")  # "11-1pm" begins in the morning
    if start is None:
        return None
    if ends is not None and ends <= start and not _half_of(last) and _half_of(first) == "am":
        ends = _clock(last, "pm")  # 上午11時至1時
    return start, ends if ends is not None and ends > start else None


def _half_of(text: str) -> str:
    """Return am or pm as a time says it, "" when it does not."""
    if re.match("上午|早上", text):
        return "am"
    if re.match(CHINESE_HALF, text):
        return "pm"
    found = re.search(r"([ap])\.?m", text, re.IGNORECASE)
    return f"{found[1].lower()}m" if found else ""


def _clock(text: str, half: str) -> time | None:
    """Return a time of day, with `half` (am, pm, "") where the text itself names none."""
    match = ONE_CLOCK.fullmatch(text.strip())
    if match is None:
        return None
    hour = int(match["hour"])
    minute = 30 if match["half_past"] else int(match["minute"] or match["minutes"] or 0)
    said = (match["half"] or "").lower().replace(".", "")
    if said in ("nn", "noon") or match["chinese"] in ("中午", "正午"):
        return _around_noon(hour, minute, named=bool(said))
    if said == "mn":
        return None
    if match["chinese"] in EVENING and not FIRST_EVENING_HOUR <= hour <= 11:
        return None
    if half := _half_of(text) or (half if hour <= 12 else ""):
        return _twelve_hour_clock(hour, minute, half)
    return time(hour, minute) if hour < 24 and minute < 60 else None


def _around_noon(hour: int, minute: int, *, named: bool) -> time | None:
    """Return 12:00nn, and for 中午 also 11:30, 12:30 or 1時."""
    if minute > 59 or hour not in ((12,) if named else (11, 12, 1)):
        return None
    return time(13 if hour == 1 else hour, minute)


def _twelve_hour_clock(hour: int, minute: int, half: str) -> time | None:
    if not 1 <= hour <= 12 or minute > 59:
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
