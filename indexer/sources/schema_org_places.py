"""Where something takes place, as schema.org states it: Place, PostalAddress, VirtualLocation, or plain words.

Owns: from a `location` to a VenueRecord with position, opening hours and access features. What is not certain is left
out: a position off the globe or at 0, 0, a feature whose words say less than ours, public holidays without dates.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, time, timedelta
from typing import Any

from city.services.records import VenueRecord
from city.terms import AccessFeature, VenueType
from indexer.sources import Finding
from indexer.sources.datum import to_wgs84
from indexer.sources.opening_hours import week_of
from indexer.sources.place_types import type_of
from indexer.sources.schema_org import (
    HAN,
    Graph,
    Node,
    Texts,
    first,
    identity,
    is_true,
    kept_id,
    listed,
    texts,
    types,
    word,
)
from indexer.sources.schema_org_times import NAMES, WEEKDAYS

VIRTUAL = frozenset({"VirtualLocation"})
VENUE_TYPES = {
    "Library": VenueType.LIBRARY,
    "Museum": VenueType.MUSEUM,
    "Park": VenueType.PARK,
    "PerformingArtsTheater": VenueType.THEATRE,
    "MovieTheater": VenueType.THEATRE,
    "MusicVenue": VenueType.THEATRE,
    "CommunityHealth": VenueType.HEALTH_CENTRE,
    "MedicalClinic": VenueType.HEALTH_CENTRE,
}
FEATURES = (
    (
        AccessFeature.ACCESSIBLE_TOILET,
        (
            r"(?:accessible|disabled|wheelchair|barrier.free) (?:toilets?|wcs?|restrooms?|washrooms?)"
            r"|无障碍(?:厕所|卫生间|洗手间)|無障礙(?:廁所|洗手間)"
        ),
    ),
    (AccessFeature.TOILET, r"(?:public )?(?:toilets?|wcs?|restrooms?)|厕所|卫生间|洗手间|廁所|洗手間"),
    (AccessFeature.LIFT, r"(?:passenger )?(?:lifts?|elevators?)|电梯|升降机|升降機|電梯"),
    (
        AccessFeature.STEP_FREE,
        (
            r"(?:step.free|level) (?:access|entrance)|wheelchair.accessible(?: entrance)?"
            r"|无台阶|无障碍(?:入口|通道)|無障礙(?:入口|通道)"
        ),
    ),
    (AccessFeature.GROUND_FLOOR, r"ground.floor|(?:位于)?一楼"),
    (AccessFeature.HEARING_LOOP, r"(?:hearing|induction) loops?|助听(?:线圈|环路)"),
    (AccessFeature.PARKING, r"(?:car )?parking|car.?parks?|停车(?:场|位)|停車場"),
    (AccessFeature.QUIET_ROOM, r"quiet (?:room|space)s?|安静(?:室|房间)"),
    (AccessFeature.SEATS, r"seats|seating|benches|座椅|长椅"),
    (AccessFeature.SHELTER, r"shelters?|避雨处"),
    (AccessFeature.WATER, r"drinking (?:water|fountains?)(?: (?:fountain|tap)s?)?|饮水(?:处|机)"),
)
"""Words that say no more and no less than ours, whole; "Adapted For Wheelchairs" for one is not certain."""
FEATURE_WORDS = tuple((feature, re.compile(words, re.IGNORECASE)) for feature, words in FEATURES)
CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
ADDRESS_PARTS = ("streetAddress", "addressLocality", "addressRegion", "postalCode")
CHINESE_PARTS = ("addressRegion", "addressLocality", "streetAddress")
LONGEST_HOLIDAY_DAYS = 400

Position = tuple[float, float]


@dataclass(frozen=True)
class Where:
    """What a `location` says: the venue, None where there is none, and whether one can take part from afar."""

    venue: VenueRecord | None = None
    is_virtual: bool = False
    findings: tuple[Finding, ...] = ()
    """Remarks on its parts, without file and record."""


@dataclass
class Places:
    """Reads locations of one document, one record a venue however often it is named."""

    graph: Graph
    datum: str = "WGS84"
    language: str = ""
    venues: dict[str, VenueRecord] = field(default_factory=dict)

    def where(self, location: Any) -> Where:
        """Return where something takes place; of several places the first one counts."""
        nodes = [self.graph.resolved(part) for part in listed(location)]
        virtual = [node for node in nodes if VIRTUAL & set(types(node))]
        real = [node for node in nodes if not VIRTUAL & set(types(node)) and not _is_link(node)]
        if not real:
            return Where(is_virtual=bool(virtual))
        findings: list[Finding] = []
        venue = self._venue(real[0], findings)
        if venue is not None:
            venue = self.venues.setdefault(venue.source_id, venue)
        if len(real) > 1:
            several = "Several places are named: the first one counts."
            findings.append(Finding(several, field="location", value=len(real)))
        return Where(venue, bool(virtual), tuple(findings))

    def _venue(self, place: Any, findings: list[Finding]) -> VenueRecord | None:
        if not isinstance(place, dict):
            name = texts(place, self.language, field="location")
            return VenueRecord(kept_id("", *name.values()), name) if name else None
        address = self._address(place if "PostalAddress" in types(place) else place.get("address"))
        name = texts(place.get("name"), self.language, field="location.name") or _short(address)
        if not name:
            return None
        latitude, longitude = self._position(place, findings) or (None, None)
        weekly, special = opening_hours(place)
        return VenueRecord(
            source_id=kept_id(identity(place), *name.values(), *address.values()),
            name=name,
            type=next((VENUE_TYPES[kind] for kind in types(place) if kind in VENUE_TYPES), type_of({}, name)),
            address=address,
            latitude=latitude,
            longitude=longitude,
            phone=word(place.get("telephone"))[:40],
            access_features=features(self.graph.nodes(place.get("amenityFeature"))),
            opening_hours=weekly,
            special_hours=special,
        )

    def _address(self, address: Any) -> Texts:
        address = self.graph.resolved(first(address))
        if not isinstance(address, dict):
            return texts(address, self.language, field="address")
        said = {name: word(address.get(name)).strip(" ,，") for name in ADDRESS_PARTS}
        chinese = any(HAN.search(part) for part in said.values())
        parts = [said[name] for name in (CHINESE_PARTS if chinese else ADDRESS_PARTS) if said[name]]
        return texts(("" if chinese else ", ").join(dict.fromkeys(parts)), self.language, field="address")

    def _position(self, place: Node, findings: list[Finding]) -> Position | None:
        geo = self.graph.resolved(first(place.get("geo")))
        geo = geo if isinstance(geo, dict) and "latitude" in geo else place
        raw = word(geo.get("latitude")), word(geo.get("longitude"))
        if not any(raw):
            return None
        found = position(*raw)
        if found is None:
            findings.append(
                Finding(
                    "The position is not a pair of degrees: the place has none now.",
                    field="geo",
                    value=", ".join(raw),
                    remedy="WGS84 degrees like 30.51 and 114.31",
                )
            )
            return None
        return to_wgs84(*found, self.datum)


def position(latitude: str, longitude: str) -> Position | None:
    """Return a pair of degrees, None for what is none; 0, 0 is where broken programmes put everything."""
    try:
        found = float(latitude), float(longitude)
    except ValueError:
        return None
    on_earth = -90 <= found[0] <= 90 and -180 <= found[1] <= 180
    return found if on_earth and found != (0.0, 0.0) else None


def _is_link(place: Any) -> bool:
    """True for an address that names no node of the document: what lies there nobody can tell."""
    return isinstance(place, str) and place.startswith(("https://", "http://"))


def _short(address: Texts) -> Texts:
    return {tag: text[:200] for tag, text in address.items()}


def features(nodes: Iterable[Node]) -> tuple[str, ...]:
    """Return the access features that amenity features state for certain."""
    stated = (node for node in nodes if is_true(node.get("value", True)) is not False)
    found = {feature for node in stated for said in _names(node) if (feature := feature_of(said))}
    return tuple(sorted(found))


def _names(node: Node) -> list[str]:
    kinds = [CAMEL.sub(" ", kind) for kind in types(node) if kind != "LocationFeatureSpecification"]
    return [word(node.get("name")), *kinds]


def feature_of(said: str) -> str:
    """Return the access feature that words mean, "" when that is not certain."""
    text = said.strip()
    return next((str(feature) for feature, words in FEATURE_WORDS if text and words.fullmatch(text)), "")


def opening_hours(place: Node, name: str = "openingHoursSpecification") -> tuple[dict[str, Any], dict[str, Any]]:
    """Return weekly and special hours as a Venue keeps them; empty where a place states none."""
    weekly: dict[str, list[list[str]]] = {}
    special: dict[str, list[list[str]]] = {}
    for node in (part for part in listed(place.get(name)) if isinstance(part, dict)):
        _add_hours(node, weekly, special)
    for node in (part for part in listed(place.get("specialOpeningHoursSpecification")) if isinstance(part, dict)):
        _add_hours(node, {}, special)
    if name == "openingHoursSpecification" and not weekly:
        weekly = week_of("; ".join(word(line) for line in listed(place.get("openingHours")))) or {}
    return {day: sorted(hours) for day, hours in sorted(weekly.items())}, dict(sorted(special.items()))


def _add_hours(node: Node, weekly: dict[str, list[list[str]]], special: dict[str, list[list[str]]]) -> None:
    interval = _interval(word(node.get("opens")), word(node.get("closes")))
    if interval is None:
        return
    days = [NAMES.get(word(day).rsplit("/", 1)[-1].lower(), "") for day in listed(node.get("dayOfWeek"))]
    begins, ends = _day(node.get("validFrom")), _day(node.get("validThrough"))
    if begins and ends and 0 <= (ends - begins).days <= LONGEST_HOLIDAY_DAYS:
        for day in (begins + timedelta(days=at) for at in range((ends - begins).days + 1)):
            if not days or WEEKDAYS[day.weekday()] in days:
                special.setdefault(day.isoformat(), []).extend([interval] if interval != CLOSED else [])
        return
    for code in (day for day in days if day and interval != CLOSED):
        weekly.setdefault(str(WEEKDAYS.index(code)), []).append(interval)


CLOSED = ["00:00", "00:00"]
"""How schema.org says that a day is closed."""


def _interval(opens: str, closes: str) -> list[str] | None:
    try:
        start, end = time.fromisoformat(opens), time.fromisoformat("00:00" if closes[:5] == "24:00" else closes)
    except ValueError:
        return None
    if opens[:5] == closes[:5] == "00:00":
        return CLOSED
    end = time(23, 59) if end <= start else end
    return [f"{start:%H:%M}", f"{end:%H:%M}"] if start < end else None


def _day(value: Any) -> date | None:
    try:
        return date.fromisoformat(word(value)[:10])
    except ValueError:
        return None
