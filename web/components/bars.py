"""A bar chart as SVG made on the server: one measure over a row of labels, with its figures written at the bars.

Owns: the drawing. The same figures stand in a table beside it; a hidden figure is a word, never a bar of no height.
Text is 16 px, colours come from the page, so that both palettes hold (interface.md section 10).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

BAR, GAP, HIGH, LETTERS = 44, 20, 160, 24


@dataclass(frozen=True)
class Bar:
    """One bar: what stands below it, and its figure, None where it is hidden."""

    label: str
    figure: int | None


def draw_bars(bars: Sequence[Bar], title: str, hidden: str) -> Markup:
    """Return the chart; `title` says what is drawn, `hidden` is the word for a figure that is not shown."""
    most = max((bar.figure or 0 for bar in bars), default=0) or 1
    width = len(bars) * (BAR + GAP) + GAP
    inner = Markup("").join(_bar(bar, number, most, hidden) for number, bar in enumerate(bars))
    return Markup(
        '<svg class="bars" role="img" viewBox="0 0 {width} {high}" width="{width}" height="{high}">'
        '<title>{title}</title><line x1="0" y1="{base}" x2="{width}" y2="{base}" stroke="currentColor"/>{inner}</svg>'
    ).format(width=width, high=HIGH + 3 * LETTERS, base=HIGH + LETTERS, title=title, inner=inner)


def _bar(bar: Bar, number: int, most: int, hidden: str) -> Markup:
    left = GAP + number * (BAR + GAP)
    tall = round(HIGH * (bar.figure or 0) / most)
    base = HIGH + LETTERS
    return Markup(
        '<rect x="{left}" y="{top}" width="{wide}" height="{tall}"/>'
        '<text x="{middle}" y="{above}" text-anchor="middle" font-size="16" fill="currentColor">{figure}</text>'
        '<text x="{middle}" y="{below}" text-anchor="middle" font-size="16" fill="currentColor">{label}</text>'
    ).format(
        left=left,
        top=base - tall,
        wide=BAR,
        tall=tall,
        middle=left + BAR // 2,
        above=base - tall - 6,
        below=base + LETTERS,
        figure=hidden if bar.figure is None else bar.figure,
        label=bar.label,
    )
