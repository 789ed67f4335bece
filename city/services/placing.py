"""In which Area a position lies.

Owns: the test of a point against the Areas' polygons. An Area without a polygon holds nothing; where several hold a
point, the smallest does. Pure; called when a source's venues are loaded.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any

from city.model import Area, Venue

Position = tuple[float, float]
"""(latitude, longitude) in WGS84 degrees."""


def area_of(position: Position, areas: Iterable[Area]) -> Area | None:
    """Return the smallest Area whose polygon holds the position, None when none does."""
    return AreaMap(areas).area_of(position)


class AreaMap:
    """The Areas that have a polygon, smallest first, ready to be asked many times."""

    def __init__(self, areas: Iterable[Area]) -> None:
        self._shapes = sorted(
            (_Shape(area) for area in areas if len(area.polygon or ()) >= 3), key=lambda shape: shape.size
        )

    def place(self, venue: Venue, before: Position | None) -> dict[str, tuple[Any, Any]]:
        """Give a venue without an Area the one its position lies in; return {"area": (old, new)} when that changed.

        One that moved (`before` is where it was) follows, unless a person had put it into another Area.
        """
        position = venue.position()
        if position is None or (venue.area_id is not None and position == before):
            return {}
        was = self.area_of(before) if before is not None else None
        if venue.area_id is not None and (was is None or was.id != venue.area_id):
            return {}
        found, old = self.area_of(position), venue.area_id
        if found is None or found.id == old:
            return {}
        venue.area_id = found.id
        return {"area": (old, found.id)}

    def area_of(self, position: Position) -> Area | None:
        """Return the smallest Area that holds the position, None when none does."""
        return next((shape.area for shape in self._shapes if shape.holds(position)), None)


class _Shape:
    """One Area's ring with its box, by which most positions are told apart."""

    def __init__(self, area: Area) -> None:
        self.area = area
        ring = [(float(point[0]), float(point[1])) for point in area.polygon]
        self._ring = ring if ring[0] == ring[-1] else [*ring, ring[0]]
        longitudes, latitudes = zip(*self._ring, strict=True)
        self._west, self._east = min(longitudes), max(longitudes)
        self._south, self._north = min(latitudes), max(latitudes)
        self.size = _size(self._ring)

    def holds(self, position: Position) -> bool:
        """True when a ray to the east crosses the ring an odd number of times."""
        y, x = position
        if not (self._south <= y <= self._north and self._west <= x <= self._east):
            return False
        inside = False
        for (x1, y1), (x2, y2) in pairwise(self._ring):
            if (y1 > y) != (y2 > y) and x < x1 + (y - y1) * (x2 - x1) / (y2 - y1):
                inside = not inside
        return inside


def _size(ring: Sequence[tuple[float, float]]) -> float:
    """Return the surface of a ring in square degrees, enough to tell which of two is smaller (shoelace formula)."""
    return abs(sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in pairwise(ring))) / 2
