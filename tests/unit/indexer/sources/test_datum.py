"""Positions of the three datums lead to one another; outside China nothing moves; a shifted source is noticed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from city.distances import great_circle_m
from city.errors import InvalidInput
from indexer.sources.datum import (
    bd09_to_gcj02,
    gcj02_to_bd09,
    gcj02_to_wgs84,
    looks_like,
    to_wgs84,
    wgs84_to_gcj02,
)

IN_CHINA = st.tuples(st.floats(18.2, 53.5), st.floats(73.7, 134.7))


@given(IN_CHINA)
def test_there_and_back_is_less_than_a_centimetre(position: tuple[float, float]) -> None:
    assert great_circle_m(position, gcj02_to_wgs84(wgs84_to_gcj02(position))) < 0.01
    assert great_circle_m(position, bd09_to_gcj02(gcj02_to_bd09(position))) < 0.01


@given(IN_CHINA)
def test_gcj_is_some_hundred_metres_off_and_bd_a_kilometre(position: tuple[float, float]) -> None:
    gcj = wgs84_to_gcj02(position)
    assert 20 < great_circle_m(position, gcj) < 900
    assert 500 < great_circle_m(gcj, gcj02_to_bd09(gcj)) < 1_300


def test_a_known_place_lands_where_other_implementations_put_it() -> None:
    gcj = wgs84_to_gcj02((31.1774276, 121.5272106))
    assert gcj == pytest.approx((31.17530398364597, 121.531541859215), abs=1e-9)
    assert to_wgs84(*gcj02_to_bd09(gcj), "BD-09") == pytest.approx((31.1774276, 121.5272106), abs=2e-7)


@pytest.mark.parametrize("abroad", [(51.5, -0.12), (-33.9, 151.2), (31.2, 140.0), (60.0, 100.0)])
def test_outside_china_nothing_moves(abroad: tuple[float, float]) -> None:
    assert wgs84_to_gcj02(abroad) == gcj02_to_wgs84(abroad) == bd09_to_gcj02(abroad) == abroad


def test_an_unknown_datum_is_refused_with_the_known_ones() -> None:
    with pytest.raises(InvalidInput) as refused:
        to_wgs84(31.2, 121.5, "ED50")
    assert refused.value.remedy == "WGS84, GCJ-02, BD-09"


KNOWN = [(31.20 + step / 50, 121.40 + step / 40) for step in range(7)]


@pytest.mark.parametrize(
    ("stated", "found"),
    [
        (KNOWN, ""),
        ([wgs84_to_gcj02(p) for p in KNOWN], "GCJ-02"),
        ([gcj02_to_bd09(wgs84_to_gcj02(p)) for p in KNOWN], "BD-09"),
        ([(p[0] + 0.006, p[1]) for p in KNOWN], ""),  # 670 m off, but to the north: no datum does that
        ([wgs84_to_gcj02(p) for p in KNOWN[:4]], ""),  # too few to tell
    ],
)
def test_a_shift_is_noticed_only_where_a_datum_explains_it(stated: list[tuple[float, float]], found: str) -> None:
    assert looks_like(zip(KNOWN, stated, strict=False)) == found
