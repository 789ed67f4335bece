"""Which filter could be dropped: each that was set, one at a time, and nothing else."""

from __future__ import annotations

from dataclasses import fields
from datetime import date, time

from city.ports import FreeHours, Position, SearchRequest, Sort
from indexer.relaxing import has_filters, relaxed

FULL = SearchRequest(
    text="ink",
    kinds=frozenset({"course"}),
    topics=frozenset({"calligraphy", "tea"}),
    audiences=frozenset({"children"}),
    areas=frozenset({"liupu"}),
    venues=frozenset({7}),
    operators=frozenset({3}),
    weekdays=frozenset({5}),
    dayparts=frozenset({"evening"}),
    free_hours=(FreeHours(1, time(18), time(20)),),
    from_on=date(2026, 12, 1),
    to_on=date(2026, 12, 8),
    only_free=True,
    max_price_minor=2000,
    attendance=frozenset({"online"}),
    languages=frozenset({"en"}),
    access=frozenset({"lift"}),
    only_open=True,
    open_now=True,
    near=Position(30.5, 120.8),
    within_minutes=30,
    sort=Sort.SOONEST,
    page=3,
)
NO_FILTERS = {"near", "sort", "page", "per_page"}


def test_every_filter_of_a_request_can_be_dropped_alone() -> None:
    found = {each.field: each for each in relaxed(FULL)}
    assert found.keys() == {field.name for field in fields(SearchRequest)} - NO_FILTERS
    for name, each in found.items():
        differing = {
            field.name
            for field in fields(SearchRequest)
            if getattr(FULL, field.name) != getattr(each.request, field.name)
        }
        assert differing == {name, "page"}


def test_a_single_value_is_named_and_several_are_not() -> None:
    found = {each.field: each.value for each in relaxed(FULL)}
    assert (found["kinds"], found["topics"], found["venues"], found["from_on"]) == ("course", "", "7", "2026-12-01")


def test_a_text_alone_is_no_filter_to_drop() -> None:
    assert list(relaxed(SearchRequest(text="ink", page=2))) == []
    assert not has_filters(SearchRequest(text="ink", near=Position(1, 2), sort=Sort.NEAREST))
    assert has_filters(SearchRequest(text="ink", only_free=True))
