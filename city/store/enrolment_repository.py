"""Places in the database. The number of taken places is changed here only, by one conditional UPDATE each way."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import bindparam, delete, func, or_, select, update
from sqlalchemy.orm import Session, joinedload, selectinload

from city.model import Enrolment, IdempotentRequest, Offering, Run
from city.model.enrolment import LIVE

ANSWERS_KEPT = timedelta(hours=24)
_OFFERINGS_HELD = (
    select(Run.offering_id)
    .join(Enrolment, Enrolment.run_id == Run.id)
    .where(Enrolment.citizen_id == bindparam("citizen_id"), Enrolment.status.in_(LIVE))
)
"""Built once: it is asked before every list."""


class Enrolments:
    """Enrolments, the seat counter, and answers given to idempotency keys."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def run(self, run_id: int) -> Run | None:
        """Return the run with its offering and meetings."""
        query = select(Run).where(Run.id == run_id)
        return self._session.scalar(query.options(joinedload(Run.offering), selectinload(Run.class_sessions)))

    def take_seat(self, run_id: int) -> bool:
        """Count one more taken place if one is free; True when it was got. Locks the run's row until the commit."""
        free = or_(Run.seat_count.is_(None), Run.taken_count < Run.seat_count)
        got = self._session.execute(
            update(Run).where(Run.id == run_id, ~Run.cancelled, free).values(taken_count=Run.taken_count + 1),
            execution_options={"synchronize_session": "fetch"},
        )
        return bool(got.rowcount)  # type: ignore[attr-defined]

    def free_seat(self, run_id: int) -> None:
        """Count one place less."""
        self._session.execute(
            update(Run).where(Run.id == run_id, Run.taken_count > 0).values(taken_count=Run.taken_count - 1),
            execution_options={"synchronize_session": "fetch"},
        )

    def refresh(self, run: Run) -> None:
        """Read the run's counters again after an UPDATE."""
        self._session.refresh(run, ["taken_count", "seat_count"])

    def add(self, enrolment: Enrolment) -> None:
        """Add and send the row, so that a second live place of the same citizen fails here."""
        self._session.add(enrolment)
        self._session.flush()

    def live(self, run_id: int, citizen_id: int) -> Enrolment | None:
        query = select(Enrolment).where(
            Enrolment.run_id == run_id, Enrolment.citizen_id == citizen_id, Enrolment.status.in_(LIVE)
        )
        return self._session.scalar(query)

    def live_count(self, run_ids: Sequence[int]) -> int:
        """Return how many live enrolments the runs have together."""
        query = select(func.count()).where(Enrolment.run_id.in_(run_ids), Enrolment.status.in_(LIVE))
        return self._session.scalar(query) or 0

    def find(self, enrolment_id: int) -> Enrolment | None:
        """Return the enrolment with its row locked for this transaction (PostgreSQL; on SQLite the writer is alone)."""
        return self._session.scalar(select(Enrolment).where(Enrolment.id == enrolment_id).with_for_update(of=Enrolment))

    def of_citizen(self, citizen_id: int) -> list[Enrolment]:
        """Return all enrolments of a citizen, newest first, with run and offering."""
        query = (
            select(Enrolment)
            .where(Enrolment.citizen_id == citizen_id)
            .order_by(Enrolment.id.desc())
            .options(
                joinedload(Enrolment.run).joinedload(Run.offering).joinedload(Offering.venue),
                joinedload(Enrolment.run).selectinload(Run.class_sessions),
            )
        )
        return list(self._session.scalars(query))

    def many(self, enrolment_ids: Sequence[int]) -> list[Enrolment]:
        """Return the enrolments with these ids, with run, meetings, offering and venue."""
        if not enrolment_ids:
            return []
        query = (
            select(Enrolment)
            .where(Enrolment.id.in_(enrolment_ids))
            .options(
                joinedload(Enrolment.run).joinedload(Run.offering).joinedload(Offering.venue),
                joinedload(Enrolment.run).selectinload(Run.class_sessions),
            )
        )
        return list(self._session.scalars(query))

    def offerings_held(self, citizen_id: int) -> set[int]:
        """Return the offerings on which a citizen holds a live place."""
        return set(self._session.scalars(_OFFERINGS_HELD, {"citizen_id": citizen_id}))

    def answer(self, account: str, key: str) -> IdempotentRequest | None:
        return self._session.get(IdempotentRequest, (account, key))

    def keep_answer(self, answer: IdempotentRequest) -> None:
        """Keep the answer, sent at once so that the loser of a same-moment repeat fails and tries again."""
        self._session.add(answer)
        self._session.flush()

    def forget_answers(self, now: datetime) -> int:
        """Erase the answers that are too old to be asked for; return how many."""
        old = delete(IdempotentRequest).where(IdempotentRequest.created_at < now - ANSWERS_KEPT)
        return int(self._session.execute(old).rowcount)  # type: ignore[attr-defined]
