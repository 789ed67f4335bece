"""Twenty thousand mixed calls by sixteen processes on five runs, on both databases, and the twin with a stale counter.

    python -m drills.places_soak [seed]

Prints one line a goal: id, figure, goal, pass or MISSED. Ends with 1 when a goal is missed. B4: counter = people with a
seat, never more than seats, nobody waits beside a free seat that would do; without the guard that must be wrong.
"""

from __future__ import annotations

import sys
import time
from collections import Counter

from city.store.database import Database
from drills.places_race import sqlite_url
from tests.faults.soaking import Soak, lay_runs, soak, wrong_runs
from tests.services import postgresql

CALLS, TWIN_CALLS, PROCESSES = 20_000, 2_000, 16


def main(seed: int) -> int:
    """Soak both databases; return 1 when a goal is missed."""
    print(f"seed {seed}")
    missed = 0
    with sqlite_url() as url:
        missed += told("B4 sqlite", url, seed)
    with sqlite_url() as url:
        missed += told("B4 sqlite, counter read before", url, seed, guarded=False)
    with postgresql.running(durable=True) as cluster:
        missed += told("B4 postgresql", cluster.new_database(), seed)
        missed += told("B4 postgresql, counter read before", cluster.new_database(), seed, guarded=False)
    return bool(missed)


def told(name: str, url: str, seed: int, *, guarded: bool = True) -> bool:
    """Soak once and print the line; return whether the goal was missed."""
    database = Database(url)
    runs = lay_runs(database)
    calls, began = CALLS if guarded else TWIN_CALLS, time.monotonic()
    done = soak(Soak(url, runs, calls // PROCESSES, guarded), processes=PROCESSES, seed=seed)
    wrong = wrong_runs(database, runs)
    database.dispose()
    reached = not wrong and not unlike(done) if guarded else bool(wrong)
    figure = (
        f"{calls} calls, {len(wrong)} of {len(runs)} runs wrong, {done['busy']} busy, {time.monotonic() - began:.0f} s"
    )
    goal = "0 wrong, repeats alike, 0 busy" if guarded else "some wrong, else it proves nothing"
    print(f"{name:36} {figure:56} goal: {goal:36} {'pass' if reached else 'MISSED'}", flush=True)
    print(f"  {', '.join(f'{deed} {count}' for deed, count in sorted(done.items()))}", flush=True)
    for run_id, said in wrong.items() if guarded else ():
        print(f"  run {run_id}: {said}", flush=True)
    return not reached


def unlike(done: Counter[str]) -> int:
    """How often a form sent again got another answer, or somebody was told to try again."""
    return done["another answer to the same form"] + done["busy"]


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 11))
