"""Hiding small numbers, so that no table tells of a person: fewer than ten are a word, all others rounded to five.

Owns: the threshold, the rounding, and the second cell that is hidden where one hidden cell could be got by subtraction.
Called by every table of counts that somebody else than the person sees.
"""

from __future__ import annotations

from collections.abc import Sequence

SMALLEST_SHOWN = 10
ROUNDED_TO = 5


def rounded(count: int) -> int:
    """Return the count rounded to the nearest five."""
    return ROUNDED_TO * ((count + ROUNDED_TO // 2) // ROUNDED_TO)


def shown(count: int) -> int | None:
    """Return the count rounded, None when it is too small to be shown; what was never counted is 0."""
    return None if 0 < count < SMALLEST_SHOWN else rounded(count)


def column(counts: Sequence[int]) -> list[int | None]:
    """Return the cells of a column whose total is shown as well.

    Where exactly one cell is hidden, the smallest other one that is not 0 is hidden with it: the total less the shown
    cells would tell it otherwise.
    """
    cells = [shown(count) for count in counts]
    if cells.count(None) == 1:
        others = [place for place, cell in enumerate(cells) if cell]
        if others:
            cells[min(others, key=lambda place: (counts[place], place))] = None
    return cells
