"""What a recurrence rule of a feed may say (RFC 5545, 3.3.10), checked before anything is expanded.

Owns: the allowed parts, how many values each may list, and their ranges. Refuses (InvalidInput) rules finer than a day,
unknown parts and other calendars. Whether a rule ever happens is told by `indexer.sources.recurrences`.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from city.errors import InvalidInput

FREQUENCIES = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")
ORDER = ("FREQ", "UNTIL", "COUNT", "INTERVAL", "BYDAY", "BYMONTHDAY", "BYMONTH", "BYSETPOS", "WKST")
"""The order in which a rule is written, so that one rule has one text."""
WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
BY_DAY = re.compile(r"([+-]?[0-9]{1,2})?(MO|TU|WE|TH|FR|SA|SU)")
WHOLE = re.compile(r"[0-9]{1,3}")
SIGNED = re.compile(r"[+-]?[0-9]{1,3}")
UNTIL = re.compile(r"[0-9]{8}(T[0-9]{6}Z?)?")
LARGEST_NUMBER = 1_000
MOST_OF = {"BYDAY": 14, "BYMONTHDAY": 31, "BYMONTH": 12, "BYSETPOS": 31}


def parts_of(rule: str) -> dict[str, str]:
    """Return the parts of a rule by name, in canonical spelling; raises InvalidInput with what is wrong."""
    parts: dict[str, str] = {}
    for part in rule.upper().replace(" ", "").strip(";").split(";"):
        name, _, value = part.partition("=")
        if name in parts:
            raise _wrong(f"{name} stands twice.", rule, f"{name} once")
        parts[name] = value
    _drop_gregorian(parts)
    for name, value in parts.items():
        if name not in CHECKS:
            raise _wrong(f"{name[:40]} is no part that is read.", rule, f"parts are {', '.join(ORDER)}")
        parts[name] = CHECKS[name](value, rule)
    _refuse_contradictions(parts, rule)
    return {name: parts[name] for name in ORDER if name in parts}


def written(parts: dict[str, str]) -> str:
    """Return a rule's text."""
    return ";".join(f"{name}={value}" for name, value in parts.items())


def _drop_gregorian(parts: dict[str, str]) -> None:
    """RSCALE=GREGORIAN with SKIP=OMIT (RFC 7529) says what holds anyway."""
    if parts.get("RSCALE") == "GREGORIAN" and parts.get("SKIP", "OMIT") == "OMIT":
        parts.pop("RSCALE")
        parts.pop("SKIP", None)


def _refuse_contradictions(parts: dict[str, str], rule: str) -> None:
    frequency = parts.get("FREQ")
    if frequency is None:
        raise _wrong("The rule has no FREQ.", rule, f"FREQ={'|'.join(FREQUENCIES)}")
    if "COUNT" in parts and "UNTIL" in parts:
        raise _wrong("COUNT and UNTIL stand together.", rule, "one of the two")
    if frequency == "WEEKLY" and "BYMONTHDAY" in parts:
        raise _wrong("A weekly rule has no BYMONTHDAY.", rule, "FREQ=MONTHLY, or BYDAY")
    numbered = any(not part[0].isalpha() for part in parts.get("BYDAY", "MO").split(","))
    if numbered and frequency in ("DAILY", "WEEKLY"):
        raise _wrong("Only monthly and yearly rules number their weekdays.", rule, "BYDAY=TU")
    if "BYSETPOS" in parts and not {"BYDAY", "BYMONTHDAY", "BYMONTH"} & parts.keys():
        raise _wrong("BYSETPOS needs another BY part.", rule, "BYDAY=MO,TU;BYSETPOS=1")


def _wrong(message: str, rule: str, remedy: str) -> InvalidInput:
    return InvalidInput(message, field="RRULE", value=rule[:200], remedy=remedy)


def _frequency(value: str, rule: str) -> str:
    if value not in FREQUENCIES:
        raise _wrong(f"FREQ={value[:20]} is not expanded.", rule, f"one of {', '.join(FREQUENCIES)}")
    return value


def _number(name: str) -> Callable[[str, str], str]:
    def check(value: str, rule: str) -> str:
        if not (value.isascii() and value.isdigit() and len(value) < 9 and 1 <= int(value) <= LARGEST_NUMBER):
            raise _wrong(f"{name}={value[:20]} is out of range.", rule, f"1 to {LARGEST_NUMBER}")
        return str(int(value))

    return check


def _list(name: str, lowest: int, highest: int) -> Callable[[str, str], str]:
    """Check a list of numbers whose size (the sign aside) lies in a range; a sign is allowed where days are counted."""

    def check(value: str, rule: str) -> str:
        listed = _listed(name, value, rule)
        for part in listed:
            allowed = WHOLE if name == "BYMONTH" else SIGNED
            if allowed.fullmatch(part) is None or not lowest <= abs(int(part)) <= highest:
                raise _wrong(f"{name} lists {part[:20]!r}.", rule, f"whole numbers from {lowest} to {highest}")
        return ",".join(str(int(part)) for part in listed)

    return check


def _weekdays(value: str, rule: str) -> str:
    listed = _listed("BYDAY", value, rule)
    for part in listed:
        match = BY_DAY.fullmatch(part)
        if match is None or not 1 <= abs(int(match[1] or 1)) <= 53:
            raise _wrong(f"BYDAY lists {part[:20]!r}.", rule, "weekdays like TU, 2TU or -1FR")
    return ",".join(part.lstrip("+") for part in listed)


def _listed(name: str, value: str, rule: str) -> list[str]:
    listed = value.split(",")
    if len(listed) > MOST_OF[name]:
        raise _wrong(f"{name} lists {len(listed)} values.", rule, f"at most {MOST_OF[name]}")
    return listed


def _until(value: str, rule: str) -> str:
    if UNTIL.fullmatch(value) is None:
        raise _wrong(f"UNTIL={value[:20]} is no day and no time.", rule, "UNTIL=20261231 or UNTIL=20261231T155959Z")
    return value


def _week_start(value: str, rule: str) -> str:
    if value not in WEEKDAYS:
        raise _wrong(f"WKST={value[:20]} is no weekday.", rule, "WKST=MO")
    return value


CHECKS: dict[str, Callable[[str, str], str]] = {
    "FREQ": _frequency,
    "UNTIL": _until,
    "COUNT": _number("COUNT"),
    "INTERVAL": _number("INTERVAL"),
    "BYDAY": _weekdays,
    "BYMONTHDAY": _list("BYMONTHDAY", 1, 31),
    "BYMONTH": _list("BYMONTH", 1, 12),
    "BYSETPOS": _list("BYSETPOS", 1, 366),
    "WKST": _week_start,
}
