"""What schema.org's dates, schedules, terms, places and lines mean, one by one."""

from __future__ import annotations

import contextlib
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from city.errors import InvalidInput
from indexer.sources.schema_org import Graph, Vocabulary, kept_id, made_plain, texts, web_address
from indexer.sources.schema_org_places import feature_of, opening_hours, position
from indexer.sources.schema_org_schedules import every_day, rules_of, scheduled
from indexer.sources.schema_org_terms import ages, attendance_of, audiences, languages, level, prices, seats, topics
from indexer.sources.schema_org_times import duration, moment, stated_meetings, zone_of
from indexer.sources.schema_org_trips import decoded_polyline, path_of

SHANGHAI, LONDON = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/London")
NOW = datetime(2026, 11, 24, 4, tzinfo=UTC)


@pytest.mark.parametrize(
    ("said", "day", "wall"),
    [
        ("2026-11-27", date(2026, 11, 27), None),
        ("2026-11-27T19:30", date(2026, 11, 27), time(19, 30)),
        ("2026-11-27T18:30:00Z", date(2026, 11, 28), time(2, 30)),
        ("2026-11-27T19:30:00.123+08:00", date(2026, 11, 27), time(19, 30)),
        ({"@type": "Date", "@value": "2026-11-27"}, date(2026, 11, 27), None),
    ],
)
def test_a_moment_is_a_day_and_an_hour_where_one_is_given(said: Any, day: date, wall: time | None) -> None:
    found = moment(said, SHANGHAI, "startDate")
    assert found is not None
    assert (found.day, found.wall) == (day, wall)


@pytest.mark.parametrize(
    "said", ["tomorrow", "2026-13-01", "2026-11", "27/11/2026", "9999-12-31T23:59-23:59", "0001-01-01"]
)
def test_what_is_no_day_is_refused_with_one_that_is(said: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        moment(said, SHANGHAI, "startDate")
    assert (refused.value.field, refused.value.value) == ("startDate", said)
    assert "2026-11-27" in refused.value.remedy


@given(st.text(max_size=30))
def test_any_words_are_a_moment_or_refused(said: str) -> None:
    with contextlib.suppress(InvalidInput):
        moment(said, SHANGHAI, "startDate")
    duration(said)


@pytest.mark.parametrize(
    ("said", "lasts"),
    [
        ("PT1H30M", timedelta(minutes=90)),
        ("P3D", timedelta(days=3)),
        ("P2W", timedelta(weeks=2)),
        ("P1M", None),
        ("PT", None),
        ("an hour", None),
    ],
)
def test_durations(said: str, lasts: timedelta | None) -> None:
    assert duration(said) == lasts


def test_an_hour_that_the_clocks_skip_stays_unknown() -> None:
    when = stated_meetings({"startDate": "2027-03-28T01:30"}, LONDON)
    assert [(meeting.held_on, meeting.starts_local) for meeting in when.meetings] == [(date(2027, 3, 28), None)]


def test_a_permanent_exhibition_is_a_rule_of_days() -> None:
    when = stated_meetings({"startDate": "2024-01-01", "endDate": "2029-12-31"}, SHANGHAI)
    assert when.lasts == (date(2024, 1, 1), date(2029, 12, 31))
    spread = every_day(when.lasts, SHANGHAI, NOW)
    assert "RRULE:FREQ=DAILY;UNTIL=20291231" in spread.rule
    assert [spread.meetings[at].held_on for at in (0, -1)] == [date(2026, 11, 24), date(2027, 12, 27)]


@pytest.mark.parametrize(
    ("schedule", "days"),
    [
        ({"repeatFrequency": "P1W", "byDay": ["Tuesday", "https://schema.org/Sunday"], "startDate": "2026-11-27",
          "endDate": "2026-12-06"}, ["2026-11-29", "2026-12-01", "2026-12-06"]),
        ({"repeatFrequency": "P2W", "startDate": "2026-11-27", "repeatCount": 3},
         ["2026-11-27", "2026-12-11", "2026-12-25"]),
        ({"repeatFrequency": "P1M", "byDay": "2MO", "startDate": "2026-12-01", "repeatCount": 2},
         ["2026-12-14", "2027-01-11"]),
        ({"repeatFrequency": "P1M", "byDay": "-1FR", "startDate": "2026-12-01", "repeatCount": 1}, ["2026-12-25"]),
        ({"repeatFrequency": "P1M", "byMonthDay": [15], "startDate": "2026-12-01", "repeatCount": 2},
         ["2026-12-15", "2027-01-15"]),
        ({"byDay": ["Friday", "PublicHolidays"], "startDate": "2026-11-27", "repeatCount": 2},
         ["2026-11-27", "2026-12-04"]),
        ({"repeatFrequency": "P1D", "startDate": "2018-08-01", "repeatCount": 3},
         ["2018-08-03"]),
        ({"repeatFrequency": "P1W", "startDate": "2018-10-19", "endDate": "2018-11-04"},
         ["2018-11-02"]),
    ],
)  # fmt: skip
def test_schedules_are_held_on_these_days_and_no_other(schedule: dict[str, Any], days: list[str]) -> None:
    found = scheduled([schedule], SHANGHAI, NOW)
    assert [meeting.held_on.isoformat() for meeting in found.meetings] == days


def test_two_schedules_are_one_text_whatever_their_order() -> None:
    monday = {"byDay": "Monday", "startDate": "2026-11-30", "repeatCount": 2, "startTime": "09:00"}
    friday = {"byDay": "Friday", "startDate": "2026-11-27", "repeatCount": 1}
    one, other = scheduled([monday, friday], SHANGHAI, NOW), scheduled([friday, monday], SHANGHAI, NOW)
    assert one == other
    assert [(m.held_on.day, m.starts_local) for m in one.meetings] == [(27, None), (30, time(9)), (7, time(9))]


def test_a_weekly_evening_keeps_its_hour_when_the_clocks_change() -> None:
    schedule = {"repeatFrequency": "P1W", "startDate": "2027-03-21", "repeatCount": 2, "startTime": "19:00",
                "duration": "PT90M"}  # fmt: skip
    found = scheduled([schedule], LONDON, NOW)
    assert [(m.held_on.day, m.starts_local, m.ends_local) for m in found.meetings] == [
        (21, time(19), time(20, 30)), (28, time(19), time(20, 30)),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"repeatFrequency": "PT6H"}, "repeatFrequency"),
        ({"repeatFrequency": "often"}, "repeatFrequency"),
        ({"byDay": "Caturday"}, "byDay"),
        ({"byDay": "PublicHolidays"}, "byDay"),
        ({"byMonthDay": 31, "byMonth": 2}, "byDay"),
        ({"byMonthDay": 32}, "byMonthDay"),
        ({"repeatCount": 0}, "repeatCount"),
        ({"startTime": "25:00"}, "startTime"),
        ({"endDate": "2026-11-01"}, "endDate"),
        ({"startDate": None}, "startDate"),
    ],
)
def test_a_schedule_that_cannot_be_held_is_refused_by_field(change: dict[str, Any], field: str) -> None:
    schedule = {"repeatFrequency": "P1W", "startDate": "2026-11-27"} | change
    with pytest.raises(InvalidInput) as refused:
        rules_of(schedule, SHANGHAI)
    assert refused.value.field == field


