"""The guess for a table's file, to be shown before anything is imported.

Owns: which reader a file needs. Called by whoever shows an operator what an upload would become.
"""

from __future__ import annotations

from pathlib import Path

from indexer.sources import csv_file, excel
from indexer.sources.guessing import Guess, guess_for
from indexer.sources.mapping import TableMapping

WORKBOOKS = (".xlsx", ".xlsm", ".xls")


def guessed_mapping(path: Path) -> Guess:
    """Return the mapping guessed for a CSV file or a workbook; raises FeedRefused when no column is a title."""
    reader = excel if path.suffix.lower() in WORKBOOKS else csv_file
    return guess_for(reader.table_in(path, TableMapping()))
