"""Ballots, entries and what was published of them, in the database."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from city.errors import NotFound
from city.model import Ballot


class Ballots:
    """Ballots with their entries."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, ballot: Ballot) -> None:
        self._session.add(ballot)
        self._session.flush()

    def find(self, ballot_id: int) -> Ballot | None:
        return self._session.get(Ballot, ballot_id)

    def get(self, ballot_id: int) -> Ballot:
        """Return the ballot or raise NotFound."""
        if (ballot := self.find(ballot_id)) is None:
            raise NotFound("There is no such ballot.")
        return ballot

    def of_operator(self, operator_id: int) -> list[Ballot]:
        """Return an operator's ballots, the newest first."""
        query = select(Ballot).where(Ballot.operator_id == operator_id).order_by(Ballot.id.desc())
        return list(self._session.scalars(query))
