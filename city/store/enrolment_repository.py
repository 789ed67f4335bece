"""Places in the database. The number of taken seats is changed here only, by one conditional UPDATE each way.

Whoever gives, ends or passes on a place locks the Run first (`locked_run`); the waiting list is in id order.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Update, bindparam, delete, func, literal_column, or_, select, true, update
from sqlalchemy.orm import Session, joinedload, selectinload
from sqlalchemy.orm.attributes import set_committed_value

from city.model import Enrolment, EnrolmentStatus, IdempotentRequest, Offering, Run, Status
from city.model.enrolment import LIVE

ANSWERS_KEPT = timedelta(hours=24)
_OFFERINGS_HELD = (
    select(Run.offering_id)
    .join(Enrolment, Enrolment.run_id == Run.id)
    .where(Enrolment.citizen_id == bindparam("citizen_id"), Enrolment.status.in_(LIVE))
)
"""Built once: it is asked before every list."""
_IS_WAITING = Enrolment.status == literal_column("'waitlisted'")
"""Written out, so that PostgreSQL sees that the index of the waiting lists fits."""
_WAITING = select(Enrolment).where(_IS_WAITING).order_by(Enrolment.id)
_WITH_RUN = (
    joinedload(Enrolment.run).joinedload(Run.offering).joinedload(Offering.venue),
    joinedload(Enrolment.run).selectinload(Run.class_sessions),
)


class Enrolments:
    """Enrolments, the seat counter, and answers given to idempotency keys."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def run(self, run_id: int) -> Run | None:
        """Return the run with its offering and meetings."""
        query = select(Run).where(Run.id == run_id)
        return self._session.scalar(query.options(joinedload(Run.offering), selectinload(Run.class_sessions)))

    def locked_run(self, run_id: int) -> Run | None:
        """Return the run as it is once nobody else changes its seats; its row stays locked until the commit.

        On SQLite a writer is alone from its beginning.
        """
        query = (
            select(Run)
            .where(Run.id == run_id)
            .options(
                joinedload(Run.offering, innerjoin=True).joinedload(Offering.venue), selectinload(Run.class_sessions)
            )
            .with_for_update(of=Run)
            .execution_options(populate_existing=True)
        )
        return self._session.scalar(query)

    def take_seats(self, run: Run, count: int) -> bool:
        """Count so many more taken seats if they are free, by one conditional UPDATE; True when they were got."""
        free = or_(Run.seat_count.is_(None), Run.taken_count + count <= Run.seat_count)
        return self._count(run, update(Run).where(Run.id == run.id, ~Run.cancelled, free), count)

    def free_seats(self, run: Run, count: int) -> None:
        """Count so many taken seats less."""
        self._count(run, update(Run).where(Run.id == run.id, Run.taken_count >= count), -count)

    def _count(self, run: Run, change: Update, by: int) -> bool:
        counted = self._session.scalar(
            change.values(taken_count=Run.taken_count + by).returning(Run.taken_count),
            execution_options={"synchronize_session": False},
        )
        if counted is not None:
            set_committed_value(run, "taken_count", counted)
        return counted is not None

    def resize(self, run: Run, seat_count: int | None) -> bool:
        """Set the number of seats unless more are taken, by one conditional UPDATE; True when it was set."""
        enough = true() if seat_count is None else Run.taken_count <= seat_count
        changed = self._session.execute(
            update(Run).where(Run.id == run.id, enough).values(seat_count=seat_count),
            execution_options={"synchronize_session": False},
        )
        if changed.rowcount:  # type: ignore[attr-defined]
            set_committed_value(run, "seat_count", seat_count)
        return bool(changed.rowcount)  # type: ignore[attr-defined]

    def add(self, enrolment: Enrolment) -> None:
        """Add and send the row, so that a second live place of the same citizen fails here."""
        self._session.add(enrolment)
        self._session.flush()

    def live(self, run_id: int, citizen_id: int) -> Enrolment | None:
        query = select(Enrolment).where(
            Enrolment.run_id == run_id, Enrolment.citizen_id == citizen_id, Enrolment.status.in_(LIVE)
        )
        return self._session.scalar(query)

    def run_id_of(self, enrolment_id: int) -> int | None:
        """Return on which run a place is, without locking it: the run is locked before its places."""
        return self._session.scalar(select(Enrolment.run_id).where(Enrolment.id == enrolment_id))

    def by_number(self, number: str) -> Enrolment | None:
        return self._session.scalar(select(Enrolment).where(Enrolment.number == number))

    def first_waiting(self, run_id: int, *, most_people: int | None) -> Enrolment | None:
        """Return who is first in line with a party of at most so many people (None: of any size)."""
        fits = true() if most_people is None else Enrolment.party_size <= most_people
        query = _WAITING.where(Enrolment.run_id == run_id, fits).limit(1)
        return self._session.scalar(query)

    def waiting(self, run_id: int) -> list[Enrolment]:
        """Return the waiting list in line."""
        return list(self._session.scalars(_WAITING.where(Enrolment.run_id == run_id)))

    def ahead_in_line(self, enrolment: Enrolment) -> int:
        """Return how many bookings stand before this one on the waiting list of its run."""
        query = select(func.count()).where(
            Enrolment.run_id == enrolment.run_id, _IS_WAITING, Enrolment.id < enrolment.id
        )
        return self._session.scalar(query) or 0

    def live_of_run(self, run_id: int) -> list[Enrolment]:
        query = select(Enrolment).where(Enrolment.run_id == run_id, Enrolment.status.in_(LIVE))
        return list(self._session.scalars(query.order_by(Enrolment.id)))

    def live_of_citizen(self, citizen_id: int) -> list[Enrolment]:
        """Return a citizen's live places with run, meetings, offering and venue, oldest first."""
        query = select(Enrolment).where(Enrolment.citizen_id == citizen_id, Enrolment.status.in_(LIVE))
        return list(self._session.scalars(query.order_by(Enrolment.id).options(*_WITH_RUN)))

    def held_in_term(self, citizen_id: int, operator_id: int, term: str) -> int:
        """Return how many places of an operator and term a citizen holds or has used."""
        query = (
            select(func.count())
            .select_from(Enrolment)
            .join(Run, Run.id == Enrolment.run_id)
            .join(Offering, Offering.id == Run.offering_id)
            .where(
                Enrolment.citizen_id == citizen_id,
                Enrolment.status != EnrolmentStatus.CANCELLED,
                Offering.operator_id == operator_id,
                Run.term == term,
            )
        )
        return self._session.scalar(query) or 0

    def unanswered(self, now: datetime) -> list[tuple[int, int]]:
        """Return (run id, enrolment id) of the places whose time to answer is over, the longest over first."""
        query = select(Enrolment.run_id, Enrolment.id).where(
            Enrolment.answer_by < now, Enrolment.status == EnrolmentStatus.CONFIRMED
        )
        return [
            (run_id, id_) for run_id, id_ in self._session.execute(query.order_by(Enrolment.answer_by, Enrolment.id))
        ]

    def runs_with_room_for_waiting(self) -> list[int]:
        """Return the runs on which somebody waits although seats are free that would do."""
        fits = or_(Run.seat_count.is_(None), Enrolment.party_size <= Run.seat_count - Run.taken_count)
        query = (
            select(Run.id)
            .join(Enrolment, Enrolment.run_id == Run.id)
            .where(_IS_WAITING, ~Run.cancelled, fits)
            .distinct()
        )
        return list(self._session.scalars(query.order_by(Run.id)))

    def runs_called_off_with_places(self) -> list[int]:
        """Return the runs that, alone or with their offering, are called off although people have a place on them."""
        off = or_(Run.cancelled, Offering.status == Status.CANCELLED)
        held = Run.id.in_(select(Enrolment.run_id).where(Enrolment.status.in_(LIVE)))
        query = select(Run.id).join(Offering, Offering.id == Run.offering_id).where(off, held)
        return list(self._session.scalars(query.order_by(Run.id)))

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
            .options(*_WITH_RUN)
        )
        return list(self._session.scalars(query))

    def many(self, enrolment_ids: Sequence[int]) -> list[Enrolment]:
        """Return the enrolments with these ids, with run, meetings, offering and venue."""
        if not enrolment_ids:
            return []
        query = select(Enrolment).where(Enrolment.id.in_(enrolment_ids)).options(*_WITH_RUN)
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
