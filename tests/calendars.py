"""Calendars for tests, written line by line."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from city.services.records import OfferingRecord
from indexer.sources import Finding, Reading, SourceOptions
from indexer.sources.ical import read_content

NOW = datetime(2026, 11, 24, 1, tzinfo=UTC)
"""24 November 2026, 09:00 in Shanghai."""


def event(*lines: str, uid: str = "1", title: str = "书法晚课") -> str:
    """Return the lines of one event; a UID and a title stand in it unless they are given as ""."""
    own = [f"UID:{uid}"] * bool(uid) + [f"SUMMARY:{title}"] * bool(title)
    return "\n".join(["BEGIN:VEVENT", *own, *lines, "END:VEVENT"])


def calendar(*parts: str) -> bytes:
    return "\n".join(["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:test", *parts, "END:VCALENDAR", ""]).encode()


def reading_of(*parts: str, now: datetime = NOW, **options: Any) -> Reading:
    return read_content(calendar(*parts), "programme.ics", SourceOptions(now=now, **options))


def record_of(*lines: str, now: datetime = NOW, before: tuple[str, ...] = (), **options: Any) -> OfferingRecord:
    """Return the one record of a calendar with one event."""
    reading = reading_of(*before, event(*lines), now=now, **options)
    assert not reading.refusals, reading.refusals
    return reading.records[0]


def refusal_of(*lines: str, **options: Any) -> Finding:
    """Return the one refusal of a calendar with one event."""
    reading = reading_of(event(*lines), **options)
    assert not reading.records
    return reading.refusals[0]


def meetings_of(record: OfferingRecord) -> list[str]:
    """Return meetings as "2026-12-01 19:00-20:30", "2026-12-01 19:00" or "2026-12-01"."""
    return [
        f"{meeting.held_on}"
        + (f" {meeting.starts_local:%H:%M}" if meeting.starts_local is not None else "")
        + (f"-{meeting.ends_local:%H:%M}" if meeting.ends_local is not None else "")
        for meeting in record.meetings
    ]
