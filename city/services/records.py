"""What a source states, transformed and before anything that depends on the clock: the form in which feeds arrive.

Owns: the records of offerings, runs, meetings, stops and venues, and the hash by which an unchanged one is known. Knows
no file format (`indexer.sources` makes records) and no database (`city.services.publishing` loads them).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from enum import StrEnum
from typing import Any

from city.terms import Kind, VenueType

Texts = Mapping[str, str]
LATER_FIELDS = ("runs", "recurrence", "stops", "path", "status", "picture", "bring", "surface", "transcript")
AS_THEY_ARE = frozenset({str, int, float, bool})
NOT_GIVEN: tuple[Any, ...] = ((), "", {}, "published")


@dataclass(frozen=True)
class MeetingRecord:
    """One meeting as a source states it: a local day, and hours only if stated."""

    held_on: date
    starts_local: time | None = None
    ends_local: time | None = None

    def as_json(self) -> dict[str, str | None]:
        starts, ends = self.starts_local, self.ends_local
        return {
            "held_on": self.held_on.isoformat(),
            "starts_local": starts.isoformat() if starts is not None else None,
            "ends_local": ends.isoformat() if ends is not None else None,
        }


@dataclass(frozen=True)
class VenueRecord:
    """A venue as a source states it, by the source's own id."""

    source_id: str
    name: Texts
    type: str = VenueType.OTHER
    address: Texts = field(default_factory=dict)
    latitude: float | None = None
    longitude: float | None = None
    phone: str = ""
    access_features: tuple[str, ...] = ()
    opening_hours: Mapping[str, Any] = field(default_factory=dict)
    special_hours: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class RunRecord:
    """One dated edition of an offering, where a source states several by ids of its own."""

    source_id: str
    meetings: tuple[MeetingRecord, ...] = ()
    seat_count: int | None = None
    enrol_opens_at: datetime | None = None
    enrol_closes_at: datetime | None = None
    cancelled: bool = False

    def as_json(self) -> dict[str, Any]:
        """Return the run with plain values; instants as ISO 8601."""
        opens, closes = self.enrol_opens_at, self.enrol_closes_at
        return {
            "source_id": self.source_id,
            "meetings": [meeting.as_json() for meeting in self.meetings],
            "seat_count": self.seat_count,
            "enrol_opens_at": opens.isoformat() if opens is not None else None,
            "enrol_closes_at": closes.isoformat() if closes is not None else None,
            "cancelled": self.cancelled,
        }


@dataclass(frozen=True)
class StopRecord:
    """One point of a route as a source states it; degrees are WGS84, minutes whole."""

    name: Texts
    text: Texts = field(default_factory=dict)
    latitude: float | None = None
    longitude: float | None = None
    stay_minutes: int = 0
    walk_minutes_to_next: int = 0
    features: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        return {name: _plain(getattr(self, name)) for name in self.__dataclass_fields__}


class RecordStatus(StrEnum):
    """What a source says of an offering (schema.org eventStatus)."""

    PUBLISHED = "published"
    CANCELLED = "cancelled"
    POSTPONED = "postponed"
    """Called off for now, the new date is not known: no list shows it, its page says so."""


@dataclass(frozen=True)
class OfferingRecord:
    """An offering as a source states it, transformed but before anything that depends on the clock.

    `venue` is a VenueRecord's source_id; `prices` are `Price.as_json()` rows; `zone` is the IANA name for all meetings.
    One edition is stated by `meetings` and `seat_count`; several by `runs`, and those two stay empty. `recurrence` is a
    series in the source's own rule: `meetings` then hold its expansion, which depends on the day of asking, so they
    are no part of what is hashed and compared. `path` is a route's way as (longitude, latitude), WGS84 degrees.
    `picture` is {"address": …, "text": {tag: words}}.
    """

    source_id: str
    title: Texts
    kind: str = Kind.EVENT
    summary: Texts = field(default_factory=dict)
    description: Texts = field(default_factory=dict)
    venue: str | None = None
    topics: tuple[str, ...] = ()
    audiences: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    age_min: int | None = None
    age_max: int | None = None
    attendance: str = "in_person"
    always_open: bool = False
    prices: tuple[Mapping[str, Any], ...] = ()
    level: str = ""
    access_features: tuple[str, ...] = ()
    date_note: Texts = field(default_factory=dict)
    contact: str = ""
    web_address: str = ""
    seat_count: int | None = None
    zone: str = "Asia/Shanghai"
    meetings: tuple[MeetingRecord, ...] = ()
    runs: tuple[RunRecord, ...] = ()
    recurrence: str = ""
    stops: tuple[StopRecord, ...] = ()
    path: tuple[tuple[float, float], ...] = ()
    status: str = RecordStatus.PUBLISHED
    picture: Mapping[str, Any] = field(default_factory=dict)
    bring: Texts = field(default_factory=dict)
    surface: Texts = field(default_factory=dict)
    transcript: Texts = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Return the record with plain values, as it is hashed and kept.

        What came to this form later stands in it only when it is given, so that a record of before keeps its hash.
        """
        values = {name: getattr(self, name) for name in self.__dataclass_fields__}
        row = {
            name: _plain(value) for name, value in values.items() if name not in LATER_FIELDS or value not in NOT_GIVEN
        }
        row["meetings"] = [] if self.recurrence else row["meetings"]
        return row

    def sha256(self) -> str:
        """Return the hash by which an unchanged record is known."""
        return sha256_of(self.as_json())


def sha256_of(row: Mapping[str, Any]) -> str:
    """Return the hash of a record's plain values."""
    canonical = json.dumps(row, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def _plain(value: Any) -> Any:
    """Return texts, tuples, enumerations and records as JSON reads them back."""
    if value is None or type(value) in AS_THEY_ARE:
        return value
    if isinstance(value, (MeetingRecord, RunRecord, StopRecord)):
        return value.as_json()
    if isinstance(value, Mapping):
        return {str(key): _plain(part) for key, part in value.items()}
    if isinstance(value, (tuple, list)):
        return [_plain(part) for part in value]
    return str(value) if isinstance(value, str) else value
