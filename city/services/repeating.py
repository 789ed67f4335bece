"""The same request sent twice does one thing: the answer is kept by the key the form carried.

Owns: how a request is known again, and that one key with another content is refused. Called by enrolling, room booking
and balloting, inside their transaction; the loser of a same-moment repeat fails on the kept row and tries again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from city.errors import IdempotencyMismatch
from city.model import IdempotentRequest
from city.services.contacts import Asker
from city.services.permissions import Actor
from city.store.unit_of_work import UnitOfWork


def account_of(actor: Actor, asker: Asker) -> str:
    """Return whose key it is: the member of staff's, the citizen's, else that of the phone that was typed."""
    if actor.is_staff:
        return f"staff:{actor.staff_id}"
    if actor.citizen_id is not None:
        return f"citizen:{actor.citizen_id}"
    return f"phone:{asker.phone}"


def kept_answer(work: UnitOfWork, account: str, key: str, request: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the answer once given to this key, None for a new one; raises IdempotencyMismatch for another request."""
    kept = work.enrolments.answer(account, key)
    if kept is None:
        return None
    if kept.request_sha256 != _sha256(request):
        raise IdempotencyMismatch("This request was sent before with another content; open the page again.")
    return dict(kept.answer)


def keep_answer(
    work: UnitOfWork, account: str, key: str, request: Mapping[str, Any], answer: Mapping[str, Any], now: datetime
) -> None:
    """Keep the answer with the change it tells of."""
    work.enrolments.keep_answer(
        IdempotentRequest(
            account=account, key=key, request_sha256=_sha256(request), answer=dict(answer), created_at=now
        )
    )


def _sha256(request: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(dict(request), sort_keys=True).encode()).hexdigest()
