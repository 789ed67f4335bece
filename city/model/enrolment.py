"""Places taken: an Enrolment of a Citizen on a Run, and the idempotency of the request that asked for it.

Owns: which states are live. The count of taken places is the store's one conditional UPDATE. No session, no clock.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from city.model.base import Base, Id, Instant, Json
from city.model.catalogue import Run
from city.model.people import Citizen


class EnrolmentStatus(StrEnum):
    """States of an Enrolment."""

    APPLIED = "applied"
    CONFIRMED = "confirmed"
    WAITLISTED = "waitlisted"
    CANCELLED = "cancelled"
    ATTENDED = "attended"
    ABSENT = "absent"


LIVE = (EnrolmentStatus.APPLIED, EnrolmentStatus.CONFIRMED, EnrolmentStatus.WAITLISTED)
_LIVE_SQL = text("status IN ('applied','confirmed','waitlisted')")


class Enrolment(Base):
    """One citizen's place on one run. At most one live row for each pair, held by a partial unique index."""

    __tablename__ = "enrolment"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("run.id"), index=True)
    citizen_id: Mapped[int] = mapped_column(ForeignKey("citizen.id"), index=True)
    status: Mapped[str] = mapped_column(String(16))
    created_at: Mapped[datetime] = mapped_column(Instant)
    changed_at: Mapped[datetime] = mapped_column(Instant)

    run: Mapped[Run] = relationship()
    citizen: Mapped[Citizen] = relationship()

    __table_args__ = (
        CheckConstraint(
            "status IN ('applied','confirmed','waitlisted','cancelled','attended','absent')", name="status"
        ),
        Index(
            "uq_enrolment_live", "run_id", "citizen_id", unique=True, sqlite_where=_LIVE_SQL, postgresql_where=_LIVE_SQL
        ),
        {"sqlite_autoincrement": True},
    )

    def is_live(self) -> bool:
        return self.status in LIVE

    def cancel(self, now: datetime) -> None:
        """Give the place back; the store lowers the run's count in the same transaction."""
        self.status = EnrolmentStatus.CANCELLED
        self.changed_at = now


class IdempotentRequest(Base):
    """The answer once given to an account's idempotency key, kept for 24 hours."""

    __tablename__ = "idempotent_request"

    account: Mapped[str] = mapped_column(String(80), primary_key=True)
    key: Mapped[str] = mapped_column(String(80), primary_key=True)
    request_sha256: Mapped[str] = mapped_column(String(64))
    answer: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    created_at: Mapped[datetime] = mapped_column(Instant, index=True)
