"""Excel workbooks (.xlsx): one sheet as a table; what the rows then mean is `tables`.

Owns: which sheet is read, and how real dates, times and numbers become cells. Formulas are never evaluated: what Excel
kept as their value is read, and a formula without one refuses its row. Old .xls files are refused with what to do.
"""

from __future__ import annotations

import warnings
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from itertools import repeat
from pathlib import Path
from typing import Any

import openpyxl
from openpyxl.utils import get_column_letter

from city.errors import FeedRefused
from indexer.sources import Reading, SourceOptions
from indexer.sources.files import check_workbook, read_bytes
from indexer.sources.guessing import read_confirmed
from indexer.sources.mapping import TableMapping
from indexer.sources.tables import LONGEST_ROW_CELLS, MOST_ROWS, Row, Table, table_of

OLE = b"\xd0\xcf\x11\xe0"
"""How .xls files begin, and .xlsx files with a password."""
NO_VALUE = "The cell holds a formula whose value the file does not keep."
FORMULA_MARKS = (b"<f>", b"<f ", b"<f/")


def read(path: Path, options: SourceOptions) -> Reading:
    """Read one sheet of a workbook; raises FeedRefused when it is none, or has no usable sheet or header."""
    mapping = TableMapping.read(options.mapping)
    return read_confirmed(table_in(path, mapping), mapping, options)


def table_in(path: Path, mapping: TableMapping) -> Table:
    """Return header and rows of the sheet that the mapping names, else of the first visible one with rows."""
    _refuse_old(path)
    check_workbook(path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what the library leaves out: styles, validation, drawings
            return _table(path, mapping)
    except FeedRefused:
        raise
    except Exception as broken:  # the library raises many kinds on damaged parts; each means the same
        raise FeedRefused(
            f"{path.name} cannot be read as a workbook ({type(broken).__name__}).",
            file=str(path),
            remedy="open it in a spreadsheet program and save it as .xlsx again",
        ) from broken


def _refuse_old(path: Path) -> None:
    if read_bytes(path).startswith(OLE):
        raise FeedRefused(
            f"{path.name} is an old .xls workbook, or one with a password.",
            file=str(path),
            remedy="save it as .xlsx without a password, or as CSV",
        )


def _table(path: Path, mapping: TableMapping) -> Table:
    values = openpyxl.load_workbook(path, read_only=True, data_only=True)
    formulas = openpyxl.load_workbook(path, read_only=True) if _holds_formulas(path) else None
    try:
        for sheet in _sheets(values, mapping, path):
            twin = formulas[sheet.title] if formulas else None
            rows = list(_rows(sheet, twin, mapping, path))
            if len(rows) >= 2 or mapping.sheet:
                return _with_letters(table_of(path, f"{path.name} [{sheet.title}]", rows, mapping))
    finally:
        for workbook in (values, formulas):
            if workbook is not None:
                workbook.close()
    raise FeedRefused(f"{path.name} holds no sheet with rows.", file=str(path), remedy="a header and rows")


def _holds_formulas(path: Path) -> bool:
    with zipfile.ZipFile(path) as archive:
        sheets = [name for name in archive.namelist() if name.startswith("xl/worksheets/") and name.endswith(".xml")]
        return any(mark in archive.read(name) for name in sheets for mark in FORMULA_MARKS)


def _sheets(workbook: Any, mapping: TableMapping, path: Path) -> list[Any]:
    if not mapping.sheet:
        return [sheet for sheet in workbook.worksheets if sheet.sheet_state == "visible"]
    named = [sheet for sheet in workbook.worksheets if sheet.title == mapping.sheet]
    if not named:
        names = ", ".join(sheet.title for sheet in workbook.worksheets)
        raise FeedRefused(
            f"{path.name} has no sheet called {mapping.sheet!r}.", file=str(path), remedy=f"its sheets are {names}"
        )
    return named


def _rows(sheet: Any, twin: Any, mapping: TableMapping, path: Path) -> Iterator[Row]:
    """Yield the rows that hold anything, all of one width."""
    for each in (sheet, twin):
        if each is not None:
            each.reset_dimensions()  # a file may state a size that is not its own
    found: list[Row] = []
    pairs = zip(sheet.iter_rows(), twin.iter_rows() if twin is not None else repeat(()), strict=False)
    for number, (cells, formulas) in enumerate(pairs, start=1):
        row = _row(number, cells, formulas, mapping)
        if len(found) > MOST_ROWS or len(row.cells) > LONGEST_ROW_CELLS:
            raise FeedRefused(f"{path.name} has too many rows or columns.", file=str(path), line=number)
        if row.cells or row.wrong:
            found.append(row)
    width = max((len(row.cells) for row in found), default=0)
    yield from (Row(row.line, row.cells + [""] * (width - len(row.cells)), row.wrong) for row in found)


def _row(number: int, cells: Sequence[Any], formulas: Sequence[Any], mapping: TableMapping) -> Row:
    texts = [_as_text(cell.value, mapping) for cell in cells]
    wrong = {at: f"The cell holds the error {cell.value}." for at, cell in enumerate(cells) if cell.data_type == "e"}
    for at, formula in enumerate(formulas):
        if formula.data_type == "f" and (at >= len(texts) or not texts[at]):
            wrong[at] = NO_VALUE
    while texts and not texts[-1] and len(texts) - 1 not in wrong:
        texts.pop()
    return Row(number, texts + [""] * (max(wrong, default=-1) + 1 - len(texts)), wrong)


def _as_text(value: Any, mapping: TableMapping) -> str:
    """Return a cell as the mapping's formats write it; a whole number without its point."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else f"{value:.10g}"
    if isinstance(value, datetime):
        midnight = (value.hour, value.minute, value.second) == (0, 0, 0)
        return value.strftime(mapping.date_format if midnight else "%Y-%m-%d %H:%M")
    if isinstance(value, date):
        return value.strftime(mapping.date_format)
    if isinstance(value, timedelta) and timedelta(0) <= value < timedelta(days=1):
        value = (datetime.combine(date.min, time.min) + value).time()
    if isinstance(value, time):
        return value.strftime(mapping.time_format)
    return "" if value is None else str(value).strip()


def _with_letters(table: Table) -> Table:
    """Return the table with columns shown as people find them: by letter, then name."""
    shown = [f"{get_column_letter(at)} {name}".strip() for at, name in enumerate(table.header, start=1)]
    return replace(table, shown=shown)
