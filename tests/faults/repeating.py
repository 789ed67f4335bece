"""The same requests sent by several processes at once, as double clicks and lost answers do.

The desk books for people without a phone, so that nothing but the key tells two bookings from one. The twin sends each
repeat with a key of its own. Called by the test of repeats and, in the large size, by `drills/repeated_requests.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select

from city.errors import DatabaseUnavailable
from city.model import Enrolment, Interaction, Message
from city.services.contacts import Asker
from city.services.enrolling import PlaceTaken
from city.store.database import Database
from tests.faults.processes import at_once
from tests.places_to_take import Town

TRIES = 20


@dataclass(frozen=True)
class Sending:
    """Which run of which operator in which database, and how many different requests are sent."""

    database_url: str
    run_id: int
    operator_id: int
    requests: int
    keyed: bool = True


@dataclass(frozen=True)
class Effects:
    """What stands in the database."""

    enrolments: int
    interactions: int
    messages: int
    taken_count: int


def send(plan: Sending, deed: str, places: Sequence[int] = (), *, times: int = 5) -> list[list[PlaceTaken]]:
    """Send each request (`book`, `cancel` or `undo` of the places) so many times at once; return all answers."""
    return at_once(_send_all, [(plan, deed, tuple(places), repeat) for repeat in range(times)])


def effects(database: Database, run_id: int) -> Effects:
    with database.reading() as work:
        run = work.enrolments.run(run_id)
        assert run is not None
    with database.engine.connect() as connection:
        rows = [connection.scalar(select(func.count()).select_from(each)) for each in (Enrolment, Interaction, Message)]
    return Effects(rows[0] or 0, rows[1] or 0, rows[2] or 0, run.taken_count)


def _send_all(plan: Sending, deed: str, places: tuple[int, ...], repeat: int) -> list[PlaceTaken]:
    database = Database(plan.database_url)
    town = Town(database, plan.run_id, plan.operator_id)
    answers = [_answered(town, plan, deed, places, number, repeat) for number in range(plan.requests)]
    database.dispose()
    return answers


def _answered(town: Town, plan: Sending, deed: str, places: tuple[int, ...], number: int, repeat: int) -> PlaceTaken:
    """Send one request again for as long as the answer is "busy", as a browser that is told to retry."""
    for _ in range(TRIES):
        try:
            if deed == "book":
                key = f"form-{number}" if plan.keyed else f"form-{number}-{repeat}"
                asker = Asker(name=f"No. {number}", email=f"n{number}@example.org")
                return town.enrolling.take_place(town.desk, plan.run_id, key=key, asker=asker)
            use_case = town.enrolling.cancel_place if deed == "cancel" else town.enrolling.undo_cancel
            return use_case(town.desk, places[number])
        except DatabaseUnavailable:
            continue
    raise AssertionError(f"the {deed} of request {number} was answered with busy {TRIES} times")
