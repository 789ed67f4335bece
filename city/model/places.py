"""Where one learns: the Area tree and Venues, with travel time.

Owns: levels, venue types, access features, opening hours, `travel_minutes`. Knows no database session and no clock.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import date, datetime, time
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from city.model.base import Base, Id, Instant, Json, LocalisedText, Texts

EARTH_RADIUS_M = 6_371_008.8
DETOUR = 1.3  # streets are longer than the straight line
WALKING_M_PER_MINUTE = 50
LONGEST_WALK_MINUTES = 30
WAITING_MINUTES = 10
RIDING_MINUTES_PER_KM = 4


class AreaLevel(StrEnum):
    """The four levels of the Area tree, from the whole to the smallest."""

    CITY = "city"
    DISTRICT = "district"
    STREET = "street"
    COMMUNITY = "community"


class AreaProfile(StrEnum):
    """What kind of land an Area is; the last three are under-served in most cities."""

    URBAN = "urban"
    SUBURBAN = "suburban"
    RURAL = "rural"
    MOUNTAIN = "mountain"
    ISLAND = "island"


class VenueType(StrEnum):
    """The twelve types of Venue, and `other` for what a feed does not say."""

    LIBRARY = "library"
    BOOK_ROOM = "book_room"
    CULTURAL_CENTRE = "cultural_centre"
    MUSEUM = "museum"
    COMMUNITY_CENTRE = "community_centre"
    ELDER_UNIVERSITY = "elder_university"
    NIGHT_SCHOOL_CAMPUS = "night_school_campus"
    VOCATIONAL_SCHOOL = "vocational_school"
    PARK = "park"
    THEATRE = "theatre"
    HEALTH_CENTRE = "health_centre"
    VILLAGE_HALL = "village_hall"
    OTHER = "other"


class AccessFeature(StrEnum):
    """What makes a Venue or a Stop usable for more people."""

    LIFT = "lift"
    GROUND_FLOOR = "ground_floor"
    STEP_FREE = "step_free"
    ACCESSIBLE_TOILET = "accessible_toilet"
    TOILET = "toilet"
    SEATS = "seats"
    HEARING_LOOP = "hearing_loop"
    PARKING = "parking"
    QUIET_ROOM = "quiet_room"
    SHELTER = "shelter"
    WATER = "water"


NO_STAIRS = frozenset({AccessFeature.LIFT, AccessFeature.GROUND_FLOOR, AccessFeature.STEP_FREE})


class Area(Base):
    """A node of the four-level tree: city, district, street or community. `id` is a readable slug."""

    __tablename__ = "area"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    parent_id: Mapped[str | None] = mapped_column(ForeignKey("area.id"), index=True)
    level: Mapped[str] = mapped_column(String(16))
    name: Mapped[LocalisedText] = mapped_column(Texts)
    profile: Mapped[str] = mapped_column(String(16), default=AreaProfile.URBAN)
    under_served: Mapped[bool] = mapped_column(default=False)
    latitude: Mapped[float | None]
    longitude: Mapped[float | None]
    polygon: Mapped[list[Any]] = mapped_column(Json, default=list)
    """Closed ring of [longitude, latitude], WGS84 degrees; empty when unknown."""

    parent: Mapped[Area | None] = relationship(remote_side="Area.id", back_populates="children")
    children: Mapped[list[Area]] = relationship(back_populates="parent", order_by="Area.id")

    __table_args__ = (
        CheckConstraint("level IN ('city','district','street','community')", name="level"),
        Index("ix_area_level", "level"),
    )

    def lineage(self) -> list[Area]:
        """Return this Area and all above it, the city first."""
        above = self.parent.lineage() if self.parent else []
        return [*above, self]

    def position(self) -> tuple[float, float] | None:
        """Return its middle as (latitude, longitude) in WGS84 degrees, or None when unknown."""
        if self.latitude is None or self.longitude is None:
            return None
        return self.latitude, self.longitude

    def district(self) -> Area | None:
        """Return the district this Area is or lies in, if any."""
        return next((area for area in self.lineage() if area.level == AreaLevel.DISTRICT), None)


class Venue(Base):
    """Somewhere with opening hours and access features. Position and Area may be unknown."""

    __tablename__ = "venue"
    __table_args__ = (
        Index("uq_venue_source_source_id", "source", "source_id", unique=True),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    source: Mapped[str | None] = mapped_column(String(200))
    source_id: Mapped[str | None] = mapped_column(String(200))
    type: Mapped[str] = mapped_column(String(32), default=VenueType.OTHER)
    name: Mapped[LocalisedText] = mapped_column(Texts)
    address: Mapped[LocalisedText] = mapped_column(Texts, default=LocalisedText)
    area_id: Mapped[str | None] = mapped_column(ForeignKey("area.id"), index=True)
    latitude: Mapped[float | None]
    longitude: Mapped[float | None]
    phone: Mapped[str] = mapped_column(String(40), default="")
    opening_hours: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    """Weekday "0" (Monday) to "6" → list of ["HH:MM", "HH:MM"]; a missing weekday is closed, an empty dict unknown."""
    special_hours: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    """Local day "YYYY-MM-DD" → intervals of that day in place of the weekday's; [] is closed, like a holiday."""
    access_features: Mapped[list[str]] = mapped_column(Json, default=list)
    locked_fields: Mapped[list[str]] = mapped_column(Json, default=list)
    """Fields of the source's record that a person edited by hand: the next import leaves them as they are."""
    gone_at: Mapped[datetime | None] = mapped_column(Instant)
    """When the source that brought it stopped naming it; its offerings keep it."""

    area: Mapped[Area | None] = relationship()
    study_rooms: Mapped[list[StudyRoom]] = relationship(
        back_populates="venue", order_by="StudyRoom.id", cascade="all, delete-orphan"
    )

    def position(self) -> tuple[float, float] | None:
        """Return (latitude, longitude) in WGS84 degrees, or None when unknown."""
        if self.latitude is None or self.longitude is None:
            return None
        return self.latitude, self.longitude

    def hours_on(self, day: date) -> list[tuple[time, time]] | None:
        """Return the opening intervals of a local day; [] is closed, None unknown."""
        return intervals_on(day, self.opening_hours, self.special_hours or {})

    def without_stairs(self) -> bool:
        """True when at least one feature says that no stairs have to be climbed."""
        return bool(NO_STAIRS & set(self.access_features))


