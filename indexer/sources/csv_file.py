"""CSV files: one row an offering, columns named by field, told apart by a mapping file, or guessed and confirmed.

Owns: encoding, delimiter, and quoting; what the rows then mean is `tables`.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path

from city.errors import FeedRefused
from indexer.sources import Reading, SourceOptions
from indexer.sources.files import ENCODINGS, read_text
from indexer.sources.guessing import read_confirmed
from indexer.sources.mapping import TableMapping
from indexer.sources.tables import LONGEST_ROW_CELLS, MOST_ROWS, Row, Table, table_of

DELIMITERS = (",", ";", "\t")


def read(path: Path, options: SourceOptions) -> Reading:
    """Read one CSV file; raises FeedRefused when it has no usable header or encoding, or a guess is to be confirmed."""
    mapping = TableMapping.read(options.mapping)
    return read_confirmed(table_in(path, mapping), mapping, options)


def table_in(path: Path, mapping: TableMapping) -> Table:
    """Return the header and rows of a file as they stand in it."""
    text = read_text(path, (mapping.encoding,) if mapping.encoding else ENCODINGS)
    rows = list(_rows(text, mapping.delimiter or _delimiter_of(text), path))
    return table_of(path, path.name, rows, mapping)


def _delimiter_of(text: str) -> str:
    """Return what the first line is parted by most often, the comma when by nothing."""
    first = text.lstrip("\r\n").partition("\n")[0]
    return max(DELIMITERS, key=first.count)


def _rows(text: str, delimiter: str, path: Path) -> Iterator[Row]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    begins = 1
    try:
        for count, cells in enumerate(reader):
            if count > MOST_ROWS or len(cells) > LONGEST_ROW_CELLS:
                raise FeedRefused(f"{path.name} has too many rows or cells.", file=str(path), line=begins)
            if cells:
                yield Row(begins, cells)
            begins = reader.line_num + 1
    except csv.Error as broken:
        raise FeedRefused(
            f"{path.name} is not CSV: {broken}.", file=str(path), line=begins, remedy="quote cells that hold quotes"
        ) from broken
