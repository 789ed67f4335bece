"""Many rows at once, given as column → value, for whoever lays or moves a whole city.

Owns: the few statements that are worth it only for thousands of rows. Rules of the model do not run here: the caller
vouches for the rows. Called through `UnitOfWork.bulk`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Table, column, func, insert, select, update
from sqlalchemy import table as sqlite_table
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from city.model import (
    Base,
    ClassSession,
    Consumer,
    Enrolment,
    Interaction,
    Offering,
    OutboxMessage,
    Run,
)

Rows = Sequence[Mapping[str, Any]]


class Bulk:
    """Inserts with ids, updates by id, and the rows of a sample that move with the calendar."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def insert(self, model: type[Base], rows: Rows) -> list[int]:
        """Insert rows of a table that numbers them; return their ids in the order of `rows`."""
        ids = self._reserved_ids(_table(model), len(rows))
        self.insert_keyed(model, [{"id": new_id, **row} for new_id, row in zip(ids, rows, strict=True)])
        return ids

    def insert_keyed(self, model: type[Base], rows: Rows) -> None:
        """Insert rows whose keys the caller gives, or whose ids nobody asks for."""
        if rows:
            self._session.execute(insert(_table(model)), [dict(row) for row in rows])

    def insert_offerings(self, offerings: Sequence[Offering]) -> None:
        """Insert offerings that no session holds, with runs, meetings, stops and topics.

        As rows they take a third of the time that the session takes for as many objects. Offerings and runs get their
        ids; nobody asks for those of the parts, and rows that need not answer go in faster.
        """
        self._insert_objects([({}, offering) for offering in offerings])
        keys = [({"offering_id": offering.id}, offering) for offering in offerings]
        runs = [(key, run) for key, offering in keys for run in offering.runs]
        self._insert_objects(runs)
        self._insert_objects([({"run_id": run.id}, each) for _, run in runs for each in run.class_sessions], ids=False)
        self._insert_objects([(key, stop) for key, offering in keys for stop in offering.stops], ids=False)
        self._insert_objects([(key, link) for key, offering in keys for link in offering.topic_links], ids=False)

    def _insert_objects(self, keyed: Sequence[tuple[Mapping[str, int], Base]], *, ids: bool = True) -> None:
        """Insert objects of one class by the values they have, with the keys of what they are parts of.

        Those that state the same columns go together.
        """
        alike: dict[frozenset[str], list[tuple[Mapping[str, int], Base]]] = defaultdict(list)
        columns = set(_table(type(keyed[0][1])).columns.keys()) if keyed else set()
        for key, each in keyed:
            alike[frozenset(columns & vars(each).keys())].append((key, each))
        for names, some in alike.items():
            model = type(some[0][1])
            rows = [{**{name: vars(each)[name] for name in names}, **key} for key, each in some]
            if not ids:
                self.insert_keyed(model, rows)
                continue
            for (_, each), new_id in zip(some, self.insert(model, rows), strict=True):
                set_committed_value(each, "id", new_id)

    def _reserved_ids(self, table: Table, n: int) -> list[int]:
        """Take the next `n` numbers of a table, as a single insert would take one: none is ever given twice.

        Rows that bring their ids go in at once; rows that have to answer theirs go in one by one on SQLite. There the
        write lock is held, so nobody numbers rows meanwhile.
        """
        if not n:
            return []
        if self._session.get_bind().dialect.name == "postgresql":
            sequence = func.pg_get_serial_sequence(table.name, "id")
            return list(self._session.scalars(select(func.nextval(sequence)).select_from(func.generate_series(1, n))))
        counter = sqlite_table("sqlite_sequence", column("name"), column("seq"))
        given = self._session.scalar(select(counter.c.seq).where(counter.c.name == table.name)) or 0
        first = max(given, self._session.scalar(select(func.max(table.c.id))) or 0) + 1
        return list(range(first, first + n))

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
