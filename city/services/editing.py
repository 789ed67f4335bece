"""What a person edits by hand in an offering that a source brought: the edit stands, whatever the source says later.

Owns: field locks: which fields can be edited and locked, both values side by side, and giving a field back to its
source. A value has the form it has in a source's record. Called by `learncity offering …`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter, ValidationError

from city.clock import Clock
from city.errors import InvalidInput
from city.model import Offering, Run, SourceRecord, Status
from city.services.filling import LOCKABLE, fill_field
from city.services.permissions import Actor, Operation, Subject, require
from city.services.records import MeetingRecord, OfferingRecord, RecordStatus, RunRecord, StopRecord
from city.store.database import Database
from city.store.unit_of_work import UnitOfWork

RECORD = TypeAdapter(OfferingRecord)
OF_OTHER_SHAPE = frozenset({"venue", "topics", "prices", "meetings", "runs", "stops", "path", "status", "source_id"})
SAME_NAME = tuple(
    field.name for field in fields(OfferingRecord) if field.name not in OF_OTHER_SHAPE and hasattr(Offering, field.name)
)
"""Fields of a record that are columns of an offering as they stand."""


@dataclass(frozen=True)
class LockedField:
    """One field that a person edited: what stands, and what the source would say (None when it is there no more)."""

    field: str
    own: Any
    of_source: Any


class Editing:
    """Use cases of editing by hand, on one database and clock."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def edit(self, actor: Actor, offering_id: int, values: Mapping[str, Any]) -> None:
        """Write the values and lock their fields against the next import; all or nothing.

        `values` are fields of a record in its JSON form, like {"title": {"en": "Tea"}}. Raises InvalidInput, NotFound,
        NotAllowed.
        """
        with self._database.writing() as work:
            offering = self._allowed(work, actor, offering_id)
            _refuse_unknown(values)
            edited = _read_record({**_record_of(offering).as_json(), **values})
            for name in values:
                self._write(work, offering, name, edited)
            if offering.status == Status.PUBLISHED:
                offering.publish(self._clock.now())  # refuses what nobody could come to
            if offering.source is not None:
                lock_fields(offering, values)
            work.changed(offering, self._clock.now())
            work.commit()

    def release(self, actor: Actor, offering_id: int, field: str) -> None:
        """Give a locked field back to its source: its last value stands again.

        Raises InvalidInput, NotFound, NotAllowed.
        The meetings of a series come back with the next move of its window, at the latest in a day.
        """
        with self._database.writing() as work:
            offering = self._allowed(work, actor, offering_id)
            if field not in (offering.locked_fields or ()):
                locked = ", ".join(offering.locked_fields or ()) or "none"
                raise InvalidInput(
                    f"{field!r} is not locked.", field="field", value=field, remedy=f"a locked field: {locked}"
                )
            offering.locked_fields = [name for name in offering.locked_fields if name != field]
            if (row := _source_row(work, offering)) is not None:
                self._write(work, offering, field, _read_record(row.record))
            work.changed(offering, self._clock.now())
            work.commit()

    def locked(self, actor: Actor, offering_id: int) -> list[LockedField]:
        """Return the locked fields with both values; raises NotFound, NotAllowed."""
        with self._database.reading() as work:
            offering = self._allowed(work, actor, offering_id)
            own, row = _record_of(offering).as_json(), _source_row(work, offering)
            return [
                LockedField(name, own.get(name), row.record.get(name) if row is not None else None)
                for name in offering.locked_fields or ()
            ]

    def record(self, actor: Actor, offering_id: int) -> dict[str, Any]:
        """Return an offering in the form of a source's record; raises NotFound, NotAllowed."""
        with self._database.reading() as work:
            return _record_of(self._allowed(work, actor, offering_id)).as_json()

    def _allowed(self, work: UnitOfWork, actor: Actor, offering_id: int) -> Offering:
        offering = work.offerings.get(offering_id)
        require(actor, Operation.PUBLISH_OFFERING, Subject(operator_id=offering.operator_id))
        return offering

    def _write(self, work: UnitOfWork, offering: Offering, name: str, record: OfferingRecord) -> None:
        if name == "topics":
            offering.set_topics(_known_topics(work, record.topics))
        elif name == "status":
            self._follow_status(offering, record.status, self._clock.now())
        else:
            venues = work.venues.by_source(offering.source) if offering.source and name == "venue" else {}
            if name == "venue" and record.venue and record.venue not in venues:
                raise InvalidInput(
                    f"The source names no venue {record.venue!r}.",
                    field="venue",
                    value=record.venue,
                    remedy=f"one of {', '.join(sorted(venues)[:10])}",
                )
            fill_field(name, offering, record, venues)

    def _follow_status(self, offering: Offering, status: str, now: datetime) -> None:
        offering.postponed = status == RecordStatus.POSTPONED
        if status == RecordStatus.CANCELLED:
            offering.cancel()
        else:
            offering.publish(now)


