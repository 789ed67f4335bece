"""OpenActive's RouteGuide: a route somebody wrote down, segment by segment, with what is worth a stop on the way.

Owns: from segments and points of interest to stops in order, and which words of the guide go where. A route is always
open. Minutes between stops follow from positions where they are stated, else from the guide's own duration, spread
evenly; where it states neither, they stay 0. Source: openactive.io/route-guide, Community Group draft.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from city.errors import FeedRefused, InvalidInput
from city.services.records import OfferingRecord, StopRecord, VenueRecord
from city.terms import Kind
from indexer.sources import Finding, Reading, SourceOptions
from indexer.sources import schema_org_terms as terms
from indexer.sources.files import read_json
from indexer.sources.schema_org import (
    Graph,
    Node,
    Texts,
    Vocabulary,
    first,
    identity,
    is_true,
    kept_id,
    listed,
    made_plain,
    stated,
    texts,
    types,
    web_address,
    word,
)
from indexer.sources.schema_org_places import features
from indexer.sources.schema_org_times import duration
from indexer.sources.schema_org_trips import MOST_STOPS, path_of, position_of, stop_of, with_walks

GUIDE = "RouteGuide"
POINT_KEYS = ("pointOfInterest", "pointofInterest", "pointsOfInterest")
SEGMENT_KEYS = ("segments", "segment", "routeSegment")
GRADIENTS = {"easy": "beginner", "gentle": "beginner", "flat": "beginner", "moderate": "intermediate",
             "difficult": "advanced", "hard": "advanced", "strenuous": "advanced", "severe": "advanced",
             "challenging": "advanced", "advanced": "advanced"}  # fmt: skip
METRES = {"KTM": 1_000.0, "KMT": 1_000.0, "MTR": 1.0, "SMI": 1_609.344, "HMT": 100.0}
"""Metres in a unit of UN/CEFACT; KTM is what published guides write for kilometres."""
HOUR_WITHOUT_T = re.compile(r"P(\d{1,3})([HM])")
LONGEST_NAME = 60
START: Texts = {"zh-Hans": "起点", "en": "Start"}


def read(path: Path, options: SourceOptions) -> Reading:
    """Read a guide, or a list of guides; raises FeedRefused when the file holds none."""
    plain = made_plain(read_json(path), Vocabulary())
    graph, reading = Graph(), Reading()
    graph.add(plain)
    guides = list(_guides(plain))
    if not guides:
        held = ", ".join(types(first(plain))) or "no node with a type"
        raise FeedRefused(
            f"{path.name} holds no RouteGuide: what it holds is {held}.", file=str(path), remedy='"@type": "RouteGuide"'
        )
    for at, node in enumerate(guides, start=1):
        guide = _Guide(graph.resolved(node), at, path, graph, options, reading)
        try:
            reading.records.append(guide.record())
        except InvalidInput as wrong:
            reading.refusals.append(guide.finding(str(wrong), wrong.field, wrong.value, wrong.remedy))
    return reading


def _guides(value: Any) -> Iterator[Node]:
    for node in (part for part in listed(value) if isinstance(part, dict)):
        if GUIDE in types(node):
            yield node
        else:
            for name in ("@graph", "mainEntity", "itemListElement", "item", "items", "data"):
                yield from _guides(node.get(name))


class _Guide:
    """One guide on its way to a record."""

    def __init__(self, node: Node, at: int, path: Path, graph: Graph, options: SourceOptions, reading: Reading) -> None:
        self._node, self._at, self._path = node, at, path
        self._graph, self._options, self._reading = graph, options, reading
        self._start = next(iter(graph.nodes(node.get("startPoint"))), {})
        self._segments = self._in_order()
        self._minutes = self._stated_minutes()

    @property
    def id(self) -> str:
        return kept_id(identity(self._node) or web_address(self._node.get("url")), str(self._node.get("name") or ""))

    def finding(self, message: str, field: str = "", value: Any = None, remedy: str = "") -> Finding:
        return Finding(message, self._path.name, None, self.id, field, value, remedy)

    def record(self) -> OfferingRecord:
        """Return the guide as a route; raises InvalidInput for one without a name or with fewer than 2 stops."""
        node, chain = self._node, [self._node]
        title = texts(node.get("name"), field="name")
        if not title:
            raise InvalidInput("The guide has no name.", field="name", remedy='"name": "Wildlife walk"')
        stops = self._stops()
        if len(stops) < 2:
            raise InvalidInput(
                "The guide has fewer than 2 stops.", field="segments", value=len(stops), remedy="points of interest"
            )
        found, others = terms.topics(chain)
        if others:
            told = self.finding("These words name no topic of the controlled list.", "category", ", ".join(others))
            self._reading.remarks.append(told)
        tiers, findings = terms.prices(self._graph, chain, "")
        self._reading.remarks += [self.finding(each.message, each.field, each.value, each.remedy) for each in findings]
        return OfferingRecord(
            source_id=self.id,
            title=title,
            kind=Kind.ROUTE,
            summary=self._length_in_words(),
            description=self._description(),
            venue=self._venue(),
            topics=found,
            always_open=True,
            prices=tiers,
            level=self._level(),
            access_features=features(self._graph.nodes(node.get("amenityFeature"))),
            contact=terms.contact(self._graph, chain),
            web_address=web_address(node.get("url")) or web_address(node.get("@id")),
            zone=self._options.zone,
            stops=stops,
            path=self._line(),
            picture=terms.picture(self._graph, chain, ""),
            surface=self._surface(),
        )

    def _in_order(self) -> list[Node]:
        """Return the segments by their stated sequence; those without one stay where they stand."""
        nodes = self._graph.nodes(stated([self._node], *SEGMENT_KEYS))
        numbered = [(_number(node.get("sequence"), at), at, node) for at, node in enumerate(nodes, start=1)]
        return [node for *_, node in sorted(numbered, key=lambda entry: entry[:2])]

    # stops

    def _stops(self) -> tuple[StopRecord, ...]:
        """Return where the guide begins and its points of interest, each with the way that leads to it.

        What a segment without a point says is kept with the next stop, so that no turn of the way is lost.
        """
        found = [self._first_stop()] if self._start else []
        way: list[Texts] = []
        for segment in self._segments:
            way.append(texts(segment.get("description"), field="description", lines=True))
            points = self._graph.nodes(stated([segment], *POINT_KEYS))
            for at, point in enumerate(points):
                found.append(self._point(segment, point, way if at == 0 else []))
            way = [] if points else way
        found += self._last_stop(way)
        if len(found) > MOST_STOPS:
            self._reading.remarks.append(self.finding(f"The guide has {len(found)} stops: {MOST_STOPS} are kept."))
        return self._with_minutes(found[:MOST_STOPS])

    def _first_stop(self) -> StopRecord:
        stop = stop_of(self._graph, {**self._start, "name": _name_of_start(self._start)}, "", self._options.datum)
        return stop or StopRecord(name=START)

    def _point(self, segment: Node, point: Node, way: Sequence[Texts]) -> StopRecord:
        said = texts(point.get("description"), field="description", lines=True)
        name = texts(stated([point], "landmark", "name", "category"), field="landmark") or _first_words(said)
        number = word(segment.get("sequence"))
        at = position_of(self._graph, point, self._options.datum)
        stay = duration(stated([point], "timeRequired", "duration"))
        amenities = [*self._graph.nodes(segment.get("amenityFeature")), *self._graph.nodes(point.get("amenityFeature"))]
        return StopRecord(
            name=name or {"zh-Hans": f"第{number}段", "en": f"Segment {number}"},
            text=_joined([*way, said]),
            latitude=at[0] if at else None,
            longitude=at[1] if at else None,
            stay_minutes=round(stay.total_seconds() / 60) if stay else 0,
            features=features(amenities),
        )

    def _last_stop(self, way: Sequence[Texts]) -> list[StopRecord]:
        """Return the end where the guide names one, or where words on the way lead on after the last point."""
        end = next(iter(self._graph.nodes(self._node.get("endPoint"))), None)
        stop = stop_of(self._graph, {**end, "name": _name_of_start(end)}, "", self._options.datum) if end else None
        said = _joined(way)
        if stop is not None:
            return [replace(stop, text=_joined([said, stop.text]))]
        return [StopRecord(name={"zh-Hans": "终点", "en": "End"}, text=said)] if said else []

    def _with_minutes(self, stops: Sequence[StopRecord]) -> tuple[StopRecord, ...]:
        """Return the stops with minutes to the next: from positions, else the guide's duration spread over them."""
        walked = with_walks(stops)
        legs = len(walked) - 1
        if not self._minutes or legs < 1 or any(stop.walk_minutes_to_next for stop in walked):
            return walked
        total = self._minutes[-1]  # who has time enough is never late
        moving = max(0, total - sum(stop.stay_minutes for stop in walked))
        marks = [round(moving * at / legs) for at in range(legs + 1)]
        message = "The guide gives no minutes between its stops: its whole duration is spread evenly over them."
        self._reading.remarks.append(self.finding(message, "indicativeDuration", total))
        spread = [replace(stop, walk_minutes_to_next=marks[at + 1] - marks[at]) for at, stop in enumerate(walked[:-1])]
        return (*spread, walked[-1])

    def _stated_minutes(self) -> list[int]:
        """Return the durations the guide states in minutes, shortest first."""
        found = set()
        for stated_duration in self._all(self._node, "indicativeDuration"):
            said = word(stated_duration.get("duration"))
            lasts = duration(said) or self._as_hours(said)
            found |= {round(lasts.total_seconds() / 60)} if lasts else set()
        return sorted(found)

    def _as_hours(self, said: str) -> timedelta | None:
        """Return P45M as 45 minutes and P1H as an hour: by the letter the one is months and the other nothing."""
        match = HOUR_WITHOUT_T.fullmatch(said)
        if match is None:
            return None
        unit = "minutes" if match[2] == "M" else "hours"
        message = f"{said} is no time of a day: it is read as PT{said[1:]}."
        self._reading.remarks.append(self.finding(message, "indicativeDuration", said, f"PT{said[1:]}"))
        return timedelta(**{unit: int(match[1])})

    # what else the guide says

    def _length_in_words(self) -> Texts:
        """Return the length, that a loop comes back to its start, and how long the guide says it takes."""
        node = next(iter(self._graph.nodes(self._node.get("distance"))), {})
        unit = METRES.get(word(node.get("unitCode")).upper())
        try:
            metres = float(word(node.get("value"))) * unit if unit else 0.0
        except ValueError:
            metres = 0.0
        if not 0 < metres < 1_000_000:
            return {}
        kilometres = f"{metres / 1000:.1f}".removesuffix(".0")
        loop, minutes = is_true(self._node.get("isLoop")), self._minutes
        span = (
            f"{minutes[0]}–{minutes[-1]}" if minutes and minutes[0] != minutes[-1] else "".join(map(str, minutes[:1]))
        )
        lasts = {"zh-Hans": f"，约{span}分钟", "en": f", {span} minutes"} if span else {"zh-Hans": "", "en": ""}
        return {
            "zh-Hans": f"全程约{kilometres}公里" + ("，环线，回到起点" if loop else "") + lasts["zh-Hans"],
            "en": f"About {kilometres} km" + (", a loop back to the start" if loop else "") + lasts["en"],
        }

    def _description(self) -> Texts:
        """Join the guide's words: what it is, what is there, how one gets to its start."""
        amenities = [texts(each.get("description"), lines=True) for each in self._all(self._node, "amenityFeature")]
        notes = [texts(each.get("description"), lines=True) for each in self._all(self._start, "transportNote")]
        risks = [texts(self._node.get(name), lines=True) for name in ("accessibilityDescription", "riskAdvisory")]
        return _joined([texts(self._node.get("description"), lines=True), *risks, *amenities, *notes])

    def _all(self, node: Node, name: str) -> list[Node]:
        return self._graph.nodes(node.get(name))

    def _surface(self) -> Texts:
        return _joined([texts(said, lines=True) for said in listed(self._node.get("surface"))])

    def _level(self) -> str:
        gradient = next(iter(self._all(self._node, "gradient")), {})
        said = stated([self._node], "difficulty", "level") or gradient.get("gradientTerm")
        names = (word(value).rsplit("/", 1)[-1].lower() for value in listed(said))
        return next((found for name in names if (found := GRADIENTS.get(name) or terms.LEVELS.get(name))), "")

    def _venue(self) -> str | None:
        """Return the place where the guide begins, as a venue of the reading."""
        name = texts(stated([self._start], "landmark", "name"), field="startPoint")
        if not name:
            return None
        parts = [word(self._start.get(key)) for key in ("village", "town", "region", "postalCode")]
        at = position_of(self._graph, self._start, self._options.datum)
        venue = VenueRecord(
            source_id=kept_id(identity(self._start), *name.values(), *parts),
            name=name,
            address=texts(", ".join(part for part in parts if part), field="startPoint"),
            latitude=at[0] if at else None,
            longitude=at[1] if at else None,
            access_features=features(self._all(self._start, "amenityFeature")),
        )
        self._reading.venues.append(venue)
        return venue.source_id

    def _line(self) -> tuple[tuple[float, float], ...]:
        """Return the way as the guide or its segments draw it; a drawing that is elsewhere is told, not fetched."""
        whole = path_of(self._graph, self._node, self._options.datum)
        found = whole or tuple(
            point for segment in self._segments for point in path_of(self._graph, segment, self._options.datum)
        )
        gpx = [web_address(node) for node in (self._node, *self._segments) for node in self._all(node, "gpx")]
        if not found and (elsewhere := next((address for address in gpx if address), "")):
            message = "The way is drawn in a GPX file elsewhere, which is not fetched."
            self._reading.remarks.append(self.finding(message, "gpx", elsewhere, "a GeoShape line in the guide"))
        return found


def _number(value: Any, otherwise: int) -> int:
    said = word(value)
    return int(said) if said.isascii() and said.isdigit() else otherwise


def _name_of_start(point: Node) -> Any:
    return stated([point], "landmark", "name") or next(
        (point[key] for key in ("village", "town", "description") if point.get(key)), None
    )


def _first_words(said: Texts) -> Texts:
    """Return the first sentence, or as much of it as a name may have."""
    found = {}
    for tag, text in said.items():
        sentence = re.split(r"(?<=[。！？])|(?<=[.!?])\s", text.strip(), maxsplit=1)[0].rstrip("。.!?！？ ")
        if len(sentence) > LONGEST_NAME:
            sentence = sentence[:LONGEST_NAME].rsplit(" ", 1)[0].rstrip(" ,，") + "…"
        found[tag] = sentence
    return found


def _joined(said: Sequence[Mapping[str, str]]) -> Texts:
    found: Texts = {}
    for each in said:
        for tag, text in each.items():
            found[tag] = f"{found[tag]}\n\n{text}" if tag in found else text
    return found
