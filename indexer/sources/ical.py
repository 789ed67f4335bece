"""iCalendar files (RFC 5545): one UID an offering, with all its instances.

Owns: what each property of a VEVENT means for an offering, identity (UID), and which version of an event counts.
Refuses alone, with line and UID, an event that breaks a rule; `ical_scan` refuses whole files, `ical_times` reads when
it takes place. Attendees, alarms, attachments and private events are never kept. Times without a zone are those of the
calendar (X-WR-TIMEZONE), else of the city.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from icalendar.parser import split_on_unescaped_comma

from city.errors import FeedRefused, InvalidInput
from city.services.records import OfferingRecord, RecordStatus, VenueRecord
from city.terms import Attendance, Kind
from city.text import clean_line
from indexer.sources import Finding, Reading, SourceOptions
from indexer.sources.datum import to_wgs84
from indexer.sources.files import read_bytes
from indexer.sources.ical_scan import Property, Scan, ScannedCalendar, ScannedEvent, line_of, refuse_broken, scan
from indexer.sources.ical_times import ScheduleReader, is_cancelled, revision
from indexer.sources.ical_zones import Zones
from indexer.sources.scripts_of_text import tag_of
from indexer.sources.topic_words import topic_of
from indexer.sources.wording import plain, plain_line

LONGEST_ID = 200
PRIVATE = frozenset({"PRIVATE", "CONFIDENTIAL"})
ESCAPED = re.compile(r"\\(.)")
WEB = ("https://", "http://")
TENTATIVE_NOTE = {"zh-Hans": "时间暂定", "zh-Hant": "時間暫定", "en": "The time is not final yet"}
IDENTITY = ("SUMMARY", "DTSTART", "RECURRENCE-ID", "LOCATION", "URL")
"""What tells events without a UID apart."""


@dataclass
class _Series:
    """The events of one UID: the event itself in its versions, and the instances that differ from it."""

    source_id: str
    masters: list[ScannedEvent] = field(default_factory=list)
    overrides: list[ScannedEvent] = field(default_factory=list)

    def lead(self) -> ScannedEvent:
        return self.masters[0] if self.masters else self.overrides[0]


def read(path: Path, options: SourceOptions) -> Reading:
    """Read one iCalendar file; raises FeedRefused when it is none, breaks a limit or holds no event."""
    return read_content(read_bytes(path), path.name, options)


def read_content(content: bytes, file: str, options: SourceOptions) -> Reading:
    """Read the bytes of an iCalendar file as `read` does; `file` is what findings call it."""
    if options.kind == Kind.ROUTE:
        raise FeedRefused("A calendar holds no stops, so its events are no routes.", file=file, remedy="--kind event")
    found = _scanned(content, file)
    reading = Reading()
    _remark_on(found, file, reading)
    calendar = _Calendar(file, options, reading)
    for series in _gathered(found.events):
        calendar.take(series)
    return reading


def _scanned(content: bytes, file: str) -> Scan:
    """Return what a file holds; raises FeedRefused, which also says so when there is no event to be had."""
    try:
        found = scan(content, file)
    except FeedRefused as refused:
        if b"BEGIN:VEVENT" not in content.upper():
            raise FeedRefused(
                f"{refused} It holds no event.", file=file, line=refused.line, remedy=refused.remedy
            ) from refused
        raise
    if not found.events:
        others = ", ".join(f"{count} {name}" for name, count in sorted(found.others.items()) if name != "VCALENDAR")
        beside = f" (only {others[:80]})" if others else ""
        raise FeedRefused(f"{file} holds no event{beside}.", file=file, remedy="a calendar with BEGIN:VEVENT")
    return found


def _remark_on(found: Scan, file: str, reading: Reading) -> None:
    if found.lacks_calendar:
        message = "There is no BEGIN:VCALENDAR around the events; they were read all the same."
        reading.remarks.append(Finding(message, file, 1))
    reading.remarks += [
        Finding("This line is no property and was passed over.", file, line, value=text, remedy="NAME:value")
        for line, text in found.unread_lines
    ]


def _gathered(events: Sequence[ScannedEvent]) -> list[_Series]:
    """Return the events by UID, in the order of the file."""
    found: dict[str, _Series] = {}
    for event in events:
        source_id = _source_id(event)
        series = found.setdefault(source_id, _Series(source_id))
        (series.overrides if event.one("RECURRENCE-ID") else series.masters).append(event)
    return list(found.values())


def _source_id(event: ScannedEvent) -> str:
    """Return the UID; one that is missing, too long or unprintable gives a hash that stays the same."""
    uid = event.one("UID")
    try:
        if uid is not None and (cleaned := clean_line(_unescaped(uid.value), longest=LONGEST_ID)):
            return cleaned
    except InvalidInput:
        pass
    said = [uid.value] if uid is not None else [each.value for name in IDENTITY for each in event.all(name)]
    return "sha256:" + hashlib.sha256("\x1f".join(said).encode()).hexdigest()[:32]


class _Calendar:
    """Turns series into records of one reading."""

    def __init__(self, file: str, options: SourceOptions, reading: Reading) -> None:
        self._file = file
        self._options = options
        self._reading = reading
        self._zones: dict[int, Zones] = {}
        self._venues: dict[str, int] = {}
        self._venue_ids: dict[str, str | None] = {}

    def take(self, series: _Series) -> None:
        """Add the series as a record, or as a refusal with line and UID."""
        event = series.lead()
        schedule = None
        try:
            master = self._newest(series)
            event = master or series.overrides[0]
            for each in (event, *series.overrides):
                event = each
                refuse_broken(each)
            event = master or series.overrides[0]
            self._refuse_private(event)
            schedule = ScheduleReader(self._zones_of(event.calendar), self._options.now)
            self._reading.records.append(self._record(series, event, master, schedule))
        except InvalidInput as wrong:
            faulty = getattr(schedule, "event", event) if wrong.field in TIMES or not wrong.field else event
            self._reading.refusals.append(
                Finding(
                    str(wrong),
                    self._file,
                    line_of(faulty, wrong.field),
                    series.source_id,
                    wrong.field,
                    wrong.value,
                    wrong.remedy,
                )
            )

    def _newest(self, series: _Series) -> ScannedEvent | None:
        """Return the version that counts; older ones are told, and one that is just as new is refused."""
        if not series.masters:
            return None
        newest = max(series.masters, key=revision)  # the first of those that are equally new
        for other in series.masters:
            if other is newest:
                continue
            places = f"lines {newest.line} and {other.line}"
            if revision(other) == revision(newest):
                what = (
                    "This UID stands twice" if newest.one("UID") else "An event just like it, without UID, stands twice"
                )
                message, remedy = f"{what}, in {places}: the first was taken.", "a UID of its own"
                self._reading.refusals.append(
                    Finding(message, self._file, other.line, series.source_id, "UID", series.source_id, remedy)
                )
            else:
                message = f"This UID stands in two versions, in {places}: the newer one (line {newest.line}) was taken."
                self._remark(other.line, series.source_id, "SEQUENCE", message)
        return newest

    def _refuse_private(self, event: ScannedEvent) -> None:
        said = event.one("CLASS")
        if said is not None and said.value.strip().upper() in PRIVATE:
            raise InvalidInput(
                "The event is not public.", field="CLASS", value=said.value[:40], remedy="CLASS:PUBLIC, or no CLASS"
            )

    def _zones_of(self, calendar: ScannedCalendar) -> Zones:
        zones = self._zones.get(id(calendar))
        if zones is None:
            zones = self._zones[id(calendar)] = Zones(calendar, self._options.zone)
            scale = calendar.properties.get("CALSCALE")
            if scale is not None and scale.value.upper() != "GREGORIAN":
                raise FeedRefused(
                    f"{self._file} counts days by {scale.value[:40]}.",
                    file=self._file,
                    line=scale.line,
                    remedy="CALSCALE:GREGORIAN",
                )
            if (unknown := zones.unknown_default) is not None:
                message = f"X-WR-TIMEZONE names no zone that is known: {self._options.zone} was taken."
                self._remark(unknown.line, "", "X-WR-TIMEZONE", message, unknown.value[:80])
        return zones

    def _record(
        self, series: _Series, event: ScannedEvent, master: ScannedEvent | None, reader: ScheduleReader
    ) -> OfferingRecord:
        title = _texts(event, "SUMMARY", plain_line)
        if not title:
            raise InvalidInput("The event has no SUMMARY.", remedy="SUMMARY: and a title")
        schedule = reader.read(master, series.overrides)
        for told in schedule.told:
            self._remark(told.line, series.source_id, told.field, told.message, told.value, told.remedy)
        self._remark_on_texts(series, event)
        place, link = self._place(event)
        return OfferingRecord(
            source_id=series.source_id,
            title=title,
            kind=self._options.kind,
            description=_texts(event, "DESCRIPTION", plain),
            venue=self._venue(event, place, series.source_id),
            topics=tuple(_topics(event)),
            attendance=_attendance(event, place, link),
            date_note=TENTATIVE_NOTE if _says(event, "STATUS", "TENTATIVE") else {},
            contact=_contact(event),
            web_address=self._web_address(event, series.source_id) or link,
            zone=schedule.zone,
            meetings=schedule.meetings,
            recurrence=schedule.recurrence,
            status=RecordStatus.CANCELLED if _is_off(event, series) else RecordStatus.PUBLISHED,
        )

    def _remark_on_texts(self, series: _Series, event: ScannedEvent) -> None:
        """Tell that instances have words of their own, which one offering cannot show."""
        for name in ("SUMMARY", "LOCATION"):
            own = event.one(name)
            different = [
                given.line
                for override in series.overrides
                if (given := override.one(name)) is not None and (own is None or given.value != own.value)
            ]
            if different:
                message = f"Instances with a {name} of their own: {len(different)}. The offering keeps one for all."
                self._remark(different[0], series.source_id, name, message)

    def _place(self, event: ScannedEvent) -> tuple[Property | None, str]:
        """Return the LOCATION, or the address that stands in it where the place is on the web."""
        given = event.one("LOCATION")
        if given is None or not given.value.strip():
            return None, ""
        text = _unescaped(given.value).strip()
        return (None, clean_line(text, field="LOCATION")) if text.lower().startswith(WEB) else (given, "")

    def _venue(self, event: ScannedEvent, place: Property | None, source_id: str) -> str | None:
        """Return the id of the venue a LOCATION names: its first line is the name, the rest the address."""
        if place is None:
            return None
        if place.value not in self._venue_ids:
            self._venue_ids[place.value] = self._new_venue(place)
        venue_id = self._venue_ids[place.value]
        if venue_id is not None and event.one("GEO") is not None:
            self._place_venue(self._venues[venue_id], *self._position(event, source_id))
        return venue_id

    def _new_venue(self, place: Property) -> str | None:
        name, _, rest = plain(_unescaped(place.value), field="LOCATION").partition("\n")
        if not name:
            return None
        address = plain_line(", ".join(line.strip().rstrip(",") for line in rest.splitlines() if line.strip()))
        venue_id = hashlib.sha256(f"{name}\x1f{address}".encode()).hexdigest()[:24]
        if venue_id not in self._venues:
            tag = place.parameters.get("LANGUAGE", "")
            venue = VenueRecord(venue_id, _in(tag, plain_line(name, field="LOCATION")), address=_in(tag, address))
            self._venues[venue_id] = len(self._reading.venues)
            self._reading.venues.append(venue)
        return venue_id

    def _place_venue(self, at: int, latitude: float | None, longitude: float | None) -> None:
        """Give a venue its first position."""
        known = self._reading.venues[at]
        if latitude is not None and known.latitude is None:
            self._reading.venues[at] = replace(known, latitude=latitude, longitude=longitude)

    def _position(self, event: ScannedEvent, source_id: str) -> tuple[float | None, float | None]:
        given = event.one("GEO")
        if given is None:
            return None, None
        try:
            latitude, longitude = (float(part) for part in given.value.replace("\\", "").replace(",", ";").split(";"))
            if -90 <= latitude <= 90 and -180 <= longitude <= 180:
                return to_wgs84(latitude, longitude, self._options.datum)
        except ValueError:
            pass
        message, remedy = "GEO is not a pair of degrees; the venue has no position.", "like 30.51;120.87"
        self._remark(given.line, source_id, "GEO", message, given.value[:80], remedy)
        return None, None

    def _web_address(self, event: ScannedEvent, source_id: str) -> str:
        given = event.one("URL")
        if given is None or not given.value.strip():
            return ""
        address = clean_line(given.value, field="URL", longest=2_000)
        if address.lower().startswith(WEB):
            return address
        self._remark(given.line, source_id, "URL", "This is no web address and was left out.", address, "https://…")
        return ""

    def _remark(self, line: int, part: str, field_name: str, message: str, value: str = "", remedy: str = "") -> None:
        self._reading.remarks.append(Finding(message, self._file, line, part, field_name, value or None, remedy))


TIMES = frozenset({"DTSTART", "DTEND", "DURATION", "RRULE", "RDATE", "EXDATE", "EXRULE", "RECURRENCE-ID"})
"""Properties whose faults may lie in an instance, not in the event itself."""


def _unescaped(value: str) -> str:
    """Return a text value without its escapes (RFC 5545, 3.3.11)."""
    return ESCAPED.sub(lambda match: "\n" if match[1] in "nN" else match[1], value) if "\\" in value else value


def _texts(event: ScannedEvent, name: str, clean: Callable[..., str]) -> dict[str, str]:
    """Return a text by its tag: the script decides, and the LANGUAGE parameter where it does not."""
    given = event.one(name)
    if given is None:
        return {}
    text = clean(_unescaped(given.value), field=name)
    return _in(given.parameters.get("LANGUAGE", ""), text)


def _in(language: str, text: str) -> dict[str, str]:
    return {tag_of(text, language): text} if text else {}


def _says(event: ScannedEvent, name: str, word: str) -> bool:
    given = event.one(name)
    return given is not None and given.value.strip().upper() == word


def _is_off(event: ScannedEvent, series: _Series) -> bool:
    """True when the event, all that is known of its series, or the whole calendar is called off."""
    method = event.calendar.properties.get("METHOD")
    if is_cancelled(event) and series.masters:
        return True
    orphans_off = not series.masters and all(is_cancelled(override) for override in series.overrides)
    return orphans_off or (method is not None and method.value.upper() == "CANCEL")


def _topics(event: ScannedEvent) -> Iterator[str]:
    """Yield the topics that CATEGORIES name; what names none goes on as it stands, and loading says so."""
    for given in event.all("CATEGORIES"):
        for said in split_on_unescaped_comma(given.value):
            if word := plain_line(said, field="CATEGORIES"):
                yield topic_of(word) or word


def _attendance(event: ScannedEvent, place: Property | None, link: str) -> str:
    online = bool(link) or event.one("CONFERENCE") is not None
    if not online:
        return Attendance.IN_PERSON
    return Attendance.MIXED if place is not None else Attendance.ONLINE


def _contact(event: ScannedEvent) -> str:
    """Return whom to ask: CONTACT, else the ORGANIZER's name and address."""
    if (contact := event.one("CONTACT")) is not None and (
        said := plain_line(_unescaped(contact.value), field="CONTACT")
    ):
        return said
    organizer = event.one("ORGANIZER")
    if organizer is None:
        return ""
    scheme, _, address = organizer.value.strip().partition(":")
    parts = (organizer.parameters.get("CN", ""), address if scheme.lower() == "mailto" else "")
    return plain_line(", ".join(dict.fromkeys(part for part in parts if part)), field="ORGANIZER")
