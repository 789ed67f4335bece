"""Interactions and shown lists in the database."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import bindparam, delete, func, insert, select
from sqlalchemy.orm import Session

from city.model import Citizen, Interaction, InteractionKind, ShownList
from city.model.interaction import TAKEN_BACK_BY


class InteractionRow(NamedTuple):
    """One line of the log as training reads it; `confirmed` says whether the citizen's contact is confirmed."""

    citizen_id: int
    offering_id: int
    kind: str
    happened_at: datetime
    confirmed: bool


class Deed(NamedTuple):
    """What one citizen did with an offering, as a profile reads it."""

    offering_id: int
    kind: str


_DEEDS = (
    select(Interaction.offering_id, Interaction.kind)
    .where(Interaction.citizen_id == bindparam("citizen_id"))
    .order_by(Interaction.happened_at, Interaction.id)
)
"""Built once: it is asked before every list."""


class Interactions:
    """The log of what was done with offerings."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, interaction: Interaction) -> None:
        self._session.add(interaction)

    def add_many(self, rows: Sequence[dict[str, object]]) -> None:
        """Insert many rows given as column → value."""
        if rows:
            self._session.execute(insert(Interaction), list(rows))

    def of_citizen(self, citizen_id: int) -> list[Interaction]:
        """Return a citizen's interactions, oldest first."""
        query = select(Interaction).where(Interaction.citizen_id == citizen_id)
        return list(self._session.scalars(query.order_by(Interaction.happened_at, Interaction.id)))

    def deeds(self, citizen_id: int) -> list[Deed]:
        """Return what a citizen did, oldest first, by columns: a profile is read before every list."""
        return [Deed(row[0], row[1]) for row in self._session.execute(_DEEDS, {"citizen_id": citizen_id})]

    def standing(self, citizen_id: int, kind: InteractionKind) -> list[int]:
        """Return offerings the citizen saved (or dismissed, …) and did not take back, newest first."""
        undo = TAKEN_BACK_BY[kind]
        latest: dict[int, Interaction] = {}
        for row in self.of_citizen(citizen_id):
            if row.kind in (kind, undo):
                latest[row.offering_id] = row
        standing = [row for row in latest.values() if row.kind == kind]
        return [row.offering_id for row in sorted(standing, key=lambda row: (row.happened_at, row.id), reverse=True)]

    def log(self, since: datetime | None = None, until: datetime | None = None) -> Iterator[InteractionRow]:
        """Yield citizens' interactions in order of time, streamed; visitors' have no person and are left out."""
        query = (
            select(
                Interaction.citizen_id,
                Interaction.offering_id,
                Interaction.kind,
                Interaction.happened_at,
                Citizen.contact_confirmed,
            )
            .join(Citizen, Citizen.id == Interaction.citizen_id)
            .order_by(Interaction.happened_at, Interaction.id)
        )
        if since is not None:
            query = query.where(Interaction.happened_at >= since)
        if until is not None:
            query = query.where(Interaction.happened_at < until)
        for row in self._session.execute(query.execution_options(yield_per=5_000)):
            yield InteractionRow._make(row)

    def people_counts(self, since: datetime, until: datetime) -> dict[int, int]:
        """Return offering → number of distinct citizens who did anything with it in [since, until)."""
        query = (
            select(Interaction.offering_id, func.count(Interaction.citizen_id.distinct()))
            .where(Interaction.happened_at >= since, Interaction.happened_at < until)
            .where(Interaction.kind.in_(["view", "save", "enrol", "attend"]))
            .group_by(Interaction.offering_id)
        )
        return {row[0]: row[1] for row in self._session.execute(query)}

    def people_counts_by_area(self, since: datetime, until: datetime) -> list[tuple[str, int, int]]:
        """Return (area of residence, offering, distinct citizens who did anything with it) in [since, until)."""
        query = (
            select(Citizen.area_id, Interaction.offering_id, func.count(Interaction.citizen_id.distinct()))
            .join(Citizen, Citizen.id == Interaction.citizen_id)
            .where(Interaction.happened_at >= since, Interaction.happened_at < until, Citizen.area_id.is_not(None))
            .where(Interaction.kind.in_(["view", "save", "enrol", "attend"]))
            .group_by(Citizen.area_id, Interaction.offering_id)
        )
        return [(str(row[0]), row[1], row[2]) for row in self._session.execute(query)]

    def count(self) -> int:
        return self._session.scalar(select(func.count()).select_from(Interaction)) or 0

    def last_id(self) -> int:
        return self._session.scalar(select(func.max(Interaction.id))) or 0

    def forget(self, citizen_id: int, offering_ids: Iterable[int] | None = None) -> None:
        """Erase a citizen's interactions, all or with the given offerings."""
        statement = delete(Interaction).where(Interaction.citizen_id == citizen_id)
        if offering_ids is not None:
            statement = statement.where(Interaction.offering_id.in_(list(offering_ids)))
        self._session.execute(statement)


class ShownLists:
    """Lists of suggestions as they were shown."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, shown: ShownList) -> None:
        self._session.merge(shown)

    def find(self, list_id: str) -> ShownList | None:
        return self._session.get(ShownList, list_id)

    def forget_before(self, instant: datetime) -> None:
        self._session.execute(delete(ShownList).where(ShownList.shown_at < instant))
