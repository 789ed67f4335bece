"""How days, hours, walks, prices and places read aloud in both languages."""

from __future__ import annotations

from datetime import date, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from city.model import LocalisedText, Price
from web import formatters

TODAY = date(2026, 11, 24)
FRIDAY = date(2026, 11, 27)


@pytest.mark.parametrize(
    ("wall", "zh", "en"),
    [
        (time(10, 30), "上午10点半", "10:30 am"),
        (time(19), "晚上7点", "7 pm"),
        (time(14, 15), "下午2点15分", "2:15 pm"),
        (time(12), "中午12点", "12 noon"),
        (time(12, 30), "中午12点半", "12:30 pm"),
        (time(0, 5), "凌晨0点05分", "12:05 am"),
    ],
)
def test_an_hour_reads_as_people_say_it(wall: time, zh: str, en: str) -> None:
    assert (formatters.clock_time(wall, "zh"), formatters.clock_time(wall, "en")) == (zh, en)


def test_hours_name_the_part_of_the_day_once_when_both_ends_share_it() -> None:
    assert formatters.hours(time(19), time(20, 30), "zh") == "晚上7点到8点半"
    assert formatters.hours(time(19), time(20, 30), "en") == "7 to 8:30 pm"
    assert formatters.hours(time(10), time(13), "zh") == "上午10点到下午1点"
    assert formatters.hours(time(10), time(13), "en") == "10 am to 1 pm"


def test_a_day_far_away_carries_its_year_and_a_near_one_does_not() -> None:
    assert formatters.full_day(FRIDAY, "zh", TODAY) == "11月27日 星期五"
    assert formatters.full_day(FRIDAY, "en", TODAY) == "Friday 27 November"
    assert formatters.full_day(date(2028, 1, 5), "zh", TODAY) == "2028年1月5日 星期三"
    assert formatters.full_day(date(2028, 1, 5), "en", TODAY) == "Wednesday 5 January 2028"


def test_an_hour_that_nobody_stated_is_said_so_and_is_never_midnight() -> None:
    said = formatters.day_and_hours(FRIDAY, None, None, "zh", TODAY).striptags()
    assert said == "11月27日 星期五， 几点没有写"
    assert "0点" not in said


@given(st.dates(date(2000, 1, 1), date(2099, 12, 31)), st.times(), st.sampled_from(["zh", "en"]))
def test_no_day_is_ever_written_as_iso(day: date, wall: time, language: str) -> None:
    said = formatters.day_and_hours(day, wall.replace(second=0, microsecond=0), None, language, TODAY).striptags()
    assert day.isoformat() not in said and f"{wall:%H:%M}:" not in said


def test_a_short_way_is_a_walk_and_a_long_one_a_ride() -> None:
    assert formatters.travel(8.2, "zh") == "步行8分钟"
    assert formatters.travel(8.2, "en") == "8 min walk"
    assert formatters.travel(0.1, "zh") == "步行1分钟"
    assert formatters.travel(44.6, "zh") == "坐车约45分钟"


def test_half_an_hour_is_a_ride_because_a_ride_never_counts_less() -> None:
    assert formatters.travel(30.0, "en") == "about 30 min by bus"


@pytest.mark.parametrize(
    ("minor", "currency", "zh", "en"),
    [
        (0, "CNY", "免费", "Free"),
        (2000, "CNY", "20元", "20 yuan"),
        (1250, "CNY", "12.5元", "12.50 yuan"),
        (30000, "HKD", "300港元", "300 Hong Kong dollars"),
        (500, "EUR", "5 EUR", "5 EUR"),
    ],
)
def test_money_reads_as_people_say_it(minor: int, currency: str, zh: str, en: str) -> None:
    assert (formatters.money(minor, currency, "zh"), formatters.money(minor, currency, "en")) == (zh, en)


def test_a_price_that_nobody_stated_is_not_free() -> None:
    assert formatters.price([], "zh") == "没有写"
    assert formatters.price_range([], "en") == "Not stated"


def test_several_prices_name_whom_each_is_for_and_a_card_gives_the_range() -> None:
    tiers = [
        Price(12000, "CNY", LocalisedText({"zh-Hans": "标准"})),
        Price(6000, "CNY", LocalisedText({"en": "Elders"})),
    ]
    assert formatters.price(tiers, "zh") == '标准120元，<span lang="en">Elders</span>60元'
    assert formatters.price_range(tiers, "zh") == "60元到120元"
    assert formatters.price_range(tiers, "en") == "60 yuan to 120 yuan"


def test_a_label_from_a_feed_cannot_put_markup_on_the_page() -> None:
    tiers = [Price(100, "CNY", LocalisedText({"en": "<script>"})), Price(200)]
    assert "<script>" not in formatters.price(tiers, "en")


def test_minutes_become_hours_when_there_are_many() -> None:
    assert formatters.duration(80, "zh") == "1小时20分钟"
    assert formatters.duration(80, "en") == "1 hour 20 minutes"
    assert formatters.duration(120, "en") == "2 hours"
    assert formatters.duration(1, "en") == "1 minute"


def test_one_place_left_is_said_in_the_singular() -> None:
    assert formatters.places_left(3, "zh") == "还剩3个座位"
    assert (formatters.places_left(1, "en"), formatters.places_left(3, "en")) == ("1 place left", "3 places left")


def test_a_house_open_until_the_end_of_the_day_says_so() -> None:
    assert formatters.opening("09:00", "21:00", "zh") == "上午9点到晚上9点"
    assert formatters.opening("18:00", "24:00", "en") == "6 pm to 12 am"
