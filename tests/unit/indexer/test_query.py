"""A request → what must be met, what is counted, in which order."""

from __future__ import annotations

from dataclasses import replace
from datetime import time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from city.ports import LAST_PAGE, FreeHours, Position, SearchRequest, Sort
from fixtures.factories import NOW, SHANGHAI, TODAY, a_topic
from indexer.clauses import (
    AllOf,
    AnyOf,
    Around,
    Between,
    Clause,
    Constant,
    Everything,
    Lifted,
    Misspelt,
    Nothing,
    OneOf,
    bare,
    split_lifted,
)
from indexer.document import hours_token
from indexer.matching import read_question, so_far, strict
from indexer.query import (
    FACETS,
    FURTHEST_DAYS,
    LARGEST_PAGE,
    EngineQuery,
    build_filters,
    build_query,
    build_suggest_query,
)
from indexer.synonyms import NO_SYNONYMS, Synonyms, phrase_of

HERE = Position(30.5, 120.8)
CALLIGRAPHY = a_topic(
    "calligraphy", {"zh-Hans": "书法", "en": "Calligraphy"}, synonyms={"zh-Hans": ["毛笔字"], "en": ["ink brush"]}
)


def asked(**fields: object) -> EngineQuery:
    return build_query(SearchRequest(**fields), now=NOW, zone=SHANGHAI)  # type: ignore[arg-type]


def filters(**fields: object) -> dict[str, Clause]:
    return build_filters(SearchRequest(**fields), TODAY)  # type: ignore[arg-type]


def time_of(**fields: object) -> Clause:
    """What the filter about time asks of a meeting, without the always open."""
    clause = filters(**fields)["time"]
    assert isinstance(clause, OneOf)
    assert clause.clauses[0] == AnyOf("always_open", frozenset({"true"}))
    return clause.clauses[1]


def test_nothing_asked_is_everything_listed() -> None:
    query = asked()
    assert query.matching == Everything() and query.filters == {} and query.weaker is None
    assert query.listed == Between("listed_until", low=int(NOW.timestamp()) + 1)
    assert not query.is_scored


def test_values_of_one_field_are_alternatives_and_fields_all_hold() -> None:
    assert filters(kinds=frozenset({"course", "event"}), only_free=True) == {
        "kind": AnyOf("kind", frozenset({"course", "event"})),
        "is_free": AnyOf("is_free", frozenset({"true"})),
    }


def test_a_weekday_and_a_daypart_are_asked_of_one_meeting() -> None:
    assert time_of(weekdays=frozenset({5}), dayparts=frozenset({"evening"})) == AnyOf("slots", frozenset({"5-evening"}))


def test_a_weekday_alone_takes_meetings_whose_hour_is_not_stated() -> None:
    assert filters(weekdays=frozenset({5})) == {"time": AnyOf("weekdays", frozenset({"5"}))}


def test_choices_of_time_beside_another_wish_are_counted_in_one_look() -> None:
    query = asked(weekdays=frozenset({5}))
    [facet] = [each for each in query.facets if each.name == "daypart"]
    assert facet.field == "part_weekdays" and not facet.choices
    assert "evening-96" in facet.sums["evening"] and "evening-64" not in facet.sums["evening"]
    [facet] = [each for each in asked(weekdays=frozenset({5}), from_on=TODAY).facets if each.name == "daypart"]
    assert facet.choices and not facet.sums


def test_days_are_bounded_on_both_sides_inclusively() -> None:
    clause = time_of(from_on=TODAY, to_on=TODAY + timedelta(days=1))
    assert clause == Between("days", TODAY.toordinal(), TODAY.toordinal() + 1)


def test_a_daypart_within_days_is_asked_of_one_meeting() -> None:
    saturday = TODAY + timedelta(days=4)
    clause = time_of(
        from_on=TODAY, to_on=TODAY + timedelta(days=6), weekdays=frozenset({5}), dayparts=frozenset({"morning"})
    )
    assert clause == AnyOf("day_slots", frozenset({f"{saturday.toordinal()}-morning"}))


