"""Cells for others' spreadsheets: a text that a spreadsheet would take for a formula is marked as text.

Source: OWASP ASVS 5.0, 1.2.10. Called by everything that writes CSV.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

STARTS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\x00", "＝", "＋", "－", "＠")
BYTE_ORDER_MARK = "\ufeff"
"""Without it a spreadsheet takes Chinese letters for something else."""


def cell(value: object) -> object:
    """Return the value as it may stand in a cell; numbers stay numbers."""
    if not isinstance(value, str):
        return value
    return f"'{value}" if value.startswith(STARTS_A_FORMULA) else value


def csv_text(rows: Iterable[Sequence[object]]) -> str:
    """Return the rows as CSV (RFC 4180), each cell safe."""
    written = io.StringIO()
    writer = csv.writer(written)
    writer.writerows([cell(value) for value in row] for row in rows)
    return BYTE_ORDER_MARK + written.getvalue()
