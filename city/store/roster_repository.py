"""The runs of an operator with how many people they hold, and places found by what somebody says on the phone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session, joinedload, selectinload

from city.model import Citizen, ClassSession, Enrolment, EnrolmentStatus, Message, Offering, Run
from city.model.enrolment import LIVE

_WITH_MEETINGS = (joinedload(Run.offering).joinedload(Offering.venue), selectinload(Run.class_sessions))


@dataclass(frozen=True)
class RunOfOperator:
    """One run on a list: its next day (or its last one), and how many wait or have to be told something."""

    run: Run
    day: date | None
    waiting_count: int
    untold_count: int


class Rosters:
    """Who takes part in what an operator offers."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def runs(self, operator_id: int | None, now: datetime, *, since: datetime, n: int) -> list[RunOfOperator]:
        """Return the runs with a meeting after `since`, the next day first; of every operator when none is named."""
        ahead = func.min(ClassSession.held_on).filter(ClassSession.over_at > now)
        query = (
            select(Run, func.coalesce(ahead, func.max(ClassSession.held_on)).label("day"))
            .join(Offering, Offering.id == Run.offering_id)
            .join(ClassSession, ClassSession.run_id == Run.id)
            .where(Offering.status.in_(("published", "cancelled")))
            .group_by(Run.id)
            .having(func.max(ClassSession.over_at) > since)
            .order_by("day", Run.id)
            .limit(n)
        )
        if operator_id is not None:
            query = query.where(Offering.operator_id == operator_id)
        found = [(row[0], row[1]) for row in self._session.execute(query.options(*_WITH_MEETINGS)).unique()]
        ids = [run.id for run, _ in found]
        waiting, untold = self._waiting(ids), self._untold(ids)
        return [RunOfOperator(run, day, waiting.get(run.id, 0), untold.get(run.id, 0)) for run, day in found]

    def by_last_digits(self, digits: str, operator_id: int | None, *, since: datetime, n: int) -> list[Enrolment]:
        """Return places whose booking number or phone ends with the digits, the newest first."""
        query = (
            select(Enrolment)
            .join(Run, Run.id == Enrolment.run_id)
            .join(Offering, Offering.id == Run.offering_id)
            .join(Citizen, Citizen.id == Enrolment.citizen_id)
            .where(
                or_(
                    Enrolment.number.endswith(digits, autoescape=True),
                    Enrolment.contact_phone.endswith(digits, autoescape=True),
                    Enrolment.helper_phone.endswith(digits, autoescape=True),
                    Citizen.phone.endswith(digits, autoescape=True),
                ),
                or_(Enrolment.status.in_(LIVE), Enrolment.changed_at > since),
            )
            .order_by(Enrolment.id.desc())
            .limit(n)
            .options(
                joinedload(Enrolment.citizen),
                joinedload(Enrolment.run).joinedload(Run.offering).joinedload(Offering.venue),
                joinedload(Enrolment.run).selectinload(Run.class_sessions),
            )
        )
        if operator_id is not None:
            query = query.where(Offering.operator_id == operator_id)
        return list(self._session.scalars(query))

    def of_run(self, run_id: int) -> list[Enrolment]:
        """Return all places of a run, those who wait and those that ended too, in order of number."""
        query = select(Enrolment).where(Enrolment.run_id == run_id).order_by(Enrolment.id)
        return list(self._session.scalars(query.options(joinedload(Enrolment.citizen))))

    def _waiting(self, run_ids: Sequence[int]) -> dict[int, int]:
        query = (
            select(Enrolment.run_id, func.sum(Enrolment.party_size))
            .where(Enrolment.run_id.in_(run_ids), Enrolment.status == EnrolmentStatus.WAITLISTED)
            .group_by(Enrolment.run_id)
        )
        return {row[0]: int(row[1]) for row in self._session.execute(query)}

    def _untold(self, run_ids: Sequence[int]) -> dict[int, int]:
        query = (
            select(Message.run_id, func.count(Message.enrolment_id.distinct()))
            .where(Message.run_id.in_(run_ids), Message.sent_at.is_(None))
            .group_by(Message.run_id)
        )
        return {row[0]: row[1] for row in self._session.execute(query) if row[0] is not None}
