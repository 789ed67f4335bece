"""No table of counts tells of a person."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from city.services.small_numbers import SMALLEST_SHOWN, column, rounded, shown


def test_fewer_than_ten_are_hidden_and_none_at_all_is_said() -> None:
    assert [shown(count) for count in (0, 1, 9, 10, 12, 13)] == [0, None, None, 10, 10, 15]


def test_one_hidden_cell_takes_a_second_one_with_it() -> None:
    assert column([40, 3, 25, 0]) == [40, None, None, 0]
    assert column([3, 4, 25]) == [None, None, 25]
    assert column([40, 25]) == [40, 25]


@given(st.lists(st.integers(0, 200), min_size=2, max_size=8))
def test_nobody_gets_a_small_count_by_subtraction(counts: list[int]) -> None:
    cells = column(counts)
    hidden = [place for place, cell in enumerate(cells) if cell is None]
    if len(hidden) == 1:  # only where no other cell holds anybody, and then the total is hidden as well
        assert rounded(sum(counts)) < SMALLEST_SHOWN + 5
        assert all(count == 0 for place, count in enumerate(counts) if place != hidden[0])
    for place in hidden:
        assert counts[place] > 0
