"""Ten thousand attempts on a hundred seats from sixteen processes, on both databases, also under REPEATABLE READ.

    python -m drills.places_race

Prints one line a goal: id, figure, goal, pass or MISSED. Ends with 1 when a goal is missed. B1 exact places, B2 the
twin without the guard oversells, B3 another isolation level changes nothing.
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
from tests.faults.racing import Outcome, lay_a_run, race
from tests.services import postgresql

SEATS, CITIZENS, PROCESSES = 100, 10_000, 16


def main() -> int:
    """Run every race; return 1 when one ended wrong."""
    missed = 0
    with sqlite_url() as url:
        missed += told("B1 sqlite", url, guarded=True)
    with sqlite_url() as url:
        missed += told("B2 sqlite, guard off", url, guarded=False)
    with postgresql.running(durable=True) as cluster:
        missed += told("B1 postgresql", cluster.new_database(), guarded=True)
        missed += told("B2 postgresql, guard off", cluster.new_database(), guarded=False)
        cluster.run("ALTER SYSTEM SET default_transaction_isolation = 'repeatable read'")
        cluster.run("SELECT pg_reload_conf()")
        missed += told("B3 postgresql, REPEATABLE READ", cluster.new_database(), guarded=True)
    return bool(missed)


def told(name: str, url: str, *, guarded: bool) -> bool:
    """Race once and print the line; return whether the goal was missed."""
    database = Database(url)
    run_id = lay_a_run(database, seats=SEATS, citizens=CITIZENS)
    database.dispose()
    began = time.monotonic()
    outcome = race(url, run_id, citizens=CITIZENS, processes=PROCESSES, guarded=guarded)
    reached = exact(outcome) if guarded else outcome.confirmed_rows > SEATS
    figure = f"{outcome.confirmed_rows} places on {SEATS} seats, {time.monotonic() - began:.0f} s"
    goal = f"exactly {SEATS}" if guarded else f"more than {SEATS}, else the race proves nothing"
    print(f"{name:32} {figure:40} goal: {goal:48} {'pass' if reached else 'MISSED'}", flush=True)
    return not reached


def exact(outcome: Outcome) -> bool:
    """Rows, counter and answers agree, and everybody else was told that it is full."""
    given = (outcome.confirmed_rows, outcome.taken_count, outcome.told_yes)
    return given == (SEATS, SEATS, SEATS) and outcome.told_full == CITIZENS - SEATS


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
