"""Scans an iCalendar stream line by line, in time linear to its size, before any library sees it (RFC 5545, 3.1).

Owns: the limits of a calendar file, unfolding with line numbers kept, and which lines of which event go on to be read;
attendees, alarms and attachments never do. Refuses whole what is no iCalendar, is not closed, or breaks a limit; a line
that is no property spoils its own event alone. Called by `indexer.sources.ical`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from city.errors import FeedRefused, InvalidInput

MOST_LINES = 200_000
LONGEST_LINE = 8_192
MOST_EVENTS = 20_000
DEEPEST = 4
LONGEST_VALUE = 4_000
MOST_DATES = 1_000
BOM = b"\xef\xbb\xbf"
ONCE = frozenset({"UID", "DTSTART", "DTEND", "DURATION", "RRULE", "SUMMARY", "RECURRENCE-ID"})
TEXTS = frozenset({"DESCRIPTION", "LOCATION", "GEO", "URL", "CATEGORIES", "CONTACT", "ORGANIZER", "CONFERENCE"})
STATES = frozenset({"STATUS", "SEQUENCE", "DTSTAMP", "CLASS", "RDATE", "EXDATE", "EXRULE"})
READ = ONCE | TEXTS | STATES
OF_CALENDAR = frozenset({"METHOD", "CALSCALE", "X-WR-TIMEZONE"})


@dataclass(frozen=True, slots=True)
class Property:
    """One property as written: its line in the file, its value still escaped, its parameters by upper-case name."""

    line: int
    name: str
    value: str
    parameters: dict[str, str]


@dataclass(slots=True)
class ScannedCalendar:
    """What a VCALENDAR says for all its events; `zones` are the lines of its VTIMEZONEs by TZID."""

    line: int
    properties: dict[str, Property] = field(default_factory=dict)
    zones: dict[str, list[str]] = field(default_factory=dict)


@dataclass(slots=True)
class ScannedEvent:
    """One VEVENT: the properties that are read, and the first line of it that is none."""

    line: int
    calendar: ScannedCalendar
    properties: dict[str, list[Property]] = field(default_factory=dict)
    fault: tuple[int, str] | None = None

    def one(self, name: str) -> Property | None:
        """Return the first property of a name, None where there is none."""
        found = self.properties.get(name)
        return found[0] if found else None

    def all(self, name: str) -> list[Property]:
        return self.properties.get(name, [])


@dataclass
class Scan:
    """What a file holds: its events in order, how many components of other kinds, and lines that say nothing."""

    events: list[ScannedEvent] = field(default_factory=list)
    others: Counter[str] = field(default_factory=Counter)
    unread_lines: list[tuple[int, str]] = field(default_factory=list)
    lacks_calendar: bool = False


def scan(content: bytes, file: str) -> Scan:
    """Return what an iCalendar file holds; raises FeedRefused with the line."""
    if (at := content.find(b"\x00")) >= 0:
        raise FeedRefused(
            f"{file} holds a NUL byte.", file=file, line=content.count(b"\n", 0, at) + 1, remedy="a text file"
        )
    content = content.removeprefix(BOM)
    if content.lstrip()[:1] in (b"<", b"{"):
        what = "markup (HTML or XML)" if content.lstrip()[:1] == b"<" else "JSON"
        raise FeedRefused(f"{file} is {what}, not iCalendar.", file=file, line=1, remedy="BEGIN:VCALENDAR first")
    scanner = _Scanner(file)
    for number, line in _content_lines(content, file):
        scanner.take(number, line)
    return scanner.finished()


def _content_lines(content: bytes, file: str) -> Iterator[tuple[int, str]]:
    """Yield unfolded lines with the number each begins on; folds may part a letter's bytes, so they go first."""
    begins, parts, count = 1, [b""], 0
    physical = content.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
    for number, raw in enumerate([*physical, b""], start=1):
        if raw[:1] in (b" ", b"\t") and parts[-1]:
            parts.append(raw[1:])
            continue
        if line := b"".join(parts).rstrip():
            count += 1
            yield begins, _decoded(line, begins, count, file)
        begins, parts = number, [raw]
    if line := b"".join(parts).rstrip():
        yield begins, _decoded(line, begins, count, file)


