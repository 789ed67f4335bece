"""What operators are in the middle of, and what moderators decided.

Owns: drafts (a form as it was typed, complete or not) and decisions with their reasons. No session, no clock.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from city.model.base import Base, Id, Instant, Json


class Draft(Base):
    """A form as an operator left it, kept until it is published or thrown away; it never expires."""

    __tablename__ = "draft"
    __table_args__ = {"sqlite_autoincrement": True}

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    operator_id: Mapped[int] = mapped_column(ForeignKey("operator.id"), index=True)
    staff_id: Mapped[int | None] = mapped_column(Id)
    """Who typed last."""
    offering_id: Mapped[int | None] = mapped_column(Id, index=True)
    """The offering it would change, None for a new one."""
    values: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    """Field of the form → what was typed, unchecked."""
    created_at: Mapped[datetime] = mapped_column(Instant)
    updated_at: Mapped[datetime] = mapped_column(Instant)


class ModerationDecision(Base):
    """What was decided on an offering before citizens could see it."""

    __tablename__ = "moderation_decision"
    __table_args__ = (
        CheckConstraint("decision IN ('sent','published','returned')", name="decision"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    offering_id: Mapped[int] = mapped_column(ForeignKey("offering.id", ondelete="CASCADE"), index=True)
    decision: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str] = mapped_column(Text, default="")
    decided_by_id: Mapped[int | None] = mapped_column(Id)
    decided_at: Mapped[datetime] = mapped_column(Instant)
