"""One offering of schema.org or OpenActive on its way to a record: every field, with what is inherited.

Owns: how the fields of a record follow from a node, from what it belongs to and from its dated parts. A part that is
booked by itself and has an id is a run; other parts are meetings of one run. Called by `schema_org_offerings`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from city.errors import InvalidInput
from city.services.records import MeetingRecord, OfferingRecord, RecordStatus, RunRecord, StopRecord
from city.terms import Attendance, Kind
from indexer.sources import Finding, SourceOptions
from indexer.sources import schema_org_terms as terms
from indexer.sources.schema_org import (
    Graph,
    Node,
    Texts,
    identity,
    kept_id,
    listed,
    stated,
    texts,
    types,
    web_address,
    word,
)
from indexer.sources.schema_org_places import Places, Where, features, opening_hours
from indexer.sources.schema_org_schedules import every_day, scheduled
from indexer.sources.schema_org_times import (
    MOST_MEETINGS,
    When,
    day_in_words,
    moment,
    stated_meetings,
    zone_of,
)
from indexer.sources.schema_org_trips import path_of, stops_of

ALWAYS_PARTS = frozenset({"ScheduledSession", "Slot"})
FACILITIES = frozenset({"FacilityUse", "IndividualFacilityUse"})
ABOVE = ("superEvent", "instanceOfCourse", "facilityUse")
"""Where a node says what it belongs to; it inherits from there what it does not say itself."""
SERIES = frozenset({"Course", "CourseInstance", "SessionSeries", "EventSeries", *FACILITIES})
"""What is attended or booked as a whole, or again and again: its prices hold for its parts."""
BOOKABLE = ("maximumAttendeeCapacity", "remainingAttendeeCapacity", "maximumUses", "remainingUses", "offers")
REPEATING = ("repeatFrequency", "byDay", "repeatCount", "startDate")
ON_DEMAND = "OnDemandEvent"
CALLED_OFF = {"zh-Hans": "取消：", "en": "Cancelled: "}
MOVED = {"zh-Hans": "原定", "en": "Was planned for "}
BETWEEN = {"zh-Hans": "；", "en": "; "}
DESCRIBED_TOO = ("accessibilityInformation", "meetingPoint", "attendeeInstructions", "coursePrerequisites")


@dataclass(frozen=True)
class Entry:
    """A node as a document holds it: its place for findings, and the id it has in a change feed."""

    node: Node
    file: str = ""
    line: int | None = None
    source_id: str = ""

    @property
    def id(self) -> str:
        """The id of the record it becomes: that of the change feed, the node's own, its page, or a digest of it."""
        node = self.node
        own = self.source_id or identity(node) or web_address(node.get("url"))
        return kept_id(own, *(str(node.get(name) or "") for name in ("name", "startDate", "location")))

    def finding(self, message: str, field: str = "", value: Any = None, remedy: str = "") -> Finding:
        shown = value[:200] if isinstance(value, str) else value
        return Finding(message, self.file, self.line, self.id, field, shown, remedy)


@dataclass
class Group:
    """An offering in the making: its node and those above it, and its dated parts."""

    entry: Entry
    chain: list[Node]
    parts: list[Entry] = field(default_factory=list)


@dataclass(frozen=True)
class Told:
    """Where an offering tells what could not be read, and the words that name no topic."""

    remark: Callable[[Finding], None]
    unmatched: Callable[[Sequence[str]], None]


class Undated(InvalidInput):
    """A record without a day: nobody could come, now."""


class Orphan(Undated):
    """A session whose series is not in the document."""


