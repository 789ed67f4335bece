"""Squares that a telephone reads, as SVG inside the page: black on white in both palettes, with a quiet margin.

Owns: the drawing. The library segno makes the code; no style attribute, so that the page's policy holds. Called by
everything that is printed.
"""

from __future__ import annotations

import segno
from markupsafe import Markup

MARGIN_MODULES = 4


def qr_drawing(address: str, label: str) -> Markup:
    """Return the square for an address; `label` says to a reader what it opens."""
    code = segno.make_qr(address, error="m", boost_error=False)
    side = code.symbol_size(border=MARGIN_MODULES)[0]
    return Markup(
        '<svg class="qr" viewBox="0 0 {side} {side}" role="img" aria-label="{label}">'
        '<path fill="#fff" d="M0 0h{side}v{side}H0z"/><path stroke="#000" d="{path}"/></svg>'
    ).format(side=side, label=label, path=_rows(code))


def _rows(code: segno.QRCode) -> str:
    """Return the dark modules as strokes, row by row."""
    pieces: list[str] = []
    for y, row in enumerate(code.matrix):
        x = 0
        while x < len(row):
            run = 1
            while x + run < len(row) and row[x + run] == row[x]:
                run += 1
            if row[x]:
                pieces.append(f"M{x + MARGIN_MODULES} {y + MARGIN_MODULES}.5h{run}")
            x += run
    return "".join(pieces)
