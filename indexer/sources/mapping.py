"""Mapping files (TOML): which column is which field, which words stand for which values, what holds for every row.

Owns: the mapping's form, the names of the fields and how a wrong mapping is refused. Used by every source whose records
are cells by name: CSV, Excel, OAI-PMH, RSS. docs/imports.md shows mappings.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from city.errors import FeedRefused
from indexer.sources.files import read_text

TAGS = ("zh-Hans", "zh-Hant", "en")
TEXT_NAMES = ("title", "summary", "description", "note", "venue", "address", "date_note", "bring")
TEXT_FIELDS = frozenset({*TEXT_NAMES, *(f"{name}.{tag}" for name in TEXT_NAMES for tag in TAGS)})
"""A text without a tag is told apart by its script, cell by cell."""
LIST_FIELDS = frozenset({"topics", "audiences", "languages", "access_features"})
DAY_FIELDS = frozenset({"date", "from", "to", "weekdays", "times", "except", "hours", "starts", "ends"})
CELL_FIELDS = frozenset({"source_id", "kind", "attendance", "always_open", "level", "contact", "web_address"})
NUMBER_FIELDS = frozenset({"price", "currency", "seats", "age_min", "age_max", "latitude", "longitude"})
FIELDS = TEXT_FIELDS | LIST_FIELDS | DAY_FIELDS | CELL_FIELDS | NUMBER_FIELDS
TABLES = ("columns", "constants", "values")
NUMBERS = ("header_row", "header_rows")
EXAMPLE_MOMENT = datetime(2026, 11, 27, 19, 30)  # noqa: DTZ001  (a wall clock, to show formats by)


@dataclass(frozen=True)
class TableMapping:
    """What a mapping file says; without one everything has its default.

    `values` are words of a field and what they stand for, several joined by "|". `header_row` counts from 1, 0 is the
    first row with at least two filled cells. With `header_rows` = 2 the names of both rows are joined; 0 tells by cells
    that look merged. `fill_down` names columns whose empty cells repeat the cell above, as merged cells do.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    constants: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    date_format: str = "%Y-%m-%d"
    time_format: str = "%H:%M"
    list_separator: str = "|"
    delimiter: str = ""
    encoding: str = ""
    zone: str = ""
    sheet: str = ""
    header_row: int = 0
    header_rows: int = 0
    fill_down: tuple[str, ...] = ()

    @classmethod
    def read(cls, path: Path | None) -> TableMapping:
        """Read a mapping file, the defaults where there is none; raises FeedRefused with the key that is wrong."""
        if path is None:
            return cls()
        return cls.parse(read_text(path, ("utf-8-sig",)), path.name)

    @classmethod
    def parse(cls, text: str, name: str) -> TableMapping:
        """Return the mapping of a TOML text; `name` is what a refusal calls it."""
        try:
            raw = tomllib.loads(text)
        except tomllib.TOMLDecodeError as broken:
            raise FeedRefused(f"The mapping {name} is not TOML: {broken}.", file=name) from broken
        return cls._checked(raw, name)

    @classmethod
    def _checked(cls, raw: dict[str, Any], name: str) -> TableMapping:
        if "kind" in raw:
            raw.setdefault("constants", {}).setdefault("kind", raw.pop("kind"))
        for key in TABLES:
            if not isinstance(raw.get(key, {}), dict):
                raise FeedRefused(f"The mapping {name} needs [{key}] as a table.", file=name, remedy=f"[{key}]")
        constants = {str(key): _as_cell(value) for key, value in raw.pop("constants", {}).items()}
        columns = {str(key): str(value) for key, value in raw.pop("columns", {}).items()}
        values = {str(key): _as_words(value, str(key), name) for key, value in raw.pop("values", {}).items()}
        unknown_keys = sorted(set(raw) - set(cls.__dataclass_fields__))
        unknown_fields = sorted({*columns.values(), *constants, *values} - FIELDS)
        if unknown_keys or unknown_fields:
            raise FeedRefused(
                f"The mapping {name} names what is not known: {', '.join(unknown_keys + unknown_fields)}.",
                file=name,
                remedy=f"fields are {', '.join(sorted(FIELDS))}",
            )
        settings = {key: _setting(key, value, name) for key, value in raw.items()}
        return cls(columns=columns, constants=constants, values=values, **settings)


def _setting(key: str, value: Any, name: str) -> Any:
    if key in NUMBERS:
        if not isinstance(value, int) or not 0 <= value <= 100:
            raise FeedRefused(f"The mapping {name} needs a small number as {key}.", file=name, remedy=f"{key} = 1")
        return value
    if key == "fill_down":
        return tuple(str(part) for part in value) if isinstance(value, list) else (str(value),)
    if key in ("date_format", "time_format"):
        _refuse_format(key, str(value), name)
    return str(value)


def _refuse_format(key: str, value: str, name: str) -> None:
    try:
        datetime.strptime(EXAMPLE_MOMENT.strftime(value), value)  # noqa: DTZ007
    except ValueError as wrong:
        raise FeedRefused(
            f"The mapping {name} has a {key} that nothing can be read by: {value!r}.",
            file=name,
            remedy='date_format = "%d.%m.%Y" or time_format = "%H:%M"',
        ) from wrong


def _as_words(value: Any, field_name: str, name: str) -> dict[str, str]:
    if not isinstance(value, dict):
        raise FeedRefused(
            f"The mapping {name} needs [values.{field_name}] as a table.",
            file=name,
            remedy='[values.topics] "计算机" = "coding"',
        )
    return {str(word): _as_cell(meant) for word, meant in value.items()}


def _as_cell(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "|".join(str(part) for part in value) if isinstance(value, list) else str(value)
