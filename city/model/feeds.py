"""What came in by import: sources, their records, the report of each run; and the outbox of changes.

Owns: identity (source, source id) and the hash by which an unchanged record is known. No session, no clock.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from city.model.base import Base, Id, Instant, Json


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
