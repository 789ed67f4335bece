"""A mapping guessed from a table's header and its first cells, shown for confirmation.

Owns: which column is which field, how days are written, which topics words name, how sure that is, and the ready
mapping file that says it. A guess is never used unless a person says so (`--accept-guess`, or saves it as a mapping).
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from city.analysis import fold
from city.errors import FeedRefused, InvalidInput
from city.terms import Audience
from city.text import clean_line
from indexer.sources import Finding, Reading, SourceOptions
from indexer.sources import cells as cell
from indexer.sources.header_words import field_for
from indexer.sources.mapping import FIELDS, TEXT_NAMES, TableMapping
from indexer.sources.scripts_of_text import tag_of
from indexer.sources.table_days import meetings_of, weekdays_in
from indexer.sources.tables import LISTED, Table, is_named_by_field, read_table
from indexer.sources.topic_words import topic_of
from indexer.sources.wording import hours_in

LOOKED_AT = 200
EXAMPLES, EXAMPLE_LETTERS = 3, 30
MOST_TOPIC_WORDS = 60
SURE, PROBABLE = 0.95, 0.6
"""From these shares of cells on that are what the header promises, a guess is sure, or at least worth showing."""
OFTEN_MERGED = ("venue", "address", "topics", "note", "hours")
MIXED = 0.1
DATE_FORMATS = ("%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y年%m月%d日", "%Y%m%d", "%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y")
CONFIRM = "confirm by --mapping MAP.toml, or by --accept-guess"
RULE_FIELDS = ("from", "to", "weekdays", "times")


@dataclass(frozen=True)
class GuessedColumn:
    """One column: the field it most likely is ("" when none), how sure, and what its first cells look like."""

    name: str
    field: str
    sureness: str
    examples: tuple[str, ...] = ()


@dataclass(frozen=True)
class Guess:
    """A mapping as text, column by column why, and the columns that would not be used."""

    toml: str
    columns: tuple[GuessedColumn, ...]
    unused: tuple[GuessedColumn, ...] = ()

    @property
    def mapping(self) -> TableMapping:
        return TableMapping.parse(self.toml, "the guessed mapping")


def read_confirmed(table: Table, mapping: TableMapping, options: SourceOptions) -> Reading:
    """Read a table by its mapping, its own field names or an accepted guess; else return only a guess to confirm."""
    whole = [row for row in table.rows if len(row.cells) == len(table.header)]
    if options.mapping is not None or not whole:
        return read_table(table, mapping, options)
    if is_named_by_field(table.header):
        reading = read_table(table, mapping, options)
        unknown = [name for name in table.header if name and name not in FIELDS]
        reading.remarks += [_told(GuessedColumn(name, "", "not known"), table) for name in unknown]
        return reading
    guess = guess_for(table)
    if not options.accept_guess:
        message = f"{table.label} comes without a mapping; one is guessed from its header."
        finding = Finding(message, table.label, table.header_line, remedy=CONFIRM)
        return Reading(refusals=[finding], guessed_mapping=guess.toml)
    reading = read_table(table, guess.mapping, options)
    reading.remarks[:0] = [_told(column, table) for column in (*guess.columns, *guess.unused)]
    return reading


def _told(column: GuessedColumn, table: Table) -> Finding:
    message = f"Guessed, {column.sureness}: column {column.name} is {column.field}."
    return Finding(
        message if column.field else f"Column {column.name} is not used.",
        table.label,
        table.header_line,
        field=column.field,
        value=", ".join(column.examples),
    )


def guess_for(table: Table) -> Guess:
    """Return the mapping that fits a table's header and cells best; raises FeedRefused when no column is a title."""
    columns = [
        _Column(name, [row.cells[at].strip() for row in table.rows[:LOOKED_AT] if len(row.cells) == len(table.header)])
        for at, name in enumerate(table.header)
        if name
    ]
    guessed = list(_Guessing(columns).columns())
    if not any(column.field.startswith("title") for column in guessed):
        raise FeedRefused(
            f"No column of {table.label} looks like a title.",
            file=str(table.path),
            line=table.header_line,
            remedy='--mapping MAP.toml with [columns] "Course Name" = "title.en"',
        )
    used = tuple(column for column in guessed if column.field)
    unused = tuple(column for column in guessed if not column.field)
    return Guess(_Toml(table, used, unused, {column.name: column for column in columns}).text(), used, unused)


