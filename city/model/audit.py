"""The audit log: who changed what, each entry chained to the one before by a hash; nothing in it is changed or erased.

Owns: what is hashed, and how. Two triggers refuse UPDATE and DELETE on both databases. No session, no clock.
"""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from city.model.base import Base, Id, Instant, Json

BEGINNING = "0" * 64


class AuditEntry(Base):
    """One change. `sha256` covers all other fields and the entry before."""

    __tablename__ = "audit_entry"
    __table_args__ = (Index("ix_audit_entry_object", "object_kind", "object_id"), {"sqlite_autoincrement": True})

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    happened_at: Mapped[datetime] = mapped_column(Instant)
    role: Mapped[str] = mapped_column(String(16))
    staff_id: Mapped[int | None] = mapped_column(Id)
    citizen_id: Mapped[int | None] = mapped_column(Id)
    on_behalf_of_id: Mapped[int | None] = mapped_column(Id)
    """The citizen for whom a desk or a helper acted."""
    operation: Mapped[str] = mapped_column(String(80))
    object_kind: Mapped[str] = mapped_column(String(32))
    object_id: Mapped[str] = mapped_column(String(80))
    before: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    after: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    request_id: Mapped[str] = mapped_column(String(64), default="")
    previous_sha256: Mapped[str] = mapped_column(String(64))
    sha256: Mapped[str] = mapped_column(String(64))

    def digest(self) -> str:
        """Return the SHA-256 of this entry as it stands: canonical JSON of its fields and the hash before."""
        told = {
            "happened_at": self.happened_at.astimezone(UTC).isoformat(timespec="microseconds"),
            "role": self.role,
            "staff_id": self.staff_id,
            "citizen_id": self.citizen_id,
            "on_behalf_of_id": self.on_behalf_of_id,
            "operation": self.operation,
            "object_kind": self.object_kind,
            "object_id": self.object_id,
            "before": self.before,
            "after": self.after,
            "request_id": self.request_id,
            "previous_sha256": self.previous_sha256,
        }
        return hashlib.sha256(json.dumps(told, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


class AuditHead(Base):
    """The end of the chain: one row, locked by whoever appends, so that the chain never forks."""

    __tablename__ = "audit_head"

    id: Mapped[int] = mapped_column(primary_key=True)
    entry_count: Mapped[int] = mapped_column(default=0)
    sha256: Mapped[str] = mapped_column(String(64), default=BEGINNING)
