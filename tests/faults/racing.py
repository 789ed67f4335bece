"""Many processes that ask for the same places at the same moment, with the guard on and, as a twin, off.

Each attempt is somebody with a phone number and a party, as the site takes them. Called by the test of the race and, in
the large size, by `drills/places_race.py`.
"""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass

from sqlalchemy import func, select

from city.clock import FixedClock
from city.errors import DatabaseUnavailable, RunIsFull
from city.model import Citizen, Enrolment, LocalisedText, Run
from city.services.contacts import Asker
from city.services.enrolling import Enrolling
from city.services.permissions import Actor
from city.store.database import Database
from fixtures.factories import NOW, SHANGHAI
from tests.faults.processes import at_once
from tests.places_to_take import LINKS, lay_town

PARTIES = (1, 3, 2, 1, 4)
YES, FULL, BUSY = "yes", "full", "busy"


@dataclass(frozen=True)
class Attempts:
    """Who asks where: a run of so many seats, so many people from so many processes, alone or in mixed parties.

    `isolation` is a level that an administrator has set; "" is the product's own.
    """

    database_url: str
    run_id: int
    people: int
    processes: int
    parties: bool = False
    guarded: bool = True
    isolation: str = ""

    def party_of(self, number: int) -> int:
        return PARTIES[number % len(PARTIES)] if self.parties else 1


@dataclass(frozen=True)
class Outcome:
    """What the race left behind, what people were told, and how long each waited for which answer, in seconds."""

    confirmed_rows: int
    people_with_a_seat: int
    taken_count: int
    told: Counter[str]
    waited: tuple[tuple[str, float], ...]

    def percentile(self, share: float, answer: str = "") -> float:
        """Return below which time that share of the answers (of one kind, by default of all) came, in milliseconds."""
        times = sorted(seconds for told, seconds in self.waited if told == answer or not answer)
        return times[min(len(times) - 1, int(share * len(times)))] * 1000


def lay_a_run(database: Database, *, seats: int) -> int:
    """Write one run that keeps no waiting list; return its id."""
    return lay_town(database, seats=seats, keeps_waiting_list=False).run_id


def race(attempts: Attempts) -> Outcome:
    """Let all processes attempt for all people at once; compare rows, counter and answers."""
    firsts = range(1, attempts.processes + 1)
    told = at_once(_attempt_all, [(attempts, first) for first in firsts])
    return _outcome(attempts, tuple(each for waited in told for each in waited))


def _attempt_all(attempts: Attempts, first: int) -> list[tuple[str, float]]:
    database = Database(attempts.database_url)
    if attempts.isolation:
        database.engine = database.engine.execution_options(isolation_level=attempts.isolation)
    enrolling = Enrolling(database, FixedClock(NOW, SHANGHAI), LINKS)
    waited = []
    for number in range(first, attempts.people + 1, attempts.processes):
        began = time.perf_counter()
        answer = _attempt(enrolling, database, attempts, number)
        waited.append((answer, time.perf_counter() - began))
    database.dispose()
    return waited


def _attempt(enrolling: Enrolling, database: Database, attempts: Attempts, number: int) -> str:
    party = attempts.party_of(number)
    try:
        if attempts.guarded:
            asker = Asker(name=f"No. {number}", phone=f"138{number:08d}", party_size=party)
            enrolling.take_place(Actor.visitor(), attempts.run_id, key=f"k{number}", asker=asker)
        else:
            _take_without_guard(database, attempts.run_id, party)
    except RunIsFull:
        return FULL
    except DatabaseUnavailable:
        return BUSY
    return YES


def _take_without_guard(database: Database, run_id: int, party: int) -> None:
    """The twin: count in one transaction, insert in another, as a page that trusts what it read would."""
    with database.reading() as work:
        run = work.enrolments.run(run_id)
        if run is None or _people_with_a_seat(database, run_id) + party > (run.seat_count or 0):
            raise RunIsFull("full")
    with database.writing() as work:
        citizen = Citizen(name=LocalisedText({"en": "Somebody"}), created_at=NOW)
        work.citizens.add(citizen)
        work.flush()
        row = Enrolment(run_id=run_id, citizen_id=citizen.id, status="confirmed", created_at=NOW, changed_at=NOW)
        row.party_size = party
        work.enrolments.add(row)
        work.commit()


def _people_with_a_seat(database: Database, run_id: int) -> int:
    with database.engine.execution_options(learncity_writes=False).connect() as connection:
        query = select(func.coalesce(func.sum(Enrolment.party_size), 0))
        return int(connection.scalar(query.where(Enrolment.run_id == run_id, Enrolment.status == "confirmed")) or 0)


def _outcome(attempts: Attempts, waited: tuple[tuple[str, float], ...]) -> Outcome:
    database = Database(attempts.database_url)
    with database.engine.connect() as connection:
        of_run = select(func.count()).where(Enrolment.run_id == attempts.run_id, Enrolment.status == "confirmed")
        rows = connection.scalar(of_run) or 0
        taken = connection.scalar(select(Run.taken_count).where(Run.id == attempts.run_id)) or 0
    people = _people_with_a_seat(database, attempts.run_id)
    database.dispose()
    return Outcome(rows, people, taken, Counter(answer for answer, _ in waited), waited)
