"""Open now: hours, holidays, rooms of their own, nights that end after midnight, and hours nobody stated."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from city.model import StudyRoom, Venue
from city.services.opening import is_open, open_venue_ids, opening_of
from fixtures.factories import a_venue

SHANGHAI = ZoneInfo("Asia/Shanghai")
WEEKDAYS_ONLY = {str(day): [["09:00", "12:00"], ["13:00", "21:00"]] for day in range(5)}


def at(day: str, wall: str) -> datetime:
    return datetime.fromisoformat(f"{day}T{wall}").replace(tzinfo=SHANGHAI).astimezone(UTC)


def library(**fields: object) -> Venue:
    return a_venue({"zh-Hans": "图书馆"}, **({"id": 1, "opening_hours": WEEKDAYS_ONLY} | fields))


def test_an_open_place_says_when_it_closes() -> None:
    found = opening_of(library(), at("2026-11-24", "10:00"), SHANGHAI)
    assert found.is_open and found.closes_at == at("2026-11-24", "12:00")


def test_the_closing_minute_is_closed_and_the_next_opening_is_after_lunch() -> None:
    found = opening_of(library(), at("2026-11-24", "12:00"), SHANGHAI)
    assert found.is_open is False and found.opens_at == at("2026-11-24", "13:00")


def test_on_friday_night_the_next_opening_is_on_monday() -> None:
    found = opening_of(library(), at("2026-11-27", "21:30"), SHANGHAI)
    assert found.opens_at == at("2026-11-30", "09:00")


def test_a_holiday_closes_a_day_that_is_open_in_other_weeks() -> None:
    closed = library(special_hours={"2026-11-24": [], "2026-11-25": [["10:00", "11:00"]]})
    found = opening_of(closed, at("2026-11-24", "10:00"), SHANGHAI)
    assert found.is_open is False and found.opens_at == at("2026-11-25", "10:00")


def test_a_holiday_may_open_a_day_that_is_closed_in_other_weeks() -> None:
    assert is_open(library(special_hours={"2026-11-28": [["10:00", "11:00"]]}), at("2026-11-28", "10:30"), SHANGHAI)


def test_a_night_that_ends_after_midnight_is_still_that_night() -> None:
    bar = library(opening_hours={"4": [["20:00", "02:00"]]})
    found = opening_of(bar, at("2026-11-28", "01:30"), SHANGHAI)
    assert found.is_open and found.closes_at == at("2026-11-28", "02:00")
    assert not is_open(bar, at("2026-11-28", "02:00"), SHANGHAI)


def test_spans_that_touch_are_one_visit() -> None:
    through = library(opening_hours={"1": [["09:00", "12:00"], ["12:00", "18:00"]]})
    assert opening_of(through, at("2026-11-24", "10:00"), SHANGHAI).closes_at == at("2026-11-24", "18:00")


def test_hours_nobody_stated_are_neither_open_nor_closed() -> None:
    found = opening_of(library(opening_hours={}), at("2026-11-24", "10:00"), SHANGHAI)
    assert found.is_open is None and found.opens_at is None


def test_a_place_closed_for_good_says_no_next_opening() -> None:
    assert opening_of(library(opening_hours={"0": []}), at("2026-11-24", "10:00"), SHANGHAI).opens_at is None


def test_a_room_keeps_the_venues_holidays_and_its_own_hours() -> None:
    venue = library(special_hours={"2026-11-24": []})
    room = StudyRoom(
        venue=venue, name={"zh-Hans": "自习室"}, opening_hours={"1": [["08:00", "22:00"]]}, special_hours={}
    )
    assert not is_open(room, at("2026-11-24", "21:30"), SHANGHAI)
    venue.special_hours = {}
    assert is_open(room, at("2026-11-24", "21:30"), SHANGHAI)


def test_only_places_known_to_be_open_are_named() -> None:
    venues = [library(id=1), library(id=2, opening_hours={}), library(id=3, special_hours={"2026-11-24": []})]
    assert open_venue_ids(venues, at("2026-11-24", "10:00"), SHANGHAI) == {1}
