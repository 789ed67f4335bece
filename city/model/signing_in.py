"""How people come in: codes by phone or mail, invitations of staff, their sign-ins, and guesses that are counted.

Owns: nothing but rows; secrets are kept as hashes. No session, no clock.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from city.model.base import Base, Id, Instant
from city.model.people import Staff


class OneTimeCode(Base):
    """A code sent to a phone or mailbox: good once, ten minutes, few tries (OWASP ASVS 5.0 V6.5)."""

    __tablename__ = "one_time_code"
    __table_args__ = (Index("ix_one_time_code_target", "target", "purpose"), {"sqlite_autoincrement": True})

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    purpose: Mapped[str] = mapped_column(String(16))
    target: Mapped[str] = mapped_column(String(254))
    code_sha256: Mapped[str] = mapped_column(String(64))
    """Keyed hash (HMAC) of target and code."""
    created_at: Mapped[datetime] = mapped_column(Instant)
    expires_at: Mapped[datetime] = mapped_column(Instant)
    tries: Mapped[int] = mapped_column(default=0)
    used_at: Mapped[datetime | None] = mapped_column(Instant)


class SignInAttempt(Base):
    """One guess at a password or code, counted against the name it was made for and the address it came from."""

    __tablename__ = "sign_in_attempt"
    __table_args__ = (
        Index("ix_sign_in_attempt_subject_sha256_attempted_at", "subject_sha256", "attempted_at"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    subject_sha256: Mapped[str] = mapped_column(String(64))
    attempted_at: Mapped[datetime] = mapped_column(Instant, index=True)


class StaffInvitation(Base):
    """An invitation to work here, taken up once by whoever has its link."""

    __tablename__ = "staff_invitation"
    __table_args__ = {"sqlite_autoincrement": True}

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    token_sha256: Mapped[str] = mapped_column(String(64), unique=True)
    email: Mapped[str] = mapped_column(String(254))
    role: Mapped[str] = mapped_column(String(16))
    operator_id: Mapped[int | None] = mapped_column(ForeignKey("operator.id"), index=True)
    district_id: Mapped[str | None] = mapped_column(String(64))
    invited_by_id: Mapped[int | None] = mapped_column(Id)
    created_at: Mapped[datetime] = mapped_column(Instant)
    expires_at: Mapped[datetime] = mapped_column(Instant)
    accepted_at: Mapped[datetime | None] = mapped_column(Instant)
    withdrawn_at: Mapped[datetime | None] = mapped_column(Instant)


class StaffLoginSession(Base):
    """One sign-in of staff: 30 minutes idle, 12 hours in all. Here is the SHA-256 of the cookie's token."""

    __tablename__ = "staff_login_session"

    token_sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime] = mapped_column(Instant)
    seen_at: Mapped[datetime] = mapped_column(Instant)
    expires_at: Mapped[datetime] = mapped_column(Instant)
    second_factor_at: Mapped[datetime | None] = mapped_column(Instant)
    """When the second factor was shown; until then only that question is answered."""

    staff: Mapped[Staff] = relationship()
