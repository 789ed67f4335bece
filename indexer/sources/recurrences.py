"""A series of meetings as one text, and the meetings that follow from it around a given day.

Owns: the canonical text of a rule set (start, rule, extra and left-out days, moved meetings), which never depends on
the clock, and its expansion in wall clock: 57 weeks from the day of asking on, so that a weekly meeting that is over
makes room for the one that comes. The text is iCalendar with local times of one zone, named in X-WR-TIMEZONE; a text
without a calendar around it is one event of the record's own zone. Called by `indexer.sources.ical` when a calendar is
read and by `indexer.window` when the days move on.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr
from icalendar import Calendar
from icalendar.prop import vDDDTypes
from recurring_ical_events import CalendarQuery

from city.services.records import MeetingRecord

WINDOW_DAYS = 57 * 7
MOST_MEETINGS = 1_000
LATEST = datetime(9998, 12, 31)  # noqa: DTZ001  (a wall clock)
CYCLE_YEARS = 400
"""After so many years days, months and weekdays fall together again."""
SEEN_YEARS = 40
"""A rule that gives no day in forty years never does: 29 February comes every twelfth year at every third one."""
LONGEST_MONTHS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
PERIODS = {"DAILY": 1, "WEEKLY": 7}
MOST_INTERVAL, LONGEST_GAP_DAYS = 50, 400
"""Rules of days or weeks with no larger interval give a day at least every 350 days."""
LOOK_AROUND_DAYS = (400, 4_000, 40_000, 400_000)
WHOLE_DAY = timedelta(days=1)
MIDNIGHT = time(0)
ENDS_BEFORE = "X-LEARNCITY-ENDS-BEFORE"

Wall = date | datetime
"""A day, or a naive local time."""
Span = tuple[Wall, Wall]


@dataclass(frozen=True)
class Moved:
    """A meeting that does not take place as the rule says: which one, and when instead."""

    instead_of: Wall
    span: Span
    and_all_after: bool = False


@dataclass(frozen=True)
class RuleSet:
    """All that says when a series meets; wall clock of `zone`. `first` is None where only single meetings are known.

    Of `extra` a single day or start has the length of the first meeting. From `ends_before` on nothing takes place.
    """

    zone: str
    first: Span | None
    rule: str = ""
    extra: tuple[Wall | Span, ...] = ()
    left_out: tuple[Wall, ...] = ()
    moved: tuple[Moved, ...] = ()
    ends_before: Wall | None = None

    def text(self) -> str:
        """Return the canonical text: equal rule sets have equal texts."""
        lines = ["BEGIN:VCALENDAR", f"X-WR-TIMEZONE:{self.zone}"]
        if self.ends_before is not None:
            lines.append(f"{ENDS_BEFORE}:{_stamp(self.ends_before)}")
        if self.first is not None:
            lines += ["BEGIN:VEVENT", "UID:1", *_span_lines(self.first), *self._rule_lines(), "END:VEVENT"]
        for moved in sorted(self.moved, key=lambda moved: _stamp(moved.instead_of)):
            lines += ["BEGIN:VEVENT", "UID:1", *_moved_lines(moved), "END:VEVENT"]
        return "\n".join([*lines, "END:VCALENDAR"])

    def _rule_lines(self) -> Iterator[str]:
        if self.rule:
            yield f"RRULE:{self.rule}"
        yield from sorted({_extra_line(extra) for extra in self.extra})
        yield from sorted({_line("EXDATE", day) for day in self.left_out})


@dataclass
class Expansion:
    """The meetings of a series around a day; local starts of its zone that were left out, or that come twice."""

    meetings: tuple[MeetingRecord, ...] = ()
    skipped: list[datetime] = field(default_factory=list)
    twice: list[datetime] = field(default_factory=list)
    cut: bool = False
    """True when there were more than MOST_MEETINGS."""


def expand(recurrence: str, zone: str, now: datetime) -> Expansion:
    """Return the meetings of a canonical text as `zone`'s clocks show them, from now's local day on for 57 weeks.

    A series that has none there gives its last one before, else its first one after. At most the MOST_MEETINGS soonest.
    """
    today = now.astimezone(ZoneInfo(zone)).date()
    series = _Series(recurrence, ZoneInfo(zone), today)
    found = series.meetings(today, today + timedelta(days=WINDOW_DAYS - 1))
    if not found:
        found = series.last_before(today) or series.first_after(today + timedelta(days=WINDOW_DAYS))
    kept = sorted(found, key=_order)
    return Expansion(tuple(kept[:MOST_MEETINGS]), series.skipped, series.twice, len(kept) > MOST_MEETINGS)


def held(rules: RuleSet, instances: Iterable[Wall]) -> set[Wall]:
    """Return those instances that a rule set itself has."""
    series = _Series(rules.text(), ZoneInfo(rules.zone))
    return {instance for instance in instances if series.starts_at(instance)}


def happens(rule: str, first: Wall) -> bool:
    """True when a rule gives at least one day from its first day on; a rule that ends before never does."""
    parts = dict(part.split("=") for part in rule.split(";"))
    until = parts.pop("UNTIL", "")
    parts.pop("COUNT", None)
    if not _some_month_has_the_day(parts):
        return False
    start = as_time(first)
    years = max(0, LATEST.year - SEEN_YEARS - start.year) // CYCLE_YEARS * CYCLE_YEARS
    late = start.replace(year=start.year + years)  # so that looking for what never comes ends soon
    found = next(iter(rrulestr(";".join(f"{name}={value}" for name, value in parts.items()), dtstart=late)), None)
    if found is None:
        return False
    return not until or found.replace(year=found.year - years) <= as_time(parsed(until))


def _some_month_has_the_day(parts: dict[str, str]) -> bool:
    """False for 30 February and the like."""
    months = [int(month) for month in parts.get("BYMONTH", "1").split(",")]
    days = [abs(int(day)) for day in parts.get("BYMONTHDAY", "1").split(",")]
    return any(day <= LONGEST_MONTHS[month - 1] for month in months for day in days)


def single_meetings(span: Span, zone: ZoneInfo) -> list[MeetingRecord]:
    """Return the meetings of a span that happens once: one, or one a day where it is longer than a day."""
    return list(_days(span, zone, date.min, date.max))


def standing(wall: Wall, zone: ZoneInfo) -> str:
    """Say how a local time stands on the zone's clocks: "" as usual, "skipped" in spring, "twice" in autumn."""
    if not isinstance(wall, datetime):
        return ""
    first, second = (wall.replace(tzinfo=zone, fold=fold).utcoffset() for fold in (0, 1))
    if first == second or first is None or second is None:
        return ""
    return "skipped" if first < second else "twice"


