"""An address of the search page and the question it stands for."""

from __future__ import annotations

from datetime import date, time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from city.asking import FILTERS, LISTS, KeptAddress, SearchForm
from city.errors import InvalidInput
from city.ports import FreeHours, Position, SearchRequest, Sort
from city.terms import NO_STAIRS

TUESDAY = date(2026, 11, 24)


def form(*pairs: tuple[str, str]) -> SearchForm:
    return SearchForm.read(MultiDict(pairs))


def request(*pairs: tuple[str, str]) -> SearchRequest:
    return form(*pairs).request(today=TUESDAY, near=Position(30.5, 120.9))


def test_every_filter_of_the_question_can_stand_in_the_address() -> None:
    asked = request(
        ("q", "书法"), ("kind", "course"), ("kind", "event"), ("topic", "calligraphy"), ("audience", "children"),
        ("area", "hubin"), ("venue", "7"), ("operator", "9"), ("weekday", "0"), ("daypart", "evening"),
        ("hours", "2-1800-2100"), ("from", "2026-11-25"), ("to", "2026-12-01"), ("free", "1"), ("price", "50"),
        ("attendance", "online"), ("spoken", "en"), ("access", "hearing_loop"), ("open", "1"), ("within", "15"),
        ("sort", "nearest"), ("page", "3"),
    )  # fmt: skip
    assert asked == SearchRequest(
        text="书法",
        kinds=frozenset({"course", "event"}),
        topics=frozenset({"calligraphy"}),
        audiences=frozenset({"children"}),
        areas=frozenset({"hubin"}),
        venues=frozenset({7}),
        operators=frozenset({9}),
        weekdays=frozenset({0}),
        dayparts=frozenset({"evening"}),
        free_hours=(FreeHours(2, time(18), time(21)),),
        from_on=date(2026, 11, 25),
        to_on=date(2026, 12, 1),
        only_free=True,
        max_price_minor=5000,
        attendance=frozenset({"online"}),
        languages=frozenset({"en"}),
        access=frozenset({"hearing_loop"}),
        only_open=True,
        near=Position(30.5, 120.9),
        within_minutes=15,
        sort=Sort.NEAREST,
        page=3,
    )


@pytest.mark.parametrize(
    ("word", "first", "last"),
    [
        ("week", date(2026, 11, 24), date(2026, 11, 29)),
        ("next", date(2026, 11, 30), date(2026, 12, 6)),
        ("weekend", date(2026, 11, 28), date(2026, 11, 29)),
    ],
)
def test_days_in_words_become_days_of_the_calendar(word: str, first: date, last: date) -> None:
    asked = request(("day", word))
    assert (asked.from_on, asked.to_on) == (first, last)


def test_on_a_sunday_the_weekend_is_what_is_left_of_it() -> None:
    sunday = date(2026, 11, 29)
    asked = form(("day", "weekend")).request(today=sunday, near=None)
    assert (asked.from_on, asked.to_on) == (sunday, sunday)


def test_no_stairs_lets_no_other_feature_bring_stairs_back_in() -> None:
    assert request(("nostairs", "1"), ("access", "toilet")).access == NO_STAIRS


def test_the_boxes_of_a_week_make_intervals_of_free_hours_and_an_unfinished_day_none() -> None:
    boxes = (("h2-from", "18:00"), ("h2-to", "21:00"))
    assert request(*boxes).free_hours == (FreeHours(2, time(18), time(21)),)
    assert request(*boxes[:1]).free_hours == ()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("kind", "lecture"), ("audience", "kings"), ("daypart", "night"), ("weekday", "7"), ("attendance", "dream"),
        ("spoken", "tlh"), ("access", "wings"), ("day", "yesterday"), ("from", "2026-13-01"), ("to", "tomorrow"),
        ("hours", "9-1800-2100"), ("hours", "2-2100-1800"), ("hours", "2-18-21"), ("price", "-1"), ("price", "free"),
        ("within", "0"), ("within", "999"), ("sort", "random"), ("page", "0"), ("page", "501"), ("page", "1e3"),
        ("page", "９"), ("venue", "-7"), ("venue", "9" * 30), ("area", "../etc"), ("topic", "x" * 65),
        ("q", "写" * 201), ("near", "<b>"),
    ],
)  # fmt: skip
def test_a_value_that_is_not_offered_is_refused_with_its_name_and_what_would_be_right(name: str, value: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        form((name, value))
    assert refused.value.field == name and refused.value.remedy


def test_a_last_day_before_the_first_is_refused() -> None:
    with pytest.raises(InvalidInput, match="before the first"):
        form(("from", "2026-12-02"), ("to", "2026-12-01"))


def test_more_values_of_one_filter_than_a_form_has_are_refused() -> None:
    with pytest.raises(InvalidInput, match="Too many"):
        form(*(("venue", str(number)) for number in range(1, 60)))


def test_empty_boxes_of_the_form_narrow_nothing() -> None:
    assert not form(*((name, "") for name in FILTERS)).is_narrowed


@given(
    st.lists(
        st.one_of([st.tuples(st.just(name), st.sampled_from(values)) for name, values in LISTS.items()]), max_size=12
    ),
    st.sampled_from(["", "书法", "tai chi"]),
)
def test_the_address_of_a_form_reads_as_the_same_form(pairs: list[tuple[str, str]], text: str) -> None:
    first = form(("q", text), *pairs)
    assert form(*first.address()) == first


@given(st.lists(st.sampled_from(["course", "event", "route"]), min_size=1, max_size=3, unique=True))
def test_taking_one_chip_away_leaves_all_the_others(kinds: list[str]) -> None:
    first = form(*(("kind", kind) for kind in kinds), ("free", "1"))
    left = SearchForm.read(MultiDict(first.without("kind", kinds[0])))
    assert left.all("kind") == tuple(kinds[1:]) and left.has("free")


@given(st.dictionaries(st.sampled_from(["q", "page", "near", *FILTERS]), st.text(max_size=12), max_size=6))
def test_whatever_stands_in_an_address_it_is_read_or_refused_in_words(values: dict[str, str]) -> None:
    try:
        form(*values.items())
    except InvalidInput as refused:
        assert str(refused)


def test_free_hours_the_person_keeps_are_asked_for_by_one_tick() -> None:
    own = (FreeHours(2, time(18), time(21)),)
    ticked, open_ = form(("fit", "1")), form(("q", "x"))
    assert ticked.request(today=TUESDAY, near=None, own_hours=own).free_hours == own
    assert open_.request(today=TUESDAY, near=None, own_hours=own).free_hours == ()


def test_one_may_set_out_from_an_area_from_home_or_from_a_point() -> None:
    assert form(("near", "hubin")).near_area == "hubin"
    assert form(("near", "home")).near_area == ""
    assert form(("near", "30.511,120.871")).point == Position(30.511, 120.871)


def test_a_point_that_is_not_on_the_globe_is_refused() -> None:
    with pytest.raises(InvalidInput, match="globe"):
        form(("near", "95,200"))


def test_a_kept_address_asks_the_same_as_the_one_of_the_page() -> None:
    pairs = [("q", "书法"), ("kind", "course"), ("kind", "event"), ("hours", "2-1800-2100"), ("opennow", "1")]
    kept = KeptAddress(MultiDict(pairs).to_dict(flat=False))
    assert SearchForm.read(kept) == form(*pairs)
    assert SearchForm.read(kept).request(today=TUESDAY, near=None).open_now
