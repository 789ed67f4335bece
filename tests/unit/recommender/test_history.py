"""A profile says what somebody likes now: what was taken back is gone, and the last word counts."""

from city.store.interaction_repositories import Deed
from recommender.history import LONGEST_PROFILE, MOST_DISLIKED, history_of, history_of_visitor


def test_the_strongest_standing_deed_of_an_offering_gives_its_weight() -> None:
    history = history_of([Deed(7, "view"), Deed(7, "enrol"), Deed(7, "view"), Deed(8, "view"), Deed(9, "attend")])
    assert history.profile == {7: 0.8, 8: 0.1, 9: 1.0}
    assert history.actions == {7: "enrol", 8: "view", 9: "attend"}


def test_a_save_taken_back_leaves_the_view_before_it() -> None:
    history = history_of([Deed(7, "view"), Deed(7, "save"), Deed(7, "unsave"), Deed(8, "save"), Deed(8, "unsave")])
    assert history.profile == {7: 0.1}
    assert not history.kept


def test_a_cancelled_place_may_be_suggested_again() -> None:
    assert history_of([Deed(7, "enrol")]).kept == {7}
    assert not history_of([Deed(7, "enrol"), Deed(7, "cancel")]).kept


def test_what_was_only_looked_at_may_be_suggested() -> None:
    assert not history_of([Deed(7, "view")]).kept


def test_less_like_this_turns_a_liking_into_its_opposite() -> None:
    history = history_of([Deed(7, "save"), Deed(8, "view"), Deed(7, "dismiss")])
    assert history.profile == {7: -1.0, 8: 0.1}
    assert history.dismissed == {7} and history.kept == {7}
    assert 7 not in history.actions


def test_less_like_this_taken_back_brings_the_liking_back() -> None:
    assert history_of([Deed(7, "save"), Deed(7, "dismiss"), Deed(7, "undismiss")]).profile == {7: 0.5}


def test_who_takes_a_place_after_saying_less_like_this_does_want_it() -> None:
    history = history_of([Deed(7, "dismiss"), Deed(7, "enrol")])
    assert history.profile == {7: 0.8} and not history.dismissed
    assert history_of([Deed(7, "dismiss"), Deed(7, "view")]).dismissed == {7}


def test_dislikes_alone_make_no_taste() -> None:
    assert not history_of([Deed(7, "dismiss")]).has_taste
    assert history_of([Deed(7, "view")]).has_taste


def test_a_long_life_keeps_its_latest_things_and_hides_all_it_had() -> None:
    history = history_of([Deed(each, "attend") for each in range(LONGEST_PROFILE + 50)])
    assert next(iter(history.profile)) == 50 and len(history.profile) == LONGEST_PROFILE
    assert 0 in history.kept


def test_all_that_is_unwanted_is_hidden_and_the_latest_of_it_weighs() -> None:
    history = history_of([Deed(each, "dismiss") for each in range(MOST_DISLIKED + 12)])
    assert len(history.dismissed) == MOST_DISLIKED + 12
    assert sorted(history.profile) == list(range(12, MOST_DISLIKED + 12))


def test_a_visitors_cookie_is_read_as_things_saved_the_newest_last() -> None:
    history = history_of_visitor((9, 8), (3,))
    assert list(history.actions) == [8, 9]
    assert history.profile == {8: 0.5, 9: 0.5, 3: -1.0}
