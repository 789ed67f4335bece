"""Who takes part and who answers for it: Operators, Citizens, staff, and their sign-ins.

Owns: audiences, birth-year bands, the profile switch, login sessions as rows. Knows no database session and no clock.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from city.localised import LocalisedText
from city.model.base import Base, Id, Instant, Json, Texts
from city.model.places import Area

DEFAULT_REACH_MINUTES = 45
REACH_CHOICES = (15, 30, 45, 60, 90)


class Role(StrEnum):
    """Roles of staff: the first three work for an operator, a moderator for a district, the others for the city."""

    EDITOR = "editor"
    PUBLISHER = "publisher"
    DESK = "desk"
    MODERATOR = "moderator"
    PLANNER = "planner"
    ADMINISTRATOR = "administrator"


OPERATOR_ROLES = frozenset({Role.EDITOR, Role.PUBLISHER, Role.DESK})


class Operator(Base):
    """The body that answers for offerings."""

    __tablename__ = "operator"
    __table_args__ = {"sqlite_autoincrement": True}

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    slug: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[LocalisedText] = mapped_column(Texts)
    phone: Mapped[str] = mapped_column(String(40), default="")
    email: Mapped[str] = mapped_column(String(254), default="")
    district_id: Mapped[str | None] = mapped_column(String(64))
    """The district whose moderator looks after it; no foreign key, SQLite cannot add one to a table in use."""
    reviewed: Mapped[bool] = mapped_column(default=False)
    """True while a moderator looks at what it publishes before citizens see it."""
    closed_at: Mapped[datetime | None] = mapped_column(Instant)
    """When an administrator closed it: nobody signs in for it any more."""


class Citizen(Base):
    """A resident. What is known is the least that suggestions and places need."""

    __tablename__ = "citizen"
    __table_args__ = (
        CheckConstraint("reach_minutes BETWEEN 5 AND 240", name="reach"),
        Index("uq_citizen_phone", "phone", unique=True),
        Index("uq_citizen_email", "email", unique=True),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    slug: Mapped[str | None] = mapped_column(String(64), unique=True)
    """Readable key of a sample citizen, None for everybody else."""
    name: Mapped[LocalisedText] = mapped_column(Texts)
    introduction: Mapped[LocalisedText] = mapped_column(Texts, default=LocalisedText)
    birth_year_from: Mapped[int | None]
    """First year of the ten-year band of birth, like 1950 for 1950 to 1959; None when not told."""
    area_id: Mapped[str | None] = mapped_column(ForeignKey("area.id"), index=True)
    latitude: Mapped[float | None]
    longitude: Mapped[float | None]
    languages: Mapped[list[str]] = mapped_column(Json, default=list)
    audiences: Mapped[list[str]] = mapped_column(Json, default=list)
    reach_minutes: Mapped[int] = mapped_column(default=DEFAULT_REACH_MINUTES)
    personal_suggestions: Mapped[bool] = mapped_column(default=True)
    """The profile switch: when off, no personal feature is used from the next request on."""
    free_hours: Mapped[list[Any]] = mapped_column(Json, default=list)
    """When the citizen is free each week: [weekday 0 (Monday) to 6, "HH:MM", "HH:MM"] rows; empty when not told."""
    contact_confirmed: Mapped[bool] = mapped_column(default=False)
    phone: Mapped[str | None] = mapped_column(String(20))
    """The number the person is known by; whoever shows a code sent to it is this person ("one person, one file")."""
    email: Mapped[str | None] = mapped_column(String(254))
    phone_confirmed_at: Mapped[datetime | None] = mapped_column(Instant)
    email_confirmed_at: Mapped[datetime | None] = mapped_column(Instant)
    password_hash: Mapped[str] = mapped_column(String(200), default="")
    """argon2id, "" when the person signs in by codes alone."""
    merged_into_id: Mapped[int | None] = mapped_column(Id, index=True)
    """The file that this one was joined to; it is never asked again."""
    taste_group: Mapped[str] = mapped_column(String(32), default="")
    """The seeded taste of a sample citizen, for tests of the model only; never read when suggesting."""
    created_at: Mapped[datetime] = mapped_column(Instant)

    area: Mapped[Area | None] = relationship()

    def home(self) -> tuple[float, float] | None:
        """Return the citizen's own point, else the middle of the citizen's area, else None."""
        if self.latitude is not None and self.longitude is not None:
            return self.latitude, self.longitude
        return self.area.position() if self.area is not None else None


class Staff(Base):
    """A person who works for an operator or the city."""

    __tablename__ = "staff"
    __table_args__ = (
        CheckConstraint("role IN ('editor','publisher','desk','moderator','planner','administrator')", name="role"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    email: Mapped[str] = mapped_column(String(254), unique=True)
    role: Mapped[str] = mapped_column(String(16))
    operator_id: Mapped[int | None] = mapped_column(ForeignKey("operator.id"))
    name: Mapped[str] = mapped_column(String(80), default="")
    district_id: Mapped[str | None] = mapped_column(String(64))
    """The district of a moderator."""
    password_hash: Mapped[str] = mapped_column(String(200), default="")
    """argon2id, "" until the invitation is taken up: nobody can sign in with it."""
    totp_secret: Mapped[str] = mapped_column(String(300), default="")
    """RFC 6238 secret, encrypted with a key derived from the site's; "" until the second factor is set up."""
    totp_last_step: Mapped[int] = mapped_column(default=0)
    """The last time step whose code was taken, so that a code is good once."""
    recovery_hashes: Mapped[list[Any]] = mapped_column(Json, default=list)
    disabled_at: Mapped[datetime | None] = mapped_column(Instant)
    created_at: Mapped[datetime] = mapped_column(Instant)

    operator: Mapped[Operator | None] = relationship()


class LoginSession(Base):
    """One sign-in. The token itself is only in the citizen's cookie; here is its SHA-256."""

    __tablename__ = "login_session"
    __table_args__ = (Index("ix_login_session_citizen_id", "citizen_id"),)

    token_sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    citizen_id: Mapped[int] = mapped_column(ForeignKey("citizen.id", ondelete="CASCADE"))
    created_at: Mapped[datetime] = mapped_column(Instant)
    seen_at: Mapped[datetime] = mapped_column(Instant)
    expires_at: Mapped[datetime] = mapped_column(Instant)
    """The absolute end; the idle end follows from `seen_at`."""
