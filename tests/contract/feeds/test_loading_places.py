"""Places as a source of their own: counted, placed in their areas, asked about their datum."""

from __future__ import annotations

import json
from pathlib import Path

from city.clock import FixedClock
from city.model import Area, LocalisedText
from city.services.permissions import Actor
from city.services.publishing import FeedBatch, FeedOutcome, Publishing
from city.services.records import VenueRecord
from city.store.database import Database
from fixtures.factories import NOW, SHANGHAI
from indexer.fetching import Fetcher
from indexer.importing import Importer, ImportOrder
from indexer.sources.datum import wgs84_to_gcj02

WEST = [[121.0, 31.0], [121.5, 31.0], [121.5, 32.0], [121.0, 32.0], [121.0, 31.0]]


def load(database: Database, *venues: VenueRecord, source: str = "map") -> FeedOutcome:
    batch = FeedBatch(source, "geojson", "map", venues, [], places_only=True)
    return Publishing(database, FixedClock(NOW, SHANGHAI)).load_feed(Actor.system(), batch, allow_mass_change=True)


def test_a_place_is_put_into_the_area_it_lies_in_and_told_once(database: Database) -> None:
    library = VenueRecord("1", {"en": "Library"}, latitude=31.2, longitude=121.2)
    assert load(database, library).new == 1
    with database.writing() as work:
        assert work.venues.by_source("map")["1"].area_id is None
        work.areas.add(Area(id="west", level="district", name=LocalisedText({"en": "West"}), polygon=WEST))
        work.commit()
    outcome = load(database, library)
    assert [(change.field, change.before, change.after) for change in outcome.changes] == [("area", None, "west")]
    again = load(database, library)
    assert (again.changed, again.unchanged, again.changes) == (0, 1, [])
    with database.reading() as work:
        assert work.venues.by_source("map")["1"].area_id == "west"


def test_a_source_that_looks_shifted_is_asked_for_its_datum_and_nothing_is_converted_unasked(
    sqlite_database: Database, tmp_path: Path
) -> None:
    known = {f"Library {n}": (31.1 + n / 100, 121.3 + n / 90) for n in range(7)}
    venues = [VenueRecord(name, {"en": name}, latitude=at[0], longitude=at[1]) for name, at in known.items()]
    load(sqlite_database, *venues)
    features = [
        {"type": "Feature", "id": name, "properties": {"name": name.upper()},
         "geometry": {"type": "Point", "coordinates": list(wgs84_to_gcj02(at)[::-1])}}
        for name, at in known.items()
    ]  # fmt: skip
    path = tmp_path / "walk.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), "utf-8")
    clock = FixedClock(NOW, SHANGHAI)
    importer = Importer(
        database=sqlite_database, clock=clock, system_clock=clock, fetcher=Fetcher(), feeds=tmp_path / "feeds"
    )
    report = importer.run(ImportOrder("walk", "geojson", str(path), "walk"))
    (remark,) = (remark for remark in report.remarks if remark.field == "latitude")
    assert remark.message.endswith("are the positions in GCJ-02?")
    assert remark.remedy == "--datum GCJ-02"
    converted = importer.run(ImportOrder("walk", "geojson", str(path), "walk", datum="GCJ-02"))
    assert converted.changed == 7
    assert not any(remark.field == "latitude" for remark in converted.remarks)