def parsed(text: str) -> Any:
    """Return an iCalendar value as date, datetime or timedelta; raises ValueError."""
    return vDDDTypes.from_ical(text)  # type: ignore[no-untyped-call]


def as_time(wall: Wall) -> datetime:
    """Return the naive time of a wall clock; a day begins at midnight."""
    return wall if isinstance(wall, datetime) else datetime.combine(wall, MIDNIGHT)


def is_day(wall: Wall) -> bool:
    """True when no hour is stated."""
    return not isinstance(wall, datetime)


class _Series:
    """A parsed text, and how its wall clock becomes that of the zone it is shown in."""

    def __init__(self, recurrence: str, zone: ZoneInfo, today: date = date.min) -> None:
        calendar = Calendar.from_ical(_whole(recurrence, zone))
        events = calendar.walk("VEVENT")
        self.zone = zone
        self.skipped: list[datetime] = []
        self.twice: list[datetime] = []
        self._rule_zone = ZoneInfo(str(calendar["X-WR-TIMEZONE"]))
        ends = calendar.get(ENDS_BEFORE)
        self._ends_before = as_time(parsed(str(ends))) if ends else None
        if len(events) == 1:
            _begin_later(events[0], today)
        self._series = CalendarQuery(calendar).series
        self._starts = [as_time(_plain(event.decoded("DTSTART"))) for event in events]
        self._ends = [until for event in events for until in event.get("RRULE", {}).get("UNTIL", [])]

    def meetings(self, first: date, last: date) -> set[MeetingRecord]:
        """Return the meetings from one day to another, both included."""
        spans = self._spans(_earlier(first), _later(datetime.combine(last, MIDNIGHT), 2 * WHOLE_DAY))
        return {meeting for span in spans for meeting in _days(span, self.zone, first, last)}

    def starts_at(self, instance: Wall) -> bool:
        """True when a meeting of the series begins just then."""
        day = as_time(instance).date()
        found = self._spans(_earlier(day), _later(as_time(day), 2 * WHOLE_DAY))
        return any(as_time(start) == as_time(instance) for start, _ in found)

    def last_before(self, day: date) -> set[MeetingRecord]:
        """Return the last meeting before a day."""
        ends = min([day, *(as_time(until).date() + WHOLE_DAY for until in self._ends if len(self._starts) == 1)])
        earliest = min(start.date() for start in self._starts)
        for days in LOOK_AROUND_DAYS:
            begins = date.fromordinal(max(1, ends.toordinal() - days))
            found = self.meetings(begins, day - WHOLE_DAY)
            if found or begins < earliest:
                break
        return {max(found, key=_order)} if found else set()

    def first_after(self, day: date) -> set[MeetingRecord]:
        """Return the first meeting from a day on."""
        begins = max(day, min(start.date() for start in self._starts))
        for days in LOOK_AROUND_DAYS[:3]:
            found = self.meetings(begins, min(LATEST, _later(as_time(begins), timedelta(days=days))).date())
            if found:
                break
        return {min(found, key=_order)} if found else set()

    def _spans(self, begin: datetime, end: datetime) -> Iterator[Span]:
        """Yield what takes place between two local times, in the wall clock of the zone it is shown in."""
        found = (each for series in self._series for each in series.between(begin, end))
        for occurrence in islice(found, 10 * MOST_MEETINGS):
            start, stop = _plain(occurrence.start), _plain(occurrence.end)
            if self._ends_before is not None and as_time(start) >= self._ends_before:
                continue
            if (how := standing(start, self._rule_zone)) and isinstance(start, datetime):
                (self.skipped if how == "skipped" else self.twice).append(start)
            if how != "skipped":
                yield self._shown(start), self._shown(stop)

    def _shown(self, wall: Wall) -> Wall:
        """Return a local time of the rule's zone as the zone it is shown in has it; what clocks skip moves on."""
        if not isinstance(wall, datetime):
            return wall
        if self._rule_zone == self.zone and not standing(wall, self.zone):
            return wall
        return wall.replace(tzinfo=self._rule_zone).astimezone(UTC).astimezone(self.zone).replace(tzinfo=None)


