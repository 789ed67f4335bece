"""Nobody is given a place that does not exist, however many ask at the same moment."""

from __future__ import annotations

from city.store.database import Database
from tests.faults.racing import BUSY, FULL, YES, Attempts, lay_a_run, race

SEATS, PEOPLE, PROCESSES = 20, 1_000, 16


def url_of(database: Database) -> str:
    return database.engine.url.render_as_string(hide_password=False)


def test_a_thousand_attempts_on_twenty_seats_give_exactly_twenty_places(database: Database) -> None:
    run_id = lay_a_run(database, seats=SEATS)
    outcome = race(Attempts(url_of(database), run_id, PEOPLE, PROCESSES))
    assert (outcome.confirmed_rows, outcome.taken_count) == (SEATS, SEATS)
    assert outcome.told == {YES: SEATS, FULL: PEOPLE - SEATS}


def test_parties_of_one_to_four_fill_the_same_seats_and_no_more(database: Database) -> None:
    run_id = lay_a_run(database, seats=SEATS)
    outcome = race(Attempts(url_of(database), run_id, PEOPLE // 8, PROCESSES, parties=True))
    assert (outcome.people_with_a_seat, outcome.taken_count) == (SEATS, SEATS)
    assert outcome.told[YES] == outcome.confirmed_rows
    assert outcome.told[BUSY] == 0


def test_the_twin_without_the_guard_oversells_so_the_race_is_real(database: Database) -> None:
    run_id = lay_a_run(database, seats=SEATS)
    outcome = race(Attempts(url_of(database), run_id, PEOPLE // 8, PROCESSES // 2, parties=True, guarded=False))
    assert outcome.people_with_a_seat > SEATS
