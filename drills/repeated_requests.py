"""A thousand forms, each sent five times at the same moment, on both databases: one effect, five equal answers.

    python -m drills.repeated_requests

Prints one line a goal: id, figure, goal, pass or MISSED. Ends with 1 when a goal is missed. B6: booking, giving back
and undoing; the twin, with a key for each click, books five times.
"""

from __future__ import annotations

import sys
import time

from city.store.database import Database
from drills.places_race import sqlite_url
from tests.faults.repeating import Sending, effects, send
from tests.places_to_take import lay_town
from tests.services import postgresql

REQUESTS, TIMES, TWIN_REQUESTS = 1_000, 5, 50


def main() -> int:
    """Send everything on both databases; return 1 when a goal is missed."""
    missed = 0
    with sqlite_url() as url:
        missed += told("sqlite", url)
    with postgresql.running(durable=True) as cluster:
        missed += told("postgresql", cluster.new_database())
    with sqlite_url() as url:
        missed += twin_told(url)
    return bool(missed)


def told(name: str, url: str) -> int:
    """Send each kind of request and print its line; return how many goals were missed."""
    database = Database(url)
    town = lay_town(database, seats=None)
    plan = Sending(url, town.run_id, town.operator_id, REQUESTS)
    places: list[int] = []
    missed = 0
    for written, (deed, taken) in enumerate((("book", REQUESTS), ("cancel", 0), ("undo", REQUESTS)), start=1):
        began = time.monotonic()
        first, *others = send(plan, deed, places, times=TIMES)
        places = places or [answer.enrolment_id for answer in first]
        equal = all(answers == first for answers in others)
        found = effects(database, town.run_id)
        once = (found.enrolments, found.interactions, found.messages, found.taken_count)
        reached = equal and once == (REQUESTS, written * REQUESTS, written * REQUESTS, taken)
        figure = f"{REQUESTS} x {TIMES}, answers {'equal' if equal else 'differ'}, {found.enrolments} places"
        missed += line(f"B6 {name}, {deed}", figure, began, "one effect, equal answers", reached)
    database.dispose()
    return missed


def twin_told(url: str) -> int:
    database = Database(url)
    town, began = lay_town(database, seats=None), time.monotonic()
    send(Sending(url, town.run_id, town.operator_id, TWIN_REQUESTS, keyed=False), "book", times=TIMES)
    count = effects(database, town.run_id).enrolments
    database.dispose()
    figure = f"{TWIN_REQUESTS} x {TIMES}, {count} places"
    return line("B6 sqlite, a key a click", figure, began, "all of them, else it proves nothing", count > TWIN_REQUESTS)


def line(name: str, figure: str, began: float, goal: str, reached: bool) -> bool:
    """Print one goal; return whether it was missed."""
    told = f"{figure}, {time.monotonic() - began:.0f} s"
    print(f"{name:28} {told:48} goal: {goal:38} {'pass' if reached else 'MISSED'}", flush=True)
    return not reached


if __name__ == "__main__":
    sys.exit(main())
