"""Ten thousand attempts on a hundred seats from sixteen processes, on both databases, also under REPEATABLE READ.

    python -m drills.places_race

Prints one line a goal: id, figure, goal, pass or MISSED. Ends with 1 when a goal is missed. B1 exact places, B2 the
twin without the guard oversells, B3 an administrator's REPEATABLE READ changes nothing; each for people alone and in
parties. With it come the times people waited for their yes or no, of which the 99th percentile has a goal too. Where
the product's own connections are forced to that level, the seats are exact as well, but some are told to try again.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from city.store import schema
from city.store.database import Database
from tests.faults.racing import BUSY, YES, Attempts, Outcome, lay_a_run, race
from tests.services import postgresql

SEATS, PEOPLE, PROCESSES, TWIN_PEOPLE = 100, 10_000, 16, 2_000
SLOWEST_MS = 250
REPEATABLE_READ = "REPEATABLE READ"


def main() -> int:
    """Run every race; return 1 when one ended wrong."""
    missed = 0
    for parties in (False, True):
        who = "parties" if parties else "alone"
        with sqlite_url() as url:
            missed += told(f"B1 sqlite, {who}", url, parties=parties)
        with sqlite_url() as url:
            missed += told(f"B2 sqlite, {who}, guard off", url, parties=parties, guarded=False)
        with postgresql.running(durable=True) as cluster:
            missed += told(f"B1 postgresql, {who}", cluster.new_database(), parties=parties)
            missed += told(f"B2 postgresql, {who}, guard off", cluster.new_database(), parties=parties, guarded=False)
            url = cluster.new_database()
            missed += told(f"B3 postgresql, {who}, forced level", url, parties=parties, isolation=REPEATABLE_READ)
            cluster.run("ALTER SYSTEM SET default_transaction_isolation = 'repeatable read'")
            cluster.run("SELECT pg_reload_conf()")
            missed += told(f"B3 postgresql, {who}, server's level", cluster.new_database(), parties=parties)
    return bool(missed)


def told(name: str, url: str, *, parties: bool, guarded: bool = True, isolation: str = "") -> bool:
    """Race once and print the line; return whether the goal was missed."""
    database = Database(url)
    run_id = lay_a_run(database, seats=SEATS)
    database.dispose()
    people = PEOPLE if guarded else TWIN_PEOPLE
    began = time.monotonic()
    outcome = race(Attempts(url, run_id, people, PROCESSES, parties, guarded, isolation))
    seconds = time.monotonic() - began
    reached = exact(outcome, people, may_be_busy=bool(isolation)) if guarded else outcome.people_with_a_seat > SEATS
    figure = (
        f"{outcome.people_with_a_seat} people on {SEATS} seats, {seconds:.0f} s, "
        f"p50 {outcome.percentile(0.5):.0f} ms, p99 {outcome.percentile(0.99):.0f} ms; of a yes "
        f"{outcome.percentile(0.5, YES):.0f} and {outcome.percentile(0.99, YES):.0f} ms; {outcome.told[BUSY]} busy"
    )
    goal = f"exactly {SEATS}, p99 < {SLOWEST_MS} ms" if guarded else f"more than {SEATS}, else it proves nothing"
    print(f"{name:40} {figure:96} goal: {goal:42} {'pass' if reached else 'MISSED'}", flush=True)
    return not reached


def exact(outcome: Outcome, people: int, *, may_be_busy: bool) -> bool:
    """Rows, counter and answers agree, everybody got a yes or a no, and nobody waited long for it."""
    seats = (outcome.people_with_a_seat, outcome.taken_count) == (SEATS, SEATS)
    answered = outcome.told[YES] == outcome.confirmed_rows and (may_be_busy or outcome.told[BUSY] == 0)
    return seats and answered and outcome.told.total() == people and outcome.percentile(0.99) < SLOWEST_MS


@contextmanager
def sqlite_url() -> Iterator[str]:
    """A migrated SQLite file that is removed afterwards."""
    with tempfile.TemporaryDirectory(prefix="learncity-race-") as place:
        url = f"sqlite:///{Path(place) / 'city.db'}"
        database = Database(url)
        schema.upgrade(database)
        database.dispose()
        yield url


if __name__ == "__main__":
    sys.exit(main())
