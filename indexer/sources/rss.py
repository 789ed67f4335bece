"""RSS 0.9 to 2.0, RDF and Atom: items that say when, by an event extension, become offerings.

Owns: which elements name the day (RSS event module, xCalendar, Google data, any prefix's startDate), the place, the
text. A day of publication is no day of an event: an item without one is refused alone, unless the mapping says that all
items are always open. A feed shows its newest items only, so what it does not name any more is not gone.
"""

from __future__ import annotations

import io
import re
from calendar import timegm
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import feedparser

from city.errors import FeedRefused, InvalidInput
from city.services.records import MeetingRecord
from indexer.sources import Finding, Reading, SourceOptions
from indexer.sources.files import read_bytes, refuse_heavy_markup
from indexer.sources.mapping import TableMapping
from indexer.sources.scripts_of_text import language_of, tag_of
from indexer.sources.tables import CellRecords
from indexer.sources.topic_words import parted
from indexer.sources.wording import plain
from indexer.sources.workbooks import DOCTYPE

MOST_ITEMS = 20_000
WEB_PAGE = re.compile(rb"<!\s*doctype\s+html|<html[\s>]", re.IGNORECASE)
STARTS = ("ev_startdate", "xcal_dtstart", "startdate", "dtstart", "eventdate", "starttime")
ENDS = ("ev_enddate", "xcal_dtend", "enddate", "dtend", "endtime")
PLACES = ("ev_location", "xcal_location", "location")
WHEN, WHERE = "gd_when", "gd_where"
COMPACT = re.compile(r"(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)(\d\d)(Z?))?")
NO_DAY_REMEDY = "an event extension such as <ev:startdate>, or a mapping with [constants] always_open = true"


def read(path: Path, options: SourceOptions) -> Reading:
    """Read one feed; raises FeedRefused when it is none, or declares a document type."""
    mapping = TableMapping.read(options.mapping)
    parsed = _parsed(path)
    reading = Reading(is_partial=True)
    if parsed.bozo:
        reading.remarks.append(Finding(_not_well_formed(parsed), path.name, _line_of(parsed), remedy="well-formed XML"))
    records = CellRecords(mapping, options)
    for number, entry in enumerate(parsed.entries, start=1):
        _Item(entry, f"{path.name} item {number}", parsed.feed.get("language") or "", mapping, options).transform(
            records, reading
        )
    reading.venues = records.venues
    return reading


def _parsed(path: Path) -> Any:
    content = read_bytes(path)
    if WEB_PAGE.search(content[:2_000]):
        raise FeedRefused(f"{path.name} is a web page, not a feed.", file=str(path), remedy="the feed's own address")
    if (found := DOCTYPE.search(content)) is not None or b"\x00" in content:
        line = content.count(b"\n", 0, found.start() if found else content.index(b"\x00")) + 1
        raise FeedRefused(
            f"{path.name} declares a document type or holds NUL bytes.",
            file=str(path),
            line=line,
            remedy="XML in UTF-8 without DOCTYPE",
        )
    refuse_heavy_markup(content, path)
    parsed = _fed(content, path)
    if not parsed.version or not parsed.entries:
        reason = f": {_reason(parsed)}" if parsed.bozo else ""
        raise FeedRefused(
            f"{path.name} holds no items of RSS or Atom{reason}.",
            file=str(path),
            line=_line_of(parsed),
            remedy="<rss> with <item>, or <feed> with <entry>",
        )
    if len(parsed.entries) > MOST_ITEMS:
        raise FeedRefused(f"{path.name} holds more than {MOST_ITEMS:,} items.", file=str(path), remedy="split it")
    return parsed


def _fed(content: bytes, path: Path) -> Any:
    try:
        # a stream of bytes: a text could be taken for an address to fetch
        return feedparser.parse(io.BytesIO(content), sanitize_html=True, resolve_relative_uris=True)
    except Exception as broken:  # the library raises many kinds on odd names and codes; each means the same
        raise FeedRefused(
            f"{path.name} cannot be read as a feed ({type(broken).__name__}).",
            file=str(path),
            remedy="well-formed RSS or Atom",
        ) from broken


def _reason(parsed: Any) -> str:
    wrong = parsed.get("bozo_exception")
    message = getattr(wrong, "getMessage", lambda: str(wrong))()
    return " ".join(str(message).split())[:200]


def _not_well_formed(parsed: Any) -> str:
    return f"The feed is not well-formed ({_reason(parsed)}); it was read as far as it goes."


def _line_of(parsed: Any) -> int | None:
    line = getattr(parsed.get("bozo_exception"), "getLineNumber", lambda: None)()
    return int(line) if line else None


