"""The draw for places that more people want than there are: a Ballot, its entries, their wishes.

Owns: when a ballot is open, which seeds are fair, one entry a person (a constraint). The draw itself is
`city.drawing`, pure. No session, no clock.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from city.localised import LocalisedText
from city.model.base import Base, Id, Instant, Json, Texts
from city.model.contact import Contact

_LIVE_SQL = text("withdrawn_at IS NULL")
_NUMBERED_SQL = text("number <> ''")


class SeedKind(StrEnum):
    """How it is made sure that nobody could choose the seed."""

    COMMIT_AND_REVEAL = "commit"
    PUBLIC_SOURCE = "public"


class BallotStatus(StrEnum):
    """States people put a Ballot into; open and closed are derived from its window."""

    DRAFT = "draft"
    ANNOUNCED = "announced"
    DRAWN = "drawn"
    CANCELLED = "cancelled"


class Ballot(Base):
    """A draw over one or several Runs (`Run.ballot_id`), by a rule that is fixed and shown before it opens."""

    __tablename__ = "ballot"
    __table_args__ = (
        CheckConstraint("status IN ('draft','announced','drawn','cancelled')", name="status"),
        CheckConstraint("seed_kind IN ('commit','public')", name="seed_kind"),
        CheckConstraint("closes_at > opens_at", name="window"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    operator_id: Mapped[int] = mapped_column(ForeignKey("operator.id"), index=True)
    name: Mapped[LocalisedText] = mapped_column(Texts)
    term: Mapped[str] = mapped_column(String(32), default="")
    status: Mapped[str] = mapped_column(String(16), default=BallotStatus.DRAFT)
    opens_at: Mapped[datetime] = mapped_column(Instant)
    closes_at: Mapped[datetime] = mapped_column(Instant)
    rule: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    """The declared rule: priority classes in order, weights, most places a person; fixed once announced."""
    seed_kind: Mapped[str] = mapped_column(String(16), default=SeedKind.COMMIT_AND_REVEAL)
    seed_commitment: Mapped[str] = mapped_column(String(64), default="")
    """SHA-256 of the secret half of the seed, published when the ballot is announced."""
    seed_secret: Mapped[str] = mapped_column(String(128), default="")
    """The secret half, shown to nobody before the draw."""
    seed_source: Mapped[str] = mapped_column(Text, default="")
    """The public half: which published value of which day, named when the ballot is announced."""
    seed_public_value: Mapped[str] = mapped_column(String(300), default="")
    """What that source said."""
    entry_count: Mapped[int | None]
    entries_sha256: Mapped[str] = mapped_column(String(64), default="")
    """Digest of the list of entries, published when the window has closed and before the seed is known."""
    outcome: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    """After the draw, for each Run by its id: seats, people who got one, last turn that got one, entries that wait."""
    drawn_at: Mapped[datetime | None] = mapped_column(Instant)
    created_at: Mapped[datetime] = mapped_column(Instant)

    def is_open(self, now: datetime) -> bool:
        return self.status == BallotStatus.ANNOUNCED and self.opens_at <= now < self.closes_at

    def is_closed(self, now: datetime) -> bool:
        """True when nobody can enter any more and it is not drawn yet."""
        return self.status == BallotStatus.ANNOUNCED and now >= self.closes_at


class BallotEntry(Contact, Base):
    """What one person (with a party) put into a Ballot. At most one that stands for each citizen."""

    __tablename__ = "ballot_entry"
    __table_args__ = (
        Index(
            "uq_ballot_entry_live",
            "ballot_id",
            "citizen_id",
            unique=True,
            sqlite_where=_LIVE_SQL,
            postgresql_where=_LIVE_SQL,
        ),
        Index(
            "uq_ballot_entry_number", "number", unique=True, sqlite_where=_NUMBERED_SQL, postgresql_where=_NUMBERED_SQL
        ),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    ballot_id: Mapped[int] = mapped_column(ForeignKey("ballot.id", ondelete="CASCADE"), index=True)
    citizen_id: Mapped[int] = mapped_column(ForeignKey("citizen.id"), index=True)
    pseudonym: Mapped[str] = mapped_column(String(32), unique=True)
    """Random letters that stand for the person in the published file; the person can read them on the entry's page."""
    classes: Mapped[list[Any]] = mapped_column(Json, default=list)
    """The priority classes of the rule that the person falls into, found when the window closes."""
    ticket_count: Mapped[int] = mapped_column(default=1)
    """Tickets in the draw by the rule, found when the window closes."""
    turn: Mapped[int | None]
    """The place in the order of the draw, 1 for the first; None before it."""
    outcome: Mapped[list[Any]] = mapped_column(Json, default=list)
    """After the draw, for each wish in order: [run id, seats left when its turn came, "got", "waits" or "none"]."""
    settled_at: Mapped[datetime | None] = mapped_column(Instant)
    """When its places were written and the person was told; None before."""
    created_at: Mapped[datetime] = mapped_column(Instant)
    changed_at: Mapped[datetime] = mapped_column(Instant)
    withdrawn_at: Mapped[datetime | None] = mapped_column(Instant)

    ballot: Mapped[Ballot] = relationship()
    wishes: Mapped[list[BallotWish]] = relationship(order_by="BallotWish.rank", cascade="all, delete-orphan")


class BallotWish(Base):
    """One wish of an entry: a Run, and how much it is wanted (1 is most)."""

    __tablename__ = "ballot_wish"

    entry_id: Mapped[int] = mapped_column(ForeignKey("ballot_entry.id", ondelete="CASCADE"), primary_key=True)
    rank: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("run.id", ondelete="CASCADE"), index=True)


class BallotPerson(Base):
    """One person of a standing entry, so that nobody, not even as a companion, is in a Ballot twice."""

    __tablename__ = "ballot_person"

    ballot_id: Mapped[int] = mapped_column(ForeignKey("ballot.id", ondelete="CASCADE"), primary_key=True)
    person_key: Mapped[str] = mapped_column(String(80), primary_key=True)
    """phone:… or citizen:…"""
    entry_id: Mapped[int] = mapped_column(ForeignKey("ballot_entry.id", ondelete="CASCADE"), index=True)


class BallotFile(Base):
    """What was published of a Ballot: the rule and digest before the draw, entries and results after it."""

    __tablename__ = "ballot_file"

    ballot_id: Mapped[int] = mapped_column(ForeignKey("ballot.id", ondelete="CASCADE"), primary_key=True)
    stage: Mapped[str] = mapped_column(String(16), primary_key=True)
    """announced, closed, drawn"""
    body: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str] = mapped_column(String(64))
    published_at: Mapped[datetime] = mapped_column(Instant)
