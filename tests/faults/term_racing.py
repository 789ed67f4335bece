"""One person asks for places on many runs of one term at the same moment; the twin trusts a count read before.

The runs' own locks do not help here: each request holds another one. Called by the test of the race.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from unittest.mock import patch

from city.errors import LimitReached
from city.services.contacts import Asker
from city.services.permissions import Actor
from city.store.database import Database
from city.store.enrolment_repository import Enrolments
from tests.faults.processes import at_once
from tests.places_to_take import Town, another_run, lay_town, phone

RUNS, LIMIT, TERM = 24, 2, "2026-autumn"


def lay_term(database: Database) -> Town:
    """Write the runs, of which a person may have two, and the person's file."""
    town = lay_town(database)
    town.ask(1)
    for _ in range(RUNS):
        another_run(town, term=TERM, term_limit=LIMIT)
    return town


def race_for_a_term(database_url: str, town: Town, *, processes: int, guarded: bool) -> int:
    """Let the person ask for all runs from many processes; return how many places were given."""
    shares = [range(town.run_id + first, town.run_id + RUNS + 1, processes) for first in range(1, processes + 1)]
    return sum(at_once(_ask, [(database_url, list(share), guarded) for share in shares]))


def _ask(database_url: str, run_ids: list[int], guarded: bool) -> int:
    database = Database(database_url)
    town = Town(database, 0, 0)
    with nullcontext() if guarded else patch.object(Enrolments, "held_in_term", _read_once()):
        given = sum(_asked(town, run_id) for run_id in run_ids)
    database.dispose()
    return given


def _read_once() -> Callable[..., int]:
    """Return the count of places as it was when it was first read."""
    read: list[int] = []

    def held(self: Enrolments, citizen_id: int, operator_id: int, term: str) -> int:
        read.append(read[0] if read else _held_in_term(self, citizen_id, operator_id, term))
        return read[0]

    return held


_held_in_term = Enrolments.held_in_term


def _asked(town: Town, run_id: int) -> bool:
    try:
        asker = Asker(phone=phone(1))
        town.enrolling.take_place(Actor.visitor(), run_id, key=f"r{run_id}", asker=asker)
    except LimitReached:
        return False
    return True
