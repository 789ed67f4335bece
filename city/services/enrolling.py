"""Places of people on Runs: taking one or a place in line, giving it back, undoing that, saying yes to an offered one.

Owns: the order of steps (permission, repeat of the same request, rules, one conditional UPDATE, row, log, message,
outbox when "has seats" flips) and who holds a place without an account. The rules are `place_rules`', the seats
`seats`', what an operator does to a whole Run `run_changes`'. Called by the pages of both views, the desk and the API.
"""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from city.booking_numbers import new_number, read_number
from city.clock import Clock
from city.errors import AlreadyEnrolled, InvalidInput, NotFound, RunIsFull, TooLate
from city.model import Citizen, Enrolment, EnrolmentStatus, Interaction, InteractionKind, Run, Status
from city.model.enrolment import Ending
from city.phones import phone_number
from city.services import place_words
from city.services.auditing import audit
from city.services.contacts import Asker, copy_contact, file_of, write_contact
from city.services.links import PLACE, Links
from city.services.permissions import Actor, ActorRole, Operation, Subject, require
from city.services.place_messages import PlaceMessages
from city.services.place_rules import refuse_beyond_limits, refuse_beyond_term, refuse_unless_open
from city.services.repeating import account_of, keep_answer, kept_answer
from city.services.seats import LockedRun
from city.store.database import Database
from city.store.unit_of_work import UnitOfWork

UNDO_FOR = timedelta(days=1)
OWN_ENDINGS = frozenset({Ending.OWN, Ending.DESK})
KEY = re.compile(r"[A-Za-z0-9_.:-]{1,80}")
LARGEST_ID = 2**63 - 1
NO_SUCH_BOOKING = "There is no booking with this number and this phone."


@dataclass(frozen=True)
class PlaceTaken:
    """The answer to whoever asked for a place or changed one; `waiting` is a place in line, not yet a seat."""

    enrolment_id: int
    run_id: int
    offering_id: int
    number: str = ""
    waiting: bool = False


@dataclass(frozen=True)
class ListOrigin:
    """From which shown list and position something was done; empty for a direct visit."""

    source: str = ""
    list_id: str | None = None
    position: int | None = None


DIRECT = ListOrigin()


@dataclass(frozen=True)
class _Wanted:
    """One request for a place, checked once."""

    actor: Actor
    run_id: int
    key: str
    asker: Asker
    or_wait: bool
    origin: ListOrigin

    @property
    def account(self) -> str:
        return account_of(self.actor, self.asker)

    @property
    def essence(self) -> dict[str, object]:
        return {"run_id": self.run_id, **self.asker.essence()}