class StudyRoom(Base):
    """A room of a Venue with seats by the hour; without hours of its own it is open when the Venue is."""

    __tablename__ = "study_room"
    __table_args__ = (
        CheckConstraint("seat_count IS NULL OR seat_count > 0", name="seat_count"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    venue_id: Mapped[int] = mapped_column(ForeignKey("venue.id", ondelete="CASCADE"), index=True)
    name: Mapped[LocalisedText] = mapped_column(Texts)
    seat_count: Mapped[int | None]
    opening_hours: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    special_hours: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    access_features: Mapped[list[str]] = mapped_column(Json, default=list)

    venue: Mapped[Venue] = relationship(back_populates="study_rooms")

    def hours_on(self, day: date) -> list[tuple[time, time]] | None:
        """Return the opening intervals of a local day; [] is closed, None unknown; the Venue's holidays hold."""
        if not self.opening_hours:
            return self.venue.hours_on(day)
        return intervals_on(day, self.opening_hours, {**(self.venue.special_hours or {}), **(self.special_hours or {})})


def intervals_on(day: date, weekly: Mapping[str, Any], special: Mapping[str, Any]) -> list[tuple[time, time]] | None:
    """Return the intervals of a local day: the special ones of that day, else its weekday's; None when unknown."""
    stated = special.get(day.isoformat(), weekly.get(str(day.weekday()), []) if weekly else None)
    if stated is None:
        return None
    return [(time.fromisoformat(opens), time.fromisoformat(closes)) for opens, closes in stated]


def great_circle_m(a: tuple[float, float], b: tuple[float, float]) -> float:
    """Return the great-circle distance in metres between two (latitude, longitude) points (haversine formula)."""
    lat_a, lon_a, lat_b, lon_b = (math.radians(degrees) for degrees in (*a, *b))
    half = math.sin((lat_b - lat_a) / 2) ** 2 + math.cos(lat_a) * math.cos(lat_b) * math.sin((lon_b - lon_a) / 2) ** 2
    return 2 * EARTH_RADIUS_M * math.asin(min(1.0, math.sqrt(half)))


def travel_minutes(a: tuple[float, float] | None, b: tuple[float, float] | None) -> float | None:
    """Return the minutes from one point to another, or None when either is unknown (unknown never filters).

    Great circle × 1.3 at 50 m/min on foot up to 30 minutes; beyond that 10 + 4 minutes a km × 1.3 by bus or bicycle.
    """
    return minutes_for_distance(great_circle_m(a, b)) if a is not None and b is not None else None


def minutes_for_distance(straight_m: float) -> float:
    """Return travel minutes for a straight distance in metres."""
    on_foot = straight_m * DETOUR / WALKING_M_PER_MINUTE
    if on_foot <= LONGEST_WALK_MINUTES:
        return on_foot
    return max(LONGEST_WALK_MINUTES, WAITING_MINUTES + RIDING_MINUTES_PER_KM * straight_m * DETOUR / 1000)


def is_on_foot(minutes: float) -> bool:
    """True when `travel_minutes` means walking, so that a page may say so; at 30 minutes it may be a ride."""
    return minutes < LONGEST_WALK_MINUTES


def reach_m(minutes: float) -> float:
    """Return the largest straight distance in metres that `travel_minutes` puts within `minutes` (its inverse)."""
    if minutes < LONGEST_WALK_MINUTES:
        return minutes * WALKING_M_PER_MINUTE / DETOUR
    walked = LONGEST_WALK_MINUTES * WALKING_M_PER_MINUTE / DETOUR
    return max(walked, (minutes - WAITING_MINUTES) / RIDING_MINUTES_PER_KM * 1000 / DETOUR)
