"""How far it is and how long it takes: great circle, minutes on foot or by bus, and the reach of so many minutes.

Owns: `travel_minutes`, the one function by which the whole house counts minutes. Points are (latitude, longitude),
WGS84 degrees.
"""

from __future__ import annotations

import math

EARTH_RADIUS_M = 6_371_008.8
DETOUR = 1.3  # streets are longer than the straight line
WALKING_M_PER_MINUTE = 50
LONGEST_WALK_MINUTES = 30
WAITING_MINUTES = 10
RIDING_MINUTES_PER_KM = 4


def great_circle_m(a: tuple[float, float], b: tuple[float, float]) -> float:
    """Return the great-circle distance in metres between two (latitude, longitude) points (haversine formula)."""
    lat_a, lon_a, lat_b, lon_b = (math.radians(degrees) for degrees in (*a, *b))
    half = math.sin((lat_b - lat_a) / 2) ** 2 + math.cos(lat_a) * math.cos(lat_b) * math.sin((lon_b - lon_a) / 2) ** 2
    return 2 * EARTH_RADIUS_M * math.asin(min(1.0, math.sqrt(half)))


def travel_minutes(a: tuple[float, float] | None, b: tuple[float, float] | None) -> float | None:
    """Return the minutes from one point to another, or None when either is unknown (unknown never filters).

    Great circle × 1.3 at 50 m/min on foot up to 30 minutes; beyond that 10 + 4 minutes a km × 1.3 by bus or bicycle.
    """
    return minutes_for_distance(great_circle_m(a, b)) if a is not None and b is not None else None


def minutes_for_distance(straight_m: float) -> float:
    """Return travel minutes for a straight distance in metres."""
    on_foot = straight_m * DETOUR / WALKING_M_PER_MINUTE
    if on_foot <= LONGEST_WALK_MINUTES:
        return on_foot
    return max(LONGEST_WALK_MINUTES, WAITING_MINUTES + RIDING_MINUTES_PER_KM * straight_m * DETOUR / 1000)


def is_on_foot(minutes: float) -> bool:
    """True when `travel_minutes` means walking, so that a page may say so; at 30 minutes it may be a ride."""
    return minutes < LONGEST_WALK_MINUTES


def reach_m(minutes: float) -> float:
    """Return the largest straight distance in metres that `travel_minutes` puts within `minutes` (its inverse)."""
    if minutes < LONGEST_WALK_MINUTES:
        return minutes * WALKING_M_PER_MINUTE / DETOUR
    walked = LONGEST_WALK_MINUTES * WALKING_M_PER_MINUTE / DETOUR
    return max(walked, (minutes - WAITING_MINUTES) / RIDING_MINUTES_PER_KM * 1000 / DETOUR)
