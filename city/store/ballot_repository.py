"""Ballots, entries and what was published of them, in the database."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.orm import Session, joinedload, selectinload

from city.booking_numbers import new_number
from city.errors import NotFound
from city.model import (
    Area,
    Ballot,
    BallotEntry,
    BallotFile,
    BallotPerson,
    BallotStatus,
    BallotWish,
    Citizen,
    Enrolment,
    EnrolmentMode,
    EnrolmentStatus,
    Offering,
    Run,
)

WON = (EnrolmentStatus.CONFIRMED, EnrolmentStatus.ATTENDED, EnrolmentStatus.ABSENT)
"""A place that was drawn and neither given back nor left unanswered."""
AT_ONCE = 1_000


class StandingEntry(NamedTuple):
    """What the draw needs of an entry, by columns: there may be a hundred thousand."""

    id: int
    citizen_id: int
    pseudonym: str
    party_size: int
    area_id: str | None


class WishCount(NamedTuple):
    """How much a Run is wanted: people in entries that name it first, people in entries that name it at all."""

    run_id: int
    first_people: int
    people: int


class Ballots:
    """Ballots with their entries, wishes, persons and files."""

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

    def locked(self, ballot_id: int, *, shared: bool = False) -> Ballot:
        """Return the ballot as it is now, locked until the commit; `shared` lets others enter at the same time."""
        query = select(Ballot).where(Ballot.id == ballot_id).with_for_update(read=shared)
        found = self._session.scalar(query.execution_options(populate_existing=True))
        if found is None:
            raise NotFound("There is no such ballot.")
        return found

    def of_operator(self, operator_id: int) -> list[Ballot]:
        """Return an operator's ballots, the newest first."""
        query = select(Ballot).where(Ballot.operator_id == operator_id).order_by(Ballot.id.desc())
        return list(self._session.scalars(query))

    def all(self) -> list[Ballot]:
        """Return all ballots, the newest first."""
        return list(self._session.scalars(select(Ballot).order_by(Ballot.id.desc())))

    def undrawn(self) -> list[Ballot]:
        """Return the ballots that are announced and not drawn."""
        return list(self._session.scalars(select(Ballot).where(Ballot.status == BallotStatus.ANNOUNCED)))

    def unsettled_ids(self) -> list[int]:
        """Return the ballots that are drawn or cancelled and of which somebody was not told, or places are not open."""
        untold = select(BallotEntry.ballot_id).where(
            BallotEntry.settled_at.is_(None), BallotEntry.withdrawn_at.is_(None)
        )
        unopened = select(Run.ballot_id).where(Run.enrolment_mode == EnrolmentMode.BALLOT, Run.ballot_id.is_not(None))
        ended = Ballot.status.in_((BallotStatus.DRAWN, BallotStatus.CANCELLED))
        query = select(Ballot.id).where(ended, or_(Ballot.id.in_(untold), Ballot.id.in_(unopened)))
        return list(self._session.scalars(query.order_by(Ballot.id)))

    def runs(self, ballot_id: int) -> list[Run]:
        """Return the Runs whose places the ballot gives, with offering, venue and meetings."""
        query = select(Run).where(Run.ballot_id == ballot_id).order_by(Run.id)
        with_parts = query.options(
            joinedload(Run.offering).joinedload(Offering.venue), selectinload(Run.class_sessions)
        )
        return list(self._session.scalars(with_parts))

    def runs_by_id(self, run_ids: Sequence[int]) -> list[Run]:
        """Return Runs with offering and meetings."""
        query = select(Run).where(Run.id.in_(run_ids)).order_by(Run.id)
        return list(self._session.scalars(query.options(joinedload(Run.offering), selectinload(Run.class_sessions))))

    def runs_of_operator(self, operator_id: int) -> list[Run]:
        """Return an operator's Runs that count seats and are not cancelled, with offering and meetings."""
        query = select(Run).join(Offering).where(Offering.operator_id == operator_id, Run.seat_count.is_not(None))
        with_parts = query.options(joinedload(Run.offering), selectinload(Run.class_sessions))
        return list(self._session.scalars(with_parts.where(~Run.cancelled).order_by(Run.id)))

    # entries

    def add_entry(self, entry: BallotEntry, person_keys: Iterable[str]) -> None:
        """Add an entry with its persons, sent at once: a person who is in the ballot already fails here."""
        self._session.add(entry)
        self._session.flush()
        self.claim(entry, person_keys)

    def claim(self, entry: BallotEntry, person_keys: Iterable[str]) -> None:
        """Write down who is in the ballot by this entry."""
        for key in sorted(set(person_keys)):
            self._session.add(BallotPerson(ballot_id=entry.ballot_id, person_key=key, entry_id=entry.id))
        self._session.flush()

    def release(self, entry: BallotEntry) -> None:
        """Forget who is in the ballot by this entry."""
        self._session.execute(delete(BallotPerson).where(BallotPerson.entry_id == entry.id))

    def claimed(self, ballot_id: int, person_keys: Iterable[str]) -> int | None:
        """Return the entry by which one of these persons is in the ballot, None when none of them is."""
        query = select(BallotPerson.entry_id).where(
            BallotPerson.ballot_id == ballot_id, BallotPerson.person_key.in_(sorted(set(person_keys)))
        )
        return self._session.scalar(query.limit(1))

    def entry(self, entry_id: int, *, locked: bool = False) -> BallotEntry:
        """Return an entry with its ballot and wishes, or raise NotFound."""
        query = select(BallotEntry).where(BallotEntry.id == entry_id)
        query = query.with_for_update(of=BallotEntry) if locked else query
        found = self._session.scalar(query.options(selectinload(BallotEntry.ballot), selectinload(BallotEntry.wishes)))
        if found is None:
            raise NotFound("There is no such entry.")
        return found

    def by_number(self, number: str) -> BallotEntry | None:
        return self._session.scalar(select(BallotEntry).where(BallotEntry.number == number))

    def of_citizen(self, citizen_id: int) -> list[BallotEntry]:
        """Return the standing entries of a citizen, the newest first, with ballot and wishes."""
        query = select(BallotEntry).where(BallotEntry.citizen_id == citizen_id, BallotEntry.withdrawn_at.is_(None))
        with_parts = query.options(selectinload(BallotEntry.ballot), selectinload(BallotEntry.wishes))
        return list(self._session.scalars(with_parts.order_by(BallotEntry.id.desc())))

    def wishing(self, run_id: int) -> list[BallotEntry]:
        """Return the standing entries of undrawn ballots that wish for a Run."""
        query = (
            select(BallotEntry)
            .join(BallotWish)
            .join(Ballot, Ballot.id == BallotEntry.ballot_id)
            .where(
                BallotWish.run_id == run_id,
                BallotEntry.withdrawn_at.is_(None),
                Ballot.status == BallotStatus.ANNOUNCED,
            )
            .order_by(BallotEntry.id)
        )
        return list(self._session.scalars(query.options(selectinload(BallotEntry.wishes))))

    def counts(self, ballot_id: int) -> tuple[int, int]:
        """Return how many entries stand and how many people they hold."""
        query = select(func.count(), func.coalesce(func.sum(BallotEntry.party_size), 0)).where(
            BallotEntry.ballot_id == ballot_id, BallotEntry.withdrawn_at.is_(None)
        )
        entries, people = self._session.execute(query).one()
        return int(entries), int(people)

    def wish_counts(self, ballot_id: int) -> dict[int, WishCount]:
        """Return for each wished Run how much it is wanted."""
        query = (
            select(BallotWish.run_id, BallotWish.rank, func.sum(BallotEntry.party_size))
            .join(BallotEntry, BallotEntry.id == BallotWish.entry_id)
            .where(BallotEntry.ballot_id == ballot_id, BallotEntry.withdrawn_at.is_(None))
            .group_by(BallotWish.run_id, BallotWish.rank)
        )
        first: dict[int, int] = defaultdict(int)
        people: dict[int, int] = defaultdict(int)
        for run_id, rank, count in self._session.execute(query):
            people[run_id] += int(count)
            first[run_id] += int(count) if rank == 1 else 0
        return {run_id: WishCount(run_id, first[run_id], people[run_id]) for run_id in people}

    # the draw

    def standing(self, ballot_id: int) -> list[StandingEntry]:
        """Return all standing entries by columns, in order of pseudonym, with the area of each person."""
        query = (
            select(
                BallotEntry.id,
                BallotEntry.citizen_id,
                BallotEntry.pseudonym,
                BallotEntry.party_size,
                Citizen.area_id,
            )
            .join(Citizen, Citizen.id == BallotEntry.citizen_id)
            .where(BallotEntry.ballot_id == ballot_id, BallotEntry.withdrawn_at.is_(None))
            .order_by(BallotEntry.pseudonym)
        )
        return [StandingEntry._make(row) for row in self._session.execute(query)]

    def standing_wishes(self, ballot_id: int) -> dict[int, tuple[int, ...]]:
        """Return entry → wished Runs, most wanted first, of all standing entries."""
        query = (
            select(BallotWish.entry_id, BallotWish.run_id)
            .join(BallotEntry, BallotEntry.id == BallotWish.entry_id)
            .where(BallotEntry.ballot_id == ballot_id, BallotEntry.withdrawn_at.is_(None))
            .order_by(BallotWish.entry_id, BallotWish.rank)
        )
        found: dict[int, list[int]] = defaultdict(list)
        for entry_id, run_id in self._session.execute(query):
            found[entry_id].append(run_id)
        return {entry_id: tuple(run_ids) for entry_id, run_ids in found.items()}

    def wins(self, since: datetime | None = None) -> dict[int, int]:
        """Return citizen → places that were drawn for that person in ballots drawn since then (ever, without one)."""
        query = (
            select(Enrolment.citizen_id, func.count())
            .join(BallotEntry, BallotEntry.id == Enrolment.ballot_entry_id)
            .join(Ballot, Ballot.id == BallotEntry.ballot_id)
            .where(Enrolment.status.in_(WON))
            .group_by(Enrolment.citizen_id)
        )
        query = query.where(Ballot.drawn_at >= since) if since is not None else query
        return {citizen_id: int(count) for citizen_id, count in self._session.execute(query)}

    def under_served_areas(self) -> set[str]:
        """Return the ids of areas that are under-served, and of everything in them."""
        areas = list(self._session.scalars(select(Area)))
        return {area.id for area in areas if any(above.under_served for above in area.lineage())}

    def unsettled(self, ballot_id: int, n: int) -> list[BallotEntry]:
        """Return the next `n` entries to be told, in the order of their turns, locked."""
        query = (
            select(BallotEntry)
            .where(
                BallotEntry.ballot_id == ballot_id,
                BallotEntry.withdrawn_at.is_(None),
                BallotEntry.settled_at.is_(None),
            )
            .order_by(BallotEntry.turn, BallotEntry.id)
            .limit(n)
        )
        return list(self._session.scalars(query.with_for_update(of=BallotEntry)))

    def live_places(self, run_ids: Sequence[int], citizen_ids: Sequence[int]) -> set[tuple[int, int]]:
        """Return which of these citizens have a live Enrolment on which of these Runs, as (run, citizen)."""
        live = (EnrolmentStatus.APPLIED, EnrolmentStatus.CONFIRMED, EnrolmentStatus.WAITLISTED)
        query = select(Enrolment.run_id, Enrolment.citizen_id).where(
            Enrolment.run_id.in_(run_ids), Enrolment.citizen_id.in_(citizen_ids), Enrolment.status.in_(live)
        )
        return {(run_id, citizen_id) for run_id, citizen_id in self._session.execute(query)}

    def free_numbers(self, n: int) -> list[str]:
        """Return `n` fresh booking numbers that no Enrolment has."""
        found: set[str] = set()
        while len(found) < n:
            tried = {new_number() for _ in range(min(AT_ONCE, n - len(found)))}
            found |= tried - set(self._session.scalars(select(Enrolment.number).where(Enrolment.number.in_(tried))))
        return list(found)

    def places_of(self, entry_ids: Sequence[int]) -> list[Enrolment]:
        """Return the Enrolments that came of entries, with their Runs, venues and meetings."""
        query = select(Enrolment).where(Enrolment.ballot_entry_id.in_(entry_ids)).order_by(Enrolment.id)
        with_parts = query.options(
            joinedload(Enrolment.run).joinedload(Run.offering).joinedload(Offering.venue),
            joinedload(Enrolment.run).selectinload(Run.class_sessions),
        )
        return list(self._session.scalars(with_parts))

    def entries(self, entry_ids: Sequence[int]) -> list[BallotEntry]:
        """Return entries by id, without their wishes."""
        found: list[BallotEntry] = []
        for start in range(0, len(entry_ids), AT_ONCE):
            query = select(BallotEntry).where(BallotEntry.id.in_(entry_ids[start : start + AT_ONCE]))
            found += self._session.scalars(query)
        return found

    def set_entry_count(self, ballot_id: int, count: int) -> None:
        """Write how many entries there are; from then on nobody enters."""
        self._session.execute(update(Ballot).where(Ballot.id == ballot_id).values(entry_count=count))

    # files

    def publish(self, file: BallotFile) -> None:
        self._session.add(file)
        self._session.flush()

    def replace_file(self, file: BallotFile) -> None:
        """Put a file in place of one that was published: of a sample that is moved, never of a city's ballot."""
        self._session.merge(file)

    def file(self, ballot_id: int, stage: str) -> BallotFile | None:
        return self._session.get(BallotFile, (ballot_id, stage))

    def published(self, ballot_id: int) -> list[tuple[str, str, datetime]]:
        """Return (stage, SHA-256, instant) of what was published, the first file first, without the files."""
        query = select(BallotFile.stage, BallotFile.sha256, BallotFile.published_at)
        rows = self._session.execute(query.where(BallotFile.ballot_id == ballot_id).order_by(BallotFile.published_at))
        return [(stage, sha256, published_at) for stage, sha256, published_at in rows]
