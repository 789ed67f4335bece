"""Entering a ballot, changing and withdrawing the entry, and what the person may know before the draw and after it.

Owns: one entry a person (companions whose phone is given included), that every channel and every minute of the window
is worth the same, chances and the story of an entry. Called by the pages of citizens and staff. Preparing, closing and
drawing are `city.services.ballot_office`'s, the draw itself is `city.drawing`'s.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from city.booking_numbers import new_number, read_number
from city.clock import Clock
from city.errors import AlreadyEnrolled, EnrolmentClosed, InvalidInput, NotFound
from city.model import Ballot, BallotEntry, BallotStatus, BallotWish, Citizen, Run
from city.model.contact import Contact
from city.phones import phone_number
from city.services import message_words
from city.services.auditing import audit
from city.services.contacts import Asker, file_of, write_contact
from city.services.links import ENTRY, Links
from city.services.message_words import Facts
from city.services.permissions import Actor, Operation, Subject, require
from city.services.place_rules import refuse_beyond_limits
from city.services.repeating import account_of, keep_answer, kept_answer
from city.services.telling import About, tell
from city.store.database import Database
from city.store.unit_of_work import UnitOfWork

MOST_WISHES = 5
PSEUDONYM_LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"
"""Without 0 and o, 1, l and i: they are read out and typed."""
PSEUDONYM_LENGTH = 10


@dataclass(frozen=True)
class EntryMade:
    """The answer to somebody who entered."""

    entry_id: int
    ballot_id: int
    number: str
    pseudonym: str


@dataclass(frozen=True)
class RunChance:
    """How much a Run is wanted: seats, people who name it first, people who name it at all."""

    run: Run
    seats: int
    first_people: int
    people: int

    @property
    def people_per_seat(self) -> float | None:
        """People who name it first for each seat; None when it has no seat."""
        return self.first_people / self.seats if self.seats else None


@dataclass(frozen=True)
class Chances:
    """What anybody may know of a ballot before it is drawn."""

    ballot: Ballot
    entry_count: int
    people_count: int
    runs: tuple[RunChance, ...]


@dataclass(frozen=True)
class WishStory:
    """What became of one wish: seats left when the turn came, and "got", "waits" (at `place` in line) or "none"."""

    run: Run
    left: int
    outcome: str
    place: int | None


@dataclass(frozen=True)
class Story:
    """What the draw did with an entry, as it was published: its turn among all, and each wish."""

    entry: BallotEntry
    ballot: Ballot
    turn: int | None
    entry_count: int
    wishes: tuple[WishStory, ...]


class Balloting:
    """Use cases of entries, on one database and clock; `links` makes the addresses that messages carry."""

    def __init__(self, database: Database, clock: Clock, links: Links) -> None:
        self._database = database
        self._clock = clock
        self._links = links

    def enter(
        self, actor: Actor, ballot_id: int, wishes: Sequence[int], *, key: str, asker: Asker | None = None
    ) -> EntryMade:
        """Put one person, with a party, into a ballot; the same `key` again gets the same answer.

        A companion given by phone counts as a person of this entry. Raises NotAllowed, NotFound, EnrolmentClosed,
        AlreadyEnrolled, InvalidInput, IdempotencyMismatch, or DatabaseUnavailable under too much load.
        """
        checked = (asker or Asker()).checked()
        request = {"ballot": ballot_id, "wishes": list(wishes), **checked.essence()}
        return self._database.retrying(lambda work: self._enter(work, actor, ballot_id, wishes, key, checked, request))

    def change_wishes(
        self, actor: Actor, entry_id: int, wishes: Sequence[int], *, asker: Asker | None = None
    ) -> EntryMade:
        """Put other wishes in place of those of an entry, until the window closes.

        Of `asker` only the year of birth and the area count, where a new wish is limited by them.
        """
        checked = asker or Asker()
        return self._database.retrying(lambda work: self._change_wishes(work, actor, entry_id, wishes, checked))

    def withdraw(self, actor: Actor, entry_id: int) -> EntryMade:
        """Take an entry out, until the window closes; repeating it changes nothing."""
        return self._database.retrying(lambda work: self._withdraw(work, actor, entry_id))

    def undo(self, actor: Actor, entry_id: int) -> EntryMade:
        """Put a withdrawn entry back, until the window closes; raises AlreadyEnrolled when the person entered anew."""
        return self._database.retrying(lambda work: self._undo(work, actor, entry_id))

    def holder_of(self, number: str, phone: str) -> tuple[Actor, int]:
        """Return who may act for the entry of a booking number and phone; raises NotFound in the same words for both.

        A number or phone that is none at all raises InvalidInput.
        """
        digits, called = read_number(number), phone_number(phone)
        with self._database.reading() as work:
            found = work.ballots.by_number(digits)
            if found is None or called not in (found.contact_phone, found.helper_phone):
                raise NotFound("No booking has this number and this phone.")
            return Actor.holder(found.citizen_id), found.id

    def holder_by_link(self, token: str) -> tuple[Actor, int]:
        """Return who may act for the entry of an unguessable link; raises NotFound for a link not made here."""
        entry_id = int(self._links.tokens.read(ENTRY, token))
        with self._database.reading() as work:
            return Actor.holder(work.ballots.entry(entry_id).citizen_id), entry_id

    def link_of(self, entry_id: int) -> str:
        """Return the token of an entry's own page."""
        return self._links.tokens.make(ENTRY, str(entry_id))

    def chances(self, ballot_id: int) -> Chances:
        """Return how much each Run of a published ballot is wanted; raises NotFound for a draft."""
        with self._database.reading() as work:
            ballot = published_ballot(work, ballot_id)
            counts = work.ballots.wish_counts(ballot_id)
            entries, people = work.ballots.counts(ballot_id)
            runs = tuple(_chance(ballot, run, counts.get(run.id)) for run in work.ballots.runs(ballot_id))
            return Chances(ballot, entries, people, runs)

    def story(self, actor: Actor, entry_id: int) -> Story:
        """Return what is known of an entry: before the draw its wishes, after it what came of each and why."""
        with self._database.reading() as work:
            entry = work.ballots.entry(entry_id)
            _require(actor, Operation.WITHDRAW_ENTRY, entry)
            runs = {run.id: run for run in work.ballots.runs_by_id([wish.run_id for wish in entry.wishes])}
            outcomes = {row[0]: row for row in entry.outcome or ()}
            wishes = tuple(
                _wish_story(runs[wish.run_id], outcomes.get(wish.run_id))
                for wish in entry.wishes
                if wish.run_id in runs
            )
            return Story(entry, entry.ballot, entry.turn, entry.ballot.entry_count or 0, wishes)

    def _enter(
        self,
        work: UnitOfWork,
        actor: Actor,
        ballot_id: int,
        wishes: Sequence[int],
        key: str,
        asker: Asker,
        request: dict[str, object],
    ) -> EntryMade:
        now, account = self._clock.now(), account_of(actor, asker)
        if (kept := kept_answer(work, account, key, request)) is not None:
            return EntryMade(**kept)
        ballot = work.ballots.locked(ballot_id, shared=True)
        require(actor, Operation.ENTER_BALLOT, Subject(actor.citizen_id, ballot.operator_id))
        _refuse_unless_open(ballot, now)
        runs = _wished(work, ballot, wishes)
        citizen = file_of(work, actor, asker, now)
        for run in runs:
            refuse_beyond_limits(work, actor, run, citizen, asker, now, self._clock.zone)
        entry = self._new_entry(ballot, citizen, runs, asker, actor, now)
        _refuse_second_entry(work, ballot_id, persons_of(entry, citizen))
        work.ballots.add_entry(entry, persons_of(entry, citizen))
        made = EntryMade(entry.id, ballot_id, entry.number, entry.pseudonym)
        self._tell(work, entry, "entered", now, at_once=True)
        if actor.is_staff:
            audit(work, actor, Operation.ENTER_BALLOT, ("ballot entry", entry.id), now, on_behalf_of_id=citizen.id)
        keep_answer(work, account, key, request, made.__dict__, now)
        work.commit()
        return made

    def _new_entry(
        self, ballot: Ballot, citizen: Citizen, runs: Sequence[Run], asker: Asker, actor: Actor, now: datetime
    ) -> BallotEntry:
        entry = BallotEntry(
            ballot_id=ballot.id,
            citizen_id=citizen.id,
            pseudonym=new_pseudonym(),
            number=new_number(),
            classes=[],
            outcome=[],
            created_at=now,
            changed_at=now,
            wishes=[BallotWish(rank=rank, run_id=run.id) for rank, run in enumerate(runs, start=1)],
        )
        entry.ballot = ballot
        write_contact(entry, asker, citizen, actor)
        return entry

    def _change_wishes(
        self, work: UnitOfWork, actor: Actor, entry_id: int, wishes: Sequence[int], asker: Asker
    ) -> EntryMade:
        entry, now = self._open_entry(work, actor, entry_id), self._clock.now()
        if entry.withdrawn_at is not None:
            raise EnrolmentClosed("This entry was withdrawn. Take that back first.")
        runs = _wished(work, entry.ballot, wishes)
        before = [wish.run_id for wish in entry.wishes]
        citizen = work.citizens.get(entry.citizen_id)
        for run in (run for run in runs if run.id not in before):
            party = replace(asker, party_size=entry.party_size)
            refuse_beyond_limits(work, actor, run, citizen, party, now, self._clock.zone)
        entry.wishes.clear()
        work.flush()
        entry.wishes.extend(BallotWish(rank=rank, run_id=run.id) for rank, run in enumerate(runs, start=1))
        entry.changed_at = now
        self._audit_staff(work, actor, entry, now, before, [run.id for run in runs])
        work.commit()
        return _made(entry)

    def _withdraw(self, work: UnitOfWork, actor: Actor, entry_id: int) -> EntryMade:
        entry, now = self._open_entry(work, actor, entry_id), self._clock.now()
        if entry.withdrawn_at is None:
            entry.withdrawn_at = entry.changed_at = now
            work.ballots.release(entry)
            self._tell(work, entry, "withdrawn", now, at_once=True)
            self._audit_staff(work, actor, entry, now, "in", "withdrawn")
        work.commit()
        return _made(entry)

    def _undo(self, work: UnitOfWork, actor: Actor, entry_id: int) -> EntryMade:
        entry, now = self._open_entry(work, actor, entry_id), self._clock.now()
        if entry.withdrawn_at is not None:
            persons = persons_of(entry, work.citizens.get(entry.citizen_id))
            _refuse_second_entry(work, entry.ballot_id, persons)
            entry.withdrawn_at, entry.changed_at = None, now
            work.ballots.claim(entry, persons)
            self._tell(work, entry, "entered", now, at_once=True)
            self._audit_staff(work, actor, entry, now, "withdrawn", "in")
        work.commit()
        return _made(entry)

    def _open_entry(self, work: UnitOfWork, actor: Actor, entry_id: int) -> BallotEntry:
        """Return an entry that may still be changed, with the ballot locked against closing."""
        ballot = work.ballots.locked(work.ballots.entry(entry_id).ballot_id, shared=True)
        entry = work.ballots.entry(entry_id, locked=True)
        _require(actor, Operation.WITHDRAW_ENTRY, entry)
        _refuse_unless_open(ballot, self._clock.now())
        return entry

    def _audit_staff(
        self, work: UnitOfWork, actor: Actor, entry: BallotEntry, now: datetime, before: object, after: object
    ) -> None:
        if actor.is_staff:
            thing = ("ballot entry", entry.id)
            changes = {"before": {"entry": before}, "after": {"entry": after}}
            audit(work, actor, Operation.WITHDRAW_ENTRY, thing, now, on_behalf_of_id=entry.citizen_id, **changes)

    def _tell(self, work: UnitOfWork, entry: BallotEntry, purpose: str, now: datetime, *, at_once: bool) -> None:
        zone = self._clock.zone
        facts = facts_of_entry(entry, self._links, now, self._clock)
        words = (
            message_words.entered(entry, facts, entry.ballot.closes_at, zone)
            if purpose == "entered"
            else message_words.withdrawn(entry, facts)
        )
        tell(work, entry, purpose, words, About(ballot_entry_id=entry.id), now=now, zone=zone, at_once=at_once)


