"""Writing into the audit log: one call beside each change that staff or the system makes to what concerns others.

Owns: what an entry says of an actor. The chain is `city.model.audit`'s and `city.store.audit_repository`'s.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from city.model import AuditEntry
from city.services.permissions import Actor, Operation
from city.store.unit_of_work import UnitOfWork


def audit(
    work: UnitOfWork,
    actor: Actor,
    operation: Operation,
    thing: tuple[str, object],
    now: datetime,
    *,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    on_behalf_of_id: int | None = None,
) -> None:
    """Append what the actor did to `thing`, a (kind, id) pair, in this transaction.

    `before` and `after` are the named fields that changed, JSON values only; no phone, no text of a message.
    """
    kind, id_ = thing
    work.audit_log.append(
        AuditEntry(
            happened_at=now,
            role=actor.role,
            staff_id=actor.staff_id,
            citizen_id=actor.citizen_id,
            on_behalf_of_id=on_behalf_of_id,
            operation=str(operation),
            object_kind=kind,
            object_id=str(id_),
            before=dict(before or {}),
            after=dict(after or {}),
            request_id=actor.request_id,
        )
    )
