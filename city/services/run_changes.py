"""What happens to a whole Run: more or fewer seats, called off, and places that nobody said yes to passed on.

Owns: those use cases; each locks the Run first, keeps the waiting list moving, tells the people and writes the audit
log. Called by the operators' portal, the worker and commands. A single person's place is `enrolling`'s.
"""

from __future__ import annotations

from functools import partial

from city.clock import Clock
from city.errors import InvalidInput, NotFound
from city.model import Enrolment, EnrolmentStatus, Interaction, InteractionKind
from city.model.enrolment import Ending
from city.services import place_words
from city.services.auditing import audit
from city.services.links import Links
from city.services.permissions import Actor, Operation, Subject, require
from city.services.place_messages import PlaceMessages
from city.services.seats import LockedRun
from city.store.database import Database
from city.store.unit_of_work import UnitOfWork
from city.text import clean_line

MOST_SEATS = 100_000
LONGEST_REASON = 200
LARGEST_ID = 2**63 - 1


class RunChanges:
    """Use cases of whole Runs, on one database and clock; `links` go into the messages."""

    def __init__(self, database: Database, clock: Clock, links: Links | None = None) -> None:
        self._database = database
        self._clock = clock
        self._messages = PlaceMessages(clock.zone, links)

    def resize(self, actor: Actor, run_id: int, seat_count: int | None) -> int:
        """Set how many seats a run has (None: nobody counts them); return how many who waited were offered a place.

        Raises NotAllowed, NotFound, or InvalidInput when more people are enrolled, with what to do.
        """
        _refuse_no_number_of_seats(seat_count)
        return self._database.retrying(lambda work: self._resize(work, actor, run_id, seat_count))

    def cancel_run(self, actor: Actor, run_id: int, reason: str = "") -> int:
        """Call the run off, end every live place and tell the people why; return how many were told.

        Repeating it changes nothing. Raises NotAllowed, NotFound or InvalidInput.
        """
        said = clean_line(reason, field="reason", longest=LONGEST_REASON)
        return self._database.retrying(lambda work: self._cancel_run(work, actor, run_id, said))

    def lapse_unanswered(self) -> int:
        """Pass on the places whose time to answer is over, and seats that came free by themselves; return how many.

        A feed may raise the seats of a run or call it off: nobody waits long beside a free seat, or for what is off.
        """
        with self._database.reading() as work:
            due = work.enrolments.unanswered(self._clock.now())
            free = work.enrolments.runs_with_room_for_waiting()
            off = work.enrolments.runs_called_off_with_places()
        for run_id in off:
            self._database.retrying(partial(self._tell_it_is_off, run_id=run_id))
        lapsed = sum([self._database.retrying(partial(self._lapse, place=place)) for place in due])
        return lapsed + sum([self._database.retrying(partial(self._pass_on, run_id=run_id)) for run_id in free])

    def _resize(self, work: UnitOfWork, actor: Actor, run_id: int, seat_count: int | None) -> int:
        locked = self._locked(work, actor, run_id)
        before = locked.run.seat_count
        if not work.enrolments.resize(locked.run, seat_count):
            raise _too_few_seats(seat_count or 0, locked.run.taken_count)
        promoted = locked.pass_on()
        if before != seat_count:
            self._audit(work, actor, run_id, {"seat_count": before}, {"seat_count": seat_count})
        locked.settle()
        work.commit()
        return len(promoted)

    def _cancel_run(self, work: UnitOfWork, actor: Actor, run_id: int, reason: str) -> int:
        locked = self._locked(work, actor, run_id)
        if locked.run.cancelled:
            return 0
        locked.run.cancelled = True
        told = self._end_all(locked, actor, reason)
        work.changed(locked.run.offering, locked.now)
        work.commit()
        return told

    def _tell_it_is_off(self, work: UnitOfWork, *, run_id: int) -> None:
        """End the places of a run that a feed, or somebody with its whole offering, has called off."""
        locked = LockedRun.of(work, run_id, self._clock.now(), self._messages)
        locked.run.cancelled = True
        self._end_all(locked, Actor.system(), "")
        work.commit()

    def _end_all(self, locked: LockedRun, actor: Actor, reason: str) -> int:
        places = locked.work.enrolments.live_of_run(locked.run.id)
        told = sum([self._call_off(locked, place, reason) for place in places])
        after = {"cancelled": True, "reason": reason, "places": len(places), "told": told}
        self._audit(locked.work, actor, locked.run.id, {"cancelled": False}, after)
        return told

    def _call_off(self, locked: LockedRun, place: Enrolment, reason: str) -> bool:
        locked.end(place, Ending.RUN_CANCELLED)
        return self._messages.run_cancelled(locked.occasion(), place, reason)

    def _lapse(self, work: UnitOfWork, *, place: tuple[int, int]) -> int:
        """End one place (run id, enrolment id) nobody said yes to, unless somebody has meanwhile; return how many."""
        run_id, enrolment_id = place
        locked = LockedRun.of(work, run_id, self._clock.now(), self._messages)
        found = work.enrolments.find(enrolment_id)
        if found is None or not _is_unanswered(found, locked):
            return 0
        locked.end(found, Ending.UNANSWERED)
        locked.pass_on()
        self._log_cancel(work, found, locked)
        self._messages.lapsed(locked.occasion(), found)
        thing, after = ("enrolment", enrolment_id), {"status": found.status, "because": found.ended_because}
        audit(work, Actor.system(), Operation.CANCEL_PLACE, thing, locked.now, after=after)
        locked.settle()
        work.commit()
        return 1

    def _pass_on(self, work: UnitOfWork, *, run_id: int) -> int:
        locked = LockedRun.of(work, run_id, self._clock.now(), self._messages)
        promoted = locked.pass_on()
        locked.settle()
        work.commit()
        return len(promoted)

    def _locked(self, work: UnitOfWork, actor: Actor, run_id: int) -> LockedRun:
        if not 0 < run_id <= LARGEST_ID:
            raise NotFound("There is no such run.")
        locked = LockedRun.of(work, run_id, self._clock.now(), self._messages)
        require(actor, Operation.CHANGE_RUN, Subject(operator_id=locked.run.offering.operator_id))
        return locked

    def _log_cancel(self, work: UnitOfWork, place: Enrolment, locked: LockedRun) -> None:
        work.interactions.add(
            Interaction(
                citizen_id=place.citizen_id,
                offering_id=locked.run.offering_id,
                kind=InteractionKind.CANCEL,
                happened_at=locked.now,
            )
        )

    def _audit(
        self, work: UnitOfWork, actor: Actor, run_id: int, before: dict[str, object], after: dict[str, object]
    ) -> None:
        audit(work, actor, Operation.CHANGE_RUN, ("run", run_id), self._clock.now(), before=before, after=after)


def _is_unanswered(place: Enrolment, locked: LockedRun) -> bool:
    until = place.answer_by if place.status == EnrolmentStatus.CONFIRMED else None
    return until is not None and until < locked.now


def _refuse_no_number_of_seats(seat_count: int | None) -> None:
    if seat_count is not None and not 0 <= seat_count <= MOST_SEATS:
        raise InvalidInput(
            "That is no number of seats.",
            field="seat_count",
            value=seat_count,
            remedy=f"a number from 0 to {MOST_SEATS}, like 12",
        )


def _too_few_seats(wanted: int, taken: int) -> InvalidInput:
    said = place_words.seats_below_taken(wanted, taken)
    return InvalidInput(said["en"], field="seat_count", value=wanted, remedy=f"at least {taken}", said=said)
