"""Nobody is given a place that does not exist, however many ask at the same moment."""

from __future__ import annotations

from city.store.database import Database
from tests.faults.racing import FULL, YES, Attempts, lay_a_run, race

SEATS, PEOPLE, PROCESSES = 20, 1_000, 16


def url_of(database: Database) -> str:
    return database.engine.url.render_as_string(hide_password=False)


def test_a_thousand_parties_rush_for_twenty_seats_and_exactly_twenty_people_get_one(database: Database) -> None:
    run_id = lay_a_run(database, seats=SEATS)
    outcome = race(Attempts(url_of(database), run_id, PEOPLE, PROCESSES, parties=True))
    assert (outcome.people_with_a_seat, outcome.taken_count) == (SEATS, SEATS)
    assert outcome.told == {YES: outcome.confirmed_rows, FULL: PEOPLE - outcome.confirmed_rows}


def test_the_twin_without_the_guard_oversells_so_the_race_is_real(database: Database) -> None:
    run_id = lay_a_run(database, seats=SEATS)
    outcome = race(Attempts(url_of(database), run_id, PEOPLE // 8, PROCESSES // 2, parties=True, guarded=False))
    assert outcome.people_with_a_seat > SEATS