def _decoded(line: bytes, number: int, count: int, file: str) -> str:
    if count > MOST_LINES:
        raise FeedRefused(f"{file} has more than {MOST_LINES:,} lines.", file=file, line=number, remedy="split it")
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError as wrong:
        raise FeedRefused(f"{file} is not UTF-8.", file=file, line=number, remedy="save it as UTF-8") from wrong
    if len(text) > LONGEST_LINE:
        raise FeedRefused(
            f"{file} has a line of {len(text):,} letters.",
            file=file,
            line=number,
            remedy=f"at most {LONGEST_LINE:,} letters; link pictures and papers instead of packing them in",
        )
    return text


class _Scanner:
    """The components that are open, and what was found so far."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._open: list[tuple[str, int]] = []
        self._calendar = ScannedCalendar(0)
        self._event: ScannedEvent | None = None
        self._zone: list[str] | None = None
        self._begun = False
        self._found = Scan()

    def take(self, number: int, line: str) -> None:
        """Take one unfolded line."""
        head = line[:6].upper()
        if head == "BEGIN:":
            self._begin(number, line[6:].strip().upper())
        elif head[:4] == "END:":
            self._end(number, line[4:].strip().upper())
        elif not self._open:
            raise self._refused("is not iCalendar here: nothing is open", number, "BEGIN:VCALENDAR first")
        elif self._event is not None:
            if self._open[-1][0] == "VEVENT":
                self._of_event(number, line)
        elif self._open[-1][0] == "VCALENDAR":
            self._of_calendar(number, line)
        if self._zone is not None:
            self._zone.append(line)

    def finished(self) -> Scan:
        """Return what was found; raises FeedRefused when something is still open or nothing was ever begun."""
        if self._open:
            name, line = self._open[-1]
            raise self._refused(f"ends before BEGIN:{name} is closed", line, f"END:{name}; fetch the whole file")
        if not self._begun:
            raise self._refused("holds no line", 1, "BEGIN:VCALENDAR first")
        return self._found

    def _begin(self, number: int, name: str) -> None:
        self._open.append((name, number))
        self._begun = True
        if len(self._open) > DEEPEST:
            raise self._refused(f"is nested more than {DEEPEST} deep", number, "events in a calendar")
        if name == "VCALENDAR":
            self._calendar = ScannedCalendar(number)
        elif name == "VEVENT":
            self._begin_event(number)
        elif name == "VTIMEZONE" and self._zone is None:
            self._zone = []
        elif self._event is None and self._zone is None:
            self._found.others[name] += 1

    def _begin_event(self, number: int) -> None:
        if self._event is not None:
            raise self._refused("begins an event within an event", number, "END:VEVENT before it")
        self._event = ScannedEvent(number, self._calendar)
        self._found.events.append(self._event)
        self._found.lacks_calendar |= len(self._open) == 1
        if len(self._found.events) > MOST_EVENTS:
            raise self._refused(f"has more than {MOST_EVENTS:,} events", number, "split it")

    def _end(self, number: int, name: str) -> None:
        if not self._open or self._open[-1][0] != name:
            expected = f"END:{self._open[-1][0]}" if self._open else "the end of the file"
            raise self._refused(f"closes {name[:40]}, which is not what is open", number, expected)
        self._open.pop()
        if name == "VEVENT":
            self._event = None
        elif name == "VTIMEZONE" and self._zone is not None and "VTIMEZONE" not in dict(self._open):
            self._keep_zone(self._zone)
            self._zone = None

    def _keep_zone(self, lines: list[str]) -> None:
        whole = [*lines, "END:VTIMEZONE"]
        tzid = next((line.partition(":")[2] for line in whole if line[:4].upper() == "TZID"), "")
        self._calendar.zones.setdefault(tzid.strip(), whole)

    def _of_calendar(self, number: int, line: str) -> None:
        parts = _split(line)
        if parts is None:
            self._found.unread_lines.append((number, line[:80]))
        elif parts[0] in OF_CALENDAR:
            self._calendar.properties[parts[0]] = Property(number, parts[0], parts[2].strip(), {})

    def _of_event(self, number: int, line: str) -> None:
        event = self._event
        assert event is not None
        parts = _split(line)
        if parts is None:
            event.fault = event.fault or (number, line[:80])
            return
        name, parameters, value = parts
        if name in READ:
            found = Property(number, name, value, parameters_of(parameters) if parameters else {})
            event.properties.setdefault(name, []).append(found)

    def _refused(self, what: str, line: int, remedy: str) -> FeedRefused:
        return FeedRefused(f"{self._file} {what} (line {line}).", file=self._file, line=line, remedy=remedy)


def _split(line: str) -> tuple[str, str, str] | None:
    """Return name, parameters and value, parted by the first colon outside quotes; None when this is no property."""
    colon, quote = line.find(":"), line.find('"')
    while 0 <= quote < colon:
        closing = line.find('"', quote + 1)
        if closing < 0:
            return None
        if closing > colon:
            colon = line.find(":", closing)
        quote = line.find('"', closing + 1)
    if colon < 0:
        return None
    name, _, parameters = line[:colon].partition(";")
    name = name.upper()
    if not name.isascii() or not name.replace("-", "").isalnum():
        return None
    return name, parameters, line[colon + 1 :]


def parameters_of(raw: str) -> dict[str, str]:
    """Return parameters by upper-case name, quotes taken off; the first of a name counts."""
    found: dict[str, str] = {}
    for part in split_outside_quotes(raw, ";"):
        name, _, value = part.partition("=")
        found.setdefault(name.strip().upper(), value.strip().strip('"'))
    return found


def split_outside_quotes(text: str, mark: str) -> list[str]:
    """Return the parts of a text between marks that stand outside quotes."""
    if '"' not in text:
        return text.split(mark)
    parts, begins, quoted = [], 0, False
    for at, letter in enumerate(text):
        if letter == '"':
            quoted = not quoted
        elif letter == mark and not quoted:
            parts.append(text[begins:at])
            begins = at + 1
    return [*parts, text[begins:]]


def refuse_broken(event: ScannedEvent) -> None:
    """Raise InvalidInput for what spoils an event whatever it means; the caller adds the line from `line_of`."""
    if event.fault is not None:
        raise InvalidInput("This line is no property.", value=event.fault[1], remedy="NAME:value")
    for name, found in event.properties.items():
        if len(found) > 1 and name in ONCE:
            raise InvalidInput(f"{name} stands {len(found)} times.", field=name, remedy=f"{name} once an event")
        for each in found:
            if len(each.value) > LONGEST_VALUE and name not in ("RDATE", "EXDATE"):
                raise InvalidInput(
                    f"{name} has {len(each.value):,} letters.", field=name, remedy=f"at most {LONGEST_VALUE:,}"
                )
    dates = sum(each.value.count(",") + 1 for name in ("RDATE", "EXDATE") for each in event.all(name))
    if dates > MOST_DATES:
        raise InvalidInput(f"It lists {dates:,} single dates.", field="RDATE", remedy=f"at most {MOST_DATES:,}")


def line_of(event: ScannedEvent, field_name: str) -> int:
    """Return the line to name for a fault in a property: its last one, the broken line, else where the event begins."""
    if not field_name and event.fault is not None:
        return event.fault[0]
    found = event.properties.get(field_name)
    return found[-1].line if found else event.line
