"""Forms that are not finished: kept as they were typed, without any limit of time, found again by all colleagues.

Owns: the rows of drafts, throwing one away and its undo (for a day), and handing one over to whoever may publish.
What the fields mean is `city.services.offering_form`'s. Called by the portal and by `city.services.composing`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from city.clock import Clock
from city.errors import Conflict, NotFound
from city.model import Draft
from city.services.offering_form import FIELDS
from city.services.permissions import Actor, Operation, Subject, require
from city.store.database import Database
from city.store.unit_of_work import UnitOfWork

MOST_DRAFTS = 300
UNDO_FOR = timedelta(days=1)
KEY, COPY_OF, HANDED_OVER, THROWN_AWAY = "_key", "_copy_of", "_handed_over", "_thrown_away"
"""Beside the fields: the form's key, of what it is a copy, that it waits for a publisher, when it was thrown away."""


@dataclass(frozen=True)
class DraftPlace:
    """What a draft is about: whose it is, and the offering it would change or is a copy of."""

    operator_id: int
    offering_id: int | None = None
    copy_of: int | None = None


class Drafting:
    """Use cases of drafts, on one database and clock."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def keep(self, actor: Actor, place: DraftPlace, values: Mapping[str, Any], *, key: str) -> int:
        """Keep what was typed and return the draft's id; the same `key` changes the same draft.

        Raises NotAllowed, and Conflict when there are too many.
        """
        return self._database.retrying(lambda work: self._keep(work, actor, place, values, key))

    def all(self, actor: Actor, operator_id: int) -> list[Draft]:
        """Return the drafts of an operator, the last touched first; raises NotAllowed."""
        require(actor, Operation.WRITE_DRAFT, Subject(operator_id=operator_id))
        with self._database.reading() as work:
            return [draft for draft in work.drafts.of_operator(operator_id) if THROWN_AWAY not in draft.values]

    def one(self, actor: Actor, draft_id: int) -> Draft:
        """Return a draft; raises NotFound, NotAllowed."""
        with self._database.reading() as work:
            return own_draft(work, actor, draft_id)

    def hand_over(self, actor: Actor, draft_id: int, *, back: bool = False) -> None:
        """Say that it waits for whoever may publish; with `back` that it does not any more."""
        self._change(actor, draft_id, lambda values: _with(values, HANDED_OVER, "" if back else "yes"))

    def throw_away(self, actor: Actor, draft_id: int) -> None:
        """Take a draft out of the list; for a day it can be brought back."""
        now = self._clock.now()
        self._change(actor, draft_id, lambda values: {**values, THROWN_AWAY: now.isoformat()})

    def bring_back(self, actor: Actor, draft_id: int) -> None:
        """Undo throwing away; raises NotFound when it is gone for good."""
        self._change(actor, draft_id, lambda values: _with(values, THROWN_AWAY, ""), thrown_away=True)

    def _keep(self, work: UnitOfWork, actor: Actor, place: DraftPlace, values: Mapping[str, Any], key: str) -> int:
        require(actor, Operation.WRITE_DRAFT, Subject(operator_id=place.operator_id))
        own, now = work.drafts.of_operator(place.operator_id), self._clock.now()
        draft = next((each for each in own if each.values.get(KEY) == key), None)
        if draft is None:
            self._make_room(work, own, now)
            draft = Draft(operator_id=place.operator_id, offering_id=place.offering_id, created_at=now, values={})
        handed = {HANDED_OVER: "yes"} if draft.values.get(HANDED_OVER) else {}
        copied = {COPY_OF: place.copy_of} if place.copy_of is not None else {}
        draft.values = {**typed_only(values), KEY: key, **copied, **handed}
        draft.staff_id, draft.updated_at = actor.staff_id, now
        work.drafts.add(draft)
        draft_id = draft.id
        work.commit()
        return draft_id

    def _make_room(self, work: UnitOfWork, own: list[Draft], now: datetime) -> None:
        """Erase what was thrown away long enough ago; refuse beyond MOST_DRAFTS."""
        for draft in own:
            thrown = draft.values.get(THROWN_AWAY)
            if thrown and datetime.fromisoformat(thrown) < now - UNDO_FOR:
                work.drafts.remove(draft)
        if len(own) >= MOST_DRAFTS:
            raise Conflict(f"There are {len(own)} drafts already: publish some or throw them away.")

    def _change(self, actor: Actor, draft_id: int, change: Any, *, thrown_away: bool = False) -> None:
        with self._database.writing() as work:
            draft = own_draft(work, actor, draft_id, thrown_away=thrown_away)
            draft.values = change(dict(draft.values))
            draft.updated_at = self._clock.now()
            work.commit()


def own_draft(work: UnitOfWork, actor: Actor, draft_id: int, *, thrown_away: bool = False) -> Draft:
    """Return a draft that the actor may write; raises NotFound, NotAllowed."""
    draft = work.drafts.get(draft_id)
    require(actor, Operation.WRITE_DRAFT, Subject(operator_id=draft.operator_id))
    if (THROWN_AWAY in draft.values) is not thrown_away:
        raise NotFound("There is no such draft.")
    return draft


def typed_only(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of the form that are not empty; whatever else was sent is nobody's."""
    return {name: values[name] for name in FIELDS if values.get(name)}


def _with(values: dict[str, Any], name: str, value: str) -> dict[str, Any]:
    """Return the values with a mark set, or without it when the value is empty."""
    kept = {key: each for key, each in values.items() if key != name}
    return {**kept, name: value} if value else kept
