"""Places as venues: names in both languages, types, hours, access, positions in a declared datum."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from city.errors import FeedRefused
from city.services.records import VenueRecord
from indexer.sources import Reading, SourceOptions, geojson


def a_place(
    name: str = "西城图书馆", at: Any = (121.5, 31.2), shape: str = "Point", **properties: Any
) -> dict[str, Any]:
    plain = {key.replace("__", ":"): value for key, value in properties.items()}
    geometry = {"type": shape, "coordinates": list(at)} if at is not None else None
    return {"type": "Feature", "properties": {"name": name, "@id": "node/1"} | plain, "geometry": geometry}


def read(tmp_path: Path, *features: Any, **options: Any) -> Reading:
    path = tmp_path / "places.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": list(features)}), "utf-8")
    return geojson.read(path, SourceOptions(**options))


def the_venue(tmp_path: Path, feature: dict[str, Any], **options: Any) -> VenueRecord:
    (venue,) = read(tmp_path, feature, **options).venues
    return venue


def test_a_place_keeps_names_type_address_hours_phone_and_access(tmp_path: Path) -> None:
    feature = a_place(
        amenity="library", name__en="West Library", opening_hours="Tu-Su 09:00-17:00; PH off", phone="021-1; 021-2",
        wheelchair="yes", toilets__wheelchair="yes", addr__street="长江路", addr__housenumber="8",
    )  # fmt: skip
    venue = the_venue(tmp_path, feature)
    assert (venue.source_id, venue.type) == ("node/1", "library")
    assert venue.name == {"zh-Hans": "西城图书馆", "en": "West Library"}
    assert (venue.address, venue.phone) == ({"zh-Hans": "长江路8号"}, "021-1")
    assert venue.access_features == ("step_free", "accessible_toilet")
    assert sorted(venue.opening_hours) == ["1", "2", "3", "4", "5", "6"]
    assert (venue.latitude, venue.longitude) == (31.2, 121.5)


@pytest.mark.parametrize(
    ("name", "properties", "type"),
    [
        ("上海纺织博物馆", {}, "museum"),
        ("老年大学", {}, "elder_university"),
        ("Old Mill", {"tourism": "museum"}, "museum"),
        ("City Library", {}, "library"),
        ("万国旅馆", {"amenity": "bank"}, "other"),
        ("Hall", {"venue_type": "village_hall"}, "village_hall"),
    ],
)
def test_tags_and_endings_of_names_tell_the_type(
    tmp_path: Path, name: str, properties: dict[str, str], type: str
) -> None:
    assert the_venue(tmp_path, a_place(name, **properties)).type == type


def test_a_shape_lies_at_its_middle(tmp_path: Path) -> None:
    ring = [[121.0, 31.0], [121.4, 31.0], [121.4, 31.2], [121.0, 31.2], [121.0, 31.0]]
    for shape, at in (("Polygon", [ring]), ("MultiPolygon", [[[[9, 9], [9, 8], [9, 9]]], [ring]])):
        venue = the_venue(tmp_path, a_place(at=at, shape=shape))
        assert (venue.latitude, venue.longitude) == pytest.approx((31.1, 121.2))
    line = the_venue(tmp_path, a_place(at=[[121.0, 31.0], [121.4, 31.2]], shape="LineString"))
    assert (line.latitude, line.longitude) == pytest.approx((31.1, 121.2))


def test_a_declared_datum_is_converted_and_undeclared_positions_stay(tmp_path: Path) -> None:
    stated = a_place(at=(121.531541859215, 31.17530398364597))
    there = the_venue(tmp_path, stated, datum="GCJ-02")
    assert (there.latitude, there.longitude) == pytest.approx((31.1774276, 121.5272106), abs=2e-7)
    assert the_venue(tmp_path, stated).latitude == 31.17530398364597


def test_what_cannot_be_a_venue_is_refused_alone_with_what_would_be_right(tmp_path: Path) -> None:
    reading = read(
        tmp_path,
        a_place(),
        a_place("", **{"@id": "2"}),
        a_place(at=(31.2, 121.5), **{"@id": "3"}),
        a_place(at=[[1, 2]], shape="Circle", **{"@id": "4"}),
        a_place("某区", adcode=330203, **{"@id": "5"}),
        "no feature",
    )
    assert len(reading.venues) == 1
    assert reading.places_only
    assert [(finding.part, finding.field) for finding in reading.refusals] == [
        ("2", "name"), ("3", "geometry"), ("4", "geometry"), ("5", "geometry"), ("feature 6", "name"),
    ]  # fmt: skip
    assert "swapped" in reading.refusals[1].message
    assert all(finding.remedy for finding in reading.refusals)


def test_a_second_feature_of_one_id_and_hours_in_words_are_remarks(tmp_path: Path) -> None:
    reading = read(tmp_path, a_place(opening_hours="按预约"), a_place("另一名字"))
    assert [venue.name["zh-Hans"] for venue in reading.venues] == ["西城图书馆"]
    assert [remark.field for remark in reading.remarks] == ["opening_hours", "id"]


def test_a_place_without_an_id_keeps_the_same_one_from_run_to_run(tmp_path: Path) -> None:
    plain = {
        "type": "Feature",
        "properties": {"title": "外滩"},
        "geometry": {"type": "Point", "coordinates": [121, 31]},
    }
    assert the_venue(tmp_path, plain).source_id == the_venue(tmp_path, plain).source_id


def test_areas_of_a_city_are_no_venues(tmp_path: Path) -> None:
    with pytest.raises(FeedRefused, match="holds 1 areas of a city, and no venue"):
        read(tmp_path, a_place("海曙区", adcode=330203))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('{"type": "Feature"}', "not a FeatureCollection"),
        ("[]", "not a FeatureCollection"),
        ('{"type": "FeatureCollection", "features": []}', "no features"),
        (
            '{"type": "FeatureCollection", "features": [1], "crs": {"properties": {"name": "EPSG::3857"}}}',
            "EPSG::3857",
        ),
    ],
)
def test_a_file_that_holds_no_places_is_refused_whole(tmp_path: Path, content: str, said: str) -> None:
    path = tmp_path / "places.geojson"
    path.write_text(content, "utf-8")
    with pytest.raises(FeedRefused, match=said):
        geojson.read(path, SourceOptions())
