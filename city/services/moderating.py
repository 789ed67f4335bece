"""Looking at what an operator sent before citizens see it: a district's queue, publishing, returning with a reason.

Owns: who decides on what (the moderator of the operator's district, or the city), that returning needs a reason, and
that each decision is kept. Called by the portal.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from city.clock import Clock
from city.errors import Conflict
from city.model import ModerationDecision, Offering, Status
from city.services.auditing import audit
from city.services.composing import RETURNED, SENT
from city.services.findings import Finding, NotComplete, message
from city.services.permissions import Actor, Operation, Subject, may, require
from city.store.database import Database
from city.store.unit_of_work import UnitOfWork
from city.text import clean_text

SHORTEST_REASON, LONGEST_REASON = 5, 1_000
PUBLISHED = "published"


@dataclass(frozen=True)
class Waiting:
    """An offering that waits for a decision: since when, and what was decided on it before, the newest first."""

    offering: Offering
    since: datetime | None
    before: tuple[ModerationDecision, ...]


class Moderating:
    """Use cases of moderation, on one database and clock."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def queue(self, actor: Actor) -> list[Waiting]:
        """Return what waits for this actor, the longest waiting first; raises NotAllowed."""
        require(actor, Operation.MODERATE, Subject(district_id=actor.district_id))
        with self._database.reading() as work:
            sent = [each for each in work.offerings.in_review() if may(actor, Operation.MODERATE, _district(each))]
            waiting = [_waiting(work, offering) for offering in sent]
        return sorted(waiting, key=lambda each: (each.since or each.offering.created_at, each.offering.id))

    def one(self, actor: Actor, offering_id: int) -> Waiting:
        """Return one that waits, or was decided on; raises NotFound, NotAllowed."""
        with self._database.reading() as work:
            offering = work.offerings.get(offering_id)
            require(actor, Operation.MODERATE, _district(offering))
            return _waiting(work, offering)

    def publish(self, actor: Actor, offering_id: int) -> None:
        """Let citizens see it; repeating it changes nothing. Raises NotFound, NotAllowed, Conflict."""
        self._decide(actor, offering_id, PUBLISHED, "")

    def send_back(self, actor: Actor, offering_id: int, reason: str) -> None:
        """Return it to its operator with a reason; raises NotComplete without one."""
        said = clean_text(reason, field="reason", longest=LONGEST_REASON)
        if len(said) < SHORTEST_REASON:
            raise NotComplete([Finding("reason", message("Write what has to change, so that the operator can do it."))])
        self._decide(actor, offering_id, RETURNED, said)

    def decisions(self, actor: Actor, offering_id: int) -> list[ModerationDecision]:
        """Return what was decided on an offering, the newest first, for those who wrote it."""
        with self._database.reading() as work:
            offering = work.offerings.get(offering_id)
            require(actor, Operation.WRITE_DRAFT, Subject(operator_id=offering.operator_id))
            return work.moderation.of_offering(offering_id)

    def _decide(self, actor: Actor, offering_id: int, decision: str, reason: str) -> None:
        now = self._clock.now()
        with self._database.writing() as work:
            offering = work.offerings.get(offering_id)
            require(actor, Operation.MODERATE, _district(offering))
            if offering.status != Status.IN_REVIEW:
                if _last(work, offering_id) == decision:
                    return
                raise Conflict("Somebody has decided on this already: open the list again.")
            if decision == PUBLISHED:
                offering.publish(now)
            else:
                offering.status = Status.DRAFT
            work.moderation.add(ModerationDecision(offering_id=offering.id, decision=decision, reason=reason,
                                                   decided_by_id=actor.staff_id, decided_at=now))  # fmt: skip
            work.changed(offering, now)
            audit(work, actor, Operation.MODERATE, ("offering", offering.id), now,
                  before={"status": Status.IN_REVIEW}, after={"status": offering.status})  # fmt: skip
            work.commit()


def _district(offering: Offering) -> Subject:
    return Subject(district_id=offering.operator.district_id)


def _last(work: UnitOfWork, offering_id: int) -> str:
    found = work.moderation.of_offering(offering_id)
    return found[0].decision if found else ""


def _waiting(work: UnitOfWork, offering: Offering) -> Waiting:
    decisions = work.moderation.of_offering(offering.id)
    since = next((each.decided_at for each in decisions if each.decision == SENT), None)
    return Waiting(offering, since, tuple(decisions))