def test_a_schedules_own_zone_counts_and_one_that_does_not_exist_is_refused() -> None:
    assert zone_of([{"scheduleTimezone": "Europe/London"}], "Asia/Shanghai").key == "Europe/London"
    assert zone_of([{}], "Asia/Shanghai").key == "Asia/Shanghai"
    with pytest.raises(InvalidInput, match="no time zone"):
        zone_of([{"scheduleTimezone": "Mars/Olympus"}], "Asia/Shanghai")


@pytest.mark.parametrize(
    ("offers", "amounts"),
    [
        ([{"price": "20"}], []),
        ([{"price": "￥20"}], [(2000, "CNY")]),
        ([{"price": "1,200.50", "priceCurrency": "hkd"}], [(120050, "HKD")]),
        ([{"price": "免费"}], [(0, "CNY")]),
        ([{"price": "from 20", "priceCurrency": "CNY"}], []),
        ([{"price": "-1", "priceCurrency": "CNY"}, {"price": "NaN", "priceCurrency": "CNY"}], []),
        ([{"priceSpecification": {"price": 8.5, "priceCurrency": "EUR"}}], [(850, "EUR")]),
        ([{"price": 3.3, "priceCurrency": "GBP"}, {"price": 3.3, "priceCurrency": "GBP"}], [(330, "GBP")]),
    ],
)
def test_prices(offers: list[dict[str, Any]], amounts: list[tuple[int, str]]) -> None:
    tiers, findings = prices(Graph(), [{"offers": offers}], "")
    assert [(tier["amount_minor"], tier["currency"]) for tier in tiers] == amounts
    assert bool(findings) == (not amounts)


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ({"typicalAgeRange": "7-9"}, (7, 9)),
        ({"typicalAgeRange": "60+"}, (60, None)),
        ({"typicalAgeRange": "-12"}, (None, 12)),
        ({"typicalAgeRange": "adults"}, (None, None)),
        ({"ageRange": {"@type": "QuantitativeValue", "minValue": 0, "maxValue": 16}}, (None, 16)),
        ({"ageRange": {"@type": "QuantitativeValue", "minValue": 16, "maxValue": 11}}, (None, None)),
        ({"audience": {"requiredMinAge": "18"}}, (18, None)),
    ],
)
def test_ages(said: dict[str, Any], found: tuple[int | None, int | None]) -> None:
    assert ages(Graph(), [said]) == found


