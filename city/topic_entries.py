"""The file `city/topics.csv`: what a city's offerings may be about, in both languages, with other words for it.

Owns: its columns and what fits together. Free of database, so that whoever reads a feed can ask which topic a word
names; `city.services.topic_list` brings the entries into the catalogue.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from city.errors import ConfigurationError

TOPICS_FILE = Path(__file__).resolve().parent / "topics.csv"
COLUMNS = ("slug", "parent", "name_zh", "name_en", "synonyms_zh", "synonyms_en")


@dataclass(frozen=True)
class TopicEntry:
    """An entry of the list; a parent has no parent itself. `synonyms` by BCP 47 tag."""

    slug: str
    parent: str
    name: Mapping[str, str]
    synonyms: Mapping[str, list[str]]


def read_topic_list(path: Path = TOPICS_FILE) -> list[TopicEntry]:
    """Read the list in the order of the file; raises ConfigurationError naming the line that does not fit."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    parents = {row["slug"] for row in rows if not row["parent"]}
    for line, row in enumerate(rows, start=2):
        _check(path, line, row, parents)
    return [_entry(row) for row in rows]


def _check(path: Path, line: int, row: Mapping[str, str | None], parents: set[str]) -> None:
    if set(row) != set(COLUMNS) or None in row.values():
        raise ConfigurationError(f"{path.name}, line {line}: a topic has {len(COLUMNS)} cells: {', '.join(COLUMNS)}.")
    empty = [name for name in COLUMNS if name != "parent" and not row[name]]
    if empty:
        raise ConfigurationError(f"{path.name}, line {line}: {', '.join(empty)} must not be empty.")
    if row["parent"] and row["parent"] not in parents:
        raise ConfigurationError(
            f"{path.name}, line {line}: {row['parent']!r} is no topic without a parent of its own."
        )


def _entry(row: Mapping[str, str]) -> TopicEntry:
    return TopicEntry(
        row["slug"],
        row["parent"],
        {"zh-Hans": row["name_zh"], "en": row["name_en"]},
        {"zh-Hans": _words(row["synonyms_zh"]), "en": _words(row["synonyms_en"])},
    )


def _words(cell: str) -> list[str]:
    return [word.strip() for word in cell.split("|") if word.strip()]
