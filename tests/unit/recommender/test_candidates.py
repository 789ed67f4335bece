"""Who may be shown what: the hard rules, each with the person it is for."""

from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from city.distances import travel_minutes
from fixtures.factories import NOW, a_run, an_offering, in_days
from recommender.candidates import Asker, ages_of, allowed, within
from recommender.live import live_offering
from tests.live_offerings import HOME, NOW_DAYS, a_live, live_of

FAR = (30.90, 121.40)


def listed(asker: Asker, *offerings: object) -> list[int]:
    """Ids that may be shown; one plain offering, number 99, stands beside them and must always be there."""
    live = live_of(*offerings, a_live(99))  # type: ignore[arg-type]
    found = live.ids[allowed(live, asker, NOW_DAYS)].tolist()
    assert found[-1] == 99
    return found[:-1]


def test_what_is_over_since_the_state_was_read_is_not_shown() -> None:
    assert listed(Asker(), a_live(1, over_days=NOW_DAYS), a_live(2, over_days=NOW_DAYS + 0.01)) == [2]


def test_what_is_always_open_is_never_over() -> None:
    assert listed(Asker(), a_live(1, over_days=float("inf"))) == [1]


def test_what_is_full_is_not_shown() -> None:
    assert listed(Asker(), a_live(1, has_seats=False), a_live(2)) == [2]


def test_a_class_for_jobseekers_is_for_jobseekers() -> None:
    only, open_too = a_live(1, audiences=frozenset({"jobseekers"})), a_live(2, audiences=frozenset())
    assert listed(Asker(), only, open_too) == [2]
    assert listed(Asker(audiences=frozenset({"jobseekers", "older_people"})), only, open_too) == [1, 2]


def test_what_is_for_everyone_and_a_group_is_for_everyone() -> None:
    assert listed(Asker(), a_live(1, audiences=frozenset({"everyone", "children"}))) == [1]


def test_ages_exclude_only_whom_they_certainly_exclude() -> None:
    born_1950s = ages_of(1950, 2026)
    assert born_1950s == (66, 76)
    children, seniors = a_live(1, age_max=12), a_live(2, age_min=70)
    assert listed(Asker(ages=born_1950s), children, seniors) == [2]
    assert listed(Asker(ages=ages_of(2016, 2026)), children, seniors) == [1]
    assert listed(Asker(ages=ages_of(None, 2026)), children, seniors) == [1, 2]


def test_what_lies_beyond_the_citizens_reach_is_not_shown() -> None:
    assert listed(Asker(position=HOME), a_live(1, position=FAR), a_live(2)) == [2]
    assert listed(Asker(), a_live(1, position=FAR), a_live(2)) == [1, 2]


@pytest.mark.parametrize("values", [{"position": None}, {"position": FAR, "attendance": "online"},
                                    {"position": FAR, "attendance": "mixed"}])  # fmt: skip
def test_distance_never_excludes_what_can_be_joined_from_home_or_has_no_position(values: dict[str, object]) -> None:
    assert listed(Asker(position=HOME), a_live(1, **values)) == [1]


def test_what_the_citizen_has_or_does_not_want_is_not_shown() -> None:
    assert listed(Asker(hidden=frozenset({1, 5})), a_live(1), a_live(2)) == [2]


def test_a_list_of_routes_holds_routes() -> None:
    live = live_of(a_live(1, kind="route"), a_live(2))
    assert live.ids[allowed(live, Asker(kinds=frozenset({"route"})), NOW_DAYS)].tolist() == [1]


def test_an_empty_catalogue_allows_nothing() -> None:
    asker = Asker(position=HOME, audiences=frozenset({"children"}), ages=(3, 9), kinds=frozenset({"route"}))
    assert not len(allowed(live_of(), asker, NOW_DAYS))


@given(st.floats(-0.6, 0.6), st.floats(-0.6, 0.6), st.sampled_from([5, 15, 30, 45, 60, 90, 240]))
def test_reach_means_travel_minutes(north: float, east: float, minutes: int) -> None:
    there = (HOME[0] + north, HOME[1] + east)
    live = live_of(a_live(1, position=there), a_live(2, position=None), a_live(3))
    found = within(live, HOME, minutes)
    needed = travel_minutes(HOME, there)
    assert needed is not None
    if abs(needed - minutes) > 1e-3:
        assert bool(found[0]) == (needed <= minutes)
    assert not found[1] and found[2]


def test_topics_in_common_are_a_share_and_unknown_where_there_are_none() -> None:
    live = live_of(a_live(1, topics=("tea", "poetry")), a_live(2, topics=("tea",)), a_live(3, topics=("tea", "opera")),
                   a_live(4, topics=("chess",)), a_live(5, topics=()))  # fmt: skip
    np.testing.assert_allclose(live.sharing_topics([1]), [1, 1 / 2, 1 / 3, np.nan, np.nan], rtol=1e-6)
    np.testing.assert_allclose(live.sharing_topics([4, 2]), [1 / 2, 1, 1 / 2, 1, np.nan], rtol=1e-6)
    assert live.about("tea").tolist() == [True, True, True, False, False] and not live.about("law").any()
    assert np.isnan(live.sharing_topics([5])).all() and np.isnan(live.sharing_topics([77])).all()


def test_what_takes_nobody_any_more_is_not_shown_though_it_still_meets() -> None:
    an_hour = timedelta(hours=1)
    closed, open_still = a_run(enrol_closes_at=NOW - an_hour), a_run(enrol_closes_at=NOW + an_hour)
    assert listed(Asker(), live_offering(an_offering(id=1, runs=[closed]), NOW)) == []
    assert listed(Asker(), live_offering(an_offering(id=1, runs=[open_still]), NOW)) == [1]


def test_a_term_that_is_closed_does_not_hide_the_next_one() -> None:
    terms = [a_run(enrol_closes_at=NOW - timedelta(days=9)), a_run(in_days(40), enrol_closes_at=NOW + timedelta(30))]
    assert listed(Asker(), live_offering(an_offering(id=1, runs=terms), NOW)) == [1]