def test_an_open_end_is_told_apart_as_far_as_the_catalogue_reaches() -> None:
    clause = time_of(from_on=TODAY, dayparts=frozenset({"morning"}))
    assert isinstance(clause, AnyOf) and len(clause.values) == FURTHEST_DAYS + 1


def test_free_hours_take_every_meeting_that_fits_between_them() -> None:
    clause = time_of(free_hours=(FreeHours(1, time(19), time(19, 45)),))
    expected = {hours_token(1, start, end) for start in (76, 77, 78) for end in range(start + 1, 80)}
    assert clause == AnyOf("hours", frozenset(expected))


def test_free_until_midnight_is_free_until_the_end_of_the_day() -> None:
    for midnight in (time(0), time(23, 59)):
        clause = time_of(free_hours=(FreeHours(1, time(23, 30), midnight),))
        assert isinstance(clause, AnyOf) and hours_token(1, 94, 96) in clause.values


def test_an_unknown_position_is_never_left_out_by_distance() -> None:
    clause = filters(near=HERE, within_minutes=30)["within_minutes"]
    assert isinstance(clause, OneOf) and isinstance(clause.clauses[0], Around) and len(clause.clauses) == 2


def test_minutes_without_a_place_filter_nothing() -> None:
    assert filters(within_minutes=30) == {}


def test_each_facet_leaves_out_its_own_filter() -> None:
    drops = {facet.name: facet.drops for facet in asked(near=HERE).facets}
    assert list(drops) == list(FACETS)
    assert drops["kind"] == "kind" and drops["weekday"] == drops["daypart"] == "time"
    assert drops["within_15_minutes"] == "within_minutes"


def test_weekdays_are_counted_together_with_the_daypart_that_was_chosen() -> None:
    facets = {facet.name: facet for facet in asked(dayparts=frozenset({"evening"})).facets}
    assert facets["weekday"].field == "weekday_parts" and set(facets["weekday"].sums) == set("0123456")
    assert facets["daypart"].field == "dayparts"


def test_nobody_says_where_then_nothing_is_counted_as_near() -> None:
    assert "within_15_minutes" not in [facet.name for facet in asked().facets]


def test_nearest_needs_a_place() -> None:
    assert asked(sort=Sort.NEAREST).sort is Sort.RELEVANCE
    assert asked(sort=Sort.NEAREST, near=HERE).sort is Sort.NEAREST


def test_what_is_near_is_lifted_in_the_default_order_only() -> None:
    assert isinstance(asked(near=HERE).matching, Lifted)
    assert asked(near=HERE, sort=Sort.SOONEST).matching == Everything()


@pytest.mark.parametrize(("page", "offset"), [(1, 0), (3, 20), (0, 0), (-7, 0), (10**9, (LAST_PAGE - 1) * 10)])
def test_pages_stay_within_bounds(page: int, offset: int) -> None:
    assert asked(page=page).offset == offset


def test_a_page_is_never_larger_than_can_be_shown() -> None:
    assert asked(per_page=10**6).size == LARGEST_PAGE
    assert asked(per_page=-1).size == 0


# ── words ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_word_may_be_said_otherwise() -> None:
    synonyms = Synonyms.of([CALLIGRAPHY])
    assert synonyms.meaning(phrase_of("毛笔字")).topics == {"calligraphy"}
    assert ("tai", "chi") in synonyms.meaning(phrase_of("太极")).others
    assert synonyms.meaning(phrase_of("calligraphy classes")).topics == frozenset()


def test_synonyms_hold_in_both_directions_but_for_what_only_asks() -> None:
    meanings = Synonyms.of([CALLIGRAPHY]).meanings
    one_way = {
        phrase
        for phrase, meaning in meanings.items()
        if any(phrase not in meanings[other].others for other in meaning.others)
    }
    assert ("french",) in one_way and len(one_way) < 10


