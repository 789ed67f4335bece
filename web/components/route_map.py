"""A route drawn as a metro line: only 45° and 90°, numbered rings, minutes between them, names beside them.

Owns: where rings, bends and words go on a plan 480 units wide. North stays up and west stays left, distances do not
stay true: the minutes written on the line do. Pure; the list beside the map says all of it in words.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

WIDTH = 480
MARGIN_X, MARGIN_Y = 70, 56
ROW = 76
RING = 21
LETTER = 23
APART_X, APART_Y = 96, 62
ROUNDS = 60
LONGEST_LINE = 9.0
"""Widths of Chinese letters that fit beside a ring."""
HEIGHTS = (0.58, 0.58, 0.34, 0.62, 0.62, 0.4)
"""Where the stops of a plain line stand, as shares of its height."""
BESIDE = ((False, "middle"), (True, "end"), (True, "middle"), (False, "middle"), (True, "end"), (True, "middle"))
"""Whether their words stand above, and how they are anchored."""
MOST_NAMED = 7

Point = tuple[float, float]
Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Label:
    """Words at a point, `anchor` as in SVG (start, middle, end), one or two lines."""

    lines: tuple[str, ...]
    x: float
    y: float
    anchor: str
    tag: str = ""


@dataclass(frozen=True)
class RouteMap:
    """Everything the template draws."""

    height: int
    path: str
    rings: tuple[Point, ...]
    names: tuple[Label, ...]
    minutes: tuple[Label, ...] = field(default=())
    streets: str = ""


def draw(positions: Sequence[Point | None], names: Sequence[tuple[str, str]], minutes: Sequence[str]) -> RouteMap:
    """Lay out stops at (latitude, longitude) in order; `names` are (text, tag or ""), `minutes` between neighbours.

    A stop without a position stands between its neighbours.
    """
    height = 2 * MARGIN_Y + ROW * max(4, min(len(positions), 7) - 1)
    points = _spread(_fitted(_filled(positions), height), height)
    legs = [_leg(a, b) for a, b in pairwise(points)]
    taken = [_around(point, RING + 4) for point in points]
    lines = [(a, b) for leg in legs for a, b in pairwise(leg)]
    labels = [
        _place(_lines(text), tag, point, taken, lines, height, RING + 10)
        for point, (text, tag) in zip(points, names, strict=True)
    ]
    notes = [
        _place((text,), "", _middle(leg), taken, lines, height, 10) for leg, text in zip(legs, minutes, strict=False)
    ]
    return RouteMap(height, _path(legs), tuple(points), tuple(labels), tuple(notes), _streets(points, height))


def line(names: Sequence[tuple[str, str]], width: int = 560, height: int = 190) -> RouteMap:
    """Draw a plain line with a ring a stop, up and down like a line map, names above and below in turn."""
    n = len(names)
    step = (width - 100) / max(1, n - 1)
    points: list[Point] = [(50 + round(step * at), round(height * HEIGHTS[at % len(HEIGHTS)])) for at in range(n)]
    legs = [_leg(a, b, flat=True) for a, b in pairwise(points)]
    labels = [
        _beside(_lines(text, step / 10), tag, point, at, n)
        for at, ((text, tag), point) in enumerate(zip(names, points, strict=True))
        if n <= MOST_NAMED or at in (0, n - 1)
    ]
    return RouteMap(height, _path(legs), tuple(points), tuple(labels))


def _beside(lines: tuple[str, ...], tag: str, point: Point, at: int, n: int) -> Label:
    """Words above or below a ring, out of the way of the rising line; the ends keep inside the drawing."""
    above, anchor = BESIDE[at % len(BESIDE)]
    y = point[1] - 24 - 22 * (len(lines) - 1) if above else point[1] + 36
    if at in (0, n - 1):
        anchor = "start" if at == 0 else "end"
    shift = {"start": -24, "middle": 0, "end": 24 if at == n - 1 else 12}[anchor]
    return Label(lines, point[0] + shift, y, anchor, tag)


def _filled(positions: Sequence[Point | None]) -> list[Point]:
    """Put stops without a position between those that have one; without any, in a row."""
    known = [index for index, position in enumerate(positions) if position is not None]
    if not known:
        return [(-float(index), float(index % 2)) for index in range(len(positions))]
    return [
        positions[index] or positions[min(known, key=lambda k: abs(k - index))] or (0, 0)
        for index in range(len(positions))
    ]


def _fitted(positions: Sequence[Point], height: int) -> list[Point]:
    """Scale degrees to the plan, each axis by itself, north up."""
    lats, lons = [p[0] for p in positions], [p[1] for p in positions]
    return [
        (
            _scaled(lon, min(lons), max(lons), MARGIN_X, WIDTH - MARGIN_X),
            _scaled(-lat, -max(lats), -min(lats), MARGIN_Y, height - MARGIN_Y),
        )
        for lat, lon in positions
    ]


def _scaled(value: float, low: float, high: float, start: float, end: float) -> float:
    return (start + end) / 2 if high - low < 1e-9 else start + (value - low) / (high - low) * (end - start)


def _spread(points: Sequence[Point], height: int) -> list[Point]:
    """Push stops apart until none covers another's words, a little each round."""
    placed = [list(point) for point in points]
    for _ in range(ROUNDS):
        moved = False
        for i in range(len(placed)):
            for j in range(i + 1, len(placed)):
                moved |= _push(placed[i], placed[j], height)
        if not moved:
            break
    return [(round(x), round(y)) for x, y in placed]


