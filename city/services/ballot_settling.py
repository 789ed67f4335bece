"""What a draw means for people: places of those who were drawn, waiting lists in the order of turns, and word to all.

Owns: that every drawn seat is taken in the transaction that publishes the result, that the rest is done in small steps
which can be cut off anywhere and taken up again, and that what is left over is then given to whoever comes first.
Called by `city.services.ballot_office`, by the worker and by `learncity ballot`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from city.clock import Clock
from city.errors import Conflict
from city.model import (
    Ballot,
    BallotEntry,
    BallotStatus,
    Enrolment,
    EnrolmentMode,
    EnrolmentStatus,
    Interaction,
    InteractionKind,
    Run,
)
from city.services import message_words
from city.services.links import Links
from city.services.message_words import Facts, Words
from city.services.place_messages import PlaceMessages
from city.services.seats import LockedRun
from city.services.telling import About, tell
from city.store.database import Database
from city.store.unit_of_work import UnitOfWork

AT_ONCE = 500
"""Entries a transaction: short enough that nobody at a screen waits for it."""
GOT, WAITS, NONE = "got", "waits", "none"
COPIED = (
    "party_size", "companions", "group_kind", "channel", "contact_name", "contact_phone", "contact_email", "language",
    "helper_name", "helper_phone", "booked_by_id",
)  # fmt: skip


class BallotSettling:
    """Use cases that follow a draw, on one database and clock."""

    def __init__(self, database: Database, clock: Clock, links: Links | None = None) -> None:
        self._database = database
        self._clock = clock
        self._links = links

    def settle_all(self) -> int:
        """Finish every ballot that is drawn or called off; return how many people's entries were settled."""
        with self._database.reading() as work:
            unsettled = work.ballots.unsettled_ids()
        return sum(self.settle(ballot_id) for ballot_id in unsettled)

    def settle(self, ballot_id: int) -> int:
        """Write waiting lists and messages until everybody is told; return how many entries that were."""
        done = 0
        while count := self._database.retrying(lambda work: self._settle_some(work, ballot_id)):
            done += count
        self._database.retrying(lambda work: self._open_the_rest(work, ballot_id))
        return done

    def _settle_some(self, work: UnitOfWork, ballot_id: int) -> int:
        ballot, now = work.ballots.get(ballot_id), self._clock.now()
        if ballot.status not in (BallotStatus.DRAWN, BallotStatus.CANCELLED):
            raise Conflict("This ballot is not drawn yet.")
        entries = work.ballots.unsettled(ballot_id, AT_ONCE)
        if ballot.status == BallotStatus.DRAWN:
            self._settle_drawn(work, ballot, entries, now)
        else:
            for entry in entries:
                words = message_words.ballot_cancelled(entry, self._facts(entry, ballot, now))
                self._tell(work, entry, "ballot_cancelled", words, now)
        for entry in entries:
            entry.settled_at = now
        work.commit()
        return len(entries)

    def _settle_drawn(self, work: UnitOfWork, ballot: Ballot, entries: Sequence[BallotEntry], now: datetime) -> None:
        runs = {run.id: run for run in work.ballots.runs(ballot.id)}
        places = work.ballots.places_of([entry.id for entry in entries])
        self._write_waiting(work, entries, runs, now)
        for entry in entries:
            held = [place for place in places if place.ballot_entry_id == entry.id]
            for place in (each for each in held if each.status == EnrolmentStatus.CONFIRMED):
                words = message_words.drawn(place, self._facts_of_place(place, now))
                self._tell(work, entry, "drawn", words, now, enrolment_id=place.id)
            if not any(said == GOT for _, _, said, _ in entry.outcome):
                words = message_words.not_drawn(entry, self._facts(entry, ballot, now), _place_in_line(entry, runs))
                self._tell(work, entry, "not_drawn", words, now)

    def _write_waiting(
        self, work: UnitOfWork, entries: Sequence[BallotEntry], runs: dict[int, Run], now: datetime
    ) -> None:
        """Put those who wait on the lists, in the order of their turns; a list is its rows in the order of ids."""
        live = work.ballots.live_places(list(runs), [entry.citizen_id for entry in entries])
        rows = [
            {**_place_of(entry, run_id, now), "status": EnrolmentStatus.WAITLISTED}
            for entry in entries
            for run_id, _, said, _ in entry.outcome
            if said == WAITS and _keeps_list(runs.get(run_id)) and (run_id, entry.citizen_id) not in live
        ]
        numbers = work.ballots.free_numbers(len(rows))
        work.bulk.insert(Enrolment, [{**row, "number": number} for row, number in zip(rows, numbers, strict=True)])

    def _open_the_rest(self, work: UnitOfWork, ballot_id: int) -> None:
        """Pass on seats that came free meanwhile; from now on what is left goes to whoever comes first."""
        ballot, now = work.ballots.get(ballot_id), self._clock.now()
        messages = PlaceMessages(self._clock.zone, self._links)
        for run_id in [run.id for run in work.ballots.runs(ballot_id)] if ballot.status == BallotStatus.DRAWN else ():
            locked = LockedRun.of(work, run_id, now, messages)
            if locked.run.enrolment_mode == EnrolmentMode.BALLOT:
                locked.run.enrolment_mode = EnrolmentMode.FIRST_COME
                locked.pass_on()
                work.changed(locked.run.offering, now)
        work.commit()

    def _facts(self, entry: BallotEntry, ballot: Ballot, now: datetime) -> Facts:
        url = self._links.entry(entry.id, entry.language) if self._links else ""
        return Facts(title=ballot.name, today=now.astimezone(self._clock.zone).date(), url=url)

    def _facts_of_place(self, place: Enrolment, now: datetime) -> Facts:
        url = self._links.place(place.id, place.language) if self._links else ""
        return message_words.facts_of_run(place.run, url, now, self._clock.zone)

    def _tell(
        self,
        work: UnitOfWork,
        entry: BallotEntry,
        purpose: str,
        words: Words,
        now: datetime,
        *,
        enrolment_id: int | None = None,
    ) -> None:
        about = About(ballot_entry_id=entry.id, enrolment_id=enrolment_id)
        tell(work, entry, purpose, words, about, now=now, zone=self._clock.zone)


