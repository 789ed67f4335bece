"""The order of candidates and who gave it: taste, what goes with it, the neighbours, age; each fills what lacks."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from city.store.interaction_repositories import Deed
from recommender.candidates import Asker, allowed
from recommender.following import CITY_PEOPLE, NOBODY, Following
from recommender.history import NOTHING, History, history_of
from recommender.live import LiveOffering, LiveOfferings
from recommender.ranking import DEPTH, LiveState, Question, Ranked, best_first, ranked
from recommender.reranking import reranked
from tests.live_offerings import HOME, NOW_DAYS, FakeScoring, a_live, live_of

FIVE = live_of(*(a_live(number, topics=("tea",) if number < 3 else ("opera",)) for number in range(1, 6)))


def ids(live: LiveOfferings, found: Ranked) -> list[int]:
    return live.ids[found.columns].tolist()


def asks(history: History = NOTHING, district: str | None = None, **asker: object) -> Question:
    return Question(Asker(**asker), NOW_DAYS, history, district)  # type: ignore[arg-type]


def test_taste_orders_the_list_when_the_model_knows_the_profile() -> None:
    scoring = FakeScoring(FIVE, [0.1, 0.5, 0.3, 0.9, 0.2], known=frozenset({70}))
    found = ranked(LiveState(FIVE, scoring), asks(history_of([Deed(70, "save")])))
    assert (found.source, ids(FIVE, found)) == ("personal", [4, 2, 3, 5, 1])


def test_a_profile_newer_than_the_model_is_answered_by_what_goes_with_it_then_by_the_neighbours() -> None:
    following = Following({4: 9, 5: 2}, {}, {})
    state = LiveState(FIVE, FakeScoring(FIVE, [0.0] * 5), following)
    found = ranked(state, asks(history_of([Deed(1, "view")])))
    assert found.source == "similar"
    assert set(ids(FIVE, found)[:2]) == {1, 2} and ids(FIVE, found)[2:4] == [4, 5]
    assert np.isfinite(found.scores[:2]).all() and np.isnan(found.scores[2:]).all()


def test_without_a_model_a_visitor_still_gets_what_shares_topics_with_the_saved() -> None:
    found = ranked(LiveState(FIVE), asks(history_of([Deed(3, "save")]), hidden=frozenset({3})))
    assert found.source == "similar" and set(ids(FIVE, found)[:2]) == {4, 5}


def test_a_stranger_gets_what_the_neighbours_took() -> None:
    following = Following({1: 50, 2: 40, 3: 3}, {"hubin": {3: 300, 1: 2}}, {"hubin": "hubin"})
    assert ids(FIVE, ranked(LiveState(FIVE, None, following), asks(district="hubin")))[:3] == [3, 1, 2]
    in_the_city = ranked(LiveState(FIVE, None, following), asks())
    assert (in_the_city.source, ids(FIVE, in_the_city)[:3]) == ("popular_near", [1, 2, 3])


def test_a_districts_few_people_are_shrunk_to_the_city() -> None:
    following = Following({1: 90, 2: 10}, {"yunling": {2: 1}}, {})
    scores = following.scores(FIVE, "yunling")
    np.testing.assert_allclose(scores[:2], [CITY_PEOPLE * 0.9 / 51, (1 + CITY_PEOPLE * 0.1) / 51], rtol=1e-6)
    assert np.isnan(scores[2:]).all()


def test_in_a_city_that_has_just_begun_the_newest_comes_first() -> None:
    live = live_of(*(a_live(number, published_days=NOW_DAYS - age) for number, age in ((1, 9), (2, 2), (3, 5))))
    found = ranked(LiveState(live), asks())
    assert (found.source, ids(live, found)) == ("newest", [2, 3, 1])


def test_what_a_visitor_wants_less_of_sinks_with_its_topic_also_without_a_model() -> None:
    following = Following({1: 10, 2: 9, 3: 8, 4: 7, 5: 6}, {}, {})
    question = asks(history_of([Deed(1, "dismiss")]), hidden=frozenset({1}))
    assert ids(FIVE, ranked(LiveState(FIVE, None, following), question)) == [3, 4, 5, 2]


def test_equal_scores_are_ordered_by_a_fixed_number_not_by_age() -> None:
    live = live_of(*(a_live(number) for number in range(1, 41)))
    order = live.ids[best_first(live, np.ones(40, np.float32), np.ones(40, bool))].tolist()
    assert sorted(order) == list(range(1, 41)) and order != sorted(order) and order != sorted(order)[::-1]
    fewer = live_of(*(a_live(number) for number in range(1, 41) if number % 3))
    again = fewer.ids[best_first(fewer, np.ones(len(fewer), np.float32), np.ones(len(fewer), bool))].tolist()
    assert again == [number for number in order if number % 3]


def test_only_as_many_as_anybody_reads_are_ordered_and_they_are_the_best() -> None:
    live = live_of(*(a_live(number) for number in range(1, DEPTH + 201)))
    scores = np.random.default_rng(1).permutation(len(live)).astype(np.float32)
    best = best_first(live, scores, np.ones(len(live), bool))
    assert len(best) == DEPTH
    np.testing.assert_array_equal(scores[best], np.sort(scores)[::-1][:DEPTH])


def test_nothing_allowed_is_an_empty_list_from_nobody() -> None:
    found = ranked(LiveState(FIVE), asks(kinds=frozenset({"route"})))
    assert (found.source, len(found.columns)) == ("none", 0)
    assert not len(ranked(LiveState(live_of()), asks(history_of([Deed(1, "save")]), position=HOME)).columns)


def test_the_last_things_chosen_are_echoed_by_what_is_like_them_and_allowed() -> None:
    live = live_of(*(a_live(k, topics=("tea",) if k < 5 else ("opera",), has_seats=k != 2) for k in range(1, 8)))
    scoring = FakeScoring(live, [0.0] * 7, known=frozenset({7}))
    history = history_of([Deed(7, "attend"), Deed(6, "attend"), Deed(1, "save"), Deed(4, "view"), Deed(3, "save")])
    found = ranked(LiveState(live, scoring), asks(history, hidden=history.kept))
    assert [(echo.offering_id, live.ids[echo.columns].tolist()) for echo in found.echoes] == [(3, [4]), (1, [4])]
    assert ranked(LiveState(live, scoring), asks(history_of([Deed(7, "view")]))).echoes == ()


# --- what holds for every list, whoever made it -----------------------------------------------------------------------

AUDIENCES = ("everyone", "children", "jobseekers")


@st.composite
def offerings(draw: st.DrawFn) -> list[LiveOffering]:
    """Between 1 and 30 offerings, many of which break a rule."""
    return [
        a_live(
            number,
            operator_id=draw(st.integers(1, 6)),
            kind=draw(st.sampled_from(["course", "route"])),
            topics=tuple(draw(st.sets(st.sampled_from(["tea", "opera", "chess"]), max_size=2))),
            audiences=frozenset(draw(st.sets(st.sampled_from(AUDIENCES), max_size=2))),
            age_min=draw(st.sampled_from([0, 60])),
            age_max=draw(st.sampled_from([12, 200])),
            position=draw(st.sampled_from([HOME, (31.2, 121.9), None])),
            under_served=draw(st.booleans()),
            has_seats=draw(st.booleans()),
            over_days=NOW_DAYS + draw(st.sampled_from([-1.0, 0.0, 3.0])),
        )
        for number in range(1, draw(st.integers(1, 30)) + 1)
    ]


@st.composite
def states(draw: st.DrawFn) -> LiveState:
    """With and without a model, with and without neighbours."""
    live = live_of(*draw(offerings()))
    scores = draw(st.lists(st.sampled_from([0.0, 0.2, 0.7, float("nan")]), min_size=len(live), max_size=len(live)))
    model = FakeScoring(live, scores, known=frozenset({2, 77})) if draw(st.booleans()) else None
    counts = draw(st.dictionaries(st.integers(1, 30), st.integers(1, 90), max_size=9))
    return LiveState(live, model, Following(counts, {"hubin": counts}, {}) if draw(st.booleans()) else NOBODY)


deeds = st.lists(
    st.builds(Deed, st.integers(1, 30), st.sampled_from(["view", "save", "enrol", "attend", "dismiss", "unsave"])),
    max_size=8,
)


@given(states(), deeds, st.booleans(), st.sampled_from([None, (3, 9), (30, 40)]), st.sampled_from([1, 6, 10, 25]))
def test_no_list_ever_breaks_a_rule_and_none_is_shorter_than_it_could_be(
    state: LiveState, log: list[Deed], at_home: bool, ages: tuple[int, int] | None, n: int
) -> None:
    history = history_of(log)
    asker = Asker(
        HOME if at_home else None, 45, frozenset({"jobseekers"}), ages, hidden=history.kept | history.dismissed
    )
    found = ranked(state, Question(asker, NOW_DAYS, history, "hubin"))
    chosen = [state.live.offerings[each.column] for each in reranked(found, state.live, n, state.scoring)]
    assert len({each.offering_id for each in chosen}) == len(chosen)
    assert len(chosen) == min(n, int(allowed(state.live, asker, NOW_DAYS).sum()))
    for each in chosen:
        assert each.over_days > NOW_DAYS and each.has_seats
        assert not each.audiences or each.audiences & {"everyone", "jobseekers"}
        assert each.offering_id not in history.kept | history.dismissed
        assert ages is None or (each.age_min <= ages[1] and each.age_max >= ages[0])
        assert not at_home or each.position in (None, HOME)