class Enrolling:
    """Use cases of one person's places, on one database and clock; `links` go into messages and open places."""

    def __init__(self, database: Database, clock: Clock, links: Links | None = None) -> None:
        self._database = database
        self._clock = clock
        self._links = links
        self._messages = PlaceMessages(clock.zone, links)

    def take_place(
        self,
        actor: Actor,
        run_id: int,
        *,
        key: str,
        asker: Asker = Asker(),  # noqa: B008  (immutable)
        or_wait: bool = False,
        origin: ListOrigin = DIRECT,
    ) -> PlaceTaken:
        """Give whoever asks, with the party, places on the run; with `or_wait` a place in line when they are too few.

        The same `key` sent again gets the same answer and takes no second place. Raises NotAllowed, NotFound,
        InvalidInput, EnrolmentClosed, LimitReached, RunIsFull, AlreadyEnrolled, IdempotencyMismatch, or
        DatabaseUnavailable under too much load.
        """
        wanted = _Wanted(actor, run_id, _checked_key(key), asker.checked(), or_wait, origin)
        if (kept := self._answer_early(wanted)) is not None:
            return kept
        return self._database.retrying(lambda work: self._take_place(work, wanted))

    def cancel_place(self, actor: Actor, enrolment_id: int) -> PlaceTaken:
        """Give the place back and pass it on; repeating it changes nothing. Raises NotAllowed or NotFound."""
        return self._database.retrying(lambda work: self._cancel_place(work, actor, enrolment_id))

    def undo_cancel(self, actor: Actor, enrolment_id: int) -> PlaceTaken:
        """Take back within a day that a place was given back: the seat if one is free, else the end of the line.

        Who stands at the end of the line has a new place with the old number: the answer names it, with `waiting`.
        Repeating it changes nothing. Raises NotAllowed, NotFound, TooLate, EnrolmentClosed, LimitReached or RunIsFull.
        """
        return self._database.retrying(lambda work: self._undo_cancel(work, actor, enrolment_id))

    def accept(self, actor: Actor, enrolment_id: int) -> PlaceTaken:
        """Say yes to a place that came free; a late yes counts until the place has gone on, after that TooLate."""
        return self._database.retrying(lambda work: self._accept(work, actor, enrolment_id))

    def holder_of(self, number: str, phone: str) -> tuple[Actor, int]:
        """Return who holds the booking and its id; raises NotFound in the same words whichever of the two is wrong."""
        digits, given = read_number(number), phone_number(phone)
        with self._database.reading() as work:
            place = work.enrolments.by_number(digits)
            if place is None or given not in {place.contact_phone, place.helper_phone, place.citizen.phone}:
                raise NotFound(NO_SUCH_BOOKING)
            return Actor.holder(place.citizen_id), place.id

    def holder_by_link(self, token: str) -> tuple[Actor, int]:
        """Return who holds the place whose unguessable link was opened, and its id; raises NotFound."""
        if self._links is None:
            raise NotFound("This site opens no places by link.")
        enrolment_id = int(self._links.tokens.read(PLACE, token))
        with self._database.reading() as work:
            place = _found(work, enrolment_id)
            return Actor.holder(place.citizen_id), place.id

    @staticmethod
    def place_in_line(work: UnitOfWork, place: Enrolment) -> int:
        """Return 1 for who is next on the waiting list; bookings are counted, not people."""
        return work.enrolments.ahead_in_line(place) + 1

    def _answer_early(self, wanted: _Wanted) -> PlaceTaken | None:
        """Answer a repeat, "closed" and "full" from a cheap read, before the write lock is taken."""
        with self._database.reading() as work:
            run = _shown(work.enrolments.run(wanted.run_id) if 0 < wanted.run_id <= LARGEST_ID else None)
            owner = Subject(citizen_id=wanted.actor.citizen_id, operator_id=run.offering.operator_id)
            require(wanted.actor, Operation.TAKE_PLACE, owner)
            kept = kept_answer(work, wanted.account, wanted.key, wanted.essence)
            if kept is not None:
                return PlaceTaken(**kept)
            refuse_unless_open(work, run, self._clock.now(), self._clock.zone)
            left, party = run.seats_left(), wanted.asker.party_size
            if left is not None and left < party and not (wanted.or_wait and run.keeps_waiting_list):
                raise _full(run, party)
            return None

    def _take_place(self, work: UnitOfWork, wanted: _Wanted) -> PlaceTaken:
        now = self._clock.now()
        locked = LockedRun.of(work, wanted.run_id, now, self._messages)
        if (kept := kept_answer(work, wanted.account, wanted.key, wanted.essence)) is not None:
            return PlaceTaken(**kept)
        run = _shown(locked.run)
        refuse_unless_open(work, run, now, self._clock.zone)
        citizen = file_of(work, wanted.actor, wanted.asker, now)
        if work.enrolments.live(run.id, citizen.id) is not None:
            raise AlreadyEnrolled(place_words.already()["en"], rule="already", said=place_words.already())
        refuse_beyond_limits(work, wanted.actor, run, citizen, wanted.asker, now, self._clock.zone)
        place = self._new_place(locked, citizen, wanted)
        taken = _answer(place, run)
        keep_answer(work, wanted.account, wanted.key, wanted.essence, asdict(taken), now)
        locked.settle()
        work.commit()
        return taken

    def _new_place(self, locked: LockedRun, citizen: Citizen, wanted: _Wanted) -> Enrolment:
        """Write the place, confirmed or in line, and tell, log and audit it; raises RunIsFull."""
        work, run, now = locked.work, locked.run, locked.now
        place = Enrolment(run_id=run.id, citizen_id=citizen.id, number=new_number(), created_at=now, changed_at=now)
        write_contact(place, wanted.asker, citizen, wanted.actor)
        if not locked.give(place):
            if not (wanted.or_wait and run.keeps_waiting_list):
                raise _full(run, place.party_size)
            place.status = EnrolmentStatus.WAITLISTED
        work.enrolments.add(place)
        self._log(work, place, run, InteractionKind.ENROL, wanted.origin)
        self._tell_taken(locked, place, wanted.actor)
        self._audit(work, wanted.actor, Operation.TAKE_PLACE, place, {"party_size": place.party_size})
        return place

    def _cancel_place(self, work: UnitOfWork, actor: Actor, enrolment_id: int) -> PlaceTaken:
        locked, place = self._locked(work, actor, enrolment_id, Operation.CANCEL_PLACE)
        if place.is_live():
            locked.end(place, Ending.OWN if _is_the_person(actor) else Ending.DESK)
            locked.pass_on()
            self._log(work, place, locked.run, InteractionKind.CANCEL, DIRECT)
            self._messages.cancelled(locked.occasion(at_once=_is_the_person(actor)), place)
            self._audit(work, actor, Operation.CANCEL_PLACE, place, {"status": place.status})
            locked.settle()
        work.commit()
        return _answer(place, locked.run)

    def _undo_cancel(self, work: UnitOfWork, actor: Actor, enrolment_id: int) -> PlaceTaken:
        locked, place = self._locked(work, actor, enrolment_id, Operation.CANCEL_PLACE)
        standing = work.enrolments.live(locked.run.id, place.citizen_id)
        if standing is None and place.status == EnrolmentStatus.CANCELLED:
            standing = self._restored(locked, place)
            self._log(work, standing, locked.run, InteractionKind.ENROL, DIRECT)
            self._tell_restored(locked, standing, actor)
            self._audit(work, actor, Operation.CANCEL_PLACE, standing, {"status": standing.status})
            locked.settle()
        work.commit()
        return _answer(standing or place, locked.run)

    def _restored(self, locked: LockedRun, place: Enrolment) -> Enrolment:
        """Confirm the place again if its seats are free, else write a new one at the end of the line."""
        run, now = _shown(locked.run), locked.now
        self._refuse_undo(place, run, now)
        refuse_beyond_term(locked.work, run, place.citizen_id)
        if locked.give(place):
            return place
        if not run.keeps_waiting_list:
            raise _full(run, place.party_size)
        return _at_the_end_of_the_line(locked.work, place, now)

    def _refuse_undo(self, place: Enrolment, run: Run, now: datetime) -> None:
        if place.ended_because not in OWN_ENDINGS:
            raise TooLate(place_words.cannot_undo()["en"], rule="not_own", said=place_words.cannot_undo())
        if now - place.changed_at > UNDO_FOR:
            raise TooLate(place_words.undo_too_late()["en"], rule="undo", said=place_words.undo_too_late())
        if run.cancelled or run.is_over(now):
            said = place_words.called_off() if run.cancelled else place_words.over()
            raise TooLate(said["en"], rule="cancelled" if run.cancelled else "over", said=said)

    def _accept(self, work: UnitOfWork, actor: Actor, enrolment_id: int) -> PlaceTaken:
        locked, place = self._locked(work, actor, enrolment_id, Operation.ACCEPT_PLACE)
        if place.status == EnrolmentStatus.CANCELLED:
            gone = place.ended_because == Ending.UNANSWERED
            said = place_words.offer_gone() if gone else place_words.nothing_offered()
            raise TooLate(said["en"], rule="offer", said=said)
        if place.status == EnrolmentStatus.CONFIRMED and place.answer_by is not None:
            place.answer_by, place.changed_at = None, locked.now
            self._messages.confirmed(locked.occasion(at_once=_is_the_person(actor)), place)
            self._audit(work, actor, Operation.ACCEPT_PLACE, place, {"answer": "yes"})
        work.commit()
        return _answer(place, locked.run)

    def _locked(
        self, work: UnitOfWork, actor: Actor, enrolment_id: int, operation: Operation
    ) -> tuple[LockedRun, Enrolment]:
        """Lock the run of a place, then read the place; raises NotFound or NotAllowed."""
        known = 0 < enrolment_id <= LARGEST_ID
        run_id = work.enrolments.run_id_of(enrolment_id) if known else None
        if run_id is None:
            raise NotFound("There is no such place.")
        locked = LockedRun.of(work, run_id, self._clock.now(), self._messages)
        place = _found(work, enrolment_id)
        owner = Subject(citizen_id=place.citizen_id, operator_id=locked.run.offering.operator_id)
        require(actor, operation, owner)
        return locked, place

    def _tell_taken(self, locked: LockedRun, place: Enrolment, actor: Actor) -> None:
        at = locked.occasion(at_once=_is_the_person(actor))
        if place.status == EnrolmentStatus.WAITLISTED:
            self._messages.waitlisted(at, place, self.place_in_line(locked.work, place))
        else:
            self._messages.confirmed(at, place)

    def _tell_restored(self, locked: LockedRun, place: Enrolment, actor: Actor) -> None:
        if place.status == EnrolmentStatus.WAITLISTED:
            self._tell_taken(locked, place, actor)
        else:
            self._messages.undone(locked.occasion(at_once=_is_the_person(actor)), place)

    def _log(self, work: UnitOfWork, place: Enrolment, run: Run, kind: str, origin: ListOrigin) -> None:
        work.interactions.add(
            Interaction(
                citizen_id=place.citizen_id,
                offering_id=run.offering_id,
                kind=kind,
                happened_at=self._clock.now(),
                source=origin.source,
                list_id=origin.list_id,
                position=origin.position,
            )
        )

    def _audit(
        self, work: UnitOfWork, actor: Actor, operation: Operation, place: Enrolment, after: dict[str, object]
    ) -> None:
        """Write down what staff or the system did for somebody; what people do with their own is not audited."""
        if not _is_the_person(actor):
            thing = ("enrolment", place.id)
            audit(work, actor, operation, thing, self._clock.now(), after=after, on_behalf_of_id=place.citizen_id)


