"""City open data of the LCSD form: a folder with events.xml, venues.xml and, where given, eventDates.xml.

Owns: what each element means. Days come from eventDates.xml alone; where that file is missing, only days in words that
are certain are taken (dates_in_words), and a record that is known keeps its days. Hours are taken from the words when
they are certain, else they stay unknown. The day 20990101 is the source's sentinel for "no day". Texts are Traditional
Chinese (zh-Hant) and English (en).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

from lxml import etree

from city.errors import FeedNotThere, FeedRefused, InvalidInput
from city.localised import LocalisedText
from city.services.records import MeetingRecord, OfferingRecord, VenueRecord
from city.terms import Kind, Price
from indexer.sources import Finding, Reading, SourceOptions
from indexer.sources.dates_in_words import SaidDays, read_both
from indexer.sources.files import read_xml
from indexer.sources.wording import Hours, age_from_in, hours_in, plain, plain_line, prices_in

ZONE = "Asia/Hong_Kong"
CURRENCY = "HKD"
SENTINEL = "20990101"
NO_TITLE = "--"
DAY = re.compile(r"[0-9]{8}")
SALE_DAY = re.compile(r"20\d\d-\d\d-\d\d(?!\d)")
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
    days = _days(folder / "eventDates.xml", {_id(event) for event in events}, reading)
    reading.keep_if_known = frozenset({"meetings"}) if days is None else frozenset()
    venue_ids = {venue.source_id for venue in reading.venues}
    for event in _once(events, folder.name + "/events.xml", reading.refusals):
        _Event(event, folder.name + "/events.xml", reading).transform(days, venue_ids)
    return reading


def collect(fetch: Callable[[str], bytes], address: str, cursor: str, folder: Path) -> None:
    """Fetch the two or three files that stand beside each other at an address; raises FeedRefused.

    The address is that of their folder or of events.xml. A missing eventDates.xml is no fault: not every city has one.
    """
    base = address.rsplit("/", 1)[0] if address.endswith(".xml") else address.rstrip("/")
    for name in ("events.xml", "venues.xml", "eventDates.xml"):
        try:
            content = fetch(f"{base}/{name}")
        except FeedNotThere:
            if name != "eventDates.xml":
                raise
        else:
            (folder / name).write_bytes(content)


def _elements(path: Path, tag: str) -> list[etree._Element]:
    found = [element for element in read_xml(path) if element.tag == tag]
    if not found:
        raise FeedRefused(f"{path.name} holds no <{tag}>.", file=str(path), remedy=f"<{tag} id=…> elements")
    return found


def _id(element: etree._Element) -> str:
    return (element.get("id") or "").strip()


def _once(elements: list[etree._Element], file: str, findings: list[Finding]) -> Iterator[etree._Element]:
    """Yield elements whose id was not there before; the others are found wanting, with both lines."""
    lines: dict[str, int | None] = {}
    for element in elements:
        source_id, line = _id(element), element.sourceline
        if source_id and source_id in lines:
            message = f"The id stands on line {lines[source_id]} already; what stands there was taken."
            findings.append(Finding(message, file, line, source_id, "id", source_id, "each id once"))
        else:
            lines[source_id] = line
            yield element


def _text(element: etree._Element, name: str) -> str:
    return (element.findtext(name) or "").strip()


def _venues(path: Path, reading: Reading) -> Iterator[VenueRecord]:
    for element in _once(_elements(path, "venue"), path.name, reading.remarks):
        source_id = _id(element)
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
            Finding(
                "There is no eventDates.xml: certain days in words are taken, and events that are known keep theirs.",
                path.name,
            )
        )
        return None
    found: dict[str, list[date]] = {}
    for element in _elements(path, "event"):
        event_id = _id(element)
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
        found.setdefault(event_id, []).extend(_days_of(element, event_id, path.name, reading))
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

    def __post_init__(self) -> None:
        self._texts = {str(child.tag): (child.text or "").strip() for child in reversed(self.element)}

    def _text(self, name: str) -> str:
        return self._texts.get(name, "")

    def transform(self, days: dict[str, list[date]] | None, venue_ids: set[str]) -> None:
        """Add the event to the reading, as a record or as a refusal."""
        try:
            self.reading.records.append(self._record(days, venue_ids))
        except InvalidInput as wrong:
            self.reading.refusals.append(self._finding(str(wrong), wrong.field, wrong.value, wrong.remedy))

    @property
    def id(self) -> str:
        return _id(self.element)

    def _record(self, days: dict[str, list[date]] | None, venue_ids: set[str]) -> OfferingRecord:
        if not self.id:
            raise InvalidInput("An event needs an id.", field="id", remedy='<event id="…">')
        title = self._line_pair("titlec", "titlee")
        if not title:
            raise InvalidInput("An event needs a title.", field="titlec", remedy="a title in Chinese or English")
        return OfferingRecord(
            source_id=self.id,
            title=title,
            kind=Kind.COURSE if self._text("cat2") == CLASSES else Kind.EVENT,
            description=self._description(),
            venue=self._venue(venue_ids),
            topics=TOPICS.get(self._text("cat2"), ()),
            age_min=age_from_in(self._text("agelimite")),
            prices=self._prices(),
            date_note=self._line_pair("predateC", "predateE"),
            contact=self._contact(),
            web_address=self._web_address(),
            zone=ZONE,
            meetings=tuple(self._meetings(days)),
        )

    def _finding(self, message: str, field: str = "", value: Any = None, remedy: str = "") -> Finding:
        shown = value[:200] if isinstance(value, str) else value
        return Finding(message, self.file, self.element.sourceline, self.id, field, shown, remedy)

    def _line_pair(self, chinese: str, english: str) -> dict[str, str]:
        texts = (plain(self._text(name), field=name).replace("\n", " ") for name in (chinese, english))
        first, second = (" ".join(text.split()) for text in texts)
        return _both(first, second)

    def _description(self) -> dict[str, str]:
        """Join what the feed says in words: all about it, its length, and price and age where not certain."""
        chinese = self._paragraphs("descc", "progtimec", "remarkc", "presenterorgc", price="pricec", age="agelimitc")
        english = self._paragraphs("desce", "progtimee", "remarke", "presenterorge", price="pricee", age="agelimite")
        on_sale = SALE_DAY.match(self._text("saledate"))
        if on_sale:
            chinese.append(f"門票由{on_sale[0]}起發售")
            english.append(f"Tickets on sale from {on_sale[0]}")
        chinese.append(self._tickets("購票：", "tagenturlc"))
        english.append(self._tickets("Tickets: ", "tagenturle"))
        return _both(*("\n\n".join(filter(None, paragraphs)) for paragraphs in (chinese, english)))

    def _tickets(self, label: str, name: str) -> str:
        address = plain_line(self._text(name), field=name)
        return label + address if address.startswith(("https://", "http://")) else ""

    def _paragraphs(self, *names: str, price: str, age: str) -> list[str]:
        wanted = [*names]
        if self._amounts() is None:
            wanted.append(price)
        if age_from_in(self._text("agelimite")) is None:
            wanted.append(age)
        return [plain(self._text(name), field=name) for name in wanted]

    def _contact(self) -> str:
        texts = (plain_line(self._text(name), field=name) for name in ("enquiry", "email"))
        return ", ".join(text for text in texts if text)

    def _venue(self, venue_ids: set[str]) -> str | None:
        wanted = self._text("venueid")
        if not wanted or wanted in venue_ids:
            return wanted or None
        self.reading.remarks.append(
            self._finding(
                "The venue is not in venues.xml; the place is unknown.", "venueid", wanted, "an id of venues.xml"
            )
        )
        return None

    def _amounts(self) -> list[int] | None:
        return prices_in(self._text("pricee"))

    def _prices(self) -> tuple[dict[str, Any], ...]:
        label = LocalisedText()
        return tuple(Price(amount, CURRENCY, label).as_json() for amount in self._amounts() or ())

    def _web_address(self) -> str:
        for name in ("urle", "urlc", "tagenturle"):
            address = plain_line(self._text(name), field=name)
            if address.startswith(("https://", "http://")):
                return address
        return ""

    @cached_property
    def _said(self) -> SaidDays | str:
        """What the words say for certain, or why nothing is certain."""
        return read_both(self._text("predateC"), self._text("predateE"))

    @property
    def _words(self) -> str:
        return self._text("predateE") or self._text("predateC")

    def _meetings(self, days: dict[str, list[date]] | None) -> Iterator[MeetingRecord]:
        stated = self._days_in_words() if days is None else self._canonical_days(days)
        hours = self._hours(stated)
        for day in stated:
            for starts, ends in hours[day] or [(None, None)]:
                yield MeetingRecord(day, starts, ends)
        if None in hours.values():
            self._remark("Which hours hold on which day is not certain: hours stay unknown.")

    def _canonical_days(self, days: Mapping[str, list[date]]) -> list[date]:
        """Return the days of eventDates.xml, and tell where the words name others."""
        stated = sorted(set(days.get(self.id, [])))
        if not stated:
            raise InvalidInput(
                "No day is stated for this event.",
                field="indate",
                value=self._words,
                remedy="days in eventDates.xml, like 20251216",
            )
        if isinstance(self._said, SaidDays) and (others := set(stated) ^ set(self._said.days)):
            self._remark(
                f"The words name {len(self._said.hours)} days, eventDates.xml {len(stated)} (they differ first on "
                f"{min(others)}): the days of eventDates.xml were taken."
            )
        return stated

    def _days_in_words(self) -> list[date]:
        if isinstance(self._said, SaidDays):
            return self._said.days
        raise InvalidInput(
            self._said if self._words else "No day is stated for this event.",
            field="predateE",
            value=self._words,
            remedy='eventDates.xml, or words like "16/12/2025 (Tue) 2pm"',
        )

    def _hours(self, days: list[date]) -> Mapping[date, tuple[Hours, ...] | None]:
        """Return the hours of each day: () when none are said, None when they are not certain."""
        if isinstance(self._said, SaidDays):
            always = set(self._said.hours.values())
            of_any_day = next(iter(always)) if len(always) == 1 else None
            return {day: self._said.hours.get(day, of_any_day) for day in days}
        english, chinese = (tuple(hours_in(self._text(name))) for name in ("predateE", "predateC"))
        alike = not chinese or not english or chinese == english
        said = english or chinese
        return dict.fromkeys(days, said if alike and (len(said) < 2 or len(days) == 1) else None)

    def _remark(self, message: str) -> None:
        self.reading.remarks.append(self._finding(message, "predateE", self._words))
