"""The days of a row: single ones, words, and a weekly rule between two days."""

from __future__ import annotations

from datetime import time

import pytest

from city.errors import InvalidInput
from indexer.sources.mapping import TableMapping
from indexer.sources.table_days import meetings_of, weekdays_in

PLAIN = TableMapping()


def days_of(mapping: TableMapping = PLAIN, **cells: str) -> list[str]:
    named = {name.rstrip("_"): cell for name, cell in cells.items()}
    return [meeting.held_on.isoformat() for meeting in meetings_of(named, mapping)]


def test_a_weekly_rule_is_written_out_day_by_day_without_the_days_that_fall_out() -> None:
    found = meetings_of(
        {"from": "2026-09-01", "to": "2026-10-13", "weekdays": "周二、四", "except": "2026-10-01|2026-10-06",
         "starts": "19:00", "ends": "20:30"},
        PLAIN,
    )  # fmt: skip
    assert [meeting.held_on.day for meeting in found] == [1, 3, 8, 10, 15, 17, 22, 24, 29, 8, 13]
    assert {(meeting.starts_local, meeting.ends_local) for meeting in found} == {(time(19), time(20, 30))}


def test_a_rule_may_end_after_so_many_times() -> None:
    assert days_of(from_="2026-09-02", weekdays="Wed", times="3") == ["2026-09-02", "2026-09-09", "2026-09-16"]


def test_one_cell_may_say_the_whole_rule_in_words() -> None:
    found = meetings_of({"date": "每周三 19:00-20:30, 2025-09-01 至 2025-09-30"}, PLAIN)
    assert [meeting.held_on.day for meeting in found] == [3, 10, 17, 24]
    assert found[0].starts_local == time(19)
    assert found[0].ends_local == time(20, 30)


@pytest.mark.parametrize(
    ("cell", "days"),
    [
        ("2026-12-01|2026-12-08", ["2026-12-01", "2026-12-08"]),
        ("2026年12月1日、8日", ["2026-12-01", "2026-12-08"]),
        ("2026-12-01 19:00", ["2026-12-01"]),
        ("1-3 Dec 2026", ["2026-12-01", "2026-12-02", "2026-12-03"]),
    ],
)
def test_a_cell_may_hold_several_days(cell: str, days: list[str]) -> None:
    assert days_of(date=cell) == days


def test_an_hour_beside_a_day_is_its_hour_and_a_cell_may_hold_both_hours() -> None:
    assert meetings_of({"date": "2026-12-01T19:30:00"}, PLAIN)[0].starts_local == time(19, 30)
    (found,) = meetings_of({"date": "2026-12-01", "starts": "19:00-20:30"}, PLAIN)
    assert (found.starts_local, found.ends_local) == (time(19), time(20, 30))
    assert len(meetings_of({"date": "2026-12-01", "hours": "9:00-10:00, 14:00-15:00"}, PLAIN)) == 2


def test_another_format_of_days_is_read_by_the_mapping() -> None:
    assert days_of(TableMapping(date_format="%d.%m.%Y", list_separator=";"), date="1.12.2026; 8.12.2026") == [
        "2026-12-01",
        "2026-12-08",
    ]


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("周三", {2}),
        ("周一至周五", {0, 1, 2, 3, 4}),
        ("Sat-Mon", {5, 6, 0}),
        ("每周二、四晚上", {1, 3}),
        ("每天", set(range(7))),
        ("Weekends", {5, 6}),
        ("星期天", {6}),
    ],
)
def test_weekdays_are_read_in_both_languages(text: str, days: set[int]) -> None:
    assert weekdays_in(text) == days


@pytest.mark.parametrize(
    ("cells", "field"),
    [
        ({"date": "soon"}, "date"),
        ({"date": "2026-02-30"}, "date"),
        ({"date": "1 Dec 2026 (Mon)"}, "date"),
        ({"date": "2026-12-01 25:99"}, "date"),
        ({"date": "2026-12-01", "starts": "evening"}, "starts"),
        ({"date": "2026-12-01", "starts": "20:00", "ends": "19:00"}, "ends"),
        ({"from": "2026-09-01", "to": "2026-10-01"}, "weekdays"),
        ({"from": "2026-09-01", "weekdays": "Mon"}, "to"),
        ({"weekdays": "Mon"}, "from"),
        ({"from": "2026-09-01", "to": "2026-08-01", "weekdays": "Mon"}, "to"),
        ({"from": "2026-09-01", "to": "2029-08-01", "weekdays": "Mon"}, "to"),
        ({"from": "2026-09-01", "to": "2026-10-01", "weekdays": "某天"}, "weekdays"),
        (
            {
                "from": "2026-01-01",
                "to": "2027-01-01",
                "weekdays": "daily",
                "hours": "9:00-10:00, 11:00-12:00, 13:00-14:00",
            },
            "date",
        ),
    ],
)
def test_what_is_not_certain_names_its_cell_and_what_would_be_right(cells: dict[str, str], field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        meetings_of(cells, PLAIN)
    assert refused.value.field == field
    assert refused.value.remedy


def test_an_empty_row_has_no_day() -> None:
    assert meetings_of({}, PLAIN) == ()
