"""Seats of study rooms by the hour.

Owns: RoomHour, whose counter one conditional UPDATE changes, and RoomBooking. No session, no clock.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from city.model.base import Base, Id, Instant
from city.model.contact import Contact
from city.model.people import Citizen
from city.model.places import StudyRoom

_NUMBERED_SQL = text("number <> ''")


class RoomBookingStatus(StrEnum):
    """States of a RoomBooking; released: nobody came, and the seats went to others."""

    CONFIRMED = "confirmed"
    CANCELLED = "cancelled"
    ATTENDED = "attended"
    RELEASED = "released"


class RoomHour(Base):
    """One hour of a study room: its seats and how many are taken; a row comes with the first booking of that hour."""

    __tablename__ = "room_hour"
    __table_args__ = (CheckConstraint("taken_count >= 0 AND taken_count <= seat_count", name="seats"),)

    study_room_id: Mapped[int] = mapped_column(ForeignKey("study_room.id", ondelete="CASCADE"), primary_key=True)
    starts_at: Mapped[datetime] = mapped_column(Instant, primary_key=True)
    seat_count: Mapped[int]
    taken_count: Mapped[int] = mapped_column(default=0)


class RoomBooking(Contact, Base):
    """Seats of a study room from one hour to another."""

    __tablename__ = "room_booking"
    __table_args__ = (
        CheckConstraint("status IN ('confirmed','cancelled','attended','released')", name="status"),
        CheckConstraint("ends_at > starts_at", name="hours"),
        Index(
            "uq_room_booking_number", "number", unique=True, sqlite_where=_NUMBERED_SQL, postgresql_where=_NUMBERED_SQL
        ),
        Index("ix_room_booking_study_room_id_starts_at", "study_room_id", "starts_at"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    study_room_id: Mapped[int] = mapped_column(ForeignKey("study_room.id", ondelete="CASCADE"))
    citizen_id: Mapped[int] = mapped_column(ForeignKey("citizen.id"), index=True)
    starts_at: Mapped[datetime] = mapped_column(Instant)
    ends_at: Mapped[datetime] = mapped_column(Instant)
    status: Mapped[str] = mapped_column(String(16), default=RoomBookingStatus.CONFIRMED)
    created_at: Mapped[datetime] = mapped_column(Instant)
    changed_at: Mapped[datetime] = mapped_column(Instant)

    study_room: Mapped[StudyRoom] = relationship()
    citizen: Mapped[Citizen] = relationship()