def published_ballot(work: UnitOfWork, ballot_id: int) -> Ballot:
    """Return a ballot that everybody may see; raises NotFound for a draft."""
    ballot = work.ballots.get(ballot_id)
    if ballot.status == BallotStatus.DRAFT:
        raise NotFound("There is no such ballot.")
    return ballot


def facts_of_entry(entry: BallotEntry, links: Links, now: datetime, clock: Clock) -> Facts:
    """Return what a message about a whole entry tells of."""
    today = now.astimezone(clock.zone).date()
    return Facts(title=entry.ballot.name, today=today, url=links.entry(entry.id, entry.language))


def persons_of(entry: Contact, citizen: Citizen) -> set[str]:
    """Return the keys of all persons an entry names: the citizen, every phone of theirs, companions given by phone."""
    phones = {entry.contact_phone, citizen.phone or "", *map(_phone_or_nothing, entry.companions)} - {""}
    return {f"citizen:{citizen.id}", *(f"phone:{phone}" for phone in phones)}


def new_pseudonym() -> str:
    """Return ten random letters."""
    return "".join(secrets.choice(PSEUDONYM_LETTERS) for _ in range(PSEUDONYM_LENGTH))


def _phone_or_nothing(companion: str) -> str:
    try:
        return phone_number(companion)
    except InvalidInput:
        return ""


