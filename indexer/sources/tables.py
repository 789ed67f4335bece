"""Tables: rows of cells under a header, and how cells by field name become a record. CSV and Excel differ no further.

Owns: header and ragged rows, merged cells that repeat, and `CellRecords`, which every source whose records are cells by
name calls. A row with another number of cells than the header is refused before anything is mapped, so that no cell
ever shifts silently.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from city.errors import FeedRefused, InvalidInput
from city.services.records import MeetingRecord, OfferingRecord, VenueRecord
from city.terms import AccessFeature, Attendance, Audience, Kind
from city.text import clean_line
from indexer.sources import Finding, Reading, SourceOptions
from indexer.sources.cells import Cells, count, degrees, known, one_of, prices, texts, web_address, yes
from indexer.sources.datum import to_wgs84
from indexer.sources.mapping import FIELDS, TAGS, TableMapping
from indexer.sources.table_days import meetings_of
from indexer.sources.topic_words import topic_of
from indexer.sources.wording import plain, plain_line

LONGEST_ROW_CELLS = 200
MOST_ROWS = 200_000
LISTED = re.compile(r"[|/、;；,，\n]")
"""What parts topics, audiences, languages and access features, beside the mapping's own separator."""
CJK_COLON, COLON = "：", ": "


@dataclass(frozen=True)
class Row:
    """One row: the line (or sheet row) it begins on, and its cells as text."""

    line: int
    cells: list[str]
    wrong: Mapping[int, str] = field(default_factory=dict)
    """Position of a cell that cannot be used → why (Excel: an error, a formula without a value)."""


@dataclass(frozen=True)
class Table:
    """A header and its rows; `label` names the file (and sheet) in findings."""

    path: Path
    label: str
    header: list[str]
    header_line: int
    rows: list[Row]
    shown: Sequence[str] = ()
    """What findings call the columns where that is more than their names (Excel: letter and name)."""
    caption: str = ""
    """What stands above the header."""


def table_of(path: Path, label: str, rows: Sequence[Row], mapping: TableMapping) -> Table:
    """Find the header among rows; raises FeedRefused when there is none, or nothing below it."""
    at = _header_at(rows, mapping)
    below = at + (mapping.header_rows or (2 if _is_double(rows[at : at + 2]) else 1))
    if at >= len(rows) or below >= len(rows):
        raise FeedRefused(f"{label} holds no rows below its header.", file=str(path), remedy="a header and rows")
    header = _names(rows[at:below])
    filled = [row for row in rows[below:] if any(cell.strip() for cell in row.cells) or row.wrong]
    caption = " ".join(cell for row in rows[:at] for cell in row.cells if cell.strip())
    kept = list(_filled_down(filled, header, mapping))
    return Table(path, label, header, rows[at].line, kept, caption=caption)


def _header_at(rows: Sequence[Row], mapping: TableMapping) -> int:
    if mapping.header_row:
        return next((at for at, row in enumerate(rows) if row.line >= mapping.header_row), len(rows))
    return next((at for at, row in enumerate(rows) if sum(bool(cell.strip()) for cell in row.cells) >= 2), 0)


def _is_double(rows: Sequence[Row]) -> bool:
    """True when the second row names only the parts of cells that the first one merges over several columns."""
    if len(rows) < 2:
        return False
    upper, lower = ([bool(cell.strip()) for cell in row.cells] for row in rows)
    width = min(len(upper), len(lower))
    parts = {at for at in range(1, width) if upper[at - 1] and not upper[at] and lower[at]}
    merged = parts | {at - 1 for at in parts} | {at for at in range(width) if not upper[at]}
    named = {at for at in range(width) if lower[at]}
    return bool(parts) and named <= merged and any(upper[at] for at in range(width) if at not in named)


def _names(rows: Sequence[Row]) -> list[str]:
    """Return the column names; of two rows joined, an empty cell of the upper one repeats its left neighbour."""
    lines = [[clean_line(cell) for cell in row.cells] for row in rows]
    for line in lines[:-1]:
        for at in range(1, len(line)):
            line[at] = line[at] or line[at - 1]
    width = max(len(line) for line in lines)
    padded = [line + [""] * (width - len(line)) for line in lines]
    return [" ".join(dict.fromkeys(part for part in parts if part)) for parts in zip(*padded, strict=True)]


def _filled_down(rows: Sequence[Row], header: Sequence[str], mapping: TableMapping) -> Iterator[Row]:
    """Yield the rows with empty cells of `fill_down` columns taken from the row above."""
    columns = [at for at, name in enumerate(header) if name in mapping.fill_down]
    above: dict[int, str] = {}
    for row in rows:
        cells = list(row.cells)
        for at in columns:
            if at < len(cells):
                cells[at] = above[at] = cells[at].strip() or above.get(at, "")
        yield Row(row.line, cells, row.wrong)