def test_the_longest_phrase_is_one_unit_and_keeps_its_words() -> None:
    question = read_question("ink brush on Saturday", Synonyms.of([CALLIGRAPHY]))
    assert [unit.words for unit in question.units] == [("ink", "brush"), ("on",), ("saturday",)]
    assert [unit.is_weak for unit in question.units] == [False, True, False]
    assert question.words == ("ink", "brush", "on", "saturday")


def test_weak_words_are_asked_for_when_there_is_nothing_else() -> None:
    assert [unit.words for unit in read_question("the class", NO_SYNONYMS).needed()] == [("the",), ("class",)]


def test_typos_are_looked_for_only_in_the_weaker_question() -> None:
    query = asked(text="calligraphee")
    assert not _holds(query.matching, Misspelt) and query.weaker is not None
    assert _holds(query.weakened().matching, Misspelt) and query.weakened().weaker is None


def test_counting_needs_no_scores() -> None:
    matching = asked(text="书法 evening", near=HERE).matching
    assert not _holds(bare(matching), Lifted)


@pytest.mark.parametrize("typed", ["", " ", "书", "a", "\x00", "!!"])
def test_too_little_typed_completes_to_nothing(typed: str) -> None:
    assert so_far(typed).letters == "" and so_far(typed).matching == Nothing()


def test_up_to_three_letters_are_how_a_word_begins_and_more_may_be_any_neighbouring_characters() -> None:
    assert "title_word_sounds" in str(so_far("shu").matching) and "title_word_sounds" not in str(
        so_far("shuf").matching
    )


def test_a_short_chinese_word_is_lifted_by_its_pairs_and_a_longer_one_may_be_met_by_them() -> None:
    assert split_lifted(strict(read_question("孩子", NO_SYNONYMS))) is not None
    assert isinstance(strict(read_question("孩子 书法", NO_SYNONYMS)), OneOf)


def test_what_lifts_is_gathered_from_all_units_that_must_be_met() -> None:
    first, second, word = Constant(Everything(), 1.0), Constant(Nothing(), 2.0), AnyOf("kind", frozenset({"event"}))
    whole = Lifted(AllOf((Lifted(first, (word,)), second)), (first,))
    assert split_lifted(whole) == (3.0, (word, first))
    assert split_lifted(AllOf((first, word))) is None


def test_what_is_typed_is_one_beginning_without_blanks() -> None:
    query = build_suggest_query("Tai Ch", language="en", now=NOW, n=-3)
    assert (query.beginning, query.n) == ("taich", 0)


def test_a_filter_that_names_only_nonsense_finds_nothing_also_among_the_always_open() -> None:
    assert filters(dayparts=frozenset({"noon"}))["time"] == AnyOf("dayparts", frozenset({"noon"}))
    assert filters(weekdays=frozenset({9}))["time"] == AnyOf("weekdays", frozenset({"9"}))
    assert filters(weekdays=frozenset({9}), dayparts=frozenset({"noon"}))["time"] == AnyOf("slots", frozenset())


@given(st.text(alphabet=st.characters(exclude_categories=()), max_size=400))
def test_any_text_makes_a_question_of_bounded_size(text: str) -> None:
    query = asked(text=text)
    assert len(str(query.matching)) < 200_000
    build_suggest_query(text, language="zh", now=NOW)


@given(st.sampled_from(FACETS), st.sampled_from(list(Sort)))
def test_the_same_request_makes_the_same_question(facet: str, sort: Sort) -> None:
    request = SearchRequest(text="书法", sort=sort, near=HERE, weekdays=frozenset({1, 2}))
    first, second = (build_query(replace(request), now=NOW, zone=SHANGHAI, facets=[facet]) for _ in range(2))
    assert first == second


def _holds(clause: Clause, kind: type) -> bool:
    if isinstance(clause, kind):
        return True
    inner = [getattr(clause, name, ()) for name in ("clauses", "extras")]
    inner += [[getattr(clause, name)] for name in ("clause", "matching") if hasattr(clause, name)]
    return any(_holds(each, kind) for many in inner for each in many)
