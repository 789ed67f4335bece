"""Whether a source that declares WGS84 rather states its positions in a datum of Chinese maps.

Owns: the comparison of a source's venues with those of other sources by name, and the remark that asks. Nothing is
converted unasked. Called by the importer.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from city.analysis import fold
from city.distances import great_circle_m
from city.services.records import VenueRecord
from indexer.sources import Finding
from indexer.sources.datum import Position, looks_like

SENTENCE = "Places of known names lie where a map in {0} draws them: are the positions in {0}?"


def shift_remarks(
    venues: Sequence[VenueRecord], known: Iterable[tuple[Mapping[str, str], Position]], file: str
) -> list[Finding]:
    """Return the remark that the venues look shifted against known (names, position), nothing when they do not."""
    by_name: dict[str, list[Position]] = {}
    for names, position in known:
        for name in names.values():
            by_name.setdefault(fold(name), []).append(position)
    datum = looks_like(_pairs(venues, by_name))
    if not datum:
        return []
    return [Finding(SENTENCE.format(datum), file, field="latitude", value="WGS84", remedy=f"--datum {datum}")]


def _pairs(venues: Iterable[VenueRecord], by_name: Mapping[str, list[Position]]) -> Iterator[tuple[Position, Position]]:
    """Yield (known, stated) of each venue that has a namesake, the nearest one where there are several."""
    for venue in venues:
        if venue.latitude is None or venue.longitude is None:
            continue
        stated = venue.latitude, venue.longitude
        namesakes = [position for name in venue.name.values() for position in by_name.get(fold(name), ())]
        if namesakes:
            yield min(namesakes, key=lambda position: great_circle_m(position, stated)), stated
