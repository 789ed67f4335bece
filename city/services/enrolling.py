"""Taking a first-come place on a Run and giving it back.

Owns: the order of steps (permission, repeat of the same request, rule, one conditional UPDATE, row, log, outbox when
the last seat goes or the first comes back). Waiting lists and draws are not here.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from city.clock import Clock
from city.errors import AlreadyEnrolled, EnrolmentClosed, IdempotencyMismatch, NotFound, RunIsFull
from city.model import Enrolment, EnrolmentStatus, IdempotentRequest, Interaction, InteractionKind, Run, Status
from city.services.permissions import Actor, Operation, Subject, require
from city.store.database import Database
from city.store.unit_of_work import UnitOfWork


@dataclass(frozen=True)
class PlaceTaken:
    """The answer to a citizen who asked for a place."""

    enrolment_id: int
    run_id: int
    offering_id: int


@dataclass(frozen=True)
class ListOrigin:
    """From which shown list and position something was done; empty for a direct visit."""

    source: str = ""
    list_id: str | None = None
    position: int | None = None


DIRECT = ListOrigin()


class Enrolling:
    """Use cases of places, on one database and clock."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def take_place(self, actor: Actor, run_id: int, *, key: str, origin: ListOrigin = DIRECT) -> PlaceTaken:
        """Give the acting citizen one place on the run.

        The same `key` sent again gets the same answer and takes no second place. Raises NotAllowed, NotFound,
        EnrolmentClosed, RunIsFull, AlreadyEnrolled, IdempotencyMismatch, or DatabaseUnavailable under too much load.
        """
        require(actor, Operation.TAKE_PLACE, Subject(citizen_id=actor.citizen_id))
        self._refuse_early(actor, run_id, key)
        return self._database.retrying(lambda work: self._take_place(work, _citizen_of(actor), run_id, key, origin))

    def cancel_place(self, actor: Actor, enrolment_id: int) -> PlaceTaken:
        """Give the place back; repeating it changes nothing. Raises NotAllowed or NotFound."""
        return self._database.retrying(lambda work: self._cancel_place(work, actor, enrolment_id))

    def _refuse_early(self, actor: Actor, run_id: int, key: str) -> None:
        """Answer "full" and "closed" from a cheap read, before the write lock is taken."""
        with self._database.reading() as work:
            if work.enrolments.answer(_account(_citizen_of(actor)), key) is None:
                self._refuse_unless_open(work.enrolments.run(run_id))

    def _take_place(self, work: UnitOfWork, citizen_id: int, run_id: int, key: str, origin: ListOrigin) -> PlaceTaken:
        if (kept := self._kept_answer(work, citizen_id, run_id, key)) is not None:
            return kept
        run = self._refuse_unless_open(work.enrolments.run(run_id))
        if work.enrolments.live(run_id, citizen_id) is not None:
            raise AlreadyEnrolled("You have a place on this already.")
        if not work.enrolments.take_seat(run_id):
            raise RunIsFull("The last place has just been taken.")
        taken = self._write_place(work, run, citizen_id, origin)
        self._keep_answer(work, citizen_id, key, taken)
        work.commit()
        return taken

    def _write_place(self, work: UnitOfWork, run: Run, citizen_id: int, origin: ListOrigin) -> PlaceTaken:
        now = self._clock.now()
        enrolment = Enrolment(
            run_id=run.id, citizen_id=citizen_id, status=EnrolmentStatus.CONFIRMED, created_at=now, changed_at=now
        )
        work.enrolments.add(enrolment)
        self._log(work, citizen_id, run.offering_id, InteractionKind.ENROL, origin)
        self._announce_seats(work, run, flips_at=0)
        return PlaceTaken(enrolment.id, run.id, run.offering_id)

    def _cancel_place(self, work: UnitOfWork, actor: Actor, enrolment_id: int) -> PlaceTaken:
        enrolment = work.enrolments.find(enrolment_id)
        if enrolment is None:
            raise NotFound("There is no such place.")
        require(actor, Operation.CANCEL_PLACE, Subject(citizen_id=enrolment.citizen_id))
        run = work.enrolments.run(enrolment.run_id)
        if run is None:
            raise NotFound("There is no such run.")
        if enrolment.is_live():
            self._give_back(work, enrolment, run)
        work.commit()
        return PlaceTaken(enrolment.id, run.id, run.offering_id)

    def _give_back(self, work: UnitOfWork, enrolment: Enrolment, run: Run) -> None:
        enrolment.cancel(self._clock.now())
        work.enrolments.free_seat(run.id)
        self._log(work, enrolment.citizen_id, run.offering_id, InteractionKind.CANCEL, DIRECT)
        self._announce_seats(work, run, flips_at=1)

    def _announce_seats(self, work: UnitOfWork, run: Run, *, flips_at: int) -> None:
        """Tell the index only when "has seats" flips: at the last seat taken, at the first given back."""
        work.flush()
        work.enrolments.refresh(run)
        if run.seats_left() == flips_at:
            work.changed(run.offering, self._clock.now())

    def _log(self, work: UnitOfWork, citizen_id: int, offering_id: int, kind: str, origin: ListOrigin) -> None:
        work.interactions.add(
            Interaction(
                citizen_id=citizen_id,
                offering_id=offering_id,
                kind=kind,
                happened_at=self._clock.now(),
                source=origin.source,
                list_id=origin.list_id,
                position=origin.position,
            )
        )

    def _refuse_unless_open(self, run: Run | None) -> Run:
        if run is None or run.offering.status != Status.PUBLISHED:
            raise NotFound("There is no such run.")
        if not run.takes_enrolments(self._clock.now()):
            raise EnrolmentClosed("Places cannot be taken here now.")
        if run.is_full():
            raise RunIsFull("All places are taken.")
        return run

    def _kept_answer(self, work: UnitOfWork, citizen_id: int, run_id: int, key: str) -> PlaceTaken | None:
        kept = work.enrolments.answer(_account(citizen_id), key)
        if kept is None:
            return None
        if kept.request_sha256 != _hash({"run_id": run_id}):
            raise IdempotencyMismatch("This request was sent before with another content; open the page again.")
        return PlaceTaken(**kept.answer)

    def _keep_answer(self, work: UnitOfWork, citizen_id: int, key: str, taken: PlaceTaken) -> None:
        work.enrolments.keep_answer(
            IdempotentRequest(
                account=_account(citizen_id),
                key=key,
                request_sha256=_hash({"run_id": taken.run_id}),
                answer={"enrolment_id": taken.enrolment_id, "run_id": taken.run_id, "offering_id": taken.offering_id},
                created_at=self._clock.now(),
            )
        )


def _citizen_of(actor: Actor) -> int:
    """Return the acting citizen's id; permission was checked before."""
    if actor.citizen_id is None:
        raise NotFound("There is no such citizen.")
    return actor.citizen_id


def _account(citizen_id: int) -> str:
    return f"citizen:{citizen_id}"


def _hash(request: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(request, sort_keys=True).encode()).hexdigest()
