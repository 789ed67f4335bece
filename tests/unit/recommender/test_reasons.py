"""Why something is suggested: what really put it there first, true, and not the same on every card."""

from dataclasses import replace
from datetime import timedelta

import numpy as np

from city.ports import Reason
from city.store.interaction_repositories import Deed
from fixtures.factories import NOW, TODAY, a_run, an_offering, in_days
from recommender.candidates import Asker
from recommender.following import Following
from recommender.history import NOTHING, History, history_of
from recommender.live import LiveOffering, live_offering
from recommender.ranking import Echo, LiveState, Question, Ranked, ranked
from recommender.reasons import Telling
from recommender.scorer import Contribution
from tests.live_offerings import HOME, NOW_DAYS, FakeScored, a_live, live_of

SAVED_70 = history_of([Deed(70, "save")])


def told(
    *parts: Contribution,
    offering: LiveOffering | None = None,
    history: History = SAVED_70,
    following: Following = Following({}, {}, {}),  # noqa: B008  (frozen)
    n: int = 6,
    **question: object,
) -> list[Reason]:
    """Reasons of one offering on a personal list."""
    live = live_of(offering or a_live(1))
    ranked_one = Ranked("personal", np.asarray([0]), np.ones(1, np.float32), FakeScored(np.ones(1), {0: parts}))
    asked = Question(Asker(), NOW_DAYS, history, today=TODAY)
    telling = Telling(LiveState(live, None, following), replace(asked, **question), ranked_one)  # type: ignore[arg-type]
    return list(telling.reasons(0, n=n))


def kinds(reasons: list[Reason]) -> list[str]:
    return [reason.kind for reason in reasons]


def test_the_largest_personal_part_is_said_first_with_what_the_citizen_did() -> None:
    parts = [Contribution("popularity", 0.5), Contribution("ease", 0.3, 70)]
    assert told(*parts)[0] == Reason("because", offering_id=70, action="save", share=0.3)


def test_a_place_an_operator_or_a_topic_that_was_chosen_is_named() -> None:
    for channel, value, expected in (
        ("venue", "12", Reason("venue", venue_id=12, share=0.4)),
        ("operator", "8", Reason("operator", operator_id=8, share=0.4)),
        ("topic", "calligraphy", Reason("topic", topic="calligraphy", share=0.4)),
    ):
        assert told(Contribution(channel, 0.4, 70, value))[0] == expected


def test_a_single_look_does_not_make_a_habit() -> None:
    looked = history_of([Deed(70, "view")])
    parts = Contribution("venue", 0.4, 70, "12")
    assert told(parts, history=looked)[0] == Reason("because", offering_id=70, action="view", share=0.4)


def test_a_topic_the_offering_does_not_have_is_never_named() -> None:
    assert told(Contribution("together:topic", 0.4, 70, "opera"))[0].kind == "because"


def test_a_part_too_small_to_matter_is_not_said() -> None:
    assert kinds(told(Contribution("popularity", 0.96), Contribution("ease", 0.04, 70))) == ["open"]


def test_people_are_counted_only_when_five_or_more_took_it() -> None:
    part = Contribution("popularity", 0.5)
    few, near = Following({1: 4}, {}, {}), Following({1: 31}, {"hubin": {1: 9}}, {})
    assert kinds(told(part, following=few)) == ["open"]
    assert told(part, following=near)[0] == Reason("popular", count=31, days=30, area_id=None, share=0.5)
    in_hubin = told(part, following=near, district_id="hubin")[0]
    assert (in_hubin.count, in_hubin.area_id) == (9, "hubin")


def test_where_the_neighbours_are_too_few_the_city_is_told() -> None:
    following = Following({1: 31}, {"hubin": {1: 2}}, {})
    reason = told(following=following, district_id="hubin")[0]
    assert (reason.kind, reason.count, reason.area_id) == ("popular", 31, None)


def test_soon_counts_days_of_the_calendar_in_the_city() -> None:
    late_in_the_evening = an_offering(runs=[a_run(in_days(1))], topics=[])
    late_in_the_evening.id, late_in_the_evening.operator_id = 1, 1
    seen = live_offering(late_in_the_evening, NOW)
    reason = told(Contribution("soon", 0.2), offering=seen)[0]
    assert (reason.kind, reason.days) == ("soon", 1)
    assert told(offering=seen, today=in_days(1))[0].days == 0
    assert "soon" not in kinds(told(offering=seen, today=in_days(2)))


def test_a_course_that_has_begun_does_not_start_soon() -> None:
    half_over = an_offering(runs=[a_run(in_days(-7), in_days(1))])
    next_term = an_offering(runs=[a_run(in_days(-7), in_days(1)), a_run(in_days(5), in_days(12))])
    full_first = an_offering(runs=[a_run(in_days(2), seats=12, taken=12), a_run(in_days(4))])
    for offering in (half_over, next_term, full_first):
        offering.id, offering.operator_id = 1, 1
    assert live_offering(half_over, NOW).starts_on is None
    assert live_offering(next_term, NOW).starts_on == in_days(5)
    assert live_offering(full_first, NOW).starts_on == in_days(4)