def take_drawn_seats(
    work: UnitOfWork,
    locked: dict[int, LockedRun],
    drawn: Iterable[tuple[BallotEntry, Sequence[int]]],
    now: datetime,
) -> None:
    """Take every seat that was drawn, in the transaction of the caller, who holds the locks of all Runs."""
    pairs = [(entry, run_id) for entry, run_ids in drawn for run_id in run_ids]
    live = work.ballots.live_places(list(locked), [entry.citizen_id for entry, _ in pairs])
    wanted = [(entry, run_id) for entry, run_id in pairs if (run_id, entry.citizen_id) not in live]
    for (entry, run_id), number in zip(wanted, work.ballots.free_numbers(len(wanted)), strict=True):
        place = Enrolment(**_place_of(entry, run_id, now), number=number, status=EnrolmentStatus.CONFIRMED)
        if not locked[run_id].give(place):
            raise Conflict("A seat that was drawn is gone; draw again.")
        work.enrolments.add(place)
        offering_id = locked[run_id].run.offering_id
        work.interactions.add(
            Interaction(
                citizen_id=entry.citizen_id,
                offering_id=offering_id,
                kind=InteractionKind.ENROL,
                happened_at=now,
                source="",
                list_id=None,
                position=None,
            )
        )


def _place_of(entry: BallotEntry, run_id: int, now: datetime) -> dict[str, Any]:
    """Return the columns of an Enrolment that comes of an entry, without number and status."""
    return {name: getattr(entry, name) for name in COPIED} | {
        "run_id": run_id,
        "citizen_id": entry.citizen_id,
        "created_at": now,
        "changed_at": now,
        "answer_by": None,
        "ended_because": "",
        "ballot_entry_id": entry.id,
    }


def _keeps_list(run: Run | None) -> bool:
    return run is not None and run.keeps_waiting_list and not run.cancelled


def _place_in_line(entry: BallotEntry, runs: dict[int, Run]) -> int | None:
    """Return the place in line of the best wish the entry waits for."""
    waits = (int(place) for run_id, _, said, place in entry.outcome if said == WAITS and _keeps_list(runs.get(run_id)))
    return next(waits, None)