@dataclass
class _Column:
    """A column's name and its first cells, empty ones included."""

    name: str
    cells: list[str]
    filled: list[str] = field(init=False)

    def __post_init__(self) -> None:
        self.filled = [text for text in self.cells if text]

    @property
    def examples(self) -> tuple[str, ...]:
        shown = (" ".join(text.split())[: EXAMPLE_LETTERS + 1] for text in dict.fromkeys(self.filled))
        cut = (text if len(text) <= EXAMPLE_LETTERS else text[:EXAMPLE_LETTERS] + "…" for text in shown)
        return tuple(text for text, _ in zip(cut, range(EXAMPLES), strict=False))

    def share(self, fits: Callable[[str], object]) -> float:
        """Return the share of filled cells that a reader takes."""
        return sum(_is_taken(fits, text) for text in self.filled) / len(self.filled) if self.filled else 0.0

    def tagged(self, name: str) -> str:
        """Return a text field with the tag of the cells' script, without one where they are mixed."""
        if name == "note" and tag_of(self.name) != "en":
            return f"{name}.{tag_of(self.name)}"  # a note is led by the column's name
        tags = Counter(tag_of(text) for text in self.filled[:50])
        (tag, most), *_ = tags.most_common(1) or [("zh-Hans", 1)]
        return f"{name}.{tag}" if sum(tags.values()) - most <= MIXED * max(sum(tags.values()), 1) else name


def _is_taken(fits: Callable[[str], object], text: str) -> bool:
    try:
        return bool(fits(text))
    except InvalidInput:
        return False


def _fits(name: str) -> Callable[[str], object] | None:
    """Return what tells whether a cell can be the field; None where any text can."""
    if name in ("date", "from", "to", "except"):
        form = TableMapping()
        return lambda text: _date_format([text]) or meetings_of({"date": text}, form)
    readers: dict[str, Callable[[str], object]] = {
        "weekdays": weekdays_in,
        "hours": hours_in,
        "starts": hours_in,
        "ends": hours_in,
        "price": lambda text: cell.prices({"price": text}),
        "web_address": lambda text: cell.web_address({"web_address": text}),
        "latitude": lambda text: cell.degrees({"latitude": text}, "latitude", 90) is not None,
        "longitude": lambda text: cell.degrees({"longitude": text}, "longitude", 180) is not None,
        "audiences": lambda text: cell.known("audiences", text, Audience),
        "languages": lambda text: len(text) <= 7 and text.isascii(),
    }
    if name in ("seats", "age_min", "age_max", "times"):
        return lambda text: cell.count({name: text}, name) is not None
    return readers.get(name)


class _Guessing:
    """Goes through the columns in order; a field that is taken once makes the next column a note."""

    def __init__(self, columns: Sequence[_Column]) -> None:
        self._columns = columns
        self._taken: set[str] = set()
        self._bases = {field_for(column.name)[0] for column in columns}

    def columns(self) -> Iterator[GuessedColumn]:
        """Yield the columns as they stand; those whose names are our words exactly choose first."""
        found: dict[int, GuessedColumn] = {}
        for at in sorted(range(len(self._columns)), key=lambda at: not field_for(self._columns[at].name)[1]):
            column = self._columns[at]
            name, sureness = self._field(column)
            self._taken.add(name)
            found[at] = GuessedColumn(column.name, name, sureness, column.examples)
        yield from (found[at] for at in range(len(self._columns)))

    def _field(self, column: _Column) -> tuple[str, str]:
        name, exact = field_for(column.name)
        if not name or not column.filled:
            return "", "not known"
        name = self._as_rule_or_date(name)
        name, share = self._by_cells(name, column)
        if name in TEXT_NAMES:
            name = column.tagged(name)
        if name in self._taken and not name.startswith("note"):
            return (column.tagged("note"), "not sure") if "." in name else ("", "not known")
        return name, "sure" if exact and share >= SURE else "probable" if share >= PROBABLE else "not sure"

    def _as_rule_or_date(self, name: str) -> str:
        """A first day without weekdays is the day itself; weekdays without a first day are only told."""
        has_rule = {"from", "weekdays"} <= self._bases and bool({"to", "times"} & self._bases)
        if name == "from" and not has_rule:
            return "date" if "date" not in self._bases else "date_note"
        if name in RULE_FIELDS and not has_rule:
            return "note"
        if name == "date" and has_rule:
            return "hours" if not {"starts", "hours"} & self._bases else "date_note"
        return name

    def _by_cells(self, name: str, column: _Column) -> tuple[str, float]:
        """Return the field, or the one its cells rather are, with the share of cells that fit."""
        fits = _fits(name)
        if fits is None:
            unique = len(set(column.cells)) == len(column.cells)
            return ("note", 0.0) if name == "source_id" and not unique else (name, 1.0)
        if (share := column.share(fits)) >= PROBABLE:
            return name, share
        hours = column.share(hours_in)
        if name == "date" and hours >= PROBABLE and "starts" not in self._bases:
            return "hours", hours
        return "date_note" if name in ("date", "hours", "starts") else "note", 0.0