def test_terms_are_taken_where_they_are_certain_and_left_where_not() -> None:
    assert audiences(Graph(), [{"audience": [{"audienceType": "Seniors, families"}, "poets"]}]) == (
        "older_people", "parents_with_children",
    )  # fmt: skip
    assert languages([{"inLanguage": ["en-GB", "zh-Hans", {"name": "Cantonese"}, "Klingonish words"]}]) == (
        "en", "zh", "yue",
    )  # fmt: skip
    assert (level([{"level": ["Steady", "Beginner"]}]), level([{"level": "Steady"}])) == ("beginner", "")
    assert (seats(12), seats("12"), seats(-1), seats("many")) == (12, 12, None, None)
    assert topics([{"keywords": ["毛笔字", "Calligraphy; sword"], "about": {"name": "素描与水彩"}}]) == (
        ("drawing", "calligraphy"), ["sword"],
    )  # fmt: skip
    both = [{"courseMode": ["online", "onsite"]}]
    assert attendance_of(both, is_virtual=False, has_place=True, moved_online=False) == "mixed"


@pytest.mark.parametrize(
    ("said", "feature"),
    [("Lift", "lift"), ("Accessible toilets", "accessible_toilet"), ("无障碍卫生间", "accessible_toilet"),
     ("Toilets", "toilet"), ("Step-free access", "step_free"), ("Adapted For Wheelchairs", ""), ("Water polo", ""),
     ("Liftoff", ""), ("", "")],
)  # fmt: skip
def test_a_feature_is_taken_only_when_its_words_say_no_more_and_no_less(said: str, feature: str) -> None:
    assert feature_of(said) == feature


def test_opening_hours_in_both_forms_with_closed_days_and_nights() -> None:
    bar = {"openingHoursSpecification": [
        {"dayOfWeek": ["Monday"], "opens": "09:00:00", "closes": "12:00"},
        {"dayOfWeek": ["https://schema.org/Monday"], "opens": "18:00", "closes": "02:00"},
        {"dayOfWeek": "Sunday", "opens": "00:00", "closes": "00:00"},
        {"opens": "10:00", "closes": "12:00", "validFrom": "2027-01-01", "validThrough": "2027-01-02"}]}  # fmt: skip
    assert opening_hours(bar) == (
        {"0": [["09:00", "12:00"], ["18:00", "23:59"]]},
        {"2027-01-01": [["10:00", "12:00"]], "2027-01-02": [["10:00", "12:00"]]},
    )
    assert opening_hours({"openingHours": "Mo-Tu 09:00-17:00"})[0] == {day: [["09:00", "17:00"]] for day in "01"}


def test_positions_off_the_globe_or_at_the_zero_point_are_none() -> None:
    assert position("30.25", "120.16") == (30.25, 120.16)
    assert [position(*pair) for pair in (("0", "0"), ("91", "0"), ("x", "1"), ("nan", "1"))] == [None] * 4


@pytest.mark.parametrize(
    "drawn",
    [
        {"@type": "GeoShape", "line": "30.25,120.16 30.26,120.17"},
        {"@type": "GeoShape", "line": "30.25 120.16 30.26 120.17"},
        {"type": "LineString", "coordinates": [[120.16, 30.25], [120.17, 30.26, 12]]},
        {"type": "Feature", "geometry": {"type": "LineString", "coordinates": [[120.16, 30.25], [120.17, 30.26]]}},
        "LINESTRING (120.16 30.25, 120.17 30.26)",
        '{"type": "LineString", "coordinates": [[120.16, 30.25], [120.17, 30.26]]}',
        "oeswD_wk|Uo}@o}@",
    ],
)
def test_a_line_is_read_in_all_its_forms(drawn: Any) -> None:
    plain = made_plain({"geo": drawn}, Vocabulary())
    assert path_of(Graph(), plain, "WGS84") == ((120.16, 30.25), (120.17, 30.26))


@given(st.text(max_size=40))
def test_any_text_is_a_line_or_none(text: str) -> None:
    path_of(Graph(), {"line": text}, "WGS84")
    assert all(len(point) == 2 for point in decoded_polyline(text))


def test_ids_and_addresses_fit_the_catalogue() -> None:
    assert kept_id("https://a.example/1") == "https://a.example/1"
    assert len(kept_id("x" * 5_000)) == 24
    assert kept_id("", "Tea", "2026") == kept_id("", "Tea", "2026") != kept_id("", "Tea", "2027")
    assert web_address(["javascript:alert(1)", {"url": "https://a.example/"}]) == "https://a.example/"
    assert web_address(["http://[::1", "https://a b.example/", 7]) == ""


def test_a_circle_of_references_ends() -> None:
    graph = Graph()
    plain = made_plain({"@id": "a", "superEvent": {"@id": "b", "superEvent": {"@id": "a"}}}, Vocabulary())
    graph.add(plain)
    assert graph.resolved(graph.resolved("a")["superEvent"])["@id"] == "b"


def test_markup_in_texts_is_taken_off_and_other_languages_give_way() -> None:
    assert texts("<b>Tea</b> &amp; ink") == {"en": "Tea & ink"}
    assert texts({"fr": "Thé", "en": "Tea"}) == {"en": "Tea"}
    assert texts({"@type": "Thing", "url": "https://a.example/"}) == {}
