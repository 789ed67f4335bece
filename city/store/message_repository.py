"""Messages in the database: what waits, what went out, and who was told of a change."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from city.model import Message, MessageWay

MOST_TRIES = 8


class Messages:
    """One row for each message and way."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, message: Message) -> None:
        self._session.add(message)

    def find(self, message_id: int) -> Message | None:
        return self._session.get(Message, message_id)

    def due(self, now: datetime, *, n: int) -> list[Message]:
        """Return what a machine can send now, the oldest first, locked; what another transaction holds is passed by."""
        query = (
            select(Message)
            .where(
                Message.sent_at.is_(None),
                Message.not_before <= now,
                Message.way != MessageWay.CALL,
                Message.tries < MOST_TRIES,
            )
            .order_by(Message.id)
            .limit(n)
        )
        return list(self._session.scalars(query.with_for_update(skip_locked=True)))

    def unsent_count(self, way: MessageWay, created_before: datetime) -> int:
        """Return how many messages of a way wait since before then: what an operator should look at."""
        query = select(func.count()).where(
            Message.sent_at.is_(None), Message.way == way, Message.created_at < created_before
        )
        return self._session.scalar(query) or 0

    def forget_before(self, instant: datetime) -> int:
        """Erase the messages written before then; return how many."""
        gone = self._session.execute(delete(Message).where(Message.created_at < instant))
        return int(gone.rowcount)  # type: ignore[attr-defined]

    def of_run(self, run_id: int) -> list[Message]:
        """Return what was written about a run's change, the oldest first."""
        return list(self._session.scalars(select(Message).where(Message.run_id == run_id).order_by(Message.id)))

    def of_enrolment(self, enrolment_id: int) -> list[Message]:
        query = select(Message).where(Message.enrolment_id == enrolment_id).order_by(Message.id)
        return list(self._session.scalars(query))
