"""Processes that book, give back, undo, say yes and resize at random, and what must be true when they are done.

The twin writes the counter from a value read before its transaction: it looks lawful and is wrong. Called by the test
of the soak and, in the large size, by `drills/places_soak.py`.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch

from sqlalchemy import func, select, update
from sqlalchemy.orm.attributes import set_committed_value

from city.errors import Conflict, DatabaseUnavailable, InvalidInput, NotAllowed
from city.model import Enrolment, Run
from city.services.permissions import Actor
from city.store.database import Database
from city.store.enrolment_repository import Enrolments
from tests.faults.processes import at_once
from tests.places_to_take import Town, another_run, lay_town

RUNS, PEOPLE, SMALLEST, LARGEST = 5, 200, 5, 39
SENT_AGAIN = 0.1
DEEDS = {"book": 60, "cancel": 31, "undo": 3, "accept": 3, "resize": 3}


@dataclass(frozen=True)
class Soak:
    """Which towns (one run each) of one database, how many calls a process makes, and whether the guard is on."""

    database_url: str
    runs: tuple[tuple[int, int], ...]
    calls: int
    guarded: bool = True


@dataclass
class _Worker:
    """One process: its towns and the places it got."""

    towns: list[Town]
    rng: random.Random
    places: list[tuple[Town, Actor, int]] = field(default_factory=list)
    counted: Counter[str] = field(default_factory=Counter)

    def book(self) -> None:
        town, number = self.rng.choice(self.towns), self.rng.randint(1, PEOPLE)
        people, key = self.rng.choice((1, 1, 1, 2, 3)), f"{self.rng.getrandbits(64):x}"
        taken = town.ask(number, people, key=key)
        self.places.append((town, town.holder(taken), taken.enrolment_id))
        if self.rng.random() < SENT_AGAIN:
            self.counted["another answer to the same form"] += town.ask(number, people, key=key) != taken

    def cancel(self) -> None:
        town, holder, place = self._one()
        town.enrolling.cancel_place(holder, place)

    def undo(self) -> None:
        town, holder, place = self._one()
        self.places.append((town, holder, town.enrolling.undo_cancel(holder, place).enrolment_id))

    def accept(self) -> None:
        town, holder, place = self._one()
        town.enrolling.accept(holder, place)

    def resize(self) -> None:
        town = self.rng.choice(self.towns)
        town.changes.resize(town.publisher, town.run_id, self.rng.randint(SMALLEST, LARGEST))

    def _one(self) -> tuple[Town, Actor, int]:
        if not self.places:
            self.book()
        return self.rng.choice(self.places)


def lay_runs(database: Database) -> tuple[tuple[int, int], ...]:
    """Write five runs of one operator, twenty seats each; return (run id, operator id) of each."""
    town = lay_town(database, seats=20)
    more = [another_run(town, seats=20) for _ in range(RUNS - 1)]
    return tuple((run_id, town.operator_id) for run_id in (town.run_id, *more))


def soak(plan: Soak, *, processes: int, seed: int) -> Counter[str]:
    """Let the processes do as they like; return what was done and refused, "broken" if an answer was wrong."""
    told = at_once(_work, [(plan, seed * 1_000 + number) for number in range(processes)])
    return sum(told, Counter[str]())


def wrong_runs(database: Database, runs: tuple[tuple[int, int], ...]) -> dict[int, str]:
    """Return run → what is not as it must be: the counter, the seats, or somebody who waits beside a free seat."""
    found = {run_id: "; ".join(_wrong(database, run_id)) for run_id, _ in runs}
    return {run_id: said for run_id, said in found.items() if said}


def _wrong(database: Database, run_id: int) -> list[str]:
    with database.reading() as work:
        run = work.enrolments.run(run_id)
        assert run is not None
        people = _people(database, run_id)
        left = run.seats_left()
        waits = work.enrolments.first_waiting(run_id, most_people=left) if left else None
    told = [] if run.taken_count == people else [f"{people} people have a seat, the counter says {run.taken_count}"]
    told += [f"{people} people on {run.seat_count} seats"] if people > (run.seat_count or 0) else []
    return told + ([f"a party of {waits.party_size} waits beside {left} free seats"] if waits else [])


def _people(database: Database, run_id: int) -> int:
    query = select(func.coalesce(func.sum(Enrolment.party_size), 0))
    with database.engine.connect() as connection:
        found = connection.scalar(query.where(Enrolment.run_id == run_id, Enrolment.status == "confirmed"))
    return int(found or 0)


def _work(plan: Soak, seed: int) -> Counter[str]:
    database = Database(plan.database_url)
    worker = _Worker([Town(database, *run) for run in plan.runs], random.Random(seed))
    if plan.guarded:
        _do_all(worker, plan.calls, lambda: None)
    else:
        _do_all_unlocked(worker, plan.calls, database)
    database.dispose()
    return worker.counted


def _do_all(worker: _Worker, calls: int, before_each: Callable[[], None]) -> None:
    deeds, weights = list(DEEDS), list(DEEDS.values())
    for _ in range(calls):
        deed = worker.rng.choices(deeds, weights)[0]
        before_each()
        try:
            getattr(worker, deed)()
            worker.counted[deed] += 1
        except DatabaseUnavailable:
            worker.counted["busy"] += 1
        except (Conflict, InvalidInput, NotAllowed):
            worker.counted["refused"] += 1


def _do_all_unlocked(worker: _Worker, calls: int, database: Database) -> None:
    """The twin: the counter as it was before the transaction, plus what is taken or freed."""
    stale: dict[int, int] = {}

    def look() -> None:
        with database.engine.execution_options(learncity_writes=False).connect() as connection:
            stale.update((row[0], row[1]) for row in connection.execute(select(Run.id, Run.taken_count)))

    def count(self: Enrolments, run: Run, change: Any, by: int) -> bool:
        counted = stale[run.id] + by
        if counted < 0 or (run.seat_count is not None and counted > run.seat_count):
            return False
        self._session.execute(update(Run).where(Run.id == run.id).values(taken_count=counted))
        set_committed_value(run, "taken_count", counted)
        stale[run.id] = counted
        return True

    with patch.object(Enrolments, "_count", count):
        _do_all(worker, calls, look)
