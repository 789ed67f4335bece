"""Many rows at once, given as column → value, for whoever lays or moves a whole city.

Owns: the few statements that are worth it only for thousands of rows. Rules of the model do not run here: the caller
vouches for the rows. Called through `UnitOfWork.bulk`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Table, insert, select, update
from sqlalchemy.orm import Session

from city.model import Base, ClassSession, Consumer, Enrolment, Interaction, Offering, OutboxMessage, Run

Rows = Sequence[Mapping[str, Any]]


class Bulk:
    """Inserts with ids, updates by id, and the rows of a sample that move with the calendar."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def insert(self, model: type[Base], rows: Rows) -> list[int]:
        """Insert rows of a table that numbers them; return their ids in the order of `rows`."""
        if not rows:
            return []
        table = _table(model)
        statement = insert(table).returning(table.c.id, sort_by_parameter_order=True)
        return list(self._session.scalars(statement, [dict(row) for row in rows]))

    def insert_keyed(self, model: type[Base], rows: Rows) -> None:
        """Insert rows whose keys the caller gives, or whose ids nobody asks for."""
        if rows:
            self._session.execute(insert(_table(model)), [dict(row) for row in rows])

    def update(self, model: type[Base], rows: Rows) -> None:
        """Update rows by primary key; every row names its key and the same columns."""
        if rows:
            self._session.execute(update(model), [dict(row) for row in rows])

    def announce(self, versions: Mapping[int, int], now: datetime) -> None:
        """Write one outbox row for each offering and consumer: offering → version."""
        self.insert_keyed(
            OutboxMessage,
            [
                {"consumer": consumer, "offering_id": offering_id, "version": version, "created_at": now}
                for consumer in Consumer
                for offering_id, version in versions.items()
            ],
        )

    def sample_offerings(self) -> list[Offering]:
        """Return the offerings of the sample, without their parts."""
        return list(self._session.scalars(select(Offering).where(Offering.is_sample).order_by(Offering.id)))

    def sample_runs(self) -> list[Run]:
        """Return the runs of sample offerings."""
        return list(self._session.scalars(select(Run).join(Offering).where(Offering.is_sample).order_by(Run.id)))

    def sample_meetings(self) -> list[ClassSession]:
        """Return the meetings of sample offerings."""
        query = select(ClassSession).join(Run).join(Offering).where(Offering.is_sample)
        return list(self._session.scalars(query.order_by(ClassSession.id)))

    def enrolments_until(self, last_id: int) -> list[Enrolment]:
        """Return the enrolments up to an id: those that were laid with a sample."""
        return list(self._session.scalars(select(Enrolment).where(Enrolment.id <= last_id).order_by(Enrolment.id)))

    def sample_interaction_instants(self, n: int = 10_000) -> Iterator[list[tuple[int, datetime]]]:
        """Yield (id, instant) of the sample's interactions in order of id, `n` at a time."""
        last = 0
        while rows := self._session.execute(
            select(Interaction.id, Interaction.happened_at)
            .where(Interaction.is_sample, Interaction.id > last)
            .order_by(Interaction.id)
            .limit(n)
        ).all():
            yield [(row.id, row.happened_at) for row in rows]
            last = rows[-1].id


def _table(model: type[Base]) -> Table:
    """Return the mapped table: thousands of rows take a third of the time without the mapper between."""
    table = model.__table__
    assert isinstance(table, Table)
    return table
