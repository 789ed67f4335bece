"""CSV files: one row an offering, columns named by field or told apart by a mapping file (TOML).

Owns: the mapping's form and how cells become a record. A row with another number of cells than the header is refused
before anything is mapped, so that no cell ever shifts silently. docs/imports.md shows a mapping.
"""

from __future__ import annotations

import csv
import hashlib
import io
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

from city.errors import FeedRefused, InvalidInput
from city.model import AccessFeature, Attendance, Audience, Kind, Price
from city.services.records import MeetingRecord, OfferingRecord, VenueRecord
from city.text import clean_line
from indexer.sources import Finding, Reading, SourceOptions
from indexer.sources.files import read_bytes
from indexer.sources.wording import plain, plain_line

LONGEST_ROW_CELLS = 200
MOST_ROWS = 200_000
TAGS = ("zh-Hans", "zh-Hant", "en")
TEXT_NAMES = ("title", "summary", "description", "venue", "address", "date_note")
TEXT_FIELDS = frozenset(f"{name}.{tag}" for name in TEXT_NAMES for tag in TAGS)
LIST_FIELDS = frozenset({"topics", "audiences", "languages", "date", "access_features"})
CELL_FIELDS = frozenset({"source_id", "kind", "attendance", "always_open", "level", "contact", "web_address"})
NUMBER_FIELDS = frozenset(
    {"starts", "ends", "price", "currency", "seats", "age_min", "age_max", "latitude", "longitude"}
)
FIELDS = TEXT_FIELDS | LIST_FIELDS | CELL_FIELDS | NUMBER_FIELDS
YES = frozenset({"1", "yes", "true", "y", "是"})
NO = frozenset({"", "0", "no", "false", "n", "否"})
FREE_WORDS = frozenset({"free", "免费", "免費"})


