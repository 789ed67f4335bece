"""A venue lies in the smallest area whose polygon holds it, and follows when its source moves it."""

from __future__ import annotations

import pytest

from city.model import Area, Venue
from city.services.placing import AreaMap, area_of


def an_area(id: str, west: float, south: float, east: float, north: float) -> Area:
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return Area(id=id, level="district", name={"en": id}, polygon=ring)


CITY, WEST, EAST = (
    an_area("city", 121, 30, 123, 31),
    an_area("west", 121, 30, 122, 31),
    an_area("east", 122, 30, 123, 31),
)
UNKNOWN = Area(id="unknown", level="street", name={"en": "unknown"}, polygon=[])
AREAS = [CITY, UNKNOWN, WEST, EAST]


@pytest.mark.parametrize(
    ("position", "found"),
    [((30.5, 121.5), "west"), ((30.5, 122.5), "east"), ((29.0, 121.5), None), ((30.5, 124.0), None)],
)
def test_the_smallest_area_around_a_position_is_found(position: tuple[float, float], found: str | None) -> None:
    area = area_of(position, AREAS)
    assert (area.id if area else None) == found


def test_a_bay_of_a_polygon_is_outside() -> None:
    bay = Area(id="bay", level="district", name={"en": "bay"}, polygon=[[0, 0], [4, 0], [4, 4], [2, 1], [0, 4]])
    assert area_of((3.0, 2.0), [bay]) is None
    assert area_of((0.5, 2.0), [bay]) is bay


def a_venue(at: tuple[float, float] | None, area_id: str | None = None) -> Venue:
    latitude, longitude = at or (None, None)
    return Venue(name={"en": "Hall"}, latitude=latitude, longitude=longitude, area_id=area_id)


@pytest.mark.parametrize(
    ("before", "at", "area", "placed"),
    [
        (None, (30.5, 121.5), None, "west"),  # new
        ((30.5, 121.5), (30.5, 121.5), None, "west"),  # known, its area was not
        ((30.5, 121.5), (30.5, 122.5), "west", "east"),  # moved by its source
        ((30.5, 121.5), (30.5, 122.5), "city", "city"),  # a person had put it elsewhere
        ((30.5, 121.5), (30.5, 121.5), "east", "east"),
        ((30.5, 121.5), (10.0, 10.0), "west", "west"),  # beyond all polygons
        (None, None, None, None),
    ],
)
def test_a_venue_gets_the_area_it_lies_in_and_keeps_the_one_a_person_chose(
    before: tuple[float, float] | None, at: tuple[float, float] | None, area: str | None, placed: str | None
) -> None:
    venue = a_venue(at, area)
    told = AreaMap(AREAS).place(venue, before)
    assert venue.area_id == placed
    assert told == ({} if placed == area else {"area": (area, placed)})