def _begin_later(event: Any, today: date) -> None:
    """Let an old rule of days or weeks begin a whole number of its periods later, two years before it is asked for.

    What it gives from then on is the same, and a series of twenty years is expanded as quickly as a new one.
    """
    rule = event.get("RRULE")
    if rule is None or set(rule) - {"FREQ", "INTERVAL", "BYDAY", "UNTIL", "WKST"} or rule["FREQ"][0] not in PERIODS:
        return
    interval = rule.get("INTERVAL", [1])[0]
    asked = min([today, *(as_time(until).date() for until in rule.get("UNTIL", []))])
    begins, period = event.decoded("DTSTART"), PERIODS[rule["FREQ"][0]] * interval
    periods = (asked.toordinal() - LONGEST_GAP_DAYS * 2 - begins.toordinal()) // period
    if interval <= MOST_INTERVAL and periods > 0:
        for name in ("DTSTART", "DTEND"):
            if name in event:
                event[name] = vDDDTypes(event.decoded(name) + periods * period * WHOLE_DAY)


def _days(span: Span, zone: ZoneInfo, first: date, last: date) -> Iterator[MeetingRecord]:
    """Yield the meetings of one span between two days; the hours of a middle day of a long one are not known."""
    start, stop = span
    if is_day(start) or _is_whole_days(start, stop):
        yield from _whole_days(as_time(start).date(), as_time(stop).date(), first, last)
        return
    start, stop = as_time(start), as_time(stop)
    if stop - start <= WHOLE_DAY:
        if first <= start.date() <= last:
            yield MeetingRecord(start.date(), start.time(), _existing(stop, zone).time() if stop > start else None)
        return
    if first <= start.date() <= last:
        yield MeetingRecord(start.date(), start.time())
    end = stop.date() if stop.time() == MIDNIGHT else stop.date() + WHOLE_DAY
    yield from _whole_days(start.date() + WHOLE_DAY, end, first, last)


