"""A form sent five times at the same moment does one thing and answers five times alike."""

from __future__ import annotations

from dataclasses import replace

from city.store.database import Database
from tests.faults.repeating import Effects, Sending, effects, send
from tests.faults.test_places_race import url_of
from tests.places_to_take import lay_town

REQUESTS, SOME = 50, 20


def test_each_form_has_one_effect_and_five_equal_answers(database: Database) -> None:
    town = lay_town(database, seats=None)
    plan = Sending(url_of(database), town.run_id, town.operator_id, REQUESTS)

    first, *others = send(plan, "book")
    assert all(answers == first for answers in others)
    assert effects(database, town.run_id) == Effects(REQUESTS, REQUESTS, REQUESTS, REQUESTS)

    places = [answer.enrolment_id for answer in first]
    plan = replace(plan, requests=SOME)
    first, *others = send(plan, "cancel", places)
    assert all(answers == first for answers in others)
    assert effects(database, town.run_id) == Effects(REQUESTS, REQUESTS + SOME, REQUESTS + SOME, REQUESTS - SOME)

    first, *others = send(plan, "undo", places)
    assert all(answers == first for answers in others)
    assert effects(database, town.run_id) == Effects(REQUESTS, REQUESTS + 2 * SOME, REQUESTS + 2 * SOME, REQUESTS)


def test_the_twin_with_a_key_for_each_click_books_five_times(sqlite_database: Database) -> None:
    town = lay_town(sqlite_database, seats=None)
    plan = Sending(url_of(sqlite_database), town.run_id, town.operator_id, requests=5, keyed=False)
    send(plan, "book")
    assert effects(sqlite_database, town.run_id).enrolments == 25
