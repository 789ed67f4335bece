"""What people did with offerings, and the lists they were shown.

Owns: kinds of Interaction and their weight for a profile. An Interaction without a citizen is a visitor's. No session,
no clock.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from city.model.base import Base, Id, Instant, Json


class InteractionKind(StrEnum):
    """What was done. `dismiss` is "less like this", `unsave` and `undismiss` take back."""

    VIEW = "view"
    SAVE = "save"
    ENROL = "enrol"
    ATTEND = "attend"
    DISMISS = "dismiss"
    UNSAVE = "unsave"
    UNDISMISS = "undismiss"
    CANCEL = "cancel"


KIND_WEIGHTS = {
    InteractionKind.ATTEND: 1.0,
    InteractionKind.ENROL: 0.8,
    InteractionKind.SAVE: 0.5,
    InteractionKind.VIEW: 0.1,
}
"""Weight of an Interaction in a profile; the others only take away."""

TAKEN_BACK_BY = {
    InteractionKind.SAVE: InteractionKind.UNSAVE,
    InteractionKind.DISMISS: InteractionKind.UNDISMISS,
    InteractionKind.ENROL: InteractionKind.CANCEL,
}


class Interaction(Base):
    """By whom, with what, when, from which list and position."""

    __tablename__ = "interaction"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    citizen_id: Mapped[int | None] = mapped_column(ForeignKey("citizen.id", ondelete="SET NULL"))
    offering_id: Mapped[int] = mapped_column(ForeignKey("offering.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(16))
    happened_at: Mapped[datetime] = mapped_column(Instant)
    source: Mapped[str] = mapped_column(String(32), default="")
    """Where it began: home, search, similar, topic, area, venue, elder, api, or empty for a direct visit."""
    list_id: Mapped[str | None] = mapped_column(String(32))
    position: Mapped[int | None]
    """Place in the list, from 1."""
    is_sample: Mapped[bool] = mapped_column(default=False)

    __table_args__ = (
        CheckConstraint(
            "kind IN ('view','save','enrol','attend','dismiss','unsave','undismiss','cancel')", name="kind"
        ),
        Index("ix_interaction_citizen_id_happened_at", "citizen_id", "happened_at"),
        Index("ix_interaction_offering_id_happened_at", "offering_id", "happened_at"),
        Index("ix_interaction_happened_at", "happened_at"),
        {"sqlite_autoincrement": True},
    )


class ShownList(Base):
    """A list of suggestions as it was shown, so that "why this?" answers for what was really on the page."""

    __tablename__ = "shown_list"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    citizen_id: Mapped[int | None] = mapped_column(ForeignKey("citizen.id", ondelete="CASCADE"), index=True)
    source: Mapped[str] = mapped_column(String(32))
    artefact_version: Mapped[str] = mapped_column(String(64), default="")
    items: Mapped[list[Any]] = mapped_column(Json, default=list)
    """In order: {"offering_id": int, "reasons": [{kind, …, share}, …]}."""
    shown_at: Mapped[datetime] = mapped_column(Instant, index=True)
