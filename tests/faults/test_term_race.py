"""Who asks for every course of a term at the same moment gets as many as the term allows."""

from __future__ import annotations

from city.store.database import Database
from tests.faults.term_racing import LIMIT, lay_term, race_for_a_term
from tests.faults.test_places_race import url_of

PROCESSES = 6


def test_the_limit_of_a_term_holds_for_requests_of_the_same_moment(database: Database) -> None:
    town = lay_term(database)
    assert race_for_a_term(url_of(database), town, processes=PROCESSES, guarded=True) == LIMIT


def test_the_twin_that_trusts_a_count_read_before_gives_more(sqlite_database: Database) -> None:
    town = lay_term(sqlite_database)
    assert race_for_a_term(url_of(sqlite_database), town, processes=PROCESSES, guarded=False) > LIMIT