def _push(a: list[float], b: list[float], height: int) -> bool:
    dx, dy = b[0] - a[0], b[1] - a[1]
    if abs(dx) >= APART_X or abs(dy) >= APART_Y:
        return False
    down = 1 if dy >= 0 else -1
    step = (APART_Y - abs(dy)) / 2 + 1
    a[1] = min(max(a[1] - down * step, MARGIN_Y), height - MARGIN_Y)
    b[1] = min(max(b[1] + down * step, MARGIN_Y), height - MARGIN_Y)
    if abs(b[1] - a[1]) < APART_Y:  # no room up or down: go sideways
        right = 1 if dx >= 0 else -1
        sideways = (APART_X - abs(dx)) / 2 + 1
        a[0] = min(max(a[0] - right * sideways, MARGIN_X), WIDTH - MARGIN_X)
        b[0] = min(max(b[0] + right * sideways, MARGIN_X), WIDTH - MARGIN_X)
    return True


def _leg(a: Point, b: Point, *, flat: bool = False) -> list[Point]:
    """Join two stops by straight, diagonal, straight: the diagonal in the middle of the longer side."""
    dx, dy = b[0] - a[0], b[1] - a[1]
    diagonal = min(abs(dx), abs(dy))
    right, down = (1 if dx >= 0 else -1), (1 if dy >= 0 else -1)
    if flat or abs(dx) >= abs(dy):
        before = (abs(dx) - diagonal) / 2
        first = (a[0] + right * before, a[1])
    else:
        before = (abs(dy) - diagonal) / 2
        first = (a[0], a[1] + down * before)
    second = (first[0] + right * diagonal, first[1] + down * diagonal)
    return [a, first, second, b]


def _path(legs: Sequence[Sequence[Point]]) -> str:
    points = [point for leg in legs for point in leg]
    shown = [point for index, point in enumerate(points) if index == 0 or point != points[index - 1]]
    return "M" + "L".join(f"{x:g} {y:g}" for x, y in shown)


def _middle(leg: Sequence[Point]) -> Point:
    (ax, ay), (bx, by) = leg[1], leg[2]
    return (ax + bx) / 2, (ay + by) / 2


