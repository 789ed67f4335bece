"""By-laws of places: when a run takes people, of which age, how many in one booking, and in which words it says no."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from city.errors import InvalidInput, LimitReached
from city.model import Citizen, LocalisedText, Run
from city.services import place_words
from city.services.contacts import Asker
from city.services.permissions import Actor
from city.services.place_rules import (
    closed_because,
    needs_area,
    needs_birth_year,
    refuse_large_party,
    refuse_other_ages,
)
from fixtures.factories import NOW, SHANGHAI, a_run, an_offering, in_days

SOON, BEFORE = NOW + timedelta(days=1), NOW - timedelta(days=1)


def a_run_for(lowest: int | None = None, highest: int | None = None, **values: Any) -> Run:
    offering = an_offering(age_min=lowest, age_max=highest)
    offering.runs = [a_run(in_days(7), **values)]
    return offering.runs[0]


def born_in_band(year: int | None) -> Citizen:
    return Citizen(birth_year_from=year)


def ask_age(run: Run, *, known: Citizen | None = None, birth_year: int | None = None) -> None:
    refuse_other_ages(run, known, Asker(birth_year=birth_year), NOW, SHANGHAI)


@pytest.mark.parametrize(
    ("values", "rule"),
    [
        ({}, ""),
        ({"enrolment_mode": "none"}, "walk_in"),
        ({"enrolment_mode": "ballot"}, "draw"),
        ({"enrol_opens_at": SOON}, "not_open"),
        ({"enrol_opens_at": NOW}, ""),
        ({"enrol_closes_at": SOON}, ""),
        ({"enrol_closes_at": NOW}, "closed"),
        ({"cancelled": True}, "cancelled"),
    ],
)
def test_a_run_is_open_or_says_why_not(values: dict[str, Any], rule: str) -> None:
    run = a_run_for(**values)
    assert closed_because(run, NOW) == rule
    assert run.takes_enrolments(NOW) == (rule == "")


def test_a_run_whose_last_meeting_is_over_says_so_before_anything_else() -> None:
    assert closed_because(a_run_for(enrolment_mode="ballot"), NOW + timedelta(days=30)) == "over"


def test_no_age_is_asked_where_none_is_limited() -> None:
    run = a_run_for()
    assert not needs_birth_year(run, None, NOW, SHANGHAI)
    ask_age(run)


def test_the_year_of_birth_is_asked_where_ages_are_limited_and_nothing_is_known() -> None:
    run = a_run_for(60)
    assert needs_birth_year(run, None, NOW, SHANGHAI)
    with pytest.raises(InvalidInput) as refused:
        ask_age(run)
    assert refused.value.field == "birth_year"
    assert refused.value.said["zh-Hans"] == "60岁以上的人可以参加。请告诉我们参加的人是哪年出生的。"


def test_a_known_band_that_lies_wholly_inside_is_enough() -> None:
    run, known = a_run_for(60), born_in_band(1950)
    assert not needs_birth_year(run, known, NOW, SHANGHAI)
    ask_age(run, known=known)


def test_a_band_that_lies_across_the_limit_is_asked_for_the_year() -> None:
    run, known = a_run_for(60), born_in_band(1960)
    assert needs_birth_year(run, known, NOW, SHANGHAI)
    with pytest.raises(InvalidInput):
        ask_age(run, known=known)
    ask_age(run, known=known, birth_year=1964)


def test_a_band_wholly_outside_is_refused_with_the_ages() -> None:
    with pytest.raises(LimitReached) as refused:
        ask_age(a_run_for(60), known=born_in_band(1980))
    assert refused.value.rule == "age"
    assert refused.value.said == {"zh-Hans": "60岁以上的人可以参加。", "en": "This is for people aged 60 or over."}


@pytest.mark.parametrize(("birth_year", "may"), [(2012, False), (2013, True), (2020, True), (2021, False)])
def test_of_a_year_of_birth_both_ages_of_that_year_count(birth_year: int, may: bool) -> None:
    """Who is 12 until December is not sent away in November, nor who turns 6 in December."""
    run = a_run_for(6, 12)
    if may:
        ask_age(run, birth_year=birth_year)
    else:
        with pytest.raises(LimitReached):
            ask_age(run, birth_year=birth_year)


@pytest.mark.parametrize("birth_year", [-1, 0, 1899, 2027, 2**31, 2**63])
def test_what_is_no_year_of_birth_is_refused_in_words(birth_year: int) -> None:
    with pytest.raises(InvalidInput) as refused:
        ask_age(a_run_for(60), birth_year=birth_year)
    assert refused.value.field == "birth_year"
    assert refused.value.said["en"] == "Write the year of birth in four digits, like 1958."


def test_the_area_is_asked_only_while_residents_come_first() -> None:
    run = a_run_for(residents_area_id="liupu", residents_until=SOON)
    assert needs_area(run, None, NOW)
    assert needs_area(run, Citizen(area_id=None), NOW)
    assert not needs_area(run, Citizen(area_id="hubin"), NOW)
    assert not needs_area(run, None, SOON)


def test_a_booking_holds_so_many_people_and_the_desk_may_book_more() -> None:
    run = a_run_for(seats=30, most_in_party=4)
    refuse_large_party(Actor.visitor(), run, Asker(party_size=4))
    with pytest.raises(LimitReached) as refused:
        refuse_large_party(Actor.visitor(), run, Asker(party_size=5))
    assert refused.value.rule == "party"
    assert "4个人" in refused.value.said["zh-Hans"]
    refuse_large_party(Actor.publisher(1), run, Asker(party_size=30))


def test_nobody_waits_for_more_seats_than_there_are() -> None:
    with pytest.raises(LimitReached) as refused:
        refuse_large_party(Actor.publisher(1), a_run_for(seats=12, most_in_party=4), Asker(party_size=13))
    assert refused.value.rule == "never_fits"
    assert str(refused.value) == "There are only 12 places in all, too few for 13 people."


def test_a_run_that_is_drawn_names_its_ballot() -> None:
    said = place_words.draw(LocalisedText({"zh-Hans": "2027年春季夜校", "en": "Night school, spring 2027"}))
    assert "“2027年春季夜校”" in said["zh-Hans"]
    assert '"Night school, spring 2027"' in said["en"]


def test_days_and_hours_are_told_as_people_say_them() -> None:
    opens = datetime(2026, 12, 3, 8, 0, tzinfo=SHANGHAI)
    said = place_words.not_open(opens)
    assert said == {
        "zh-Hans": "还没有开始报名，12月3日 上午8点开始。",
        "en": "Places cannot be taken yet. They can from 3 December, 8 am.",
    }