def _refuse_second_entry(work: UnitOfWork, ballot_id: int, persons: set[str]) -> None:
    if work.ballots.claimed(ballot_id, persons) is not None:
        raise AlreadyEnrolled("Somebody of you is in this ballot already. Everybody can be in it once.")


def _refuse_unless_open(ballot: Ballot, now: datetime) -> None:
    if ballot.status == BallotStatus.DRAFT:
        raise NotFound("There is no such ballot.")
    if not ballot.is_open(now) or ballot.entry_count is not None:
        raise EnrolmentClosed("This ballot takes no entries now.")


def _wished(work: UnitOfWork, ballot: Ballot, wishes: Sequence[int]) -> list[Run]:
    """Return the wished Runs in order; raises InvalidInput for what cannot be wished for."""
    runs = {run.id: run for run in work.ballots.runs(ballot.id) if not run.cancelled}
    if not wishes or len(set(wishes)) != len(wishes) or len(wishes) > MOST_WISHES:
        raise InvalidInput(
            "Choose what you would like, each once.",
            field="wish",
            value=list(wishes)[: MOST_WISHES + 1],
            remedy=f"1 to {MOST_WISHES} different ones",
        )
    if unknown := [run_id for run_id in wishes if run_id not in runs]:
        raise InvalidInput(
            "That is not in this ballot.", field="wish", value=unknown[0], remedy="one of those the ballot lists"
        )
    return [runs[run_id] for run_id in wishes]


def _require(actor: Actor, operation: Operation, entry: BallotEntry) -> None:
    require(actor, operation, Subject(entry.citizen_id, entry.ballot.operator_id))


def _made(entry: BallotEntry) -> EntryMade:
    return EntryMade(entry.id, entry.ballot_id, entry.number, entry.pseudonym)


def _chance(ballot: Ballot, run: Run, count: object) -> RunChance:
    drawn = (ballot.outcome or {}).get(str(run.id))
    seats = int(drawn["seats"]) if drawn else 0 if run.cancelled else run.seats_left() or 0
    return RunChance(run, seats, getattr(count, "first_people", 0), getattr(count, "people", 0))


def _wish_story(run: Run, outcome: Sequence[object] | None) -> WishStory:
    if outcome is None:
        return WishStory(run, 0, "", None)
    _, left, said, place = outcome
    return WishStory(run, int(str(left)), str(said), int(str(place)) if place is not None else None)