def _is_the_person(actor: Actor) -> bool:
    return actor.role in (ActorRole.VISITOR, ActorRole.CITIZEN, ActorRole.HOLDER)


def _checked_key(key: str) -> str:
    if not KEY.fullmatch(key):
        raise InvalidInput("The form is not complete.", field="key", remedy="open the page again and send it once more")
    return key


def _shown(run: Run | None) -> Run:
    """Return the run of an offering that is published; raises NotFound."""
    if run is None or run.offering.status != Status.PUBLISHED:
        raise NotFound("There is no such run.")
    return run


def _found(work: UnitOfWork, enrolment_id: int) -> Enrolment:
    if (place := work.enrolments.find(enrolment_id)) is None:
        raise NotFound("There is no such place.")
    return place


def _full(run: Run, party: int) -> RunIsFull:
    left = run.seats_left() or 0
    waits = run.keeps_waiting_list and party <= (run.seat_count or 0)
    said = place_words.full_for_party(left, party, waits=waits) if left else place_words.full(waits=waits)
    return RunIsFull(said["en"], rule="full_for_party" if left else "full", said=said, can_wait=waits)


def _answer(place: Enrolment, run: Run) -> PlaceTaken:
    waiting = place.status == EnrolmentStatus.WAITLISTED
    return PlaceTaken(place.id, run.id, run.offering_id, place.number, waiting)


def _at_the_end_of_the_line(work: UnitOfWork, ended: Enrolment, now: datetime) -> Enrolment:
    """Write a place like the ended one at the end of the line; the number on the person's paper goes with it."""
    place = Enrolment(run_id=ended.run_id, citizen_id=ended.citizen_id, created_at=now, changed_at=now)
    copy_contact(place, ended)
    place.status, place.number, ended.number = EnrolmentStatus.WAITLISTED, ended.number, ""
    work.flush()
    work.enrolments.add(place)
    return place