@dataclass(frozen=True)
class CsvMapping:
    """Which column is which field, what holds for every row, and how days, hours and lists are written."""

    columns: Mapping[str, str] = field(default_factory=dict)
    constants: Mapping[str, str] = field(default_factory=dict)
    date_format: str = "%Y-%m-%d"
    time_format: str = "%H:%M"
    list_separator: str = "|"
    delimiter: str = ","
    encoding: str = ""
    zone: str = ""

    @classmethod
    def read(cls, path: Path) -> CsvMapping:
        """Read a mapping; raises FeedRefused with the key that is wrong."""
        try:
            raw = tomllib.loads(read_bytes(path).decode("utf-8-sig"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as broken:
            raise FeedRefused(f"The mapping {path.name} is not TOML: {broken}.", file=str(path)) from broken
        return cls._checked(raw, path)

    @classmethod
    def _checked(cls, raw: dict[str, Any], path: Path) -> CsvMapping:
        constants = {str(key): _constant(value) for key, value in dict(raw.pop("constants", {})).items()}
        if "kind" in raw:
            constants.setdefault("kind", str(raw.pop("kind")))
        columns = {str(key): str(value) for key, value in dict(raw.pop("columns", {})).items()}
        unknown_keys = sorted(set(raw) - set(cls.__dataclass_fields__))
        unknown_fields = sorted({*columns.values(), *constants} - FIELDS)
        if unknown_keys or unknown_fields:
            raise FeedRefused(
                f"The mapping {path.name} names what is not known: {', '.join(unknown_keys + unknown_fields)}.",
                file=str(path),
                remedy=f"fields are {', '.join(sorted(FIELDS))}",
            )
        return cls(columns=columns, constants=constants, **{key: str(value) for key, value in raw.items()})


def _constant(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "|".join(str(part) for part in value) if isinstance(value, list) else str(value)


@dataclass(frozen=True)
class _Row:
    """One row: the line it begins on, and its cells."""

    line: int
    cells: list[str]


def read(path: Path, options: SourceOptions) -> Reading:
    """Read one CSV file; raises FeedRefused when it has no usable header or encoding."""
    mapping = CsvMapping.read(options.mapping) if options.mapping else CsvMapping()
    rows = list(_rows(_decoded(path, mapping), mapping.delimiter, path))
    if len(rows) < 2:
        raise FeedRefused(f"{path.name} holds no rows below its header.", file=str(path), remedy="a header and rows")
    header, reading = [clean_line(cell) for cell in rows[0].cells], Reading()
    whole = [row for row in rows[1:] if _has_all_cells(row, len(header), path.name, reading)]
    if whole:
        _Table(path, header, mapping, options, reading).transform(whole)
    return reading


def _decoded(path: Path, mapping: CsvMapping) -> str:
    content = read_bytes(path)
    if b"\x00" in content:
        line = content[: content.index(b"\x00")].count(b"\n") + 1
        raise FeedRefused(f"{path.name} holds a NUL byte.", file=str(path), line=line, remedy="a text file")
    for encoding in (mapping.encoding,) if mapping.encoding else ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except (UnicodeDecodeError, LookupError):
            continue
    raise FeedRefused(
        f"{path.name} is not in {mapping.encoding or 'UTF-8 or GB 18030'}.", file=str(path), remedy='encoding = "utf-8"'
    )


def _rows(text: str, delimiter: str, path: Path) -> Iterator[_Row]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    begins = 1
    try:
        for count, cells in enumerate(reader):
            if count > MOST_ROWS or len(cells) > LONGEST_ROW_CELLS:
                raise FeedRefused(f"{path.name} has too many rows or cells.", file=str(path), line=begins)
            if cells:
                yield _Row(begins, cells)
            begins = reader.line_num + 1
    except csv.Error as broken:
        raise FeedRefused(
            f"{path.name} is not CSV: {broken}.", file=str(path), line=begins, remedy="quote cells that hold quotes"
        ) from broken


def _has_all_cells(row: _Row, expected: int, file: str, reading: Reading) -> bool:
    if len(row.cells) == expected:
        return True
    reading.refusals.append(
        Finding(
            f"The row has {len(row.cells)} cells, the header {expected}.",
            file,
            row.line,
            value=row.cells[0][:80] if row.cells else "",
            remedy=f"{expected} cells",
        )
    )
    return False


class _Table:
    """All rows of one file on their way to records."""

    def __init__(
        self, path: Path, header: list[str], mapping: CsvMapping, options: SourceOptions, reading: Reading
    ) -> None:
        self._path, self._mapping, self._options, self._reading = path, mapping, options, reading
        self._fields = [self._field_of(name) for name in header]
        self._venues: dict[str, VenueRecord] = {}
        self._seen: dict[str, int] = {}
        self._refuse_unusable(header)

    def transform(self, rows: list[_Row]) -> None:
        for row in rows:
            try:
                self._reading.records.append(self._record(row))
            except InvalidInput as wrong:
                self._reading.refusals.append(self._finding(row, wrong))
        self._reading.venues = list(self._venues.values())

    def _field_of(self, column: str) -> str:
        return self._mapping.columns.get(column, column if column in FIELDS else "")

    def _refuse_unusable(self, header: list[str]) -> None:
        missing = sorted(set(self._mapping.columns) - set(header))
        if missing:
            raise FeedRefused(
                f"The mapping names columns that {self._path.name} does not have: {', '.join(missing)}.",
                file=str(self._path),
                line=1,
                remedy=f"the header is {', '.join(header)}",
            )
        if not any(name.startswith("title.") for name in (*self._fields, *self._mapping.constants)):
            raise FeedRefused(
                f"No column of {self._path.name} is a title.",
                file=str(self._path),
                line=1,
                remedy='--mapping MAP.toml with [columns] "Course Name" = "title.en"',
            )

    def _finding(self, row: _Row, wrong: InvalidInput) -> Finding:
        shown = str(wrong.value)[:200] if wrong.value is not None else None
        return Finding(str(wrong), self._path.name, row.line, self._part(row), wrong.field, shown, wrong.remedy)

    def _part(self, row: _Row) -> str:
        """Return the id of a refused row, "" when that cannot be read either."""
        cells = self._cells(row)
        try:
            return self._source_id(cells, _texts(cells, "title", plain_line))
        except InvalidInput:
            return ""

    def _cells(self, row: _Row) -> dict[str, str]:
        found = dict(self._mapping.constants)
        found.update(
            {name: cell.strip() for name, cell in zip(self._fields, row.cells, strict=True) if name and cell.strip()}
        )
        return found

    def _record(self, row: _Row) -> OfferingRecord:
        cells = self._cells(row)
        record = self._transformed(cells)
        if record.source_id in self._seen:
            raise InvalidInput(
                f"The same record stands in line {self._seen[record.source_id]} already.",
                field="source_id",
                value=record.source_id,
                remedy="one row a record",
            )
        self._seen[record.source_id] = row.line
        return record

    def _transformed(self, cells: dict[str, str]) -> OfferingRecord:
        title = _texts(cells, "title", plain_line)
        if not title:
            raise InvalidInput("The row has no title.", field="title", remedy="a title in at least one language")
        meetings, always_open = self._meetings(cells), _yes(cells, "always_open")
        if not meetings and not always_open:
            raise InvalidInput("The row has no day.", field="date", remedy="a day, or always_open = true")
        return OfferingRecord(
            source_id=self._source_id(cells, title),
            title=title,
            kind=_one_of(cells, "kind", Kind, self._options.kind),
            summary=_texts(cells, "summary", plain_line),
            description=_texts(cells, "description", plain),
            venue=self._venue(cells),
            topics=self._list(cells, "topics"),
            audiences=tuple(_known("audiences", part, Audience) for part in self._list(cells, "audiences")),
            languages=self._list(cells, "languages"),
            age_min=_count(cells, "age_min"),
            age_max=_count(cells, "age_max"),
            attendance=_one_of(cells, "attendance", Attendance, Attendance.IN_PERSON),
            always_open=always_open,
            prices=_prices(cells),
            level=clean_line(cells.get("level", "").lower(), field="level", longest=32),
            access_features=tuple(
                _known("access_features", part, AccessFeature) for part in self._list(cells, "access_features")
            ),
            date_note=_texts(cells, "date_note", plain_line),
            contact=clean_line(cells.get("contact", ""), field="contact"),
            web_address=_address(cells),
            seat_count=_count(cells, "seats"),
            zone=self._mapping.zone or self._options.zone,
            meetings=meetings,
        )

    def _source_id(self, cells: dict[str, str], title: dict[str, str]) -> str:
        if "source_id" in cells:
            return clean_line(cells["source_id"], field="source_id", longest=200)
        identity = "\x1f".join(
            [*title.values(), cells.get("web_address", ""), *(cells.get(f"venue.{t}", "") for t in TAGS)]
        )
        return hashlib.sha256(identity.encode()).hexdigest()[:24]

    def _venue(self, cells: dict[str, str]) -> str | None:
        name = _texts(cells, "venue", plain_line)
        if not name:
            return None
        source_id = hashlib.sha256("\x1f".join(name.values()).encode()).hexdigest()[:24]
        self._venues.setdefault(
            source_id,
            VenueRecord(
                source_id=source_id,
                name=name,
                address=_texts(cells, "address", plain_line),
                latitude=_degrees(cells, "latitude", 90),
                longitude=_degrees(cells, "longitude", 180),
            ),
        )
        return source_id

    def _list(self, cells: dict[str, str], name: str) -> tuple[str, ...]:
        parts = cells.get(name, "").replace("|", self._mapping.list_separator).split(self._mapping.list_separator)
        return tuple(clean_line(part, field=name) for part in parts if part.strip())

    def _meetings(self, cells: dict[str, str]) -> tuple[MeetingRecord, ...]:
        days = [self._day(part) for part in self._list(cells, "date")]
        starts, ends = self._hour(cells, "starts"), self._hour(cells, "ends")
        return tuple(MeetingRecord(day, starts, ends if starts else None) for day in sorted(set(days)))

    def _day(self, text: str) -> date:
        try:
            return datetime.strptime(text, self._mapping.date_format).date()  # noqa: DTZ007  (a calendar day)
        except ValueError as wrong:
            shown = date(2026, 11, 27).strftime(self._mapping.date_format)
            raise InvalidInput("This is not a day.", field="date", value=text, remedy=f"a day like {shown}") from wrong

    def _hour(self, cells: dict[str, str], name: str) -> time | None:
        if name not in cells:
            return None
        try:
            return datetime.strptime(cells[name], self._mapping.time_format).time()  # noqa: DTZ007  (a wall clock)
        except ValueError as wrong:
            shown = time(19, 30).strftime(self._mapping.time_format)
            raise InvalidInput("This is not an hour.", field=name, value=cells[name], remedy=f"like {shown}") from wrong


def _texts(cells: Mapping[str, str], name: str, clean: Any) -> dict[str, str]:
    found = {tag: clean(cells.get(f"{name}.{tag}", ""), field=f"{name}.{tag}") for tag in TAGS}
    return {tag: text for tag, text in found.items() if text}


def _yes(cells: Mapping[str, str], name: str) -> bool:
    word = cells.get(name, "").lower()
    if word not in YES | NO:
        raise InvalidInput("This is neither yes nor no.", field=name, value=word, remedy="yes or no")
    return word in YES


def _known(name: str, value: str, choices: Any) -> str:
    known = [str(choice) for choice in choices]
    if value not in known:
        raise InvalidInput("This is not one of the known values.", field=name, value=value, remedy=", ".join(known))
    return value


def _one_of(cells: Mapping[str, str], name: str, choices: Any, default: str) -> str:
    return _known(name, cells.get(name, str(default)).lower(), choices)


def _count(cells: Mapping[str, str], name: str) -> int | None:
    if name not in cells:
        return None
    if not cells[name].isascii() or not cells[name].isdigit() or int(cells[name]) > 100_000:
        raise InvalidInput("This is not a whole number.", field=name, value=cells[name], remedy="a number like 12")
    return int(cells[name])


def _degrees(cells: Mapping[str, str], name: str, limit: int) -> float | None:
    if name not in cells:
        return None
    try:
        value = float(cells[name])
    except ValueError:
        value = float("nan")
    if not -limit <= value <= limit:
        raise InvalidInput("These are not degrees.", field=name, value=cells[name], remedy="WGS84 degrees like 30.51")
    return value


def _prices(cells: Mapping[str, str]) -> tuple[dict[str, Any], ...]:
    if "price" not in cells:
        return ()
    word = cells["price"].lower().replace("￥", "").replace("¥", "").removesuffix("元").strip()
    try:
        amount = 0.0 if word in FREE_WORDS else float(word)
    except ValueError:
        amount = -1.0
    if not 0 <= amount < 1_000_000:
        raise InvalidInput("This is not a price.", field="price", value=cells["price"], remedy="20, 20.50 or free")
    return (Price(round(amount * 100), cells.get("currency", "CNY").upper()[:3]).as_json(),)


def _address(cells: Mapping[str, str]) -> str:
    address = clean_line(cells.get("web_address", ""), field="web_address", longest=2_000)
    if address and not address.startswith(("https://", "http://")):
        raise InvalidInput("This is not a web address.", field="web_address", value=address, remedy="https://…")
    return address
