"""From a source's record to the catalogue's rows, field by field, leaving alone what a person edited by hand.

Owns: which column each field of a record fills, how runs and meetings follow a record and keep their ids and places.
Called by `city.services.publishing` (imports) and by whoever gives a locked field back to its source.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from operator import attrgetter
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from city.model import (
    Base,
    ClassSession,
    EnrolmentMode,
    LocalisedText,
    Offering,
    OfferingTopic,
    Price,
    Run,
    Stop,
    Venue,
)
from city.services.records import MeetingRecord, OfferingRecord, RunRecord, StopRecord, VenueRecord

M = TypeVar("M", bound=Base)
Venues = Mapping[str, Venue]
Value = Callable[[OfferingRecord, Venues], Any]

NO_TEXT = LocalisedText()
INSTANTS_REMEMBERED = 20_000


def fill_venue(venue: Venue, record: VenueRecord) -> dict[str, tuple[Any, Any]]:
    """Write the record into the venue; return field → (before, after) of what a reader could see change."""
    values = {
        "name": LocalisedText(record.name),
        "type": record.type,
        "address": LocalisedText(record.address),
        "latitude": record.latitude,
        "longitude": record.longitude,
        "phone": record.phone,
        "opening_hours": dict(record.opening_hours),
        "special_hours": dict(record.special_hours),
        "access_features": list(record.access_features),
    }
    locked = set(venue.locked_fields or ())
    different = {
        name: (getattr(venue, name), value)
        for name, value in values.items()
        if name not in locked and getattr(venue, name) != value
    }
    for name, (_, value) in different.items():
        setattr(venue, name, value)
    return different


def fill_offering(
    offering: Offering, record: OfferingRecord, venues: Venues, leave: frozenset[str] = frozenset()
) -> None:
    """Write all fields of the record into the offering but the locked ones and those to leave; topics are not here."""
    left = leave | set(offering.locked_fields or ())
    for name in FIELDS:
        if name not in left:
            fill_field(name, offering, record, venues)


def fill_field(name: str, offering: Offering, record: OfferingRecord, venues: Venues) -> None:
    """Write one of FIELDS; the venues have their ids."""
    if name in PARTS:
        PARTS[name](offering, record)
    else:
        setattr(offering, COLUMNS.get(name, name), VALUES[name](record, venues))


def new_offering(record: OfferingRecord, venues: Venues, topics: Sequence[str], given: Mapping[str, Any]) -> Offering:
    """Return an offering that no session may hold, whole, for `UnitOfWork.published_all`; `given` are more columns."""
    zone = ZoneInfo(record.zone)
    return _laid(
        Offering,
        {COLUMNS.get(name, name): value(record, venues) for name, value in VALUES.items()},
        given,
        runs=[_new_run(stated, zone) for stated in _stated_runs(record)],
        stops=[_laid(Stop, _stop_columns(stop), position=at) for at, stop in enumerate(record.stops)],
        topic_links=[
            _laid(OfferingTopic, topic_id=topic, position=at) for at, topic in enumerate(dict.fromkeys(topics))
        ],
    )


def _new_run(stated: _StatedRun, zone: ZoneInfo) -> Run:
    meetings = [_laid(ClassSession, _meeting_columns(each, zone), title=NO_TEXT) for each in _distinct(stated.meetings)]
    return _laid(Run, _run_columns(stated), source_id=stated.source_id, taken_count=0, class_sessions=meetings)


def _laid(model: type[M], *columns: Mapping[str, Any], **more: Any) -> M:
    """Return an object with values put in as the session puts in those of a row.

    What is to be inserted as a row needs no history of its values; keeping one takes most of the time of a large feed.
    """
    made = model()
    for some in (*columns, more):
        vars(made).update(some)
    return made


def follow_runs(offering: Offering, record: OfferingRecord) -> None:
    """Let runs and their meetings follow the record; what stays keeps its id and its places.

    A run that takes enrolments and is no longer stated is called off, not erased: people may have a place on it, and
    are told by the job that passes places on.
    """
    stated = _stated_runs(record)
    present = {run.source_id: run for run in offering.runs}
    if len(stated) == 1 and stated[0].source_id is None and offering.runs:
        present = {None: offering.runs[0]}
    followed = []
    for wanted in stated:
        run = present.get(wanted.source_id) or Run(source_id=wanted.source_id)
        _write(run, _followed_columns(run, wanted))
        follow_meetings(run, wanted.meetings, ZoneInfo(record.zone))
        followed.append(run)
    for gone in (run for run in offering.runs if run not in followed and run.enrolment_mode != EnrolmentMode.NONE):
        gone.cancelled = True
        followed.append(gone)
    if followed != offering.runs:
        offering.runs = followed


class _StatedRun:
    """A run as a record states it, whichever of the two ways it does."""

    def __init__(self, record: OfferingRecord | RunRecord) -> None:
        several = record if isinstance(record, RunRecord) else None
        self.source_id = several.source_id if several else None
        self.meetings: Sequence[MeetingRecord] = record.meetings
        self.seat_count = record.seat_count
        self.enrol_opens_at = several.enrol_opens_at if several else None
        self.enrol_closes_at = several.enrol_closes_at if several else None
        self.cancelled = several.cancelled if several else False


def _stated_runs(record: OfferingRecord) -> list[_StatedRun]:
    if record.runs:
        return [_StatedRun(run) for run in record.runs]
    return [_StatedRun(record)] if record.meetings else []


def _run_columns(stated: _StatedRun) -> dict[str, Any]:
    return {
        "enrolment_mode": EnrolmentMode.FIRST_COME if stated.seat_count is not None else EnrolmentMode.NONE,
        "seat_count": stated.seat_count,
        "enrol_opens_at": stated.enrol_opens_at,
        "enrol_closes_at": stated.enrol_closes_at,
        "cancelled": stated.cancelled,
    }


def _followed_columns(run: Run, stated: _StatedRun) -> dict[str, Any]:
    """Return what a run takes over: never fewer seats than are taken, and what is drawn stays drawn."""
    columns = _run_columns(stated)
    if stated.seat_count is not None:
        columns["seat_count"] = max(stated.seat_count, run.taken_count or 0)
    if run.ballot_id is not None:
        del columns["enrolment_mode"]
    return columns


def follow_meetings(run: Run, meetings: Sequence[MeetingRecord], zone: ZoneInfo) -> None:
    """Keep the meetings that stay, drop those that are no more, add the new ones.

    One that was called off here stays called off: people were told so, and the source does not know.
    """
    present = {(m.held_on, m.starts_local): m for m in run.class_sessions}
    followed = []
    for wanted in _distinct(meetings):
        meeting = present.get((wanted.held_on, wanted.starts_local)) or ClassSession(title=NO_TEXT)
        if not meeting.cancelled:
            _write(meeting, _meeting_columns(wanted, zone))
        followed.append(meeting)
    run.class_sessions = followed


def _distinct(meetings: Sequence[MeetingRecord]) -> Sequence[MeetingRecord]:
    """Return one meeting for each start: of two, the one stated later."""
    if len(meetings) < 2:
        return meetings
    return tuple({(meeting.held_on, meeting.starts_local): meeting for meeting in meetings}.values())


def _meeting_columns(meeting: MeetingRecord, zone: ZoneInfo) -> dict[str, Any]:
    starts_at, over_at = _instants(meeting.held_on, zone, meeting.starts_local, meeting.ends_local)
    return {
        "held_on": meeting.held_on,
        "zone": zone.key,
        "starts_local": meeting.starts_local,
        "ends_local": meeting.ends_local if meeting.starts_local is not None else None,
        "starts_at": starts_at,
        "over_at": over_at,
    }


_instants = lru_cache(INSTANTS_REMEMBERED)(ClassSession.instants)
"""The meetings of a programme share their days and hours."""


def _write(row: Base, columns: Mapping[str, Any]) -> None:
    for name, value in columns.items():
        setattr(row, name, value)


def _stops(offering: Offering, record: OfferingRecord) -> None:
    """Let the stops follow by their place in the order, so that those that stay keep their ids."""
    present = {stop.position: stop for stop in offering.stops}
    followed = []
    for position, wanted in enumerate(record.stops):
        stop = present.get(position) or Stop(position=position)
        _write(stop, _stop_columns(wanted))
        followed.append(stop)
    if followed != offering.stops:
        offering.stops = followed


def _stop_columns(stop: StopRecord) -> dict[str, Any]:
    return {
        "name": LocalisedText(stop.name),
        "text": LocalisedText(stop.text),
        "latitude": stop.latitude,
        "longitude": stop.longitude,
        "stay_minutes": stop.stay_minutes,
        "walk_minutes_to_next": stop.walk_minutes_to_next,
        "features": list(stop.features),
    }


def _texts(name: str) -> Value:
    text = attrgetter(name)
    return lambda record, _: LocalisedText(found) if (found := text(record)) else NO_TEXT


def _value(name: str) -> Value:
    value = attrgetter(name)
    return lambda record, _: value(record)


def _list(name: str) -> Value:
    values = attrgetter(name)
    return lambda record, _: list(values(record))


def _venue_id(record: OfferingRecord, venues: Venues) -> int | None:
    venue = venues.get(record.venue) if record.venue else None
    return venue.id if venue is not None else None


def _price_tiers(record: OfferingRecord, venues: Venues) -> list[dict[str, Any]]:
    return [Price.from_json(dict(row)).as_json() for row in record.prices]


VALUES: dict[str, Value] = {
    **{name: _texts(name) for name in ("title", "summary", "description", "date_note")},
    **{name: _texts(name) for name in ("bring", "surface", "transcript")},
    **{name: _list(name) for name in ("audiences", "languages", "access_features")},
    **{name: _value(name) for name in ("kind", "age_min", "age_max", "attendance", "always_open")},
    **{name: _value(name) for name in ("level", "contact", "web_address")},
    "venue": _venue_id,
    "prices": _price_tiers,
    "path": lambda record, _: [list(point) for point in record.path],
    "picture": lambda record, _: dict(record.picture),
}
"""Field of a record → what its column holds."""
COLUMNS = {"venue": "venue_id", "prices": "price_tiers"}
"""The columns that are not called as the field of the record is."""
PARTS: dict[str, Callable[[Offering, OfferingRecord], None]] = {"meetings": follow_runs, "stops": _stops}
"""Field of a record → what lets the rows of an offering's parts follow it."""
FIELDS = (*VALUES, *PARTS)
"""What is filled here. `topics` and `status` are written by the loading itself; both can be locked."""
LOCKABLE = frozenset(FIELDS) | {"topics", "status"}