def read_table(table: Table, mapping: TableMapping, options: SourceOptions) -> Reading:
    """Return the records of a table, ragged rows and wrong cells refused alone; raises FeedRefused for its header."""
    reading = Reading()
    whole = [row for row in table.rows if _has_all_cells(row, table, reading)]
    if whole:
        _Transformed(table, mapping, options, reading).transform(whole)
    return reading


def is_named_by_field(header: Sequence[str]) -> bool:
    """True when the columns are named like our fields, so that no mapping is needed.

    A "title" without a language may be anybody's: then all columns have to be ours.
    """
    return any(name.startswith("title.") for name in header if name in FIELDS) or (
        "title" in header and all(name in FIELDS for name in header if name)
    )


def _has_all_cells(row: Row, table: Table, reading: Reading) -> bool:
    if len(row.cells) == len(table.header):
        return True
    reading.refusals.append(
        Finding(
            f"The row has {len(row.cells)} cells, the header {len(table.header)}.",
            table.label,
            row.line,
            value=row.cells[0][:80] if row.cells else "",
            remedy=f"{len(table.header)} cells",
        )
    )
    return False


class _Transformed:
    """All rows of one table on their way to records."""

    def __init__(self, table: Table, mapping: TableMapping, options: SourceOptions, reading: Reading) -> None:
        self._table, self._mapping, self._reading = table, mapping, reading
        self._fields = [mapping.columns.get(name, name if name in FIELDS else "") for name in table.header]
        self._records = CellRecords(mapping, options)
        self._seen: dict[str, int] = {}
        self._refuse_unusable()

    def transform(self, rows: Sequence[Row]) -> None:
        for row in rows:
            try:
                self._reading.records.append(self._record(row))
            except InvalidInput as wrong:
                self._reading.refusals.append(self._finding(row, wrong))
        self._reading.venues = self._records.venues

    def _refuse_unusable(self) -> None:
        table = self._table
        missing = sorted({*self._mapping.columns, *self._mapping.fill_down} - set(table.header))
        if missing:
            raise FeedRefused(
                f"The mapping names columns that {table.label} does not have: {', '.join(missing)}.",
                file=str(table.path),
                line=table.header_line,
                remedy=f"the header is {', '.join(table.header)}",
            )
        if not any(name.partition(".")[0] == "title" for name in (*self._fields, *self._mapping.constants)):
            raise FeedRefused(
                f"No column of {table.label} is a title.",
                file=str(table.path),
                line=table.header_line,
                remedy='--mapping MAP.toml with [columns] "Course Name" = "title.en"',
            )

    def _record(self, row: Row) -> OfferingRecord:
        for at, why in row.wrong.items():
            if self._fields[at]:
                raise InvalidInput(why, field=self._fields[at], remedy="the value itself")
        record = self._records.record(self._cells(row))
        if record.source_id in self._seen:
            raise InvalidInput(
                f"The same record stands in line {self._seen[record.source_id]} already.",
                field="source_id",
                value=record.source_id,
                remedy="one row a record",
            )
        self._seen[record.source_id] = row.line
        return record

    def _cells(self, row: Row) -> dict[str, str]:
        """Return cells by field; several columns of one text are joined, and a note is led by its column's name."""
        found: dict[str, str] = {}
        for name, column, cell in zip(self._fields, self._table.header, row.cells, strict=True):
            if not name or not (text := cell.strip()):
                continue
            if name.partition(".")[0] == "note":
                text = f"{column}{CJK_COLON if name.endswith(('Hans', 'Hant')) else COLON}{text}"
            found[name] = f"{found[name]}\n{text}" if name in found else text
        return found

    def _finding(self, row: Row, wrong: InvalidInput) -> Finding:
        shown = str(wrong.value)[:200] if wrong.value is not None else None
        return Finding(
            self._with_column(wrong), self._table.label, row.line, self._part(row), wrong.field, shown, wrong.remedy
        )

    def _with_column(self, wrong: InvalidInput) -> str:
        """Say which column it is where its name is not the field's."""
        shown = self._table.shown or self._table.header
        column = next((name for name, own in zip(shown, self._fields, strict=True) if own == wrong.field), "")
        return f"Column {column!r}: {wrong}" if column and column != wrong.field else str(wrong)

    def _part(self, row: Row) -> str:
        """Return the id of a refused row, "" when that cannot be read either."""
        try:
            return self._records.source_id(self._cells(row))
        except InvalidInput:
            return ""