class OfferingMaker:
    """One offering on its way to a record."""

    def __init__(
        self, group: Group, graph: Graph, places: Places, options: SourceOptions, told: Told, language: str
    ) -> None:
        self._group, self._graph, self._places, self._options, self._told = group, graph, places, options, told
        self._chain = group.chain
        self._all = [*group.chain, *(part.node for part in group.parts[:1])]
        self._language = language
        self._zone = zone_of(self._schedules(), options.zone)

    def record(self) -> OfferingRecord:
        """Return the record; raises InvalidInput when nobody could come by what it says."""
        title = self._texts("name")
        if not title:
            raise self._nameless()
        kind = terms.kind_of(self._group.entry.node, self._options.kind)
        status, moved_online = self._status()
        where = self._where()
        has_place = where.venue is not None
        is_virtual = where.is_virtual or (ON_DEMAND in types(self._group.entry.node) and not has_place)
        attendance = terms.attendance_of(
            self._all, is_virtual=is_virtual, has_place=has_place, moved_online=moved_online
        )
        runs, when = self._when(kind) if status != RecordStatus.POSTPONED else ((), When(note=self._was_planned()))
        always_open = kind == Kind.ROUTE or self._is_on_demand(attendance, runs, when)
        self._refuse_undated(runs, when, status, always_open)
        tiers, findings = terms.prices(self._graph, self._priced(), self._language)
        for finding in (*where.findings, *findings):
            self._told.remark(finding)
        found, others = terms.topics(self._all)
        self._told.unmatched(others)
        age_min, age_max = terms.ages(self._graph, self._all)
        return OfferingRecord(
            source_id=self._group.entry.id,
            title=title,
            kind=kind,
            summary=self._texts("disambiguatingDescription", "headline", "abstract"),
            description=self._description(),
            venue=where.venue.source_id if where.venue and attendance != Attendance.ONLINE else None,
            topics=found,
            audiences=terms.audiences(self._graph, self._all),
            languages=terms.languages(self._all),
            age_min=age_min,
            age_max=age_max,
            attendance=attendance,
            always_open=always_open,
            prices=tiers,
            level=terms.level(self._all),
            access_features=features(self._graph.nodes(stated(self._all, "amenityFeature"))),
            date_note=self._date_note(when),
            contact=terms.contact(self._graph, self._all),
            web_address=self._web_address(),
            seat_count=None if runs else self._seat_count(self._priced()),
            zone=self._zone.key,
            meetings=() if runs else when.meetings,
            runs=runs,
            recurrence="" if runs else when.rule,
            stops=self._stops(kind),
            path=path_of(self._graph, self._group.entry.node, self._options.datum) if kind == Kind.ROUTE else (),
            status=status,
            picture=terms.picture(self._graph, self._all, self._language, self._options.address),
        )

    def _nameless(self) -> InvalidInput:
        node = self._group.entry.node
        for name in ABOVE:
            if above := listed(node.get(name)):
                said = word(above) or "a node without id"
                message = f"It belongs to {said[:120]}, which is not here, and has no name of its own."
                return Orphan(
                    message, field=name, value=said, remedy="both in one document, or both feeds in one source"
                )
        return InvalidInput("The record has no name.", field="name", remedy='"name": "Evening calligraphy"')

    def _priced(self) -> list[Node]:
        """Return the nodes whose prices and seats are its own: a series' are, a festival's are not a concert's."""
        own = [self._chain[0]]
        for above in self._chain[1:]:
            if not set(types(above)) & SERIES:
                break
            own.append(above)
        return [*own, *(part.node for part in self._group.parts[:1])]

    def _status(self) -> tuple[str, bool]:
        """Return the state and whether it moved online; what all parts are, the whole is."""
        status, moved_online = terms.status_of(self._chain)
        parts = {terms.status_of([part.node])[0] for part in self._group.parts}
        if status == RecordStatus.PUBLISHED and parts and RecordStatus.PUBLISHED not in parts:
            status = RecordStatus.POSTPONED if RecordStatus.POSTPONED in parts else RecordStatus.CANCELLED
        return status, moved_online

    def _was_planned(self) -> Texts:
        at = moment(stated(self._all, "startDate"), self._zone, "startDate")
        return {tag: MOVED[tag] + words for tag, words in day_in_words(at).items()} if at else {}

    def _web_address(self) -> str:
        base = self._options.address
        return web_address(stated(self._all, "url"), base) or web_address(stated(self._all, "@id"), base)

    def _texts(self, *names: str) -> Texts:
        return texts(stated(self._all, *names), self._language, field=names[0])

    def _description(self) -> Texts:
        """Join what is said in words: the description, and what one has to know before coming."""
        found: Texts = {}
        for name in ("description", *DESCRIBED_TOO):
            for tag, said in texts(stated(self._all, name), self._language, field=name, lines=True).items():
                found[tag] = f"{found[tag]}\n\n{said}" if tag in found else said
        return found

    def _where(self) -> Where:
        """Return the place, together with a virtual one stated beside it."""
        where = self._places.where(stated(self._all, "location"))
        beside = [
            part for name in ("virtualLocation", "affiliatedLocation") for part in listed(stated(self._all, name))
        ]
        if not beside:
            return where
        other = self._places.where(beside)
        return Where(where.venue or other.venue, where.is_virtual or other.is_virtual, where.findings)

    def _schedules(self) -> list[Node]:
        return self._graph.nodes(stated(self._all, "eventSchedule", "courseSchedule"))

    def _when(self, kind: str) -> tuple[tuple[RunRecord, ...], When]:
        """Return the runs, or the meetings of the one run there is."""
        parts = self._group.parts
        if parts and all(_is_booked_alone(part.node) for part in parts):
            return self._runs(parts, kind), When()
        if parts:
            return (), self._meetings_of_parts(kind)
        if schedules := _repeating(self._schedules(), self._all):
            when = scheduled(schedules, self._zone, self._options.now)
            if any("PartialSchedule" in types(schedule) for schedule in schedules):
                message = "The days follow from a schedule that says it may not be complete."
                self._told.remark(Finding(message, field="eventSchedule", remedy="subEvent with each session"))
            return (), when
        return (), self._own_dates(self._group.entry.node, kind)

    def _own_dates(self, node: Node, kind: str) -> When:
        dated = {name: node.get(name) for name in ("startDate", "endDate", "duration")}
        when = stated_meetings(dated, self._zone, daily=kind != Kind.COURSE)
        if when.lasts is None:
            return when
        return replace(every_day(when.lasts, self._zone, self._options.now), note=when.note)

    def _runs(self, parts: Sequence[Entry], kind: str) -> tuple[RunRecord, ...]:
        """Return the editions that have a day or are called off, the first 1,000 of them."""
        found = [self._run(part, kind) for part in parts]
        dated = [run for run in found if run.meetings or run.cancelled]
        if len(dated) < len(found):
            self._told.remark(Finding(f"{len(found) - len(dated)} of its editions have no day and are left out."))
        if len(dated) > MOST_MEETINGS:
            self._told.remark(Finding(f"It has {len(dated):,} editions: the first {MOST_MEETINGS:,} are kept."))
        return tuple({run.source_id: run for run in dated[:MOST_MEETINGS]}.values())

    def _run(self, part: Entry, kind: str) -> RunRecord:
        schedules = self._graph.nodes(stated([part.node], "eventSchedule", "courseSchedule"))
        when = When()
        if repeating := _repeating(schedules, [part.node]):
            when = scheduled(repeating, self._zone, self._options.now)
        status, _ = terms.status_of([part.node])
        postponed = status == RecordStatus.POSTPONED
        chain = [part.node, *self._chain]
        return RunRecord(
            source_id=part.id,
            meetings=() if postponed else when.meetings or self._own_dates(part.node, kind).meetings,
            seat_count=self._seat_count(chain),
            enrol_opens_at=_instant(stated(self._graph.nodes(stated(chain, "offers")), "validFrom"), self._zone),
            enrol_closes_at=_instant(stated(self._graph.nodes(stated(chain, "offers")), "validThrough"), self._zone),
            cancelled=status == RecordStatus.CANCELLED or postponed,
        )

    def _meetings_of_parts(self, kind: str) -> When:
        held: dict[tuple[Any, ...], MeetingRecord] = {}
        off: list[Texts] = []
        for part in self._group.parts:
            status, _ = terms.status_of([part.node])
            meetings = self._own_dates(part.node, kind).meetings
            if status == RecordStatus.PUBLISHED:
                held.update({(each.held_on, each.starts_local): each for each in meetings})
            elif (at := moment(part.node.get("startDate"), self._zone, "startDate")) is not None:
                off.append(day_in_words(at))
        ordered = [held[key] for key in sorted(held, key=lambda key: (key[0], str(key[1] or "")))]
        note = {tag: CALLED_OFF[tag] + BETWEEN[tag].join(words[tag] for words in off) for tag in CALLED_OFF if off}
        return When(tuple(ordered[:MOST_MEETINGS]), note=note)

    def _date_note(self, when: When) -> Texts:
        """Say in words what days alone do not say: first and last, what is called off, what was moved from where."""
        notes = [when.note] if when.note else []
        nodes = [self._group.entry.node, *(part.node for part in self._group.parts)]
        before = [moment(value, self._zone, "previousStartDate") for node in nodes
                  for value in listed(node.get("previousStartDate"))]  # fmt: skip
        notes += [{tag: MOVED[tag] + words for tag, words in day_in_words(at).items()} for at in before if at]
        if not when.meetings and set(types(self._group.entry.node)) & FACILITIES:
            notes += [hours] if (hours := _open_for_hire(self._group.entry.node)) else []
        return {tag: BETWEEN[tag].join(note[tag] for note in notes) for tag in BETWEEN if notes}

    def _seat_count(self, chain: Sequence[Node]) -> int | None:
        return terms.seats(stated(chain, "maximumAttendeeCapacity", "maximumPhysicalAttendeeCapacity", "maximumUses"))

    def _is_on_demand(self, attendance: str, runs: Sequence[RunRecord], when: When) -> bool:
        """True for what has no dates because anybody may begin at any time."""
        if runs or when.meetings:
            return False
        names = set(types(self._group.entry.node))
        course_afar = "Course" in names and attendance == Attendance.ONLINE
        return ON_DEMAND in names or bool(names & FACILITIES) or course_afar

    def _refuse_undated(self, runs: Sequence[RunRecord], when: When, status: str, always_open: bool) -> None:
        if always_open or status != RecordStatus.PUBLISHED or when.meetings or any(run.meetings for run in runs):
            return
        raise Undated(
            "No day is stated.", field="startDate", value=word(self._group.entry.node.get("startDate")) or None,
            remedy='"startDate": "2026-11-27T19:30:00+08:00"',
        )  # fmt: skip

    def _stops(self, kind: str) -> tuple[StopRecord, ...]:
        if kind != Kind.ROUTE:
            return ()
        found = stops_of(self._graph, self._group.entry.node, self._language, self._options.datum)
        if len(found) < 2:
            raise InvalidInput(
                "A route needs at least 2 stops.", field="itinerary", value=len(found), remedy="an ItemList of places"
            )
        return found


