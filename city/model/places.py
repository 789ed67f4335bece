"""Where one learns: the Area tree, Venues and their StudyRooms.

Owns: the tree, opening hours and holidays. Knows no database session and no clock.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from city.localised import LocalisedText
from city.model.base import Base, Id, Instant, Json, Texts
from city.model.rules import VenueRules
from city.terms import NO_STAIRS, AreaLevel, AreaProfile, VenueType


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


class Venue(VenueRules, Base):
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
    operator_id: Mapped[int | None] = mapped_column(Id, index=True)
    """The operator who looks after it and may edit it; no foreign key, operators stand above places."""

    area: Mapped[Area | None] = relationship()
    study_rooms: Mapped[list[StudyRoom]] = relationship(
        back_populates="venue", order_by="StudyRoom.id", cascade="all, delete-orphan"
    )

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
