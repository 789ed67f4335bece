"""Routes as schema.org states them: the stops of an itinerary in order, and the line between them.

Owns: from ItemList and Place to stops with minutes, and from GeoShape, GeoJSON or WKT to a path. What a document only
points to (a GPX file elsewhere) is not fetched. Called for TouristTrip and for RouteGuide.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

from city.distances import DETOUR, WALKING_M_PER_MINUTE, great_circle_m
from city.services.records import StopRecord
from indexer.sources.datum import to_wgs84
from indexer.sources.schema_org import Graph, Node, listed, stated, texts, types, word
from indexer.sources.schema_org_places import Position, features, position
from indexer.sources.schema_org_times import duration

MOST_STOPS = 200
MOST_POINTS = 5_000
PAIR = re.compile(r"(-?\d+(?:\.\d+)?)[,\s]+(-?\d+(?:\.\d+)?)")

Path = tuple[tuple[float, float], ...]


def stops_of(graph: Graph, trip: Node, language: str, datum: str) -> tuple[StopRecord, ...]:
    """Return the stops of a trip's itinerary in order, with minutes on foot where positions are known."""
    found = [stop for item in _items(graph, trip.get("itinerary")) if (stop := stop_of(graph, item, language, datum))]
    return with_walks(found[:MOST_STOPS])


def _items(graph: Graph, itinerary: Any) -> list[Node]:
    """Return the places of an itinerary: those of an ItemList by their position, or those that stand in it plainly."""
    found: list[tuple[float, Node]] = []
    for node in graph.nodes(itinerary):
        if "ItemList" in types(node):
            found += [(float(at), item) for at, item in enumerate(_ordered(graph, node))]
        else:
            found.append((len(found), node))
    return [item for _, item in found]


def _ordered(graph: Graph, item_list: Node) -> list[Node]:
    entries = []
    for at, element in enumerate(graph.nodes(item_list.get("itemListElement"))):
        place = next(iter(graph.nodes(element.get("item"))), element)
        said = word(element.get("position"))
        entries.append((int(said) if said.isascii() and said.isdigit() else at, at, place))
    return [place for *_, place in sorted(entries, key=lambda entry: entry[:2])]


def stop_of(graph: Graph, place: Node, language: str, datum: str) -> StopRecord | None:
    """Return a place as a stop, None where it has no name."""
    name = texts(stated([place], "name", "landmark"), language, field="name")
    if not name:
        return None
    at = position_of(graph, place, datum)
    stay = duration(stated([place], "timeRequired", "duration"))
    return StopRecord(
        name=name,
        text=texts(place.get("description"), language, field="description", lines=True),
        latitude=at[0] if at else None,
        longitude=at[1] if at else None,
        stay_minutes=round(stay.total_seconds() / 60) if stay else 0,
        features=features(graph.nodes(place.get("amenityFeature"))),
    )


def position_of(graph: Graph, place: Node, datum: str) -> Position | None:
    """Return where a place lies in WGS84 degrees, None where that is not stated."""
    for node in (*graph.nodes(place.get("geo")), *graph.nodes(place.get("location")), place):
        inner = next(iter(graph.nodes(node.get("geo"))), node)
        found = position(word(inner.get("latitude")), word(inner.get("longitude")))
        if found is not None:
            return to_wgs84(*found, datum)
    return None


def with_walks(stops: Sequence[StopRecord]) -> tuple[StopRecord, ...]:
    """Return the stops with the minutes to the next one, where both positions are known and none are stated."""
    followed = list(stops)
    for place, (here, there) in enumerate(pairwise(stops)):
        a, b = _at(here), _at(there)
        if a is not None and b is not None and not here.walk_minutes_to_next:
            on_foot = great_circle_m(a, b) * DETOUR / WALKING_M_PER_MINUTE
            followed[place] = replace(here, walk_minutes_to_next=max(1, round(on_foot)))
    return tuple(followed)


def _at(stop: StopRecord) -> Position | None:
    return (stop.latitude, stop.longitude) if stop.latitude is not None and stop.longitude is not None else None


def path_of(graph: Graph, node: Node, datum: str) -> Path:
    """Return the line that a node draws, as (longitude, latitude); () where it draws none or one that is not read."""
    for name in ("geo", "line", "path", "polyline", "geoPath", "mapLine"):
        for value in listed(node.get(name)):
            points = _points(graph.resolved(value))
            if len(points) > 1:
                return tuple((at[1], at[0]) for at in (to_wgs84(*point, datum) for point in points[:MOST_POINTS]))
    return ()


def _points(value: Any) -> list[Position]:
    """Return the points of a GeoShape line, GeoJSON or WKT as (latitude, longitude)."""
    if isinstance(value, str):
        return _points_in_words(value)
    if not isinstance(value, dict):
        return []
    if (inner := value.get("line", value.get("polyline"))) is not None:
        return _points(inner)
    if "geometry" in value:
        return _points(value["geometry"])
    if "LineString" in (value.get("type"), *types(value)):
        return _pairs(value.get("coordinates"))
    return []


def _points_in_words(said: str) -> list[Position]:
    text = said.strip()
    if text.startswith("{"):
        try:
            return _points(json.loads(text))
        except (ValueError, RecursionError):
            return []
    if text.upper().startswith("LINESTRING"):
        return _checked((pair[1], pair[0]) for pair in PAIR.findall(text))
    if re.fullmatch(r"[-\d.,\s]+", text):
        return _checked((pair[0], pair[1]) for pair in PAIR.findall(text))
    return _checked((str(lat), str(lon)) for lat, lon in decoded_polyline(text))


def _pairs(coordinates: Any) -> list[Position]:
    pairs = [pair for pair in listed(coordinates) if isinstance(pair, list) and len(pair) > 1]
    return _checked((word(pair[1]), word(pair[0])) for pair in pairs)


def _checked(pairs: Iterable[tuple[str, str]]) -> list[Position]:
    """Return pairs as positions, none of them when one lies off the globe."""
    found = [position(latitude, longitude) for latitude, longitude in pairs]
    return [] if None in found else [at for at in found if at is not None]


def decoded_polyline(text: str) -> list[Position]:
    """Return the points of an encoded polyline (Google's algorithm, 5 decimals), [] where it is none."""
    values: list[int] = []
    shift = number = 0
    for letter in text:
        bits = ord(letter) - 63
        if not 0 <= bits < 64 or shift > 60:
            return []
        number |= (bits & 31) << shift
        shift += 5
        if bits < 32:
            values.append(~(number >> 1) if number & 1 else number >> 1)
            shift = number = 0
    if shift or len(values) % 2 or len(values) < 4:
        return []
    points, latitude, longitude = [], 0, 0
    for north, east in zip(values[::2], values[1::2], strict=True):
        latitude, longitude = latitude + north, longitude + east
        points.append((latitude / 1e5, longitude / 1e5))
    return points
