"""What a document of the index says of an offering, in light frozen objects that no session tracks.

Owns: which columns that are. The rules are those of the mapped classes, inherited from the same place. Of meetings that
are over the titles alone are kept, for they can be found. Made by `city.store.indexed_repository` alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from city.localised import LocalisedText
from city.model.catalogue import ClassSession, Offering
from city.model.rules import MeetingRules, OfferingRules, RunRules, VenueRules


@dataclass(frozen=True, slots=True)
class IndexedMeeting(MeetingRules):
    """A ClassSession."""

    held_on: date
    starts_local: time | None
    ends_local: time | None
    starts_at: datetime | None
    over_at: datetime


@dataclass(frozen=True, slots=True)
class IndexedRun(RunRules):
    """A Run."""

    cancelled: bool
    seat_count: int | None
    taken_count: int
    class_sessions: Sequence[IndexedMeeting]
    titles: Sequence[LocalisedText]

    def meeting_titles(self) -> Sequence[LocalisedText]:
        return self.titles


@dataclass(frozen=True, slots=True)
class IndexedStop:
    """A Stop."""

    venue_id: int | None
    name: LocalisedText
    text: LocalisedText
    latitude: float | None
    longitude: float | None


@dataclass(frozen=True, slots=True)
class IndexedOperator:
    """An Operator."""

    name: LocalisedText


@dataclass(frozen=True, slots=True)
class IndexedVenue(VenueRules):
    """A Venue."""

    name: LocalisedText
    area_id: str | None
    latitude: float | None
    longitude: float | None
    access_features: Sequence[str]


@dataclass(frozen=True, slots=True)
class IndexedOffering(OfferingRules):
    """An Offering with its parts in order."""

    id: int
    version: int
    kind: str
    status: str
    operator_id: int
    venue_id: int | None
    merged_into_id: int | None
    title: LocalisedText
    summary: LocalisedText
    description: LocalisedText
    bring: LocalisedText
    transcript: LocalisedText
    languages: Sequence[str]
    audiences: Sequence[str]
    attendance: str
    always_open: bool
    price_tiers: Sequence[Any]
    access_features: Sequence[str]
    picture: Mapping[str, Any]
    created_at: datetime
    published_at: datetime | None
    operator: IndexedOperator
    venue: IndexedVenue | None
    topics_in_order: Sequence[str]
    runs: Sequence[IndexedRun]
    stops: Sequence[IndexedStop]

    def topic_ids(self) -> Sequence[str]:
        return self.topics_in_order


AnyMeeting = ClassSession | IndexedMeeting
AnyOffering = Offering | IndexedOffering
"""What a document, and its quality, can be made of."""
