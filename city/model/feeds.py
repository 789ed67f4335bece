"""What came in by import: sources, their records, the report of each run; and the outbox of changes.

Owns: identity (source, source id) and the hash by which an unchanged record is known. No session, no clock.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from city.model.base import Base, Id, Instant, Json


class Source(Base):
    """A feed that was imported at least once, or is fetched again and again by the worker."""

    __tablename__ = "source"

    name: Mapped[str] = mapped_column(String(200), primary_key=True)
    format: Mapped[str] = mapped_column(String(16))
    address: Mapped[str] = mapped_column(Text)
    """Path or web address."""
    operator_id: Mapped[int] = mapped_column(ForeignKey("operator.id"), index=True)
    options: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    """How it is read: kind, zone, datum, the mapping's text."""
    interval_minutes: Mapped[int | None]
    """How often the worker imports it, None when it is imported by hand only."""
    paused: Mapped[bool] = mapped_column(default=False)
    cursor: Mapped[str] = mapped_column(Text, default="")
    """Where a change feed goes on: the last `next` (OpenActive RPDE), written with the records up to there."""
    etag: Mapped[str] = mapped_column(String(400), default="")
    last_modified: Mapped[str] = mapped_column(String(100), default="")
    created_at: Mapped[datetime] = mapped_column(Instant)
    last_started_at: Mapped[datetime | None] = mapped_column(Instant)
    last_good_at: Mapped[datetime | None] = mapped_column(Instant)
    last_error: Mapped[str] = mapped_column(String(500), default="")
    """What stopped the last run, "" when it was good."""

    __table_args__ = (CheckConstraint("interval_minutes IS NULL OR interval_minutes > 0", name="interval"),)

    def is_due(self, now: datetime) -> bool:
        """True when the worker should import it now."""
        if self.paused or self.interval_minutes is None:
            return False
        return self.last_started_at is None or now - self.last_started_at >= timedelta(minutes=self.interval_minutes)


class SourceRecord(Base):
    """One record of one source, as it was last seen."""

    __tablename__ = "source_record"

    source: Mapped[str] = mapped_column(String(200), primary_key=True)
    source_id: Mapped[str] = mapped_column(String(200), primary_key=True)
    offering_id: Mapped[int] = mapped_column(ForeignKey("offering.id", ondelete="CASCADE"), index=True)
    record_sha256: Mapped[str] = mapped_column(String(64))
    """Hash of the transformed record, taken before recurrences are expanded and never dependent on the clock."""
    record: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    """The transformed record itself, so that a change can be told field by field."""
    gone_at: Mapped[datetime | None] = mapped_column(Instant)
    recurs: Mapped[bool] = mapped_column(default=False)
    """True when its meetings follow from a rule, so that the window of expansion has to move on day by day."""


class DuplicatePair(Base):
    """Two offerings that may be the same thing: how alike they are, and what a person decided."""

    __tablename__ = "duplicate_pair"

    first_id: Mapped[int] = mapped_column(ForeignKey("offering.id", ondelete="CASCADE"), primary_key=True)
    """The smaller of the two ids."""
    second_id: Mapped[int] = mapped_column(ForeignKey("offering.id", ondelete="CASCADE"), primary_key=True, index=True)
    likeness: Mapped[float]
    """0 to 1: how alike titles, places and times are."""
    found_at: Mapped[datetime] = mapped_column(Instant)
    decision: Mapped[str] = mapped_column(String(16), default="")
    """merged, distinct, or "" while nobody decided."""
    decided_at: Mapped[datetime | None] = mapped_column(Instant)
    decided_by: Mapped[str] = mapped_column(String(80), default="")

    __table_args__ = (
        CheckConstraint("first_id < second_id", name="order"),
        CheckConstraint("decision IN ('','merged','distinct')", name="decision"),
    )


class ImportRun(Base):
    """One run of an import with its whole report, kept for the operator."""

    __tablename__ = "import_run"
    __table_args__ = (Index("ix_import_run_source_started_at", "source", "started_at"), {"sqlite_autoincrement": True})

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    source: Mapped[str] = mapped_column(String(200))
    format: Mapped[str] = mapped_column(String(16))
    operator_id: Mapped[int] = mapped_column(ForeignKey("operator.id"))
    started_at: Mapped[datetime] = mapped_column(Instant)
    report: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)


class Consumer(StrEnum):
    """Who is told of changes; one outbox row for each message and consumer."""

    INDEX = "index"
    ALERTS = "alerts"


class OutboxMessage(Base):
    """ "Offering 12 is now at version 7", for one consumer, written in the same transaction as the change."""

    __tablename__ = "outbox"
    __table_args__ = (
        Index("ix_outbox_consumer_done_at", "consumer", "done_at", "id"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    consumer: Mapped[str] = mapped_column(String(16))
    offering_id: Mapped[int]
    """No foreign key: the message outlives an erased offering."""
    version: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(Instant)
    claimed_at: Mapped[datetime | None] = mapped_column(Instant)
    done_at: Mapped[datetime | None] = mapped_column(Instant)
    tries: Mapped[int] = mapped_column(default=0)
    not_before: Mapped[datetime | None] = mapped_column(Instant)
    last_error: Mapped[str] = mapped_column(String(500), default="")


class Fact(Base):
    """A small named fact about the database itself, like when and how the sample city was laid."""

    __tablename__ = "fact"

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    value: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
