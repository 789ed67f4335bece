"""OpenActive's RouteGuide: stops, the words on the way, minutes and the line between them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from city.errors import FeedRefused
from indexer.sources import Reading, SourceOptions, routeguide


def a_point(name: str, latitude: float | None = None, **more: Any) -> dict[str, Any]:
    geo = {"geo": {"@type": "GeoCoordinates", "latitude": latitude, "longitude": 120.14}} if latitude else {}
    return {"@type": "RoutePoint", "landmark": name, "description": f"About the {name}.", **geo, **more}


def a_guide(*points: dict[str, Any], **more: Any) -> dict[str, Any]:
    segments = [
        {"@type": "RouteSegmentGuide", "sequence": at, "description": f"Way {at}.", "pointOfInterest": point}
        for at, point in enumerate(points, start=1)
    ]
    return {"@context": ["https://openactive.io", "https://schema.org"], "@type": "RouteGuide",
            "@id": "https://g.example/1", "name": "Lake walk", "segments": segments, **more}  # fmt: skip


@pytest.fixture
def read(tmp_path: Path):  # type: ignore[no-untyped-def]
    def reading(document: Any) -> Reading:
        path = tmp_path / "guide.json"
        path.write_text(json.dumps(document, ensure_ascii=False), "utf-8")
        return routeguide.read(path, SourceOptions())

    return reading


def test_stops_with_positions_say_how_long_one_walks_between_them(read) -> None:  # type: ignore[no-untyped-def]
    start = a_point("Gate", 30.25, village="Lakeside", postalCode="310000")
    stops = [a_point("Pagoda", 30.255, timeRequired="PT20M"), a_point("断桥", 30.26)]
    reading = read(a_guide(*stops, startPoint=start, isLoop=False, difficulty="Easy"))
    (record,) = reading.records
    assert [stop.name for stop in record.stops] == [{"en": "Gate"}, {"en": "Pagoda"}, {"zh-Hans": "断桥"}]
    assert [stop.walk_minutes_to_next for stop in record.stops] == [14, 14, 0]
    assert [stop.stay_minutes for stop in record.stops] == [0, 20, 0]
    assert record.stops[1].text == {"en": "Way 1.\n\nAbout the Pagoda."}
    assert (record.kind, record.always_open, record.level) == ("route", True, "beginner")
    (venue,) = reading.venues
    assert (venue.name, venue.address, venue.latitude) == ({"en": "Gate"}, {"en": "Lakeside, 310000"}, 30.25)
    assert reading.remarks == []


def test_segments_stand_in_their_sequence_and_no_words_on_the_way_are_lost(read) -> None:  # type: ignore[no-untyped-def]
    guide = a_guide(a_point("Bridge"), a_point("Tower"))
    guide["segments"] = [*reversed(guide["segments"]), {"sequence": 3, "description": "Back to the bus."}]
    (record,) = read(guide).records
    assert [stop.name["en"] for stop in record.stops] == ["Bridge", "Tower", "End"]
    assert record.stops[-1].text == {"en": "Back to the bus."}


def test_without_positions_the_guides_duration_is_spread_and_told(read) -> None:  # type: ignore[no-untyped-def]
    duration = {"@type": "IndicativeDuration", "duration": "P50M"}
    reading = read(a_guide(*(a_point(name) for name in "ABCD"), indicativeDuration=duration))
    assert [stop.walk_minutes_to_next for stop in reading.records[0].stops] == [17, 16, 17, 0]
    assert ["read as PT50M" in reading.remarks[0].message, "evenly" in reading.remarks[1].message] == [True, True]
    unknown = read(a_guide(a_point("A"), a_point("B")))
    assert [stop.walk_minutes_to_next for stop in unknown.records[0].stops] == [0, 0]


def test_lines_of_segments_are_one_path_and_a_file_elsewhere_is_told(read) -> None:  # type: ignore[no-untyped-def]
    guide = a_guide(a_point("A"), a_point("B"))
    for at, segment in enumerate(guide["segments"]):
        segment["geo"] = {"@type": "GeoShape", "line": f"30.2{at},120.1 30.2{at}5,120.1"}
    assert read(guide).records[0].path == ((120.1, 30.2), (120.1, 30.205), (120.1, 30.21), (120.1, 30.215))
    elsewhere = read(a_guide(a_point("A"), a_point("B"), gpx={"contentUrl": "https://g.example/1.gpx"}))
    assert (elsewhere.records[0].path, elsewhere.remarks[0].value) == ((), "https://g.example/1.gpx")


def test_several_guides_stand_in_one_file_and_a_poor_one_is_refused_alone(read) -> None:  # type: ignore[no-untyped-def]
    poor = a_guide(a_point("A")) | {"@id": "https://g.example/2"}
    nameless = a_guide(a_point("A"), a_point("B")) | {"@id": "https://g.example/3", "name": ""}
    reading = read({"@graph": [a_guide(a_point("A"), a_point("B")), poor, nameless]})
    assert [record.source_id for record in reading.records] == ["https://g.example/1"]
    assert [(refusal.part[-1], refusal.field) for refusal in reading.refusals] == [("2", "segments"), ("3", "name")]


def test_a_file_without_a_guide_is_refused_with_what_it_holds(read) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(FeedRefused, match=r"holds no RouteGuide: what it holds is Event\."):
        read({"@type": "Event", "name": "Tea"})
