"""Marks of who came, in the database: one for each place and point."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, exists, func, select, update
from sqlalchemy.orm import Session

from city.model import (
    AttendanceMark,
    ClassSession,
    Enrolment,
    EnrolmentStatus,
    Interaction,
    InteractionKind,
    Offering,
    Run,
    Stop,
)


class AttendanceMarks:
    """Marks by place and by run, and the runs whose places can be settled."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, mark: AttendanceMark) -> None:
        """Add and send the row, so that a second mark of the same place and point fails here."""
        self._session.add(mark)
        self._session.flush()

    def remove(self, mark: AttendanceMark) -> None:
        self._session.delete(mark)
        self._session.flush()

    def find(self, enrolment_id: int, point: str) -> AttendanceMark | None:
        query = select(AttendanceMark).where(AttendanceMark.enrolment_id == enrolment_id, AttendanceMark.point == point)
        return self._session.scalar(query)

    def of_enrolment(self, enrolment_id: int) -> list[AttendanceMark]:
        """Return the marks of one place, the oldest first."""
        query = select(AttendanceMark).where(AttendanceMark.enrolment_id == enrolment_id)
        return list(self._session.scalars(query.order_by(AttendanceMark.id)))

    def of_run(self, run_id: int) -> list[AttendanceMark]:
        """Return the marks of all places of a run, the oldest first."""
        query = (
            select(AttendanceMark)
            .join(Enrolment, Enrolment.id == AttendanceMark.enrolment_id)
            .where(Enrolment.run_id == run_id)
        )
        return list(self._session.scalars(query.order_by(AttendanceMark.id)))

    def offering_at(self, spot: str) -> Offering | None:
        """Return the offering whose meeting ("session:12", not cancelled) or stop ("stop:3") it is, if any."""
        kind, _, id_ = spot.partition(":")
        if kind == "stop":
            query = select(Offering).join(Stop, Stop.offering_id == Offering.id).where(Stop.id == int(id_))
        else:
            query = select(Offering).join(Run, Run.offering_id == Offering.id).join(ClassSession)
            query = query.where(ClassSession.id == int(id_), ~ClassSession.cancelled, ~Run.cancelled)
        return self._session.scalar(query)

    def runs_to_settle(self, over_before: datetime) -> list[int]:
        """Return runs whose last meeting was over by then, with a list that somebody kept and places that are open."""
        later = exists().where(
            ClassSession.run_id == Enrolment.run_id, ~ClassSession.cancelled, ClassSession.over_at > over_before
        )
        held = exists().where(ClassSession.run_id == Enrolment.run_id, ~ClassSession.cancelled)
        marked = select(Enrolment.run_id).join(AttendanceMark, AttendanceMark.enrolment_id == Enrolment.id)
        query = (
            select(Enrolment.run_id)
            .join(Run, Run.id == Enrolment.run_id)
            .where(Enrolment.status == EnrolmentStatus.CONFIRMED, ~Run.cancelled, held, ~later)
            .where(Enrolment.run_id.in_(marked))
            .distinct()
        )
        return sorted(self._session.scalars(query))

    def settle(self, run_id: int, now: datetime) -> tuple[int, int]:
        """Make confirmed places of a run attended or absent by their marks; return how many of each."""
        came = exists().where(AttendanceMark.enrolment_id == Enrolment.id, AttendanceMark.person_count > 0)
        open_ = (Enrolment.run_id == run_id, Enrolment.status == EnrolmentStatus.CONFIRMED)
        return (
            self._settled(EnrolmentStatus.ATTENDED, now, *open_, came),
            self._settled(EnrolmentStatus.ABSENT, now, *open_, ~came),
        )

    def absent_count(self, citizen_id: int, since: datetime) -> int:
        """Return how many places of a citizen were settled as absent since then."""
        query = select(func.count()).where(
            Enrolment.citizen_id == citizen_id,
            Enrolment.status == EnrolmentStatus.ABSENT,
            Enrolment.changed_at >= since,
        )
        return self._session.scalar(query) or 0

    def has_come_before(self, citizen_id: int, run_id: int) -> bool:
        """True when somebody of the citizen's party was marked on the run already."""
        query = (
            select(AttendanceMark.id)
            .join(Enrolment, Enrolment.id == AttendanceMark.enrolment_id)
            .where(Enrolment.citizen_id == citizen_id, Enrolment.run_id == run_id, AttendanceMark.person_count > 0)
        )
        return self._session.scalar(query.limit(1)) is not None

    def unlog(self, citizen_id: int, offering_id: int) -> None:
        """Take the newest "attend" of a citizen with an offering out of the log: the mark was a slip."""
        newest = (
            select(func.max(Interaction.id))
            .where(
                Interaction.citizen_id == citizen_id,
                Interaction.offering_id == offering_id,
                Interaction.kind == InteractionKind.ATTEND,
            )
            .scalar_subquery()
        )
        self._session.execute(delete(Interaction).where(Interaction.id == newest))

    def _settled(self, status: EnrolmentStatus, now: datetime, *which: object) -> int:
        change = update(Enrolment).where(*which).values(status=status, answer_by=None, changed_at=now)  # type: ignore[arg-type]
        result = self._session.execute(change, execution_options={"synchronize_session": False})
        return int(result.rowcount)  # type: ignore[attr-defined]