def lock_fields(offering: Offering, names: Iterable[str]) -> None:
    """Keep these fields of a source's record as a person wrote them; names that are no field of one are left out."""
    offering.locked_fields = sorted({*(offering.locked_fields or ()), *(name for name in names if name in LOCKABLE)})


def _refuse_unknown(values: Mapping[str, Any]) -> None:
    unknown = sorted(set(values) - LOCKABLE)
    if unknown:
        raise InvalidInput(
            f"{unknown[0]!r} is no field that can be edited.",
            field=unknown[0],
            remedy=f"one of {', '.join(sorted(LOCKABLE))}",
        )


def _known_topics(work: UnitOfWork, topic_ids: tuple[str, ...]) -> list[str]:
    known = {topic.id for topic in work.topics.all()}
    unknown = [topic for topic in topic_ids if topic not in known]
    if unknown:
        raise InvalidInput(
            f"{unknown[0]!r} is not in the list of topics.", field="topics", value=unknown[0], remedy="a listed topic"
        )
    return list(topic_ids)


def _source_row(work: UnitOfWork, offering: Offering) -> SourceRecord | None:
    """Return what the source said last, None for what no source brought or holds any more."""
    if offering.source is None or offering.source_id is None:
        return None
    row = work.feeds.record(offering.source, offering.source_id)
    return row if row is not None and row.gone_at is None else None


def _read_record(values: Mapping[str, Any]) -> OfferingRecord:
    """Return a record of its JSON form; raises InvalidInput naming the field that cannot be read."""
    try:
        return RECORD.validate_python(dict(values))
    except ValidationError as wrong:
        first = wrong.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise InvalidInput(
            f"{where}: {first['msg']}.",
            field=where,
            value=str(first["input"])[:200],
            remedy="the form that `learncity offering show` prints",
        ) from wrong


def _record_of(offering: Offering) -> OfferingRecord:
    """Return the offering in the form of a record: what a source would have to say for it to stand as it does."""
    same = {name: _frozen(getattr(offering, name)) for name in SAME_NAME}
    return replace(
        OfferingRecord(source_id=offering.source_id or str(offering.id), **same),
        status=_status_of(offering),
        venue=offering.venue.source_id if offering.venue is not None else None,
        topics=tuple(offering.topic_ids()),
        prices=tuple(offering.price_tiers),
        stops=tuple(_stop(stop) for stop in offering.stops),
        path=tuple((float(point[0]), float(point[1])) for point in offering.path),
        **_runs_of(offering),
    )


def _status_of(offering: Offering) -> str:
    if offering.postponed:
        return RecordStatus.POSTPONED
    return RecordStatus.CANCELLED if offering.status == Status.CANCELLED else RecordStatus.PUBLISHED


def _frozen(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(value)
    return dict(value) if isinstance(value, Mapping) else value


def _stop(stop: Any) -> StopRecord:
    return StopRecord(
        name=dict(stop.name),
        text=dict(stop.text),
        latitude=stop.latitude,
        longitude=stop.longitude,
        stay_minutes=stop.stay_minutes,
        walk_minutes_to_next=stop.walk_minutes_to_next,
        features=tuple(stop.features),
    )


def _runs_of(offering: Offering) -> dict[str, Any]:
    """Return `meetings` and `seat_count` of one run, or `runs` of several."""
    if any(run.source_id is not None for run in offering.runs) or len(offering.runs) > 1:
        return {"runs": tuple(_run(run) for run in offering.runs)}
    if not offering.runs:
        return {}
    run = offering.runs[0]
    zone = run.class_sessions[0].zone if run.class_sessions else OfferingRecord.zone
    return {"meetings": _meetings(run), "seat_count": run.seat_count, "zone": zone}


def _run(run: Run) -> RunRecord:
    return RunRecord(
        source_id=run.source_id or str(run.id),
        meetings=_meetings(run),
        seat_count=run.seat_count,
        enrol_opens_at=run.enrol_opens_at,
        enrol_closes_at=run.enrol_closes_at,
        cancelled=run.cancelled,
    )


def _meetings(run: Run) -> tuple[MeetingRecord, ...]:
    return tuple(MeetingRecord(each.held_on, each.starts_local, each.ends_local) for each in run.class_sessions)
