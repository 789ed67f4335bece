"""Places: an Enrolment of a Citizen (with a party) on a Run, who came, and the idempotency of the request that asked.

Owns: which states are live, why a place ended, and until when one promoted from the waiting list has to answer. The
count of taken places is the store's one conditional UPDATE: it is the sum of the parties of all confirmed rows. No
session, no clock.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from city.model.base import Base, Id, Instant, Json
from city.model.catalogue import Run
from city.model.contact import Contact
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
_NUMBERED_SQL = text("number <> ''")
_WAITING_SQL, _OFFERED_SQL = text("status = 'waitlisted'"), text("answer_by IS NOT NULL")


class Ending(StrEnum):
    """Why an Enrolment is cancelled."""

    OWN = "own"
    DESK = "desk"
    UNANSWERED = "unanswered"
    NOT_DRAWN = "not_drawn"
    RUN_CANCELLED = "run_cancelled"
    MERGED = "merged"


class Enrolment(Contact, Base):
    """One citizen's place on one run. At most one live row for each pair, held by a partial unique index.

    The waiting list is the waitlisted rows in id order.
    """

    __tablename__ = "enrolment"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("run.id"), index=True)
    citizen_id: Mapped[int] = mapped_column(ForeignKey("citizen.id"), index=True)
    status: Mapped[str] = mapped_column(String(16))
    created_at: Mapped[datetime] = mapped_column(Instant)
    changed_at: Mapped[datetime] = mapped_column(Instant)
    answer_by: Mapped[datetime | None] = mapped_column(Instant)
    """Until when one who was promoted from the waiting list has to say yes; None when nothing has to be said."""
    ended_because: Mapped[str] = mapped_column(String(16), default="")
    """An `Ending`, "" while it has not ended."""
    ballot_entry_id: Mapped[int | None] = mapped_column(Id, index=True)
    """The entry that was drawn; no foreign key, the entry may be erased before."""

    run: Mapped[Run] = relationship()
    citizen: Mapped[Citizen] = relationship()

    __table_args__ = (
        CheckConstraint(
            "status IN ('applied','confirmed','waitlisted','cancelled','attended','absent')", name="status"
        ),
        Index(
            "uq_enrolment_live", "run_id", "citizen_id", unique=True, sqlite_where=_LIVE_SQL, postgresql_where=_LIVE_SQL
        ),
        Index("uq_enrolment_number", "number", unique=True, sqlite_where=_NUMBERED_SQL, postgresql_where=_NUMBERED_SQL),
        Index("ix_enrolment_waiting", "run_id", "id", sqlite_where=_WAITING_SQL, postgresql_where=_WAITING_SQL),
        Index("ix_enrolment_offered", "answer_by", sqlite_where=_OFFERED_SQL, postgresql_where=_OFFERED_SQL),
        {"sqlite_autoincrement": True},
    )

    def is_live(self) -> bool:
        return self.status in LIVE

    def cancel(self, now: datetime, because: Ending = Ending.OWN) -> None:
        """Give the place back; the store lowers the run's count in the same transaction."""
        self.status = EnrolmentStatus.CANCELLED
        self.ended_because = because
        self.answer_by = None
        self.changed_at = now


class AttendanceMark(Base):
    """Who came: one mark for one place at one point, a meeting ("session:12") or a stop on its day ("stop:3/12")."""

    __tablename__ = "attendance_mark"
    __table_args__ = (
        UniqueConstraint("enrolment_id", "point"),
        CheckConstraint("person_count >= 0", name="person_count"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    enrolment_id: Mapped[int] = mapped_column(ForeignKey("enrolment.id", ondelete="CASCADE"))
    point: Mapped[str] = mapped_column(String(40))
    person_count: Mapped[int]
    """How many of the party came; 0 is absent."""
    way: Mapped[str] = mapped_column(String(16))
    """qr (at the door), code (on the spot), desk, paper (typed in later)."""
    marked_at: Mapped[datetime] = mapped_column(Instant)
    marked_by_id: Mapped[int | None] = mapped_column(Id)
    """The member of staff who marked it, None when the citizen did."""


class IdempotentRequest(Base):
    """The answer once given to an account's idempotency key, kept for 24 hours."""

    __tablename__ = "idempotent_request"

    account: Mapped[str] = mapped_column(String(80), primary_key=True)
    key: Mapped[str] = mapped_column(String(80), primary_key=True)
    request_sha256: Mapped[str] = mapped_column(String(64))
    answer: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    created_at: Mapped[datetime] = mapped_column(Instant, index=True)
