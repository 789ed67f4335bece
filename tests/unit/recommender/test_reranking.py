"""The order a person sees: no operator alone, a floor for districts with little, variety; rules give way first."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from recommender.live import LiveOfferings
from recommender.ranking import Echo, Ranked
from recommender.reranking import POOL, RULES, Chosen, relevance, reranked
from tests.live_offerings import FakeScoring, a_live, live_of


def in_order(live: LiveOfferings, scores: list[float], n: int = 10, alike: np.ndarray | None = None) -> list[Chosen]:
    """Re-rank all of them by these scores."""
    told = np.asarray(scores, np.float32)
    columns = np.argsort(-told, kind="stable")
    scoring = FakeScoring(live, scores, likenesses=alike)
    return reranked(Ranked("personal", columns, told), live, n, scoring)


def shown(live: LiveOfferings, chosen: list[Chosen]) -> list[int]:
    return [live.offerings[each.column].offering_id for each in chosen]


def test_the_best_comes_first_when_all_are_different() -> None:
    live = live_of(*(a_live(number) for number in range(1, 8)))
    assert shown(live, in_order(live, [3, 7, 1, 6, 2, 5, 4], n=5)) == [2, 4, 6, 7, 1]


def test_one_operator_holds_at_most_three_places_of_ten() -> None:
    live = live_of(*(a_live(number, operator_id=1 if number <= 20 else number) for number in range(1, 41)))
    found = in_order(live, [float(41 - number) for number in range(1, 41)])
    operators = [live.offerings[each.column].operator_id for each in found]
    assert operators.count(1) == 3 and operators[:3] == [1, 1, 1]


def test_an_operator_with_more_offerings_than_are_looked_at_still_leaves_room_for_others() -> None:
    many = POOL + 60
    live = live_of(*(a_live(number, operator_id=1 if number <= many else 2) for number in range(1, many + 31)))
    found = in_order(live, [float(-number) for number in range(1, many + 31)])
    assert sorted(live.offerings[each.column].operator_id for each in found[:6]) == [1, 1, 1, 2, 2, 2]


def test_a_city_with_one_operator_gets_full_lists() -> None:
    live = live_of(*(a_live(number, operator_id=1) for number in range(1, 30)))
    assert len(in_order(live, [float(number) for number in range(29)])) == 10


def test_two_of_ten_come_from_districts_with_little_when_they_score_within_the_margin() -> None:
    live = live_of(*(a_live(number, under_served=number > 20) for number in range(1, 26)))
    found = in_order(live, [1.0] * 8 + [0.1] * 12 + [0.7, 0.68, 0.66, 0.2, 0.1])
    assert [live.offerings[each.column].under_served for each in found] == [False] * 8 + [True] * 2


def test_what_the_floor_lifted_says_so_and_what_came_by_itself_does_not() -> None:
    live = live_of(*(a_live(number, under_served=number in (3, 15)) for number in range(1, 31)))
    scores = [1 - number / 100 for number in range(30)]
    found = in_order(live, scores)
    lifted = [live.offerings[each.column].offering_id for each in found if each.lifted == "district"]
    assert lifted == [15] and 3 in shown(live, found)


def test_what_was_chosen_last_is_answered_however_far_down_its_answer_stands() -> None:
    live = live_of(*(a_live(number) for number in range(1, 200)))
    told = np.asarray([1 - number / 200 for number in range(199)], np.float32)
    answer = Ranked("personal", np.arange(199), told, echoes=(Echo(7, np.asarray([180, 190])),))
    found = reranked(answer, live, 10, None)
    assert [each.column for each in found] == [*range(8), 180, 190]
    assert [each.lifted for each in found] == [""] * 8 + ["echo"] * 2
    two_choices = Ranked(
        "personal", np.arange(199), told, echoes=(Echo(7, np.asarray([180, 190])), Echo(8, np.asarray([150, 3])))
    )
    assert [each.column for each in reranked(two_choices, live, 10, None)] == [*range(9), 180]
    assert [each.column for each in reranked(two_choices, live, 6, None)] == [*range(5), 180]
    echoed_anyway = reranked(
        Ranked("personal", np.arange(199), told, echoes=(Echo(7, np.asarray([4, 7])),)), live, 10, None
    )
    assert [each.column for each in echoed_anyway] == list(range(10))


def test_the_answer_to_a_choice_finds_a_place_under_the_cap_of_its_operator() -> None:
    live = live_of(
        *(a_live(number, operator_id=1 if number < 6 or number == 30 else number) for number in range(1, 40))
    )
    told = np.asarray([1 - number / 50 for number in range(39)], np.float32)
    found = reranked(Ranked("personal", np.arange(39), told, echoes=(Echo(7, np.asarray([29])),)), live, 10, None)
    assert [each.column for each in found if live.operators[each.column] == 1] == [0, 1, 29]


def test_what_is_far_below_the_others_is_not_lifted() -> None:
    live = live_of(*(a_live(number, under_served=number > 20) for number in range(1, 24)))
    found = in_order(live, [1.0] * 20 + [0.9 - RULES.margin - 0.2] * 3)
    assert not any(live.offerings[each.column].under_served for each in found)


def test_the_second_of_two_twins_makes_room_for_something_else() -> None:
    live = live_of(*(a_live(number) for number in range(1, 6)))
    alike = np.eye(5, dtype=np.float32)
    alike[0, 1] = alike[1, 0] = 1
    assert shown(live, in_order(live, [1.0, 0.99, 0.95, 0.2, 0.0], n=3, alike=alike)) == [1, 3, 2]


def test_what_nobody_scored_comes_after_what_was_scored_in_its_own_order() -> None:
    live = live_of(*(a_live(number) for number in range(1, 6)))
    told = np.asarray([np.nan, 0.4, np.nan, 0.9, np.nan], np.float32)
    found = reranked(Ranked("similar", np.asarray([3, 1, 4, 0, 2]), told), live, 5, None)
    assert shown(live, found) == [4, 2, 5, 1, 3]


def test_relevance_runs_from_the_worst_to_the_best_of_those_looked_at() -> None:
    np.testing.assert_allclose(relevance(np.asarray([4, 3, 2], np.float32)), [1, 0.5, 0])
    np.testing.assert_allclose(relevance(np.asarray([2, 2], np.float32)), [1, 1])
    np.testing.assert_allclose(relevance(np.asarray([np.nan, np.nan], np.float32)), [0, 0])


def test_no_list_for_nobody() -> None:
    live = live_of(a_live(1))
    assert in_order(live, [1.0], n=0) == [] and in_order(live, [1.0], n=-3) == []
    assert reranked(Ranked("none", np.empty(0, np.int64), np.empty(0, np.float32)), live_of(), 6, None) == []


@given(
    st.lists(st.tuples(st.integers(1, 9), st.booleans(), st.floats(0, 1, width=32)), min_size=1, max_size=60),
    st.integers(1, 20),
)
def test_lists_are_full_without_repeats_and_no_operator_is_alone_where_others_are_left(
    drawn: list[tuple[int, bool, float]], n: int
) -> None:
    live = live_of(*(a_live(k, operator_id=o, under_served=u) for k, (o, u, _) in enumerate(drawn, 1)))
    found = in_order(live, [score for _, _, score in drawn], n)
    operators = [live.offerings[each.column].operator_id for each in found]
    assert len({each.column for each in found}) == len(found) == min(n, len(live))
    reachable = sum(min(RULES.cap(n), [o for o, _, _ in drawn].count(each)) for each in range(1, 10))
    if reachable >= n:
        assert max(operators.count(each) for each in operators) <= RULES.cap(n)
