"""What a person is told about a place: one row for each message and way, sent by the worker or read out by phone.

Owns: the ways and when a message counts as told. No session, no clock.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from city.model.base import Base, Id, Instant


class MessageWay(StrEnum):
    """How it reaches the person; `call` waits for a member of staff who phones."""

    SMS = "sms"
    MAIL = "mail"
    CALL = "call"


class Message(Base):
    """One message to one person, written in the transaction of the change it tells of."""

    __tablename__ = "message"
    __table_args__ = (
        CheckConstraint("way IN ('sms','mail','call')", name="way"),
        Index("ix_message_sent_at_not_before", "sent_at", "not_before"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    purpose: Mapped[str] = mapped_column(String(40))
    """confirmed, waitlisted, promoted, changed, cancelled, drawn, not_drawn, code, …"""
    way: Mapped[str] = mapped_column(String(8))
    address: Mapped[str] = mapped_column(String(254))
    """Phone number or mailbox."""
    language: Mapped[str] = mapped_column(String(8))
    subject: Mapped[str] = mapped_column(String(300), default="")
    text: Mapped[str] = mapped_column(Text)
    enrolment_id: Mapped[int | None] = mapped_column(Id, index=True)
    room_booking_id: Mapped[int | None] = mapped_column(Id)
    ballot_entry_id: Mapped[int | None] = mapped_column(Id, index=True)
    run_id: Mapped[int | None] = mapped_column(Id, index=True)
    """The Run whose change it tells of, so that an operator sees who was told."""
    created_at: Mapped[datetime] = mapped_column(Instant)
    not_before: Mapped[datetime] = mapped_column(Instant)
    """No message wakes anybody: between 21 and 8 o'clock it waits."""
    sent_at: Mapped[datetime | None] = mapped_column(Instant)
    """When it was handed over, or when somebody noted that the person was told by phone."""
    told_by_id: Mapped[int | None] = mapped_column(Id)
    tries: Mapped[int] = mapped_column(default=0)
    last_error: Mapped[str] = mapped_column(String(300), default="")