def _streets(points: Sequence[Point], height: int) -> str:
    """Streets as the city's plan has them: through every second stop, down and across."""
    return "".join(f"M{x:g} 0V{height}" if index % 2 else f"M0 {y:g}H{WIDTH}" for index, (x, y) in enumerate(points))


def _lines(text: str, longest: float = LONGEST_LINE) -> tuple[str, ...]:
    """Cut a long name in two, at a blank where there is one."""
    if _width(text) <= longest:
        return (text,)
    middle = len(text) // 2
    blanks = [index for index, letter in enumerate(text) if letter == " "]
    at = min(blanks, key=lambda index: abs(index - middle)) if blanks else middle
    return text[:at].strip(), text[at:].strip()


def _width(text: str) -> float:
    return sum(1.0 if ord(letter) > 0x2E80 else 0.56 for letter in text)


def _place(
    lines: tuple[str, ...],
    tag: str,
    at: Point,
    taken: list[Box],
    segments: Sequence[tuple[Point, Point]],
    height: int,
    away: float,
) -> Label:
    """Put words right, left, below or above a point, wherever they cover least; that space is taken from then on."""
    width, tall = max(map(_width, lines)) * LETTER, len(lines) * (LETTER + 3)
    x, y = at
    half = tall / 2
    offers = [
        ("start", x + away, y - half),
        ("end", x - away, y - half),
        ("middle", x, y + away),
        ("middle", x, y - away - tall),
        ("start", x + away * 0.7, y + away * 0.7),
        ("end", x - away * 0.7, y + away * 0.7),
        ("start", x + away * 0.7, y - away * 0.7 - tall),
        ("end", x - away * 0.7, y - away * 0.7 - tall),
        ("start", x + away * 2, y - half),
        ("end", x - away * 2, y - half),
        ("middle", x, y + away * 2),
        ("middle", x, y - away * 2 - tall),
    ]
    boxes = [_box(anchor, left, top, width, tall) for anchor, left, top in offers]
    costs = [_cost(box, taken, segments, height) + 0.01 * index for index, box in enumerate(boxes)]
    best = costs.index(min(costs))
    anchor, left, top = offers[best]
    taken.append(boxes[best])
    return Label(lines, round(left), round(top + LETTER - 2), anchor, tag)


def _box(anchor: str, x: float, y: float, width: float, tall: float) -> Box:
    left = {"start": x, "middle": x - width / 2, "end": x - width}[anchor]
    return left, y, left + width, y + tall


def _cost(box: Box, taken: Sequence[Box], segments: Sequence[tuple[Point, Point]], height: int) -> float:
    outside = max(0.0, 6 - box[0]) + max(0.0, box[2] - WIDTH + 6) + max(0.0, 4 - box[1]) + max(0.0, box[3] - height + 4)
    covered = sum(_overlap(_wider(box), other) for other in taken)
    crossed = sum(8.0 for segment in segments for point in _along(segment) if _inside(point, box))
    return outside * 60 + covered * 2 + crossed * 4


def _overlap(a: Box, b: Box) -> float:
    return max(0.0, min(a[2], b[2]) - max(a[0], b[0])) * max(0.0, min(a[3], b[3]) - max(a[1], b[1]))


def _wider(box: Box) -> Box:
    return box[0] - 5, box[1] - 2, box[2] + 5, box[3] + 2


def _around(point: Point, radius: float) -> Box:
    return point[0] - radius, point[1] - radius, point[0] + radius, point[1] + radius


def _along(segment: tuple[Point, Point]) -> list[Point]:
    (ax, ay), (bx, by) = segment
    steps = max(1, round((abs(bx - ax) + abs(by - ay)) / 10))
    return [(ax + (bx - ax) * i / steps, ay + (by - ay) * i / steps) for i in range(steps + 1)]


def _inside(point: Point, box: Box) -> bool:
    return box[0] - 3 <= point[0] <= box[2] + 3 and box[1] - 3 <= point[1] <= box[3] + 3