def test_a_run_whose_hour_is_unknown_begins_on_its_day() -> None:
    offering = an_offering(runs=[a_run(TODAY, starts=None, ends=None)])
    offering.id, offering.operator_id = 1, 1
    assert live_offering(offering, NOW).starts_on == TODAY
    assert live_offering(offering, NOW + timedelta(hours=11)).starts_on == TODAY


def test_near_is_said_in_minutes_on_foot_and_not_of_what_is_held_online() -> None:
    asker = Asker(position=HOME)
    there = (HOME[0] + 0.004, HOME[1])
    near = told(offering=a_live(1, position=there), asker=asker)[0]
    assert (near.kind, near.minutes) == ("near", 12)
    for other in (a_live(1, position=there, attendance="online"), a_live(1, position=None),
                  a_live(1, position=(HOME[0] + 0.02, HOME[1]))):  # fmt: skip
        assert "near" not in kinds(told(offering=other, asker=asker))


def test_what_is_new_says_so_for_two_weeks() -> None:
    assert told(offering=a_live(1, published_days=NOW_DAYS - 3.5))[0] == Reason("new", days=3)
    assert "new" not in kinds(told(offering=a_live(1, published_days=NOW_DAYS - 15)))


def test_when_nothing_stronger_is_true_there_is_a_place_and_a_full_one_claims_none() -> None:
    assert kinds(told()) == ["open"]
    assert kinds(told(offering=a_live(1, has_seats=False))) == []


def test_a_list_by_neighbours_says_how_many_and_a_list_by_age_says_new() -> None:
    live = live_of(a_live(1, published_days=NOW_DAYS - 3))
    question = Question(Asker(position=HOME), NOW_DAYS, NOTHING, None, TODAY)
    for following, first in ((Following({1: 31}, {}, {}), "popular"), (Following({}, {}, {}), "new")):
        state = LiveState(live, None, following)
        assert Telling(state, question, ranked(state, question)).reasons(0)[0].kind == first


def test_what_goes_with_the_session_names_the_thing_it_goes_with() -> None:
    live = live_of(a_live(1, topics=("tea",)), a_live(2, topics=("tea",)), a_live(3, topics=("opera",)))
    history = history_of([Deed(1, "view"), Deed(3, "view")])
    state, question = LiveState(live), Question(Asker(), NOW_DAYS, history, None, TODAY)
    found = ranked(state, question)
    reason = Telling(state, question, found).reasons(live.column[2])[0]
    assert (found.source, reason) == ("similar", Reason("because", offering_id=1, action="view"))


def test_what_the_floor_lifted_adds_the_district() -> None:
    live = live_of(a_live(1, district_id="yunling"))
    state, question = LiveState(live), Question(Asker(), NOW_DAYS)
    reasons = Telling(state, question, ranked(state, question)).reasons(0, lifted="district")
    assert reasons[-1] == Reason("district", area_id="yunling")


def test_what_answers_the_last_choice_names_it_first() -> None:
    live = live_of(a_live(1, topics=("tea",)), a_live(2, topics=("tea",)), a_live(3, topics=("opera",)))
    state = LiveState(live)
    question = Question(Asker(), NOW_DAYS, history_of([Deed(1, "attend"), Deed(3, "save")]), None, TODAY)
    answer = replace(ranked(state, question), echoes=(Echo(3, np.asarray([], np.int64)), Echo(1, np.asarray([1]))))
    telling = Telling(state, question, answer)
    assert telling.reasons(1, lifted="echo")[0] == Reason("because", offering_id=1, action="attend")


def page_of(*parts_of_cards: tuple[Contribution, ...]) -> list[Reason]:
    """The first reason of each card of one page."""
    live = live_of(*(a_live(number) for number in range(1, len(parts_of_cards) + 1)))
    scored = FakeScored(np.ones(len(live)), dict(enumerate(parts_of_cards)))
    answer = Ranked("personal", np.arange(len(live)), np.ones(len(live), np.float32), scored)
    telling = Telling(LiveState(live), Question(Asker(), NOW_DAYS, SAVED_70, today=TODAY), answer)
    return [telling.reasons(column)[0] for column in range(len(live))]


def test_cards_of_a_page_do_not_all_say_the_same_when_other_parts_are_comparable() -> None:
    card = (Contribution("ease", 0.4, 70), Contribution("topic", 0.3, 70, "calligraphy"),
            Contribution("operator", 0.25, 70, "8"))  # fmt: skip
    assert [reason.kind for reason in page_of(card, card, card, card)] == ["because", "topic", "operator", "because"]


def test_things_of_the_profile_that_gave_nearly_as_much_take_turns() -> None:
    card = (Contribution("cosine", 0.5, 70, also=(71, 72)), Contribution("topic", 0.1, 70, "calligraphy"))
    assert [reason.offering_id for reason in page_of(card, card, card, card)] == [70, 71, 72, 70]


def test_variety_never_puts_a_weak_part_before_a_strong_one() -> None:
    card = (Contribution("ease", 0.6, 70), Contribution("topic", 0.2, 70, "calligraphy"))
    assert [reason.kind for reason in page_of(card, card, card)] == ["because"] * 3
