"""Nobody is given a place that does not exist, however many ask at the same moment."""

from __future__ import annotations

from city.store.database import Database
from tests.faults.racing import lay_a_run, race

SEATS, CITIZENS, PROCESSES = 20, 1_000, 8


def url_of(database: Database) -> str:
    return database.engine.url.render_as_string(hide_password=False)


def test_a_thousand_attempts_on_twenty_seats_give_exactly_twenty_places(database: Database) -> None:
    run_id = lay_a_run(database, seats=SEATS, citizens=CITIZENS)
    outcome = race(url_of(database), run_id, citizens=CITIZENS, processes=PROCESSES, guarded=True)
    assert (outcome.confirmed_rows, outcome.taken_count, outcome.told_yes) == (SEATS, SEATS, SEATS)
    assert outcome.told_full == CITIZENS - SEATS


def test_the_twin_without_the_guard_oversells_so_the_race_is_real(database: Database) -> None:
    run_id = lay_a_run(database, seats=SEATS, citizens=CITIZENS)
    outcome = race(url_of(database), run_id, citizens=CITIZENS, processes=PROCESSES, guarded=False)
    assert outcome.confirmed_rows > SEATS