def _is_booked_alone(node: Node) -> bool:
    """True for a part with an id of its own and seats, prices or a booking page of its own."""
    if not identity(node):
        return False
    if set(types(node)) & (ALWAYS_PARTS | {"CourseInstance"}):
        return True
    return any(listed(node.get(name)) for name in BOOKABLE)


def _repeating(schedules: Sequence[Node], chain: Sequence[Node]) -> list[Node]:
    """Return the schedules that name days; one without a first and last day has those of what it belongs to."""
    named = [each for each in schedules if any(listed(each.get(name)) for name in REPEATING)]
    dates = {name: stated(chain, name) for name in ("startDate", "endDate")}
    return [each if listed(each.get("startDate")) else {**each, **dates} for each in named]


def _instant(value: Any, zone: ZoneInfo) -> datetime | None:
    """Return an instant of an offer's window, None where none is stated for certain."""
    said = word(value)
    try:
        read = datetime.fromisoformat(said) if len(said) > len("2026-11-27") else None
        return (read if read.tzinfo else read.replace(tzinfo=zone)) if read else None
    except ValueError:
        return None


DAY_WORDS = {
    "zh-Hans": ["周一", "周二", "周三", "周四", "周五", "周六", "周日"],
    "en": ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"],
}


def _open_for_hire(node: Node) -> Texts:
    weekly, _ = opening_hours(node, "hoursAvailable")
    return {
        tag: BETWEEN[tag].join(
            f"{days[int(day)]} " + ", ".join(f"{opens}–{closes}" for opens, closes in hours)
            for day, hours in weekly.items()
        )
        for tag, days in DAY_WORDS.items()
        if weekly
    }
