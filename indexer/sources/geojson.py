"""GeoJSON (RFC 7946): places of a city as venues, with positions in a declared datum.

Owns: which properties name a venue (OpenStreetMap tags, Wikidata's labels, plain columns), and the middle of a shape.
Areas of a city (districts, administrative boundaries) are no venues and are refused with a sentence.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from city.errors import FeedRefused, InvalidInput
from city.services.records import VenueRecord
from city.terms import AccessFeature
from city.text import clean_line
from indexer.sources import Finding, Reading, SourceOptions
from indexer.sources.datum import to_wgs84
from indexer.sources.files import read_json
from indexer.sources.opening_hours import week_of
from indexer.sources.place_types import type_of
from indexer.sources.scripts_of_text import tag_of
from indexer.sources.wording import plain_line

MOST_FEATURES = 100_000
IDS = ("id", "@id", "_id", "source_id", "item", "osm_id")
NAMES = {
    "zh-Hans": ("name:zh-Hans", "name:zh"),
    "zh-Hant": ("name:zh-Hant", "name:zh-TW", "name:zh-HK"),
    "en": ("name:en", "name_en"),
}
PLAIN_NAMES = ("name", "title", "itemLabel", "label", "名称")
ADDRESSES = ("addr:full", "address", "地址")
ADDRESS_PARTS = ("addr:city", "addr:district", "addr:street", "addr:housenumber")
PHONES = ("phone", "contact:phone", "电话")
LONGEST_PHONE = 40
FARTHEST = 1e6
"""Beyond this a number is no coordinate of any system, and its arithmetic not safe."""
FEATURES = {
    ("wheelchair", "yes"): AccessFeature.STEP_FREE,
    ("toilets:wheelchair", "yes"): AccessFeature.ACCESSIBLE_TOILET,
    ("toilets", "yes"): AccessFeature.TOILET,
    ("elevator", "yes"): AccessFeature.LIFT,
    ("hearing_loop", "yes"): AccessFeature.HEARING_LOOP,
    ("drinking_water", "yes"): AccessFeature.WATER,
    ("bench", "yes"): AccessFeature.SEATS,
    ("shelter", "yes"): AccessFeature.SHELTER,
}
WGS84_NAMES = ("crs84", "epsg::4326", "epsg:4326", "epsg::4490", "epsg:4490")
AREA_SENTENCE = "This is an area of a city, not a venue."
AREA_REMEDY = "places with a name, like libraries; areas are laid with the city"


def read(path: Path, options: SourceOptions) -> Reading:
    """Read the venues of a FeatureCollection; raises FeedRefused when it is none, or holds only areas."""
    features = _features(path)
    reading = Reading(places_only=True)
    seen: set[str] = set()
    for number, feature in enumerate(features, start=1):
        try:
            venue = _Feature(feature, number, path.name, options, reading).venue()
            _keep(venue, f"{path.name} feature {number}", seen, reading)
        except InvalidInput as wrong:
            reading.refusals.append(_refusal(feature, number, path.name, wrong))
    if reading.refusals and all(finding.message == AREA_SENTENCE for finding in reading.refusals) and not seen:
        raise FeedRefused(
            f"{path.name} holds {len(features)} areas of a city, and no venue.", file=str(path), remedy=AREA_REMEDY
        )
    return reading


def _features(path: Path) -> list[Any]:
    content = read_json(path)
    features = content.get("features") if isinstance(content, dict) else None
    if not isinstance(features, list) or content.get("type") != "FeatureCollection":
        raise FeedRefused(
            f"{path.name} is not a FeatureCollection.", file=str(path), remedy='{"type": "FeatureCollection", …}'
        )
    if not features:
        raise FeedRefused(f"{path.name} holds no features.", file=str(path), remedy="features with Point geometry")
    if len(features) > MOST_FEATURES:
        raise FeedRefused(f"{path.name} holds more than {MOST_FEATURES:,} features.", file=str(path), remedy="split it")
    _refuse_other_crs(content, path)
    return features


def _refuse_other_crs(content: Mapping[str, Any], path: Path) -> None:
    crs = content.get("crs")
    name = str(crs.get("properties", {}).get("name", "")) if isinstance(crs, dict) else ""
    if name and not name.lower().endswith(WGS84_NAMES):
        raise FeedRefused(
            f"{path.name} states positions in {name[:80]}.",
            file=str(path),
            remedy="degrees in WGS84 (RFC 7946), or GCJ-02 or BD-09 named with --datum",
        )


def _keep(venue: VenueRecord, place: str, seen: set[str], reading: Reading) -> None:
    """Add a venue; of several features with one id the first stands."""
    if venue.source_id in seen:
        message = "A place of this id came before; the first one stands."
        reading.remarks.append(Finding(message, place, None, venue.source_id, "id", next(iter(venue.name.values()))))
        return
    seen.add(venue.source_id)
    reading.venues.append(venue)


def _refusal(feature: Any, number: int, file: str, wrong: InvalidInput) -> Finding:
    properties = _properties(feature) if isinstance(feature, dict) else {}
    name = next((properties[key] for key in PLAIN_NAMES if key in properties), "")
    stated = _stated_id(feature, properties) if isinstance(feature, dict) else ""
    part = stated or ("" if name else f"feature {number}")
    shown = str(wrong.value)[:200] if wrong.value is not None else name[:200] or None
    return Finding(
        str(wrong),
        f"{file} feature {number}",
        None,
        part,
        wrong.field,
        shown,
        wrong.remedy,
    )


def _properties(feature: Mapping[str, Any]) -> dict[str, str]:
    """Return the properties that are words or numbers, as text."""
    raw = feature.get("properties")
    items = raw.items() if isinstance(raw, dict) else ()
    return {str(key): str(value) for key, value in items if isinstance(value, (str, int, float)) and str(value).strip()}


def _stated_id(feature: Mapping[str, Any], properties: Mapping[str, str]) -> str:
    stated = feature.get("id")
    if isinstance(stated, (str, int)) and str(stated).strip():
        return str(stated)[:200]
    return next((properties[key] for key in IDS if key in properties), "")[:200]


class _Feature:
    """One feature on its way to a venue."""

    def __init__(self, feature: Any, number: int, file: str, options: SourceOptions, reading: Reading) -> None:
        self._feature = feature if isinstance(feature, dict) else {}
        self._properties = _properties(self._feature)
        self._place, self._options, self._reading = f"{file} feature {number}", options, reading

    def venue(self) -> VenueRecord:
        """Return the venue; raises InvalidInput for an area, a place without a name or with an impossible position."""
        if _is_area(self._properties):
            raise InvalidInput(AREA_SENTENCE, field="geometry", remedy=AREA_REMEDY)
        name = self._names()
        if not name:
            raise InvalidInput("The place has no name.", field="name", remedy="name, name:zh or name:en")
        stated = self._position()
        source_id = _stated_id(self._feature, self._properties) or _made_id(name, stated)
        latitude, longitude = to_wgs84(*stated, self._options.datum) if stated else (None, None)
        if stated is None:
            self._remark(source_id, "geometry", "", "The place has no position.", "a Point")
        return VenueRecord(
            source_id=clean_line(source_id, field="id", longest=200),
            name=name,
            type=type_of(self._properties, name),
            address=self._address(),
            latitude=latitude,
            longitude=longitude,
            phone=self._phone(source_id),
            access_features=self._access_features(),
            opening_hours=self._opening_hours(source_id),
        )

    def _remark(self, part: str, field: str, value: str, message: str, remedy: str) -> None:
        self._reading.remarks.append(Finding(message, self._place, None, part, field, value[:200] or None, remedy))

    def _names(self) -> dict[str, str]:
        """Return the names by tag; the plain one fills the tag of its script. A bare Wikidata id is no name."""
        found = {tag: self._first(keys) for tag, keys in NAMES.items()}
        named = self._first(PLAIN_NAMES)
        if named and not _is_wikidata_id(named):
            tag = tag_of(named)
            found[tag] = found[tag] or named
        if found["zh-Hans"] and tag_of(found["zh-Hans"]) == "en":
            found["zh-Hans"] = ""  # a Latin word in name:zh is no Chinese name
        return {tag: text for tag, text in found.items() if text}

    def _first(self, keys: Sequence[str]) -> str:
        texts = (plain_line(self._properties.get(key, ""), field=key) for key in keys)
        return next((text for text in texts if text), "")

    def _address(self) -> dict[str, str]:
        if whole := self._first(ADDRESSES):
            return {tag_of(whole): whole}
        if "addr:street" not in self._properties:
            return {}
        parts = [plain_line(self._properties.get(key, ""), field=key) for key in ADDRESS_PARTS]
        *places, number = parts
        if tag_of("".join(places)) == "en":
            return {"en": ", ".join(part for part in (f"{number} {places[2]}".strip(), *places[1::-1]) if part)}
        number = f"{number}号" if number[-1:].isdigit() else number
        return {tag_of("".join(places)): "".join([*places, number])}

    def _phone(self, part: str) -> str:
        first = self._first(PHONES).partition(";")[0].strip()
        if len(first) > LONGEST_PHONE:
            self._remark(part, "phone", first, "The phone number is too long and was left out.", "one number")
            return ""
        return first

    def _access_features(self) -> tuple[str, ...]:
        return tuple(str(found) for tag, found in FEATURES.items() if self._properties.get(tag[0]) == tag[1])

    def _opening_hours(self, part: str) -> Mapping[str, Any]:
        text = self._properties.get("opening_hours", "")
        week = week_of(text) if text else {}
        if week is None:
            self._remark(part, "opening_hours", text, "These hours are not understood.", "Tu-Su 09:00-17:00")
        return week or {}

    def _position(self) -> tuple[float, float] | None:
        geometry = self._feature.get("geometry")
        if geometry is None:
            return None
        kind = geometry.get("type") if isinstance(geometry, dict) else None
        points = list(_points(kind, geometry.get("coordinates"))) if isinstance(geometry, dict) else []
        if not points:
            raise InvalidInput(
                "The geometry is not one of the known shapes.",
                field="geometry",
                value=str(kind),
                remedy="Point, LineString, Polygon, MultiPoint or MultiPolygon",
            )
        longitude, latitude = _middle(points, is_ring="Polygon" in str(kind))
        _refuse_impossible(latitude, longitude)
        return latitude, longitude


def _is_area(properties: Mapping[str, str]) -> bool:
    administrative = properties.get("boundary") == "administrative"
    return "adcode" in properties or "admin_level" in properties or administrative


def _is_wikidata_id(text: str) -> bool:
    return text[:1] == "Q" and text[1:].isdigit()


def _made_id(name: Mapping[str, str], position: tuple[float, float] | None) -> str:
    """Return an id for a place that states none: by its name and where it is, to some 10 m."""
    where = f"{position[0]:.4f},{position[1]:.4f}" if position else ""
    return hashlib.sha256("\x1f".join([*name.values(), where]).encode()).hexdigest()[:24]


def _points(kind: object, coordinates: Any) -> Iterator[tuple[float, float]]:
    """Yield (longitude, latitude): of a polygon its outer ring, of several polygons the longest one."""
    if kind == "Point":
        coordinates = [coordinates]
    elif kind == "Polygon" and isinstance(coordinates, list) and coordinates:
        coordinates = coordinates[0]
    elif kind == "MultiPolygon" and isinstance(coordinates, list):
        rings = [polygon[0] for polygon in coordinates if isinstance(polygon, list) and polygon]
        coordinates = max((ring for ring in rings if isinstance(ring, list)), key=len, default=[])
    elif kind not in ("LineString", "MultiPoint"):
        return
    for point in coordinates if isinstance(coordinates, list) else ():
        if not _is_pair(point):
            raise InvalidInput(
                "This is not a position.", field="geometry", value=str(point)[:80], remedy="[121.47, 31.23]"
            )
        yield float(point[0]), float(point[1])


def _is_pair(point: Any) -> bool:
    numbers = point[:2] if isinstance(point, list) else []
    plain = (isinstance(n, (int, float)) and not isinstance(n, bool) and abs(n) <= FARTHEST for n in numbers)
    return len(numbers) == 2 and all(plain)


def _middle(points: Sequence[tuple[float, float]], *, is_ring: bool) -> tuple[float, float]:
    """Return the centre of mass of a ring, else the mean of the points (also of a ring without an area)."""
    x0, y0 = points[0]
    pairs = [((x - x0, y - y0), (u - x0, v - y0)) for (x, y), (u, v) in pairwise(points)]
    crosses = [x * v - u * y for (x, y), (u, v) in pairs]
    if not is_ring or abs(twice := sum(crosses)) < 1e-14:
        return sum(x for x, _ in points) / len(points), sum(y for _, y in points) / len(points)
    across = sum((x + u) * cross for ((x, _), (u, _)), cross in zip(pairs, crosses, strict=True))
    along = sum((y + v) * cross for ((_, y), (_, v)), cross in zip(pairs, crosses, strict=True))
    return x0 + across / (3 * twice), y0 + along / (3 * twice)


def _refuse_impossible(latitude: float, longitude: float) -> None:
    if -90 <= latitude <= 90 and -180 <= longitude <= 180:
        return
    swapped = -90 <= longitude <= 90 and -180 <= latitude <= 180
    raise InvalidInput(
        "The latitude and longitude are swapped." if swapped else "These are not degrees.",
        field="geometry",
        value=f"{longitude}, {latitude}",
        remedy="longitude first, like [121.47, 31.23]",
    )
