"""What people look for: searches they keep for alerts, and what was asked for and not found.

Owns: SavedSearch, its hits, and UnmetDemand, which is counted without persons. No session, no clock.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from city.model.base import Base, Id, Instant, Json


class SavedSearch(Base):
    """A question somebody keeps, to be told by mail of what is new; alerts go out only after the address confirmed."""

    __tablename__ = "saved_search"
    __table_args__ = (
        CheckConstraint("every IN ('day','week')", name="every"),
        Index("ix_saved_search_citizen_id", "citizen_id"),
        Index("ix_saved_search_email", "email"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    citizen_id: Mapped[int | None] = mapped_column(ForeignKey("citizen.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(200))
    language: Mapped[str] = mapped_column(String(8))
    """zh or en: of the page it was saved on, and of its mails."""
    parameters: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    """The question as in the address of the search page: name → list of values."""
    email: Mapped[str] = mapped_column(String(254), default="")
    """Where alerts go; empty when none are wanted."""
    every: Mapped[str] = mapped_column(String(8), default="day")
    created_at: Mapped[datetime] = mapped_column(Instant)
    confirmed_at: Mapped[datetime | None] = mapped_column(Instant)
    last_mailed_at: Mapped[datetime | None] = mapped_column(Instant)


class SavedSearchHit(Base):
    """An offering that a saved search met first at `matched_at`; mailed at most once."""

    __tablename__ = "saved_search_hit"

    saved_search_id: Mapped[int] = mapped_column(ForeignKey("saved_search.id", ondelete="CASCADE"), primary_key=True)
    offering_id: Mapped[int] = mapped_column(ForeignKey("offering.id", ondelete="CASCADE"), primary_key=True)
    matched_at: Mapped[datetime] = mapped_column(Instant)
    mailed_at: Mapped[datetime | None] = mapped_column(Instant)


class UnmetDemand(Base):
    """How often something was asked for on a day and in an area, and what came of it; no person stands behind a row."""

    __tablename__ = "unmet_demand"

    asked_on: Mapped[date] = mapped_column(primary_key=True)
    text: Mapped[str] = mapped_column(String(200), primary_key=True)
    """The words, folded; "" for a question of filters alone."""
    area_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    """Where it was asked for, "" when not told."""
    filters: Mapped[str] = mapped_column(Text, default="")
    """An example of the filters that were set, as in the address of the page."""
    asked_count: Mapped[int] = mapped_column(default=0)
    empty_count: Mapped[int] = mapped_column(default=0)
    clicked_count: Mapped[int] = mapped_column(default=0)