class _Item:
    """One item on its way to a record."""

    def __init__(
        self, entry: Mapping[str, Any], place: str, language: str, mapping: TableMapping, options: SourceOptions
    ) -> None:
        self._entry, self._place, self._mapping = entry, place, mapping
        self._language = (entry.get("title_detail") or {}).get("language") or language
        self._zone = ZoneInfo(mapping.zone or options.zone)

    def transform(self, records: CellRecords, reading: Reading) -> None:
        """Add the item to the reading, as a record or as a refusal."""
        part = self._source_id()
        try:
            cells, meetings = self._cells(), self._meetings()
            if not meetings and not self._states_days(cells):
                raise InvalidInput("No day is stated.", field="date", value=cells.get("title"), remedy=NO_DAY_REMEDY)
            reading.records.append(records.record(cells, meetings))
        except InvalidInput as wrong:
            shown = str(wrong.value)[:200] if wrong.value is not None else None
            reading.refusals.append(Finding(str(wrong), self._place, None, part, wrong.field, shown, wrong.remedy))

    def _states_days(self, cells: Mapping[str, str]) -> bool:
        return "date" in cells or self._mapping.constants.get("always_open") == "yes"

    def _source_id(self) -> str:
        return str(self._entry.get("id") or self._entry.get("link") or "")[:200]

    def _cells(self) -> dict[str, str]:
        topics, others = parted(self._categories(), self._mapping.values.get("topics", {}))
        title = plain(self._entry.get("title"), field="title")
        cells = {
            "title": title,
            "source_id": self._source_id(),
            "web_address": self._web_address(),
            "languages": language_of(self._language),
            "topics": "|".join(topics),
            "venue": self._named(PLACES) or _attribute(self._entry, WHERE, "valuestring"),
            "note": f"{'分类：' if tag_of(title) != 'en' else 'Categories: '}{'; '.join(others)}" if others else "",
            "date_note": self._date_note(),
            **self._texts(),
            **self._by_columns(),
        }
        return {name: cell for name, cell in cells.items() if cell.strip()}

    def _categories(self) -> list[str]:
        tags = self._entry.get("tags") or ()
        return [text for tag in tags if (text := str(tag.get("label") or tag.get("term") or "").strip())]

    def _web_address(self) -> str:
        link = str(self._entry.get("link") or "")
        return link if link.startswith(("https://", "http://")) else ""

    def _texts(self) -> dict[str, str]:
        """Return the whole content as description with the summary apart, else the summary as description."""
        whole = "\n\n".join(str(part.get("value") or "") for part in self._entry.get("content") or ())
        short = str(self._entry.get("summary") or "")
        if not whole or plain(whole) == plain(short):
            return {"description": whole or short}
        line = " ".join(plain(short).split())
        return {"description": whole, "summary": line if len(line) <= 300 else line[:299] + "…"}

    def _by_columns(self) -> dict[str, str]:
        """Return what the mapping's columns, named like feedparser's keys, make of the item."""
        found = {field: self._value(name) for name, field in self._mapping.columns.items()}
        return {field: text for field, text in found.items() if text}

    def _value(self, name: str) -> str:
        moment = self._entry.get(f"{name}_parsed")
        if moment is not None:
            day = datetime.fromtimestamp(timegm(moment), UTC).astimezone(self._zone).date()
            return day.strftime(self._mapping.date_format)
        value = self._entry.get(name)
        return value if isinstance(value, str) else ""

    def _named(self, names: tuple[str, ...]) -> str:
        return next(self._values(names), "")

    def _values(self, names: tuple[str, ...]) -> Iterator[str]:
        """Yield values of keys by name, then by the name behind any prefix (`mec_startdate`)."""
        keys = [*names, *(key for key in self._entry if key.partition("_")[2] in names)]
        yield from (text for key in keys if isinstance(text := self._entry.get(key), str) and text.strip())

    def _meetings(self) -> tuple[MeetingRecord, ...]:
        """Return the item's meeting, none when it states no day; raises InvalidInput when what it states is none."""
        starts = self._named(STARTS) or _attribute(self._entry, WHEN, "starttime")
        if not starts:
            return ()
        ends = self._named(ENDS) or _attribute(self._entry, WHEN, "endtime")
        day, hour = self._moment(starts, "startdate")
        last, until = self._moment(ends, "enddate") if ends else (day, None)
        same_day = hour is not None and until is not None and last == day and until > hour
        return (MeetingRecord(day, hour, until if same_day else None),)

    def _date_note(self) -> str:
        """Return the feed's words where an item ends on a later day than it begins: the days between are not said."""
        starts = self._named(STARTS) or _attribute(self._entry, WHEN, "starttime")
        ends = self._named(ENDS) or _attribute(self._entry, WHEN, "endtime")
        if not (starts and ends) or self._moment(starts, "startdate")[0] == self._moment(ends, "enddate")[0]:
            return ""
        return f"{starts.strip()} – {ends.strip()}"

    def _moment(self, text: str, field: str) -> tuple[date, time | None]:
        """Return a day and its hour on the wall; an hour that is not given stays unknown."""
        try:
            return _wall(text.strip(), self._zone)
        except (ValueError, OverflowError) as wrong:
            raise InvalidInput(
                "This is not a day.", field=field, value=text[:200], remedy="a day like 2026-11-27T19:30:00+08:00"
            ) from wrong


def _wall(text: str, zone: ZoneInfo) -> tuple[date, time | None]:
    if (compact := COMPACT.fullmatch(text)) is not None:
        day, clock = "-".join(compact.groups()[:3]), ":".join(filter(None, compact.groups()[3:6]))
        text = f"{day}T{clock}{'+00:00' if compact[7] else ''}" if clock else day
    if "T" not in text and ":" not in text:
        return date.fromisoformat(text), None
    moment = datetime.fromisoformat(text)
    local = moment.astimezone(zone) if moment.tzinfo is not None else moment
    return local.date(), local.time().replace(second=0, microsecond=0, tzinfo=None)


def _attribute(entry: Mapping[str, Any], element: str, name: str) -> str:
    value = entry.get(element)
    return str(value.get(name) or "") if isinstance(value, Mapping) else ""
