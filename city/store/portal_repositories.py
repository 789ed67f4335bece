"""Drafts and decisions of moderators in the database."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from city.errors import NotFound
from city.model import Draft, ModerationDecision


class Drafts:
    """Forms that are not finished."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, draft: Draft) -> None:
        self._session.add(draft)
        self._session.flush()

    def get(self, draft_id: int) -> Draft:
        """Return the draft or raise NotFound."""
        if (draft := self._session.get(Draft, draft_id)) is None:
            raise NotFound("There is no such draft.")
        return draft

    def remove(self, draft: Draft) -> None:
        self._session.delete(draft)

    def remove_by_key(self, operator_id: int, key: str) -> None:
        """Erase the draft that a form of this key kept, if there is one."""
        for draft in self.of_operator(operator_id):
            if draft.values.get("_key") == key:
                self._session.delete(draft)

    def of_operator(self, operator_id: int) -> list[Draft]:
        """Return an operator's drafts, the last touched first."""
        query = select(Draft).where(Draft.operator_id == operator_id)
        return list(self._session.scalars(query.order_by(Draft.updated_at.desc(), Draft.id.desc())))


class ModerationDecisions:
    """What was decided on offerings before citizens saw them."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, decision: ModerationDecision) -> None:
        self._session.add(decision)

    def of_offering(self, offering_id: int) -> list[ModerationDecision]:
        """Return the decisions on an offering, the newest first."""
        query = select(ModerationDecision).where(ModerationDecision.offering_id == offering_id)
        return list(self._session.scalars(query.order_by(ModerationDecision.id.desc())))