class CellRecords:
    """Turns cells by field name into records; venues that rows name in words are gathered in `venues`."""

    def __init__(self, mapping: TableMapping, options: SourceOptions) -> None:
        self._mapping, self._options = mapping, options
        self._venues: dict[str, VenueRecord] = {}

    @property
    def venues(self) -> list[VenueRecord]:
        return list(self._venues.values())

    def source_id(self, cells: Cells) -> str:
        """Return the id of a record, "" of one that nothing identifies; raises InvalidInput."""
        return self._source_id(self._complete(cells))

    def _source_id(self, cells: Cells) -> str:
        if "source_id" in cells:
            return clean_line(cells["source_id"], field="source_id", longest=200)
        title = texts(cells, "title", plain_line)
        places = (cells.get(f"venue.{tag}", "") for tag in TAGS)
        untagged = [cells["venue"]] if "venue" in cells else []
        identity = "\x1f".join([*title.values(), cells.get("web_address", ""), *places, *untagged])
        return hashlib.sha256(identity.encode()).hexdigest()[:24] if title else ""

    def record(self, cells: Cells, meetings: tuple[MeetingRecord, ...] = ()) -> OfferingRecord:
        """Return a record; `meetings` where the source states them in another way than by cells."""
        cells = self._complete(cells)
        title = texts(cells, "title", plain_line)
        if not title:
            raise InvalidInput("The row has no title.", field="title", remedy="a title in at least one language")
        meetings, always_open = meetings or meetings_of(cells, self._mapping), yes(cells, "always_open")
        if not meetings and not always_open:
            raise InvalidInput("The row has no day.", field="date", remedy="a day, or always_open = true")
        return OfferingRecord(
            source_id=self._source_id(cells),
            title=title,
            kind=one_of(cells, "kind", Kind, self._options.kind),
            summary=texts(cells, "summary", plain_line),
            description=_description(cells),
            venue=self._venue(cells),
            topics=self._list(cells, "topics"),
            audiences=tuple(known("audiences", part, Audience) for part in self._list(cells, "audiences")),
            languages=self._list(cells, "languages"),
            age_min=count(cells, "age_min"),
            age_max=count(cells, "age_max"),
            attendance=one_of(cells, "attendance", Attendance, Attendance.IN_PERSON),
            always_open=always_open,
            prices=prices(cells),
            level=clean_line(plain_line(cells.get("level", "").lower(), field="level"), field="level", longest=32),
            access_features=tuple(
                known("access_features", part, AccessFeature) for part in self._list(cells, "access_features")
            ),
            date_note=texts(cells, "date_note", plain_line),
            bring=texts(cells, "bring", plain_line),
            contact=plain_line(cells.get("contact", ""), field="contact"),
            web_address=web_address(cells),
            seat_count=count(cells, "seats"),
            zone=self._mapping.zone or self._options.zone,
            meetings=meetings,
        )

    def _complete(self, cells: Cells) -> dict[str, str]:
        """Return the cells with the mapping's constants below them and its values in place of words."""
        found = {**self._mapping.constants, **cells}
        for name, words in self._mapping.values.items():
            if name in found:
                found[name] = words.get(found[name], found[name])
        return found

    def _venue(self, cells: Cells) -> str | None:
        name = texts(cells, "venue", plain_line)
        if not name:
            return None
        source_id = hashlib.sha256("\x1f".join(name.values()).encode()).hexdigest()[:24]
        latitude, longitude = self._position(cells)
        self._venues.setdefault(
            source_id,
            VenueRecord(
                source_id=source_id,
                name=name,
                address=texts(cells, "address", plain_line),
                latitude=latitude,
                longitude=longitude,
            ),
        )
        return source_id

    def _position(self, cells: Cells) -> tuple[float | None, float | None]:
        latitude, longitude = degrees(cells, "latitude", 90), degrees(cells, "longitude", 180)
        if latitude is None or longitude is None:
            return latitude, longitude
        return to_wgs84(latitude, longitude, self._options.datum)

    def _list(self, cells: Cells, name: str) -> tuple[str, ...]:
        """Return the parts of a cell; a part may stand for another by the mapping's values, or name a topic."""
        words = self._mapping.values.get(name, {})
        found: list[str] = []
        for part in self._parts(cells.get(name, "")):
            meant = words.get(part) or (topic_of(part) if name == "topics" else "") or part
            found += filter(None, (plain_line(piece, field=name) for piece in self._parts(meant)))
        return tuple(dict.fromkeys(found))

    def _parts(self, text: str) -> list[str]:
        parts = LISTED.split(text.replace(self._mapping.list_separator, "|"))
        return [part.strip() for part in parts if part.strip()]


def _description(cells: Cells) -> dict[str, str]:
    """Return the description with the notes below it."""
    described, notes = texts(cells, "description", plain), texts(cells, "note", plain)
    tags = dict.fromkeys([*described, *notes])
    return {tag: "\n\n".join(part for part in (described.get(tag), notes.get(tag)) if part) for tag in tags}
