"""Histories of places invented by hypothesis, each step compared with a list that a child could keep.

`PlainRun` is the reference: rows in order, seats, and the rules as the page on places states them. `PlaceHistories`
does the same with the product and compares all rows after each step. `FAULTS` can be seeded: each must be found.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from typing import Any
from unittest.mock import patch

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import event, select

from city.errors import AlreadyEnrolled, IdempotencyMismatch, InvalidInput, LimitReached, TooLate
from city.model import Enrolment, EnrolmentStatus
from city.services.enrolling import PlaceTaken
from city.services.seats import LockedRun
from city.services.telling import answer_deadline
from city.store.database import Database
from city.store.enrolment_repository import Enrolments
from fixtures.factories import NOW, SHANGHAI, in_days
from tests.places_to_take import Town, another_run, lay_town

RUNS, PEOPLE, KEYS, MOST_SEATS, STEPS = 2, 5, 3, 4, 40
ANSWER_HOURS = 24
FAR_AWAY = in_days(300)
"""When the runs meet: no history lasts so long that a meeting shortens the time to answer."""


class Refused(Exception):
    """The reference refuses; `kind` is the error the product has to raise."""

    def __init__(self, kind: type[Exception]) -> None:
        super().__init__(kind.__name__)
        self.kind = kind


@dataclass
class PlainPlace:
    """One row of the reference."""

    person: int
    people: int
    status: str
    changed_at: datetime
    answer_by: datetime | None = None
    unanswered: bool = False

    @property
    def live(self) -> bool:
        return self.status != "cancelled"


@dataclass
class PlainRun:
    """The rules of one run over plain rows in order."""

    seats: int
    rows: list[PlainPlace] = field(default_factory=list)

    @property
    def taken(self) -> int:
        return sum(row.people for row in self.rows if row.status == "confirmed")

    def book(self, person: int, people: int, now: datetime) -> PlainPlace:
        if any(row.live and row.person == person for row in self.rows):
            raise Refused(AlreadyEnrolled)
        if people > self.seats > 0:
            raise Refused(LimitReached)
        status = "confirmed" if people <= self.seats - self.taken else "waitlisted"
        self.rows.append(PlainPlace(person, people, status, now))
        return self.rows[-1]

    def cancel(self, row: PlainPlace, now: datetime, *, unanswered: bool = False) -> None:
        if row.live:
            row.status, row.changed_at, row.answer_by, row.unanswered = "cancelled", now, None, unanswered
            self.pass_on(now)

    def undo(self, row: PlainPlace, now: datetime) -> PlainPlace:
        standing = [each for each in self.rows if each.live and each.person == row.person]
        if standing:
            return standing[0]
        if row.unanswered or now - row.changed_at > timedelta(days=1):
            raise Refused(TooLate)
        if row.people <= self.seats - self.taken:
            row.status, row.changed_at = "confirmed", now
            return row
        self.rows.append(PlainPlace(row.person, row.people, "waitlisted", now))
        return self.rows[-1]

    def accept(self, row: PlainPlace, now: datetime) -> None:
        if not row.live:
            raise Refused(TooLate)
        if row.answer_by is not None:
            row.answer_by, row.changed_at = None, now

    def lapse(self, now: datetime) -> None:
        due = [row for row in self.rows if row.answer_by is not None and row.answer_by < now]
        for row in sorted(due, key=lambda each: each.answer_by or now):
            self.cancel(row, now, unanswered=True)

    def resize(self, seats: int, now: datetime) -> None:
        if seats < self.taken:
            raise Refused(InvalidInput)
        self.seats = seats
        self.pass_on(now)

    def pass_on(self, now: datetime) -> None:
        for row in self.rows:
            if row.status == "waitlisted" and row.people <= self.seats - self.taken:
                row.status, row.answer_by = "confirmed", answer_deadline(now, ANSWER_HOURS, SHANGHAI)
                row.changed_at = now


class PlaceHistories(RuleBasedStateMachine):
    """Two runs, five people with three forms each, up to four seats; a new city corner for each history."""

    histories: Iterator[int] = count()

    def __init__(self, database: Database) -> None:
        super().__init__()
        self.database = database
        self.first_person = next(PlaceHistories.histories) * PEOPLE
        base = lay_town(database, seats=2, operator_slug=f"corner-{self.first_person}", days=[FAR_AWAY])
        ids = (base.run_id, *(another_run(base, seats=2, days=[FAR_AWAY]) for _ in range(RUNS - 1)))
        self.towns = [Town(database, run_id, base.operator_id, NOW) for run_id in ids]
        self.plain = [PlainRun(2) for _ in ids]
        self.forms: dict[tuple[int, int], tuple[tuple[int, int], PlaceTaken]] = {}
        self.placed: list[tuple[int, PlainPlace, PlaceTaken]] = []

    @property
    def now(self) -> datetime:
        return self.towns[0].now

    @rule(
        run=st.integers(0, RUNS - 1),
        person=st.integers(1, PEOPLE),
        key=st.integers(1, KEYS),
        people=st.integers(1, 3),
    )
    def book(self, run: int, person: int, key: int, people: int) -> None:
        def ask() -> PlaceTaken:
            return self.towns[run].ask(self.first_person + person, people, key=f"form-{self.first_person}-{key}")

        if (person, key) in self.forms:
            request, answer = self.forms[person, key]
            if request != (run, people):
                self._refuses(IdempotencyMismatch, ask)
            else:
                assert ask() == answer, "a form sent again got another answer"
            return
        row = self._like_the_reference(lambda: self.plain[run].book(person, people, self.now), ask)
        if row is not None:
            self.forms[person, key] = (run, people), row[1]
            self.placed.append((run, *row))

    @precondition(lambda self: self.placed)
    @rule(which=st.integers(0, 50))
    def cancel(self, which: int) -> None:
        run, row, taken = self._chosen(which)
        self.plain[run].cancel(row, self.now)
        self.towns[run].cancel(taken)

    @precondition(lambda self: self.placed)
    @rule(which=st.integers(0, 50))
    def undo(self, which: int) -> None:
        run, row, taken = self._chosen(which)
        again = self._like_the_reference(
            lambda: self.plain[run].undo(row, self.now), lambda: self.towns[run].undo(taken)
        )
        if again is not None and all(again[0] is not each for _, each, _ in self.placed):
            self.placed.append((run, *again))

    @precondition(lambda self: self.placed)
    @rule(which=st.integers(0, 50))
    def accept(self, which: int) -> None:
        run, row, taken = self._chosen(which)
        self._like_the_reference(lambda: self.plain[run].accept(row, self.now), lambda: self.towns[run].accept(taken))

    @rule(hours=st.integers(1, 30))
    def wait(self, hours: int) -> None:
        for town in self.towns:
            town.later(hours=hours)

    @rule()
    def lapse(self) -> None:
        for plain in self.plain:
            plain.lapse(self.now)
        self.towns[0].changes.lapse_unanswered()

    @rule(run=st.integers(0, RUNS - 1), seats=st.integers(0, MOST_SEATS))
    def resize(self, run: int, seats: int) -> None:
        town = self.towns[run]
        self._like_the_reference(
            lambda: self.plain[run].resize(seats, self.now),
            lambda: town.changes.resize(town.publisher, town.run_id, seats),
        )

    @invariant()
    def rows_and_counters_are_those_of_the_reference(self) -> None:
        for town, plain in zip(self.towns, self.plain, strict=True):
            assert town.seats() == (plain.taken, plain.seats)
            assert self._rows(town) == [
                (row.person, row.people, row.status, row.answer_by, row.changed_at) for row in plain.rows
            ]

    def _rows(self, town: Town) -> list[tuple[int, int, str, datetime | None, datetime]]:
        columns = (Enrolment.contact_phone, Enrolment.party_size, Enrolment.status)
        query = select(*columns, Enrolment.answer_by, Enrolment.changed_at).where(Enrolment.run_id == town.run_id)
        with self.database.engine.connect() as connection:
            found = connection.execute(query.order_by(Enrolment.id)).all()
        return [(int(phone[-5:]) - self.first_person, *row) for phone, *row in found]

    def _chosen(self, which: int) -> tuple[int, PlainPlace, PlaceTaken]:
        return self.placed[which % len(self.placed)]

    def _like_the_reference(self, plainly: Callable[[], Any], really: Callable[[], Any]) -> tuple[Any, Any] | None:
        """Do it both ways; where the reference refuses, so must the product, in the same sense."""
        try:
            expected = plainly()
        except Refused as refused:
            self._refuses(refused.kind, really)
            return None
        return expected, really()

    def _refuses(self, kind: type[Exception], really: Callable[[], Any]) -> None:
        try:
            really()
        except kind:
            return
        raise AssertionError(f"the reference refuses with {kind.__name__}, the product does not")


def run_histories(database: Database, *, histories: int, shortest: bool = True) -> None:
    """Let hypothesis invent so many histories of 40 steps; raises AssertionError for one that differs.

    It is the shortest one unless `shortest` is off: to know that there is one is quicker.
    """
    if database.is_sqlite:
        database.engine.dispose()
        event.listen(database.engine, "connect", _without_waiting_for_the_disk)
    chosen = settings(
        max_examples=histories,
        stateful_step_count=STEPS,
        suppress_health_check=list(HealthCheck),
        deadline=None,
        database=None,
        derandomize=True,
        report_multiple_bugs=False,
        phases=list(Phase) if shortest else [Phase.generate],
    )
    run_state_machine_as_test(lambda: PlaceHistories(database), settings=chosen)  # type: ignore[no-untyped-call]


def _without_waiting_for_the_disk(connection: Any, _record: object) -> None:
    connection.execute("PRAGMA synchronous=OFF")


def _lower_for_those_who_wait(self: LockedRun, place: Enrolment, because: Any) -> None:
    place.cancel(self.now, because)
    self.work.flush()
    self.work.enrolments.free_seats(self.run, place.party_size)


def _last_waiting(self: Enrolments, run_id: int, *, most_people: int | None) -> Enrolment | None:
    fitting = [row for row in self.waiting(run_id) if most_people is None or row.party_size <= most_people]
    return fitting[-1] if fitting else None


def _first_if_it_fits(self: Enrolments, run_id: int, *, most_people: int | None) -> Enrolment | None:
    first = next(iter(self.waiting(run_id)), None)
    return first if first and (most_people is None or first.party_size <= most_people) else None


def _waiting_again_where_it_stood(work: Any, ended: Enrolment, now: datetime) -> Enrolment:
    ended.status, ended.ended_because, ended.changed_at = EnrolmentStatus.WAITLISTED, "", now
    work.flush()
    return ended


_take_seats = Enrolments.take_seats


def _one_seat_a_party(self: Enrolments, run: Any, people: int) -> bool:
    return _take_seats(self, run, 1)


FAULTS: dict[str, Callable[[], AbstractContextManager[Any]]] = {
    "a waiting place given back lowers the counter": lambda: patch.object(LockedRun, "end", _lower_for_those_who_wait),
    "nothing is passed on": lambda: patch.object(LockedRun, "pass_on", lambda self: []),
    "the last in line is first": lambda: patch.object(Enrolments, "first_waiting", _last_waiting),
    "a party that does not fit stops the line": lambda: patch.object(Enrolments, "first_waiting", _first_if_it_fits),
    "whoever undoes stands where they stood": lambda: patch(
        "city.services.enrolling._at_the_end_of_the_line", _waiting_again_where_it_stood
    ),
    "a party takes one seat": lambda: patch.object(Enrolments, "take_seats", _one_seat_a_party),
    "a promoted place needs no answer": lambda: patch("city.services.seats.answer_by", lambda *_: None),
    "a form sent again is a new one": lambda: patch("city.services.enrolling.kept_answer", lambda *_: None),
}
"""What the histories have to find, by what is wrong then."""
