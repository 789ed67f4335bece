"""What an operator's offerings were met with, counted in the database."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from city.model import Citizen, Enrolment, EnrolmentStatus, Interaction, Offering, Run

COUNTED = ("view", "save", "enrol", "attend")


class DeedRow(NamedTuple):
    """One thing that somebody did with an offering of the operator; no person in it, only where the person lives."""

    offering_id: int
    area_id: str | None
    kind: str
    happened_at: datetime


class Numbers:
    """Counts of what was done with the offerings of one operator."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def deeds(self, operator_id: int, since: datetime) -> Iterator[DeedRow]:
        """Yield what was seen, saved, enrolled and attended since an instant, streamed."""
        query = (
            select(Interaction.offering_id, Citizen.area_id, Interaction.kind, Interaction.happened_at)
            .join(Offering, Offering.id == Interaction.offering_id)
            .outerjoin(Citizen, Citizen.id == Interaction.citizen_id)
            .where(
                Offering.operator_id == operator_id,
                Interaction.happened_at >= since,
                Interaction.kind.in_(COUNTED),
            )
        )
        for row in self._session.execute(query.execution_options(yield_per=5_000)):
            yield DeedRow._make(row)

    def waiting(self, operator_id: int) -> dict[int, int]:
        """Return offering → people on its waiting lists."""
        query = (
            select(Run.offering_id, func.sum(Enrolment.party_size))
            .join(Run, Run.id == Enrolment.run_id)
            .join(Offering, Offering.id == Run.offering_id)
            .where(Offering.operator_id == operator_id, Enrolment.status == EnrolmentStatus.WAITLISTED)
            .group_by(Run.offering_id)
        )
        return {row[0]: int(row[1]) for row in self._session.execute(query)}
