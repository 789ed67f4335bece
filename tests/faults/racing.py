"""Many processes that ask for the same places at the same moment, with the guard on and, as a twin, off.

Threads would hide the fault, so each attempt comes from a process of its own engine. `drills/` runs the large size.
"""

from __future__ import annotations

import multiprocessing
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from multiprocessing.synchronize import Barrier
from zoneinfo import ZoneInfo

from city.clock import FixedClock
from city.errors import AlreadyEnrolled, RunIsFull
from city.model import Citizen, ClassSession, Enrolment, LocalisedText, Offering, Operator, Run
from city.services.enrolling import Enrolling
from city.services.permissions import Actor
from city.store.database import Database

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Outcome:
    """What the race left behind and what the citizens were told."""

    confirmed_rows: int
    taken_count: int
    told_yes: int
    told_full: int


def lay_a_run(database: Database, *, seats: int, citizens: int) -> int:
    """Write one run and the citizens who will want it; return the run's id."""
    with database.writing() as work:
        for number in range(1, citizens + 1):
            work.citizens.add(Citizen(id=number, name=LocalisedText({"en": f"No. {number}"}), created_at=NOW))
        meeting = ClassSession.at(date(2026, 12, 1), SHANGHAI, time(19), time(20, 30))
        offering = Offering(
            kind="night_school",
            status="published",
            operator=Operator(slug="race", name=LocalisedText({"en": "Race"})),
            title=LocalisedText({"en": "Evening calligraphy"}),
            created_at=NOW,
            updated_at=NOW,
            runs=[Run(enrolment_mode="first_come", seat_count=seats, class_sessions=[meeting])],
        )
        work.published_first(offering, NOW)
        work.commit()
        return offering.runs[0].id


def race(database_url: str, run_id: int, *, citizens: int, processes: int, guarded: bool) -> Outcome:
    """Let `processes` processes attempt for all citizens at once; compare rows, counter and answers."""
    context = multiprocessing.get_context("spawn")
    barrier = context.Barrier(processes)
    answers = context.Queue()
    shares = [range(first, citizens + 1, processes) for first in range(1, processes + 1)]
    runners = [
        context.Process(target=_attempt_all, args=(database_url, run_id, share, guarded, barrier, answers))
        for share in shares
    ]
    for runner in runners:
        runner.start()
    told = [answers.get(timeout=120) for _ in runners]
    for runner in runners:
        runner.join()
    return _outcome(Database(database_url), run_id, told)


def _attempt_all(
    url: str,
    run_id: int,
    share: range,
    guarded: bool,
    barrier: Barrier,
    answers: multiprocessing.Queue[tuple[int, int]],
) -> None:
    database = Database(url)
    enrolling = Enrolling(database, FixedClock(NOW, SHANGHAI))
    yes = full = 0
    barrier.wait()
    for citizen in share:
        try:
            if guarded:
                enrolling.take_place(Actor.citizen(citizen), run_id, key=f"k{citizen}")
            else:
                _take_without_guard(database, run_id, citizen)
            yes += 1
        except (RunIsFull, AlreadyEnrolled):
            full += 1
    answers.put((yes, full))


def _take_without_guard(database: Database, run_id: int, citizen: int) -> None:
    """The twin: count in one transaction, insert in another, as a page that trusts what it read would."""
    with database.reading() as work:
        run = work.enrolments.run(run_id)
        if run is None or sum(1 for _ in _live_rows(database, run_id)) >= (run.seat_count or 0):
            raise RunIsFull("full")
    with database.writing() as work:
        row = Enrolment(run_id=run_id, citizen_id=citizen, status="confirmed", created_at=NOW, changed_at=NOW)
        work.enrolments.add(row)
        work.commit()


def _live_rows(database: Database, run_id: int) -> list[int]:
    with database.engine.connect() as connection:
        rows = connection.exec_driver_sql(f"SELECT id FROM enrolment WHERE run_id = {run_id} AND status = 'confirmed'")
        return [row[0] for row in rows]


def _outcome(database: Database, run_id: int, told: list[tuple[int, int]]) -> Outcome:
    with database.reading() as work:
        run = work.enrolments.run(run_id)
        taken = run.taken_count if run else -1
    rows = len(_live_rows(database, run_id))
    database.dispose()
    return Outcome(rows, taken, sum(yes for yes, _ in told), sum(full for _, full in told))
