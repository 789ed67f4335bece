"""City open data of the LCSD form: a folder with events.xml, venues.xml and, where given, eventDates.xml.

Owns: what each element means. Days come from eventDates.xml alone; where that file is missing, only days in words that
are certain are taken (dates_in_words). Hours are taken from the words when they are certain, else they stay unknown.
The day 20990101 is the source's sentinel for "no day". Texts are Traditional Chinese (zh-Hant) and English (en).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from lxml import etree

from city.errors import FeedRefused, InvalidInput
from city.model import Kind, LocalisedText, Price
from city.services.records import MeetingRecord, OfferingRecord, VenueRecord
from indexer.sources import Finding, Reading, SourceOptions
from indexer.sources.dates_in_words import days_in
from indexer.sources.files import read_xml
from indexer.sources.wording import age_from_in, hours_in, plain, plain_line, prices_in

ZONE = "Asia/Hong_Kong"
CURRENCY = "HKD"
SENTINEL = "20990101"
NO_TITLE = "--"
DAY = re.compile(r"[0-9]{8}")
CLASSES = "inc4sc14"
"""Category "training courses and classes"; everything else is an event."""
TOPICS = {"inc4sc2": ("opera",), "inc4sc3": ("dance",), "inc4sc5": ("film",), "inc4sc6": ("theatre",)}
"""Categories whose topic is certain."""


def read(folder: Path, options: SourceOptions) -> Reading:
    """Read the folder; raises FeedRefused when events.xml or venues.xml is missing or broken."""
    if not folder.is_dir():
        raise FeedRefused(
            f"{folder.name} is not a folder.", file=str(folder), remedy="a folder with events.xml and venues.xml"
        )
    reading = Reading()
    events = _elements(folder / "events.xml", "event")
    reading.venues = list(_venues(folder / "venues.xml", reading))
    days = _days(folder / "eventDates.xml", {str(event.get("id")) for event in events}, reading)
    venue_ids = {venue.source_id for venue in reading.venues}
    for event in events:
        _Event(event, folder.name + "/events.xml", reading).transform(days, venue_ids)
    return reading


def _elements(path: Path, tag: str) -> list[etree._Element]:
    found = [element for element in read_xml(path) if element.tag == tag]
    if not found:
        raise FeedRefused(f"{path.name} holds no <{tag}>.", file=str(path), remedy=f"<{tag} id=…> elements")
    return found


def _text(element: etree._Element, name: str) -> str:
    return (element.findtext(name) or "").strip()


def _venues(path: Path, reading: Reading) -> Iterator[VenueRecord]:
    for element in _elements(path, "venue"):
        source_id = (element.get("id") or "").strip()
        name = _both(plain_line(_text(element, "venuec")), plain_line(_text(element, "venuee")))
        if not source_id or not name:
            reading.remarks.append(
                Finding("A venue without id or name was left out.", "venues.xml", element.sourceline, source_id)
            )
            continue
        latitude, longitude = _position(element, source_id, reading)
        yield VenueRecord(source_id=source_id, name=name, latitude=latitude, longitude=longitude)


def _position(element: etree._Element, source_id: str, reading: Reading) -> tuple[float | None, float | None]:
    raw = _text(element, "latitude"), _text(element, "longitude")
    if not any(raw):
        return None, None
    try:
        latitude, longitude = float(raw[0]), float(raw[1])
        if -90 <= latitude <= 90 and -180 <= longitude <= 180:
            return latitude, longitude
    except ValueError:
        pass
    reading.remarks.append(
        Finding(
            "The position is not a pair of degrees; the venue has none now.",
            "venues.xml",
            element.sourceline,
            source_id,
            "latitude",
            ", ".join(raw),
            "WGS84 degrees like 22.28 and 114.17",
        )
    )
    return None, None


def _days(path: Path, event_ids: set[str], reading: Reading) -> dict[str, list[date]] | None:
    """Return the days of each event, or None where the feed has no eventDates.xml."""
    if not path.exists():
        reading.remarks.append(
            Finding("There is no eventDates.xml: only days in words that are certain are taken.", path.name)
        )
        return None
    found: dict[str, list[date]] = {}
    for element in _elements(path, "event"):
        event_id = str(element.get("id"))
        if event_id not in event_ids:
            reading.remarks.append(
                Finding(
                    f"{len(element)} days name an event that events.xml does not hold.",
                    path.name,
                    element.sourceline,
                    event_id,
                    "id",
                    event_id,
                )
            )
            continue
        found[event_id] = list(_days_of(element, event_id, path.name, reading))
    return found


def _days_of(element: etree._Element, event_id: str, file: str, reading: Reading) -> Iterator[date]:
    for entry in element.iterfind("indate"):
        raw = (entry.text or "").strip()
        if raw == SENTINEL:
            reading.remarks.append(
                Finding("20990101 stands for no day.", file, entry.sourceline, event_id, "indate", raw)
            )
        elif (day := _day(raw)) is not None:
            yield day
        else:
            reading.remarks.append(
                Finding("This is not a day.", file, entry.sourceline, event_id, "indate", raw, "a day like 20251216")
            )


def _day(raw: str) -> date | None:
    try:
        return date(int(raw[:4]), int(raw[4:6]), int(raw[6:])) if DAY.fullmatch(raw) else None
    except ValueError:
        return None


def _both(chinese: str, english: str) -> dict[str, str]:
    return {tag: text for tag, text in (("zh-Hant", chinese), ("en", english)) if text and text != NO_TITLE}


@dataclass
class _Event:
    """One <event> on its way to a record."""

    element: etree._Element
    file: str
    reading: Reading

    def transform(self, days: dict[str, list[date]] | None, venue_ids: set[str]) -> None:
        """Add the event to the reading, as a record or as a refusal."""
        try:
            self.reading.records.append(self._record(days, venue_ids))
        except InvalidInput as wrong:
            self.reading.refusals.append(self._finding(str(wrong), wrong.field, wrong.value, wrong.remedy))

    @property
    def id(self) -> str:
        return (self.element.get("id") or "").strip()

    def _record(self, days: dict[str, list[date]] | None, venue_ids: set[str]) -> OfferingRecord:
        if not self.id:
            raise InvalidInput("An event needs an id.", field="id", remedy='<event id="…">')
        title = self._line_pair("titlec", "titlee")
        if not title:
            raise InvalidInput("An event needs a title.", field="titlec", remedy="a title in Chinese or English")
        return OfferingRecord(
            source_id=self.id,
            title=title,
            kind=Kind.COURSE if _text(self.element, "cat2") == CLASSES else Kind.EVENT,
            description=self._description(),
            venue=self._venue(venue_ids),
            topics=TOPICS.get(_text(self.element, "cat2"), ()),
            age_min=age_from_in(_text(self.element, "agelimite")),
            prices=self._prices(),
            date_note=self._line_pair("predateC", "predateE"),
            contact=plain_line(_text(self.element, "enquiry"), field="enquiry"),
            web_address=self._web_address(),
            zone=ZONE,
            meetings=tuple(self._meetings(self._stated_days(days))),
        )

    def _finding(self, message: str, field: str = "", value: Any = None, remedy: str = "") -> Finding:
        shown = value[:200] if isinstance(value, str) else value
        return Finding(message, self.file, self.element.sourceline, self.id, field, shown, remedy)

    def _line_pair(self, chinese: str, english: str) -> dict[str, str]:
        texts = (plain(_text(self.element, name), field=name).replace("\n", " ") for name in (chinese, english))
        first, second = (" ".join(text.split()) for text in texts)
        return _both(first, second)

    def _description(self) -> dict[str, str]:
        """Join what the feed says in words: description, remarks, organiser, and price and age where not certain."""
        described = _both(
            self._paragraphs("descc", "remarkc", "presenterorgc", price="pricec", age="agelimitc"),
            self._paragraphs("desce", "remarke", "presenterorge", price="pricee", age="agelimite"),
        )
        return described

    def _paragraphs(self, *names: str, price: str, age: str) -> str:
        wanted = [*names]
        if self._amounts() is None:
            wanted.append(price)
        if age_from_in(_text(self.element, "agelimite")) is None:
            wanted.append(age)
        texts = (plain(_text(self.element, name), field=name) for name in wanted)
        return "\n\n".join(text for text in texts if text)

    def _venue(self, venue_ids: set[str]) -> str | None:
        wanted = _text(self.element, "venueid")
        if not wanted or wanted in venue_ids:
            return wanted or None
        self.reading.remarks.append(
            self._finding(
                "The venue is not in venues.xml; the place is unknown.", "venueid", wanted, "an id of venues.xml"
            )
        )
        return None

    def _amounts(self) -> list[int] | None:
        return prices_in(_text(self.element, "pricee"))

    def _prices(self) -> tuple[dict[str, Any], ...]:
        label = LocalisedText()
        return tuple(Price(amount, CURRENCY, label).as_json() for amount in self._amounts() or ())

    def _web_address(self) -> str:
        for name in ("urle", "urlc", "tagenturle"):
            address = plain_line(_text(self.element, name), field=name)
            if address.startswith(("https://", "http://")):
                return address
        return ""

    def _stated_days(self, days: dict[str, list[date]] | None) -> list[date]:
        stated = days.get(self.id, []) if days is not None else days_in(_text(self.element, "predateE"))
        if not stated:
            raise InvalidInput(
                "No day is stated for this event.",
                field="indate" if days is not None else "predateE",
                value=_text(self.element, "predateE"),
                remedy="days in eventDates.xml, like 20251216",
            )
        return sorted(set(stated))

    def _meetings(self, days: list[date]) -> Iterator[MeetingRecord]:
        hours = hours_in(_text(self.element, "predateE"))
        if len(days) == 1 and hours:
            yield from (MeetingRecord(days[0], start, end) for start, end in hours)
        elif len(hours) == 1:
            yield from (MeetingRecord(day, *hours[0]) for day in days)
        else:
            yield from (MeetingRecord(day) for day in days)
            if hours:
                self.reading.remarks.append(
                    self._finding(
                        "Several hours on several days: which belongs to which is not certain, so hours stay unknown.",
                        "predateE",
                        _text(self.element, "predateE"),
                    )
                )
