"""What changed in one field of a record, in words for the person who reads the report of an import.

Owns: how texts, days, prices and other values are told short, with the place where they differ. Called by `reports`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import takewhile
from typing import Any

from city.services.differences import FieldChange

LONGEST, SHOWN_DAYS, LEAD = 80, 5, 20
NOTHING: tuple[Any, ...] = (None, "", [], {})


def told(change: FieldChange) -> str:
    """Say what a field was and is, of whom, and whether a person's edit stands instead."""
    of_whom = "of the venue: " if change.is_venue else ""
    kept = "; edited by hand, so the offering keeps its own" if change.kept else ""
    return f"{of_whom}{_difference(change)}{kept}"


def _difference(change: FieldChange) -> str:
    if change.field == "meetings":
        return _days_in_words(change.before or [], change.after or [])
    if change.field == "prices":
        return _was_is(_prices_in_words(change.before), _prices_in_words(change.after))
    if isinstance(change.before, Mapping) and isinstance(change.after, Mapping):
        return _texts_in_words(change.before, change.after)
    return _was_is(_as_text(change.before), _as_text(change.after))


def _was_is(before: str, after: str) -> str:
    """Cut both texts where they begin to differ, so that the difference itself is shown."""
    alike = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(before, after, strict=False)))
    start = max(0, alike - LEAD) if max(len(before), len(after)) > LONGEST else 0
    return f"was {_cut(before, start)}, is {_cut(after, start)}"


def _cut(text: str, start: int) -> str:
    shown = ("…" if start else "") + text[start:]
    return shown if len(shown) <= LONGEST else shown[: LONGEST - 1] + "…"


def _as_text(value: Any) -> str:
    if value in NOTHING:
        return "nothing"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return ", ".join(map(str, value))
    return " ".join(str(value).split())


def _texts_in_words(before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    """Name the languages (or parts) that differ, each with what it was and is."""
    names = [name for name in sorted({*before, *after}) if before.get(name) != after.get(name)]
    return "; ".join(f"{name} {_was_is(_as_text(before.get(name)), _as_text(after.get(name)))}" for name in names)


def _prices_in_words(prices: Sequence[Mapping[str, Any]] | None) -> str:
    amounts = (f"{price['amount_minor'] / 100:.2f} {price['currency']}" for price in prices or ())
    return ", ".join(amounts) or "nothing"


def _days_in_words(before: Sequence[Mapping[str, Any]], after: Sequence[Mapping[str, Any]]) -> str:
    """Say which days came, which went, and on which the hours are others."""
    was, now = _by_day(before), _by_day(after)
    groups = (
        ("more", now.keys() - was.keys(), now),
        ("fewer", was.keys() - now.keys(), was),
        ("with other hours", {day for day in was.keys() & now.keys() if was[day] != now[day]}, now),
    )
    counted = (f"{_count(days)} {what}: {_some(days, hours)}" for what, days, hours in groups if days)
    return f"{'; '.join(counted) or 'the order of the meetings'} ({_count(was)} before, {_count(now)} now)"


def _by_day(meetings: Sequence[Mapping[str, Any]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for meeting in meetings:
        hours = [str(meeting[name])[:5] for name in ("starts_local", "ends_local") if meeting.get(name)]
        found.setdefault(str(meeting["held_on"]), []).append("–".join(hours))
    return found


def _count(days: Any) -> str:
    return f"{len(days)} day{'' if len(days) == 1 else 's'}"


def _some(days: set[str], hours: Mapping[str, list[str]]) -> str:
    """Name the first days, each with its hours where they are known."""
    shown = (" ".join([day, *filter(None, hours.get(day, []))]) for day in sorted(days)[:SHOWN_DAYS])
    return ", ".join(shown) + (", …" if len(days) > SHOWN_DAYS else "")