def _whole_days(begins: date, ends: date, first: date, last: date) -> Iterator[MeetingRecord]:
    """Yield a meeting without hours for each day; the end is not included, but one day there is always."""
    begin, end = max(begins, first), min(max(ends, begins + WHOLE_DAY) - WHOLE_DAY, last)
    for ordinal in range(begin.toordinal(), end.toordinal() + 1):
        yield MeetingRecord(date.fromordinal(ordinal))


def _is_whole_days(start: Wall, stop: Wall) -> bool:
    """True for what many programs write for whole days: from midnight to midnight."""
    return as_time(start).time() == as_time(stop).time() == MIDNIGHT and as_time(stop) > as_time(start)


def _existing(wall: datetime, zone: ZoneInfo) -> datetime:
    """Return the time itself, or what the clocks show when it would have come."""
    if standing(wall, zone) != "skipped":
        return wall
    return wall.replace(tzinfo=zone).astimezone(UTC).astimezone(zone).replace(tzinfo=None)


def _plain(wall: Wall) -> Wall:
    return wall.replace(tzinfo=None) if isinstance(wall, datetime) else wall


def _whole(recurrence: str, zone: ZoneInfo) -> str:
    if recurrence.startswith("BEGIN:VCALENDAR"):
        return recurrence
    lines = ("BEGIN:VCALENDAR", f"X-WR-TIMEZONE:{zone.key}", "BEGIN:VEVENT", "UID:1", recurrence, "END:VEVENT")
    return "\n".join([*lines, "END:VCALENDAR"])


def _later(start: datetime, span: timedelta) -> datetime:
    return min(start, LATEST - span) + span


def _earlier(day: date) -> datetime:
    return datetime.combine(date.fromordinal(max(1, day.toordinal() - 1)), MIDNIGHT)


def _order(meeting: MeetingRecord) -> tuple[date, time]:
    return meeting.held_on, meeting.starts_local or MIDNIGHT


# the canonical text


def _stamp(wall: Wall) -> str:
    return wall.strftime("%Y%m%dT%H%M%S") if isinstance(wall, datetime) else wall.strftime("%Y%m%d")


def _line(name: str, wall: Wall) -> str:
    return f"{name}{';VALUE=DATE' if is_day(wall) else ''}:{_stamp(wall)}"


def _span_lines(span: Span) -> Iterable[str]:
    return _line("DTSTART", span[0]), _line("DTEND", span[1])


def _moved_lines(moved: Moved) -> Iterator[str]:
    yield _line("RECURRENCE-ID;RANGE=THISANDFUTURE" if moved.and_all_after else "RECURRENCE-ID", moved.instead_of)
    yield from _span_lines(moved.span)


def _extra_line(extra: Wall | Span) -> str:
    if isinstance(extra, tuple):
        return f"RDATE;VALUE=PERIOD:{_stamp(extra[0])}/{_stamp(extra[1])}"
    return _line("RDATE", extra)
