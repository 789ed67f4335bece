"""A route drawn as a metro line: whatever the stops, lines bend at 45° only and nothing leaves the plan."""

from __future__ import annotations

import re
from itertools import combinations, pairwise

from hypothesis import given
from hypothesis import strategies as st

from web.components.route_map import RING, WIDTH, draw, line

points = st.tuples(st.floats(30.4, 30.6), st.floats(120.8, 121.0))
stops = st.lists(st.one_of(st.none(), points), min_size=2, max_size=9)


def segments(path: str) -> list[tuple[float, float]]:
    corners = [tuple(map(float, pair)) for pair in re.findall(r"(-?[\d.]+) (-?[\d.]+)", path)]
    return [(bx - ax, by - ay) for (ax, ay), (bx, by) in pairwise(corners)]


def named(n: int) -> list[tuple[str, str]]:
    return [(f"第{number}站", "") for number in range(n)]


@given(stops)
def test_every_piece_of_the_line_lies_at_45_or_90_degrees(positions: list[tuple[float, float] | None]) -> None:
    drawn = draw(positions, named(len(positions)), ["5分"] * (len(positions) - 1))
    for dx, dy in segments(drawn.path):
        assert dx == 0 or dy == 0 or abs(abs(dx) - abs(dy)) < 1e-6


@given(stops)
def test_every_ring_stands_whole_on_the_plan(positions: list[tuple[float, float] | None]) -> None:
    drawn = draw(positions, named(len(positions)), [])
    assert all(RING <= x <= WIDTH - RING and RING <= y <= drawn.height - RING for x, y in drawn.rings)


def test_rings_of_neighbours_in_the_same_street_do_not_cover_each_other() -> None:
    drawn = draw([(30.5, 120.9), (30.5001, 120.9), (30.5, 120.9001), (30.5002, 120.9)], named(4), [])
    assert all(abs(ax - bx) + abs(ay - by) > 2 * RING for (ax, ay), (bx, by) in combinations(drawn.rings, 2))


def test_north_is_up_and_west_is_left() -> None:
    north_west, south_east = draw([(30.6, 120.8), (30.4, 121.0)], named(2), []).rings
    assert north_west[0] < south_east[0] and north_west[1] < south_east[1]


def test_a_long_english_name_is_cut_at_a_blank() -> None:
    drawn = draw([(30.6, 120.8), (30.4, 121.0)], [("Old Hydrology Station", "en"), ("桥", "")], [])
    assert drawn.names[0].lines == ("Old", "Hydrology Station") or drawn.names[0].lines == ("Old Hydrology", "Station")
    assert drawn.names[0].tag == "en"


@given(st.integers(2, 12))
def test_a_plain_line_has_a_ring_for_every_stop_inside_its_drawing(n: int) -> None:
    drawn = line(named(n))
    assert len(drawn.rings) == n
    assert all(12 <= x <= 548 and 12 <= y <= drawn.height - 12 for x, y in drawn.rings)
