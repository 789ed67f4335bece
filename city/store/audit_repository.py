"""The audit log in the database: appended to under a lock, never changed."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from city.model import AuditEntry, AuditHead

HEAD = 1
PAGE = 1_000


class AuditLog:
    """Entries in the order of their chain."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def append(self, entry: AuditEntry) -> None:
        """Chain the entry to the one before; whoever appends holds the end of the chain until the commit."""
        self._session.flush()
        self._session.execute(
            update(AuditHead).where(AuditHead.id == HEAD).values(entry_count=AuditHead.entry_count + 1)
        )
        head = self._session.scalars(
            select(AuditHead).where(AuditHead.id == HEAD).execution_options(populate_existing=True)
        ).one()
        entry.previous_sha256 = head.sha256
        entry.sha256 = head.sha256 = entry.digest()
        self._session.add(entry)
        self._session.flush()

    def head(self) -> AuditHead:
        """Return how many entries there should be and the last hash."""
        return self._session.scalars(select(AuditHead).where(AuditHead.id == HEAD)).one()

    def all(self) -> Iterator[AuditEntry]:
        """Yield every entry in order, streamed."""
        query = select(AuditEntry).order_by(AuditEntry.id).execution_options(yield_per=PAGE)
        yield from self._session.scalars(query)

    def of_object(self, object_kind: str, object_id: str) -> list[AuditEntry]:
        """Return what was done with one thing, newest first."""
        query = select(AuditEntry).where(AuditEntry.object_kind == object_kind, AuditEntry.object_id == object_id)
        return list(self._session.scalars(query.order_by(AuditEntry.id.desc())))

    def newest(self, *, n: int, before_id: int | None = None) -> list[AuditEntry]:
        """Return the last entries, newest first; `before_id` pages on."""
        query = select(AuditEntry).order_by(AuditEntry.id.desc()).limit(n)
        return list(self._session.scalars(query if before_id is None else query.where(AuditEntry.id < before_id)))