def _date_format(texts: Sequence[str]) -> str:
    """Return the first format that reads all texts as days, "" when none does."""
    for form in DATE_FORMATS:
        if all(_reads(form, text) for text in texts):
            return form
    return ""


def _reads(form: str, text: str) -> date | None:
    try:
        return datetime.strptime(text, form).date()  # noqa: DTZ007  (a calendar day)
    except ValueError:
        return None


class _Toml:
    """A guess as a mapping file, with a comment on each line."""

    def __init__(
        self,
        table: Table,
        used: Sequence[GuessedColumn],
        unused: Sequence[GuessedColumn],
        columns: Mapping[str, _Column],
    ) -> None:
        self._table, self._used, self._unused, self._columns = table, used, unused, columns
        self._fields = {column.field.partition(".")[0] for column in used}

    def text(self) -> str:
        lines = [
            f"# Guessed from the header of {clean_line(self._table.label)} ({len(self._table.rows):,} rows).",
            *self._settings(),
            *self._merged(),
            "",
            "[columns]",
            *(f"{_quoted(c.name)} = {_quoted(c.field)}  # {c.sureness}; {_shown(c)}" for c in _once(self._used)),
            *(f"# not used: {_quoted(column.name)}  ({_shown(column)})" for column in self._unused),
            *self._constants(),
            *self._topics(),
        ]
        return "\n".join(lines)

    def _settings(self) -> Iterator[str]:
        words = fold(" ".join([self._table.label, self._table.caption, *self._table.header]))
        if "夜校" in words or "night school" in words:
            yield 'kind = "night_school"'
        elif any(word in words for word in ("课", "course", "class")):
            yield 'kind = "course"'
        days = [text for column in self._used if column.field in ("date", "from", "to")
                for text in self._columns[column.name].filled]  # fmt: skip
        form = _date_format(days) if days else ""
        if form and form != TableMapping.date_format:
            doubt = (
                "  # or %m/%d/%Y: no day tells"
                if form == "%d/%m/%Y" and all(_reads("%m/%d/%Y", text) for text in days)
                else ""
            )
            yield f"date_format = {_quoted(form)}{doubt}"

    def _merged(self) -> Iterator[str]:
        """Yield what to say when empty cells below filled ones are merged cells; only a person knows."""
        columns = [self._columns[c.name] for c in self._used if c.field.partition(".")[0] in OFTEN_MERGED]
        names = [column.name for column in columns if column.cells[0] and "" in column.cells]
        if names:
            yield f"# fill_down = {json.dumps(names, ensure_ascii=False)}  # if empty cells are merged with those above"

    def _constants(self) -> Iterator[str]:
        if self._fields & {"date", "from"}:
            return
        yield from ("", "[constants]", "always_open = true  # no column says when")
        if "web_address" in self._fields and "venue" not in self._fields:
            yield 'attendance = "online"  # a link and no place'

    def _topics(self) -> Iterator[str]:
        """Yield which topic each word of the topics column names, and which words name none."""
        column = next((self._columns[c.name] for c in self._used if c.field == "topics"), None)
        parts = (part.strip() for text in column.filled for part in LISTED.split(text)) if column else ()
        words = list(dict.fromkeys(filter(None, parts)))[:MOST_TOPIC_WORDS]
        if not words:
            return
        yield from ("", "[values.topics]")
        for word in words:
            slug = topic_of(word)
            yield f"{_quoted(word)} = {_quoted(slug)}" if slug else f"# {_quoted(word)} = a topic of the list"


def _once(columns: Sequence[GuessedColumn]) -> list[GuessedColumn]:
    return list({column.name: column for column in columns}.values())


def _shown(column: GuessedColumn) -> str:
    return ", ".join(json.dumps(clean_line(text), ensure_ascii=False) for text in column.examples) or "empty"


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
