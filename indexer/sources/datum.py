"""The three datums that maps of China use: WGS84, GCJ-02 (shifted by law), BD-09 (shifted once more by one vendor).

Owns: the conversions between them, and whether positions that are declared WGS84 look shifted. We store WGS84 alone.
Formula: GCJ-02 is a published approximation over the Krasovsky 1940 ellipsoid (semi-major axis 6,378,245 m, first
eccentricity squared 0.00669342162296594), as reverse-engineered and used by all open map libraries; BD-09 is the
vendor's polar shift on top. Both are inverted by iteration to less than a millimetre. Pure; positions are
(latitude, longitude) in degrees.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from statistics import median

from city.distances import great_circle_m
from city.errors import InvalidInput

AXIS_M = 6_378_245.0
ECCENTRICITY_SQUARED = 0.00669342162296594
CHINA = (0.8293, 55.8271, 72.004, 137.8347)
"""Where GCJ-02 shifts at all: lowest and highest latitude, then longitude, of the box that map libraries use."""
DATUMS = ("WGS84", "GCJ-02", "BD-09")
CLOSE_ENOUGH_DEGREES = 1e-9
MOST_STEPS = 30
BD_TURN = math.pi * 3_000 / 180
FEWEST_PAIRS = 5
SHIFTED_M = (300.0, 1_500.0)
"""Between these medians a shift is that of a datum, not carelessness: GCJ-02 is some 500 m off, BD-09 some 1,100 m."""
FARTHEST_NAMESAKE_M = 3_000.0
BETTER_BY = 0.5

Position = tuple[float, float]


def to_wgs84(latitude: float, longitude: float, datum: str = "WGS84") -> Position:
    """Return a position in WGS84, rounded to 1e-7 degrees (a centimetre); raises InvalidInput for another datum."""
    if datum not in DATUMS:
        raise InvalidInput("This is not a known datum.", field="datum", value=datum, remedy=", ".join(DATUMS))
    if datum == "WGS84":
        return latitude, longitude
    gcj = bd09_to_gcj02((latitude, longitude)) if datum == "BD-09" else (latitude, longitude)
    found = gcj02_to_wgs84(gcj)
    return round(found[0], 7), round(found[1], 7)


def wgs84_to_gcj02(position: Position) -> Position:
    """Return where a GCJ-02 map draws a position; outside China as it is."""
    if not _is_shifted(position):
        return position
    latitude, longitude = position
    x, y = longitude - 105.0, latitude - 35.0
    radians = math.radians(latitude)
    curve = 1 - ECCENTRICITY_SQUARED * math.sin(radians) ** 2
    metres_a_degree = AXIS_M * (1 - ECCENTRICITY_SQUARED) / curve**1.5 * math.pi / 180
    metres_a_degree_east = AXIS_M / math.sqrt(curve) * math.cos(radians) * math.pi / 180
    return latitude + _north_m(x, y) / metres_a_degree, longitude + _east_m(x, y) / metres_a_degree_east


def gcj02_to_wgs84(position: Position) -> Position:
    """Return the WGS84 position that a GCJ-02 map draws there."""
    return _inverse(wgs84_to_gcj02, position) if _is_shifted(position) else position


def gcj02_to_bd09(position: Position) -> Position:
    """Return where a BD-09 map draws what a GCJ-02 map draws at a position; outside China as it is."""
    if not _is_shifted(position):
        return position
    latitude, longitude = position
    length = math.hypot(longitude, latitude) + 0.00002 * math.sin(latitude * BD_TURN)
    angle = math.atan2(latitude, longitude) + 0.000003 * math.cos(longitude * BD_TURN)
    return length * math.sin(angle) + 0.006, length * math.cos(angle) + 0.0065


def bd09_to_gcj02(position: Position) -> Position:
    """Return where a GCJ-02 map draws what a BD-09 map draws at a position."""
    return _inverse(gcj02_to_bd09, position) if _is_shifted(position) else position


def _is_shifted(position: Position) -> bool:
    south, north, west, east = CHINA
    return south <= position[0] <= north and west <= position[1] <= east


def _inverse(forward: Callable[[Position], Position], wanted: Position) -> Position:
    """Return the position that `forward` takes to `wanted` (fixed-point iteration; the shift changes slowly)."""
    guess = wanted
    for _ in range(MOST_STEPS):
        reached = forward(guess)
        missed = wanted[0] - reached[0], wanted[1] - reached[1]
        guess = guess[0] + missed[0], guess[1] + missed[1]
        if max(map(abs, missed)) < CLOSE_ENOUGH_DEGREES:
            break
    return guess


def _north_m(x: float, y: float) -> float:
    """Return the shift to the north in metres, `x` and `y` in degrees from 105° E, 35° N."""
    smooth = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * math.sqrt(abs(x))
    waves = _short_waves(x) + _waves(y, ((20, 1), (40, 3))) + _waves(y, ((160, 12), (320, 30)))
    return smooth + waves * 2 / 3


def _east_m(x: float, y: float) -> float:
    """Return the shift to the east in metres."""
    smooth = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * math.sqrt(abs(x))
    waves = _short_waves(x) + _waves(x, ((20, 1), (40, 3))) + _waves(x, ((150, 12), (300, 30)))
    return smooth + waves * 2 / 3


def _short_waves(x: float) -> float:
    return 20 * math.sin(6 * x * math.pi) + 20 * math.sin(2 * x * math.pi)


def _waves(value: float, parts: Iterable[tuple[float, float]]) -> float:
    return sum(height * math.sin(value / length * math.pi) for height, length in parts)


def looks_like(pairs: Iterable[tuple[Position, Position]]) -> str:
    """Return the datum that positions declared as WGS84 rather are in, "" when they look right or nobody can tell.

    `pairs` are (known, declared) positions of places of one name. Namesakes elsewhere are left out; the median decides,
    and only when it is that of a datum and a conversion at least halves it.
    """
    near = [(known, stated) for known, stated in pairs if great_circle_m(known, stated) <= FARTHEST_NAMESAKE_M]
    if len(near) < FEWEST_PAIRS:
        return ""
    off = {datum: _median_m(near, datum) for datum in DATUMS}
    best = min(DATUMS, key=lambda datum: off[datum])
    shifted = SHIFTED_M[0] <= off["WGS84"] <= SHIFTED_M[1]
    return best if shifted and off[best] <= BETTER_BY * off["WGS84"] else ""


def _median_m(pairs: Iterable[tuple[Position, Position]], datum: str) -> float:
    return median(great_circle_m(known, to_wgs84(*stated, datum)) for known, stated in pairs)
