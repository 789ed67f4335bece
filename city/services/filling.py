"""From a source's record to the catalogue's rows, field by field, leaving alone what a person edited by hand.

Owns: which column each field of a record fills, how runs and meetings follow a record and keep their ids and places.
Called by `city.services.publishing` (imports) and by whoever gives a locked field back to its source.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from city.model import ClassSession, EnrolmentMode, LocalisedText, Offering, Price, Run, Stop, Venue
from city.services.records import MeetingRecord, OfferingRecord, RunRecord, StopRecord, VenueRecord

Venues = Mapping[str, Venue]


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
    for name, fill in FILLERS.items():
        if name not in left:
            fill(offering, record, venues)


def fill_new_offering(offering: Offering, record: OfferingRecord, venues: Venues) -> list[tuple[Run, MeetingRecord]]:
    """Fill an offering that is new; return the meetings that are still to be written, as `meeting_rows`.

    The first meeting of each run is an object like any other, so that the offering is whole and can be published; a
    programme has tens of thousands of the others, and as plain rows they take a fraction of the time.
    """
    fill_offering(offering, _with_first_meetings(record), venues)
    stated = [run.meetings for run in record.runs] or [record.meetings]
    return [
        (run, meeting)
        for run, meetings in zip(offering.runs, stated, strict=False)  # without a meeting there is no run
        for meeting in _distinct(meetings)[1:]
    ]


def _with_first_meetings(record: OfferingRecord) -> OfferingRecord:
    if len(record.meetings) <= 1 and not record.runs:
        return record
    runs = tuple(replace(run, meetings=_distinct(run.meetings)[:1]) for run in record.runs)
    return replace(record, meetings=_distinct(record.meetings)[:1], runs=runs)


def meeting_rows(meetings: Sequence[tuple[Run, MeetingRecord]], zone: ZoneInfo) -> list[dict[str, Any]]:
    """Return meetings of runs that have their ids as rows of ClassSession."""
    instants = cache(ClassSession.instants)
    rows = []
    for run, meeting in meetings:
        starts_at, over_at = instants(meeting.held_on, zone, meeting.starts_local, meeting.ends_local)
        rows.append(
            {
                "run_id": run.id,
                "held_on": meeting.held_on,
                "zone": zone.key,
                "starts_local": meeting.starts_local,
                "ends_local": meeting.ends_local if meeting.starts_local is not None else None,
                "starts_at": starts_at,
                "over_at": over_at,
                "title": LocalisedText(),
            }
        )
    return rows


def _distinct(meetings: Sequence[MeetingRecord]) -> tuple[MeetingRecord, ...]:
    return tuple({(meeting.held_on, meeting.starts_local): meeting for meeting in meetings}.values())


def follow_runs(offering: Offering, record: OfferingRecord) -> None:
    """Let runs and their meetings follow the record; what stays keeps its id and its places."""
    stated = _stated_runs(record)
    present = {run.source_id: run for run in offering.runs}
    if len(stated) == 1 and stated[0].source_id is None and offering.runs:
        present = {None: offering.runs[0]}
    followed = []
    for wanted in stated:
        run = present.get(wanted.source_id) or Run(source_id=wanted.source_id)
        _follow(run, wanted, ZoneInfo(record.zone))
        followed.append(run)
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


def _follow(run: Run, stated: _StatedRun, zone: ZoneInfo) -> None:
    run.enrolment_mode = EnrolmentMode.FIRST_COME if stated.seat_count is not None else EnrolmentMode.NONE
    run.seat_count = stated.seat_count
    run.enrol_opens_at, run.enrol_closes_at = stated.enrol_opens_at, stated.enrol_closes_at
    run.cancelled = stated.cancelled
    follow_meetings(run, stated.meetings, zone)


def follow_meetings(run: Run, meetings: Sequence[MeetingRecord], zone: ZoneInfo) -> None:
    """Keep the meetings that stay, drop those that are no more, add the new ones."""
    wanted = {(m.held_on, m.starts_local): m.ends_local for m in meetings}
    present = {(m.held_on, m.starts_local): m for m in run.class_sessions}
    followed = []
    for (held_on, starts_local), ends_local in wanted.items():
        meeting = ClassSession.at(held_on, zone, starts_local, ends_local)
        if (kept := present.get((held_on, starts_local))) is not None:
            kept.ends_local, kept.zone = meeting.ends_local, meeting.zone
            kept.starts_at, kept.over_at = meeting.starts_at, meeting.over_at
            meeting = kept
        followed.append(meeting)
    run.class_sessions = followed


def _texts(name: str) -> Callable[[Offering, OfferingRecord, Venues], None]:
    return lambda offering, record, _: setattr(offering, name, LocalisedText(getattr(record, name)))


def _value(name: str) -> Callable[[Offering, OfferingRecord, Venues], None]:
    return lambda offering, record, _: setattr(offering, name, getattr(record, name))


def _list(name: str) -> Callable[[Offering, OfferingRecord, Venues], None]:
    return lambda offering, record, _: setattr(offering, name, list(getattr(record, name)))


def _venue(offering: Offering, record: OfferingRecord, venues: Venues) -> None:
    offering.venue = venues.get(record.venue) if record.venue else None


def _prices(offering: Offering, record: OfferingRecord, venues: Venues) -> None:
    offering.price_tiers = [Price.from_json(dict(row)).as_json() for row in record.prices]


def _meetings(offering: Offering, record: OfferingRecord, venues: Venues) -> None:
    follow_runs(offering, record)


def _path(offering: Offering, record: OfferingRecord, venues: Venues) -> None:
    offering.path = [list(point) for point in record.path]


def _picture(offering: Offering, record: OfferingRecord, venues: Venues) -> None:
    offering.picture = dict(record.picture)


def _stops(offering: Offering, record: OfferingRecord, venues: Venues) -> None:
    """Let the stops follow by their place in the order, so that those that stay keep their ids."""
    present = {stop.position: stop for stop in offering.stops}
    followed = []
    for position, wanted in enumerate(record.stops):
        stop = present.get(position) or Stop(position=position)
        _fill_stop(stop, wanted)
        followed.append(stop)
    if followed != offering.stops:
        offering.stops = followed


def _fill_stop(stop: Stop, wanted: StopRecord) -> None:
    stop.name, stop.text = LocalisedText(wanted.name), LocalisedText(wanted.text)
    stop.latitude, stop.longitude = wanted.latitude, wanted.longitude
    stop.stay_minutes, stop.walk_minutes_to_next = wanted.stay_minutes, wanted.walk_minutes_to_next
    stop.features = list(wanted.features)


FILLERS: dict[str, Callable[[Offering, OfferingRecord, Venues], None]] = {
    **{name: _texts(name) for name in ("title", "summary", "description", "date_note")},
    **{name: _texts(name) for name in ("bring", "surface", "transcript")},
    **{name: _list(name) for name in ("audiences", "languages", "access_features")},
    **{name: _value(name) for name in ("kind", "age_min", "age_max", "attendance", "always_open")},
    **{name: _value(name) for name in ("level", "contact", "web_address")},
    "venue": _venue,
    "prices": _prices,
    "meetings": _meetings,
    "stops": _stops,
    "path": _path,
    "picture": _picture,
}
"""Field of a record → what writes it. `topics` and `status` are written by the loading itself; both can be locked."""
LOCKABLE = frozenset(FILLERS) | {"topics", "status"}
