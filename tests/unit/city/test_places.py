"""By-laws of places: how far things are, and when a venue is open."""

from __future__ import annotations

from datetime import date, time

import pytest

from city.distances import LONGEST_WALK_MINUTES, great_circle_m, is_on_foot, minutes_for_distance, reach_m
from city.model import Area, LocalisedText, Venue, travel_minutes

LIBRARY = (30.50, 120.90)


def test_a_hundredth_of_a_degree_of_latitude_is_about_1112_metres() -> None:
    assert great_circle_m(LIBRARY, (30.51, 120.90)) == pytest.approx(1112, abs=1)


def test_five_hundred_metres_are_thirteen_minutes_on_foot() -> None:
    assert minutes_for_distance(500) == pytest.approx(13)
    assert is_on_foot(minutes_for_distance(500))


def test_beyond_half_an_hour_on_foot_one_rides_and_waits() -> None:
    assert minutes_for_distance(10_000) == pytest.approx(10 + 4 * 13)
    assert not is_on_foot(minutes_for_distance(10_000))


def test_a_farther_place_never_takes_less_time() -> None:
    minutes = [minutes_for_distance(metres) for metres in range(0, 20_000, 50)]
    assert minutes == sorted(minutes)


@pytest.mark.parametrize("minutes", [5, 15, 30, 45, 60])
def test_reach_is_the_distance_that_takes_those_minutes(minutes: int) -> None:
    assert minutes_for_distance(reach_m(minutes)) <= minutes + 1e-9
    assert minutes_for_distance(reach_m(minutes) + 30) >= min(minutes, LONGEST_WALK_MINUTES)


def test_an_unknown_position_gives_unknown_minutes() -> None:
    assert travel_minutes(None, LIBRARY) is None
    assert Venue(name=LocalisedText({"en": "Somewhere"})).position() is None


def test_a_venue_says_when_it_is_open_closed_or_unknown() -> None:
    monday, tuesday = date(2026, 11, 23), date(2026, 11, 24)
    venue = Venue(opening_hours={"1": [["09:00", "12:00"], ["13:30", "21:00"]]})
    assert venue.hours_on(tuesday) == [(time(9), time(12)), (time(13, 30), time(21))]
    assert venue.hours_on(monday) == []
    assert Venue(opening_hours={}).hours_on(monday) is None


def test_an_area_knows_its_district() -> None:
    city = Area(id="yundu", level="city", name=LocalisedText({"zh-Hans": "云渡"}))
    district = Area(id="hubin", level="district", parent=city)
    community = Area(id="c1", level="community", parent=Area(id="liupu", level="street", parent=district))
    assert community.district() is district
    assert city.district() is None
    assert [area.id for area in community.lineage()] == ["yundu", "hubin", "liupu", "c1"]


def test_a_ground_floor_means_no_stairs_and_parking_does_not() -> None:
    assert Venue(access_features=["ground_floor"]).without_stairs()
    assert not Venue(access_features=["parking", "seats"]).without_stairs()


def test_all_that_is_said_to_be_thirty_minutes_away_is_within_thirty_minutes() -> None:
    """By bus nothing takes less than the longest walk, so a wide ring around the walk is thirty minutes away."""
    assert minutes_for_distance(3_000) == LONGEST_WALK_MINUTES
    assert reach_m(LONGEST_WALK_MINUTES) >= 3_000
