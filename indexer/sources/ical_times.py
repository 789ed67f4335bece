"""When the events of one UID take place: DTSTART, DTEND, DURATION, RRULE, RDATE, EXDATE and moved instances.

Owns: how times written in different zones come to one wall clock, what counts as one series, and which times are
refused (InvalidInput) or told. A rule in UTC is expanded in UTC and shown on the clocks of the calendar's zone.
Called by `indexer.sources.ical`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from city.errors import InvalidInput
from city.services.records import MeetingRecord
from indexer.sources.ical_rules import parts_of, written
from indexer.sources.ical_scan import Property, ScannedEvent
from indexer.sources.ical_zones import UTC_ZONE, Zones
from indexer.sources.recurrences import (
    Moved,
    RuleSet,
    Span,
    Wall,
    as_time,
    expand,
    happens,
    held,
    is_day,
    parsed,
    single_meetings,
    standing,
)

EARLIEST_YEAR, LATEST_YEAR = 1900, 2200
LONGEST = timedelta(days=3_660)
LONGEST_SINGLE = timedelta(days=366)
"""What lasts longer is kept as a series of days, so that only those around today stand in the catalogue."""
LAST_SECOND = time(23, 59, 59)
RECURS = ("RRULE", "RDATE", "EXDATE")


@dataclass(frozen=True)
class Told:
    """Something to tell about one line of an event."""

    line: int
    field: str
    message: str
    value: str = ""
    remedy: str = ""


@dataclass
class Schedule:
    """When something takes place: the zone of its clocks, its meetings, and its canonical text where it is a series."""

    zone: str
    meetings: tuple[MeetingRecord, ...] = ()
    recurrence: str = ""
    told: list[Told] = field(default_factory=list)


def revision(event: ScannedEvent) -> tuple[int, str]:
    """Return what orders the versions of one event: SEQUENCE, then DTSTAMP (RFC 5546, 2.1.5)."""
    sequence, stamp = event.one("SEQUENCE"), event.one("DTSTAMP")
    number = sequence.value.strip() if sequence else ""
    return int(number) if number.isascii() and number.isdigit() and len(
        number
    ) < 10 else 0, stamp.value if stamp else ""


def is_cancelled(event: ScannedEvent) -> bool:
    """True when the event itself says that it does not take place."""
    status = event.one("STATUS")
    return status is not None and status.value.strip().upper() == "CANCELLED"


class ScheduleReader:
    """Reads the events of one UID; `event` is the one being read, so that whoever catches a fault knows its line."""

    def __init__(self, zones: Zones, now: datetime | None) -> None:
        self._zones = zones
        self._now = now

    def read(self, master: ScannedEvent | None, overrides: Sequence[ScannedEvent]) -> Schedule:
        """Return the schedule of a master and the instances that differ from it; raises InvalidInput."""
        self.event = lead = master or overrides[0]
        self._recurs = len(overrides) > (master is None) or any(lead.all(name) for name in RECURS)
        self._first_property = self._needed(lead, "DTSTART")
        self._settle_zone()
        self._schedule = Schedule(self._zone.key)
        self._first = self._span(lead)
        if self._recurs:
            self._series(self._rule_set(master, overrides))
        elif as_time(self._first[1]) - as_time(self._first[0]) > LONGEST_SINGLE:
            self._series(RuleSet(self._rule_zone.key, self._first))
        else:
            self._schedule.meetings = tuple(single_meetings(self._first, self._zone))
        return self._schedule

    # zones and moments

    def _settle_zone(self) -> None:
        """Find out on whose clocks the rule runs, and on whose it is shown."""
        wall, zone = self._moment(self._first_property, self._first_property.value)
        self._of_days = is_day(wall)
        self._floats = zone is None
        self._zone = self._zones.default if zone is None or zone == UTC_ZONE else zone
        self._rule_zone = UTC_ZONE if zone == UTC_ZONE and self._recurs else self._zone

    def _moment(self, given: Property, value: str) -> tuple[Wall, ZoneInfo | None]:
        """Return a day or time as written, and its zone: None for a day and for a time that floats."""
        value = value.strip()
        try:
            if len(value) not in (8, 15, 16):
                raise ValueError(value)
            found = parsed(value)
        except Exception as wrong:  # whatever a library says of what is no time
            raise InvalidInput(
                f"{given.name} is no day and no time.",
                field=given.name,
                value=value[:80],
                remedy="a day like 20261124 or a time like 20261124T190000",
            ) from wrong
        if not isinstance(found, date) or not EARLIEST_YEAR <= found.year <= LATEST_YEAR:
            raise InvalidInput(
                f"{given.name} lies out of time.",
                field=given.name,
                value=value[:80],
                remedy=f"a year from {EARLIEST_YEAR} to {LATEST_YEAR}",
            )
        if not isinstance(found, datetime):
            return found, None
        if found.tzinfo is not None:
            return found.replace(tzinfo=None), UTC_ZONE
        tzid = given.parameters.get("TZID", "")
        return found, self._zone_of(given, tzid, found.year) if tzid else None

    def _zone_of(self, given: Property, tzid: str, year: int) -> ZoneInfo:
        try:
            return self._zones.of(tzid, year)
        except InvalidInput as unknown:
            unknown.field = given.name
            raise

    def _wall(self, given: Property, value: str = "") -> Wall:
        """Return a moment in the rule's wall clock; what a floating series states in UTC is taken as it stands."""
        return self._in_rule_zone(given, *self._moment(given, value or given.value))

    def _in_rule_zone(self, given: Property, wall: Wall, zone: ZoneInfo | None) -> Wall:
        if not isinstance(wall, datetime) or zone is None or zone == self._rule_zone:
            return wall
        if self._floats and zone == UTC_ZONE and given.name not in ("DTSTART", "DTEND"):
            return wall
        return wall.replace(tzinfo=zone).astimezone(self._rule_zone).replace(tzinfo=None)

    def _start(self, given: Property, value: str = "") -> Wall:
        """Return when something stated begins; a time that clocks skip is refused, one that comes twice is told."""
        wall, zone = self._moment(given, value or given.value)
        self._look_at_clocks(given, wall, zone or self._rule_zone)
        return self._in_rule_zone(given, wall, zone)

    def _look_at_clocks(self, given: Property, wall: Wall, zone: ZoneInfo) -> None:
        how = standing(wall, zone)
        if how == "skipped":
            raise InvalidInput(
                f"{wall:%Y-%m-%d %H:%M} does not exist in {zone.key}: the clocks skip it.",
                field=given.name,
                value=given.value[:80],
                remedy="an hour that the clocks show on that day",
            )
        if how == "twice":
            self._tell(given, f"{wall:%Y-%m-%d %H:%M} comes twice in {zone.key}: the first was taken.")

    def _tell(self, given: Property, message: str, remedy: str = "") -> None:
        self._schedule.told.append(Told(given.line, given.name, message, given.value[:80], remedy))

    # spans

    def _span(self, event: ScannedEvent) -> Span:
        """Return from when to when an event takes place; without an end a day is one day, and a time has none."""
        start = self._start(self._needed(event, "DTSTART"))
        end, duration = event.one("DTEND"), event.one("DURATION")
        stop = self._wall(end) if end is not None else start
        self._refuse_other_type(start, stop)
        if duration is not None:
            stop = self._agreed(start, stop, duration, self._after(start, duration, duration.value))
        if is_day(start) and start == stop:
            stop = start + timedelta(days=1)
        self._refuse_bad_length(start, stop)
        return start, stop

    def _agreed(self, start: Wall, stop: Wall, duration: Property, after: Wall) -> Wall:
        """Return the one end that DTEND and DURATION state; some programs write PT0S beside each DTEND."""
        if stop not in (start, after) and after != start:
            raise InvalidInput(
                "DTEND and DURATION state different ends.", field="DURATION", value=duration.value[:80], remedy="one"
            )
        return after if stop == start else stop

    def _needed(self, event: ScannedEvent, name: str) -> Property:
        found = event.one(name)
        if found is None:
            raise InvalidInput(f"The event has no {name}.", remedy=f"{name}:20261124T190000")
        return found

    def _after(self, start: Wall, given: Property, value: str) -> Wall:
        """Return when what begins then is over after a duration; hours of whole days count as days."""
        try:
            stop: datetime = as_time(start) + parsed(value.strip())
        except Exception as wrong:  # whatever a library says of what is no duration
            raise InvalidInput(
                f"{given.name} states no duration that can be.", field=given.name, value=value[:80], remedy="PT1H30M"
            ) from wrong
        if is_day(start):
            return stop.date() if stop.time() == time(0) else stop.date() + timedelta(days=1)
        return stop

    def _refuse_other_type(self, start: Wall, stop: Wall) -> None:
        if is_day(start) != is_day(stop):
            raise InvalidInput(
                "DTSTART and DTEND are not of one kind: one is a day, the other a time.",
                field="DTEND",
                remedy="two days or two times",
            )

    def _refuse_bad_length(self, start: Wall, stop: Wall) -> None:
        ends = "DURATION" if self.event.one("DURATION") else "DTEND"
        if as_time(stop) < as_time(start):
            raise InvalidInput("The event ends before it begins.", field=ends, remedy="an end after the start")
        if as_time(stop) - as_time(start) > LONGEST:
            raise InvalidInput("The event lasts more than ten years.", field=ends, remedy="an end that is nearer")

    # series

    def _rule_set(self, master: ScannedEvent | None, overrides: Sequence[ScannedEvent]) -> RuleSet:
        if master is None:
            return RuleSet(self._rule_zone.key, None, moved=tuple(self._orphans(overrides)))
        rules = RuleSet(
            self._rule_zone.key,
            self._first,
            self._rule(master),
            tuple(self._extra(master)),
            tuple(self._left_out(master)),
        )
        return self._with_overrides(rules, master, overrides) if overrides else rules

    def _rule(self, master: ScannedEvent) -> str:
        given = master.one("RRULE")
        if master.one("EXRULE") is not None:
            raise InvalidInput("EXRULE is not read.", field="EXRULE", remedy="EXDATE for each day that is left out")
        if given is None:
            return ""
        parts = parts_of(given.value)
        if "UNTIL" in parts:
            parts["UNTIL"] = self._until(parts["UNTIL"])
        rule = written(parts)
        if not happens(rule, self._first[0]):
            raise InvalidInput(
                "This rule never happens.", field="RRULE", value=given.value[:200], remedy="days that come"
            )
        return rule

    def _until(self, until: str) -> str:
        """Return the end of a rule in its own wall clock; of a day the whole day counts."""
        found = parsed(until)
        wall: Wall = found
        if isinstance(found, datetime):
            wall = found.replace(tzinfo=None)
            shift = found.tzinfo is not None and not self._floats
            if shift or (self._of_days and found.tzinfo is not None and wall.time() != time(0)):
                zone = self._zones.default if self._of_days else self._rule_zone
                wall = found.astimezone(zone).replace(tzinfo=None)
        if self._of_days:
            return as_time(wall).strftime("%Y%m%d")
        if is_day(wall):
            wall = datetime.combine(wall, LAST_SECOND)
        return wall.strftime("%Y%m%dT%H%M%S")

    def _extra(self, master: ScannedEvent) -> Iterator[Wall | Span]:
        for given in master.all("RDATE"):
            for value in filter(None, given.value.split(",")):
                begins, slash, ends = value.partition("/")
                start = self._like_first(self._start(given, begins))
                if not slash:
                    yield start
                    continue
                stop = self._after(start, given, ends) if "P" in ends.upper() else self._wall(given, ends)
                if as_time(stop) <= as_time(start):
                    raise InvalidInput(
                        "A period of RDATE ends before it begins.",
                        field="RDATE",
                        value=value[:80],
                        remedy="an end after",
                    )
                yield start, self._like_first(stop)

    def _left_out(self, master: ScannedEvent) -> Iterator[Wall]:
        for given in master.all("EXDATE"):
            for value in filter(None, given.value.split(",")):
                wall = self._wall(given, value)
                yield wall if is_day(wall) else self._like_first(wall)

    def _like_first(self, wall: Wall) -> Wall:
        """Return a moment as the series states its own: a day, or a time (a bare day means the usual hour)."""
        if self._of_days:
            return as_time(wall).date()
        return datetime.combine(wall, as_time(self._first[0]).time()) if is_day(wall) else wall

    def _with_overrides(self, rules: RuleSet, master: ScannedEvent, overrides: Sequence[ScannedEvent]) -> RuleSet:
        """Return the rule set with instances moved or cancelled; outdated ones are passed over."""
        moved, left_out, ends = [], list(rules.left_out), rules.ends_before
        newest = self._newest(overrides)
        older = [each for each, (override, _) in newest.items() if revision(override)[0] < revision(master)[0]]
        outdated = set(older) - held(rules, older) if older else set()
        for instance, (override, after) in newest.items():
            self.event = override
            if is_cancelled(override) and after:
                ends = min((each for each in (ends, instance) if each is not None), key=as_time)
            elif is_cancelled(override):
                left_out.append(instance)
            elif override.one("DTSTART") is not None and instance not in outdated:
                moved.append(Moved(instance, self._span(override), after))
        self.event = master
        return RuleSet(rules.zone, rules.first, rules.rule, rules.extra, tuple(left_out), tuple(moved), ends)

    def _newest(self, overrides: Sequence[ScannedEvent]) -> dict[Wall, tuple[ScannedEvent, bool]]:
        """Return the newest version of each instance, and whether it speaks for all after it."""
        found: dict[Wall, tuple[ScannedEvent, bool]] = {}
        for override in sorted(overrides, key=revision):
            self.event = override
            given = self._needed(override, "RECURRENCE-ID")
            after = given.parameters.get("RANGE", "").upper() == "THISANDFUTURE"
            found[self._like_first(self._instance(given))] = override, after
        return found

    def _instance(self, given: Property) -> Wall:
        """Return which instance is meant; midnight in UTC means the day where days are what recurs."""
        wall, _ = self._moment(given, given.value)
        if self._of_days and isinstance(wall, datetime) and wall.time() == time(0):
            return wall.date()
        return self._wall(given)

    def _orphans(self, overrides: Sequence[ScannedEvent]) -> Iterator[Moved]:
        """Yield instances whose series the file does not hold; cancelled ones only where all are."""
        newest = [override for override, _ in self._newest(overrides).values()]
        for override in [each for each in newest if not is_cancelled(each)] or newest:
            self.event = override
            yield Moved(self._instance(self._needed(override, "RECURRENCE-ID")), self._span(override))

    def _series(self, rules: RuleSet) -> None:
        if self._now is None:
            raise ValueError("a recurring event needs options.now, the instant around which it is expanded")
        text = rules.text()
        found = expand(text, self._zone.key, self._now)
        if not found.meetings:
            raise InvalidInput(
                "No day of this series is left.", field="EXDATE", remedy="a day that is not left out, or no event"
            )
        self._schedule.meetings, self._schedule.recurrence = found.meetings, text
        given = self.event.one("RRULE") or self._first_property
        for wall in found.skipped[:1]:
            self._tell(
                given,
                f"{wall:%Y-%m-%d %H:%M} does not exist in {rules.zone}: the clocks skip it, so it was left out.",
                "an RDATE at another hour",
            )
        for wall in found.twice[:1]:
            self._tell(given, f"{wall:%Y-%m-%d %H:%M} comes twice in {rules.zone}: the first was taken.")
        if found.cut:
            self._tell(given, f"The series has more than {len(found.meetings):,} meetings: the soonest were taken.")
