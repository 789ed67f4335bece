"""Two hundred invented histories of forty steps on both databases, and eight seeded faults that they have to find.

    python -m drills.places_histories

Prints one line a goal: id, figure, goal, pass or MISSED. Ends with 1 when a goal is missed. B5: after each step rows,
order and counters are those of a plain list; each fault makes them differ.
"""

from __future__ import annotations

import sys
import time

from city.store.database import Database
from drills.places_race import sqlite_url
from tests.faults.histories import FAULTS, STEPS, run_histories
from tests.services import postgresql

HISTORIES = 200


def main() -> int:
    """Run the histories and seed the faults; return 1 when a goal is missed."""
    missed = 0
    with sqlite_url() as url:
        missed += told("B5 sqlite", url)
    with postgresql.running() as cluster:
        missed += told("B5 postgresql", cluster.new_database())
    for name, seeded in FAULTS.items():
        with sqlite_url() as url, seeded():
            missed += told(f"B5 {name}", url, found=True)
    return bool(missed)


def told(name: str, url: str, *, found: bool = False) -> bool:
    """Run the histories and print the line; return whether the goal (`found`: that one differs) was missed."""
    database, began = Database(url), time.monotonic()
    try:
        run_histories(database, histories=HISTORIES, shortest=not found)
        differs = ""
    except Exception as difference:  # a fault may also end in an error of the database
        differs = (str(difference).splitlines() or [type(difference).__name__])[0]
    database.dispose()
    reached = bool(differs) == found
    said = f"differs: {differs[:60]}" if differs else f"{HISTORIES} x {STEPS} equal"
    goal = "found" if found else "equal"
    figure = f"{said}, {time.monotonic() - began:.1f} s"
    print(f"{name:52} {figure:84} goal: {goal:6} {'pass' if reached else 'MISSED'}", flush=True)
    return not reached


if __name__ == "__main__":
    sys.exit(main())
