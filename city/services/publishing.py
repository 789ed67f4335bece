"""From records of a source to offerings of the catalogue; the same rules for a feed as for a form.

Owns: what a record may hold, how it is told whether one is new, changed, unchanged or gone, the brake, and the
transaction. Knows no file format: `indexer.sources` transforms feeds into records. Identity is (source, source id).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from city.clock import Clock
from city.model import (
    ClassSession,
    EnrolmentMode,
    ImportRun,
    Kind,
    LocalisedText,
    Offering,
    Operator,
    Price,
    Run,
    SourceRecord,
    Venue,
    VenueType,
)
from city.services.permissions import Actor, Operation, Subject, require
from city.store.database import Database
from city.store.unit_of_work import UnitOfWork

LARGEST_WITHDRAWAL = 0.20
LARGEST_GROWTH = 5

Progress = Callable[[int, int], None]
Texts = Mapping[str, str]


@dataclass(frozen=True)
class MeetingRecord:
    """One meeting as a source states it: a local day, and hours only if stated."""

    held_on: date
    starts_local: time | None = None
    ends_local: time | None = None

    def as_json(self) -> dict[str, str | None]:
        starts, ends = self.starts_local, self.ends_local
        return {
            "held_on": self.held_on.isoformat(),
            "starts_local": starts.isoformat() if starts is not None else None,
            "ends_local": ends.isoformat() if ends is not None else None,
        }


@dataclass(frozen=True)
class VenueRecord:
    """A venue as a source states it, by the source's own id."""

    source_id: str
    name: Texts
    type: str = VenueType.OTHER
    address: Texts = field(default_factory=dict)
    latitude: float | None = None
    longitude: float | None = None
    phone: str = ""
    access_features: tuple[str, ...] = ()


@dataclass(frozen=True)
class OfferingRecord:
    """An offering as a source states it, transformed but before anything that depends on the clock.

    `venue` is a VenueRecord's source_id; `prices` are `Price.as_json()` rows; `zone` is the IANA name for all meetings.
    """

    source_id: str
    title: Texts
    kind: str = Kind.EVENT
    summary: Texts = field(default_factory=dict)
    description: Texts = field(default_factory=dict)
    venue: str | None = None
    topics: tuple[str, ...] = ()
    audiences: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    age_min: int | None = None
    age_max: int | None = None
    attendance: str = "in_person"
    always_open: bool = False
    prices: tuple[Mapping[str, Any], ...] = ()
    level: str = ""
    access_features: tuple[str, ...] = ()
    date_note: Texts = field(default_factory=dict)
    contact: str = ""
    web_address: str = ""
    seat_count: int | None = None
    zone: str = "Asia/Shanghai"
    meetings: tuple[MeetingRecord, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return the record with plain values, as it is hashed and kept."""
        row = {name: _plain(getattr(self, name)) for name in self.__dataclass_fields__}
        return row | {"meetings": [meeting.as_json() for meeting in self.meetings]}

    def sha256(self) -> str:
        """Return the hash by which an unchanged record is known."""
        canonical = json.dumps(self.as_json(), sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()


@dataclass(frozen=True)
class FeedBatch:
    """All that one run of a source brought: venues, good records, and ids of records that were refused.

    `complete` is false when records were refused whose ids nobody can read: then no record is taken for gone.
    """

    source: str
    format: str
    operator_slug: str
    venues: Sequence[VenueRecord]
    records: Sequence[OfferingRecord]
    refused_ids: frozenset[str] = frozenset()
    complete: bool = True


@dataclass(frozen=True)
class FieldChange:
    """What one field of one record was and is."""

    source_id: str
    field: str
    before: Any
    after: Any


@dataclass
class FeedOutcome:
    """What a run did, or would do: counts, changes field by field, and why the brake stopped it ("" when not)."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    gone: int = 0
    withdrawn: int = 0
    changes: list[FieldChange] = field(default_factory=list)
    operator_created: bool = False
    unknown_topics: set[str] = field(default_factory=set)
    braked: str = ""


class Publishing:
    """Use cases of bringing offerings in, on one database and clock."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def load_feed(
        self,
        actor: Actor,
        batch: FeedBatch,
        *,
        dry_run: bool = False,
        allow_mass_change: bool = False,
        progress: Progress | None = None,
    ) -> FeedOutcome:
        """Bring one run of a source into the catalogue, all good records in one transaction.

        Unchanged records write nothing. With `dry_run` everything is tried and rolled back. When the brake stops the
        run, nothing is changed and `braked` says why. Raises NotAllowed.
        """
        with self._database.writing() as work:
            operator = work.operators.by_slug(batch.operator_slug)
            require(actor, Operation.IMPORT_FEED, Subject(operator_id=operator.id if operator else None))
            outcome = FeedOutcome(operator_created=operator is None)
            operator = operator or _new_operator(work, batch.operator_slug)
            loading = _Loading(work, operator, batch, self._clock.now(), outcome)
            outcome.braked = "" if allow_mass_change else loading.brake()
            if not outcome.braked:
                loading.load(progress or (lambda done, total: None))
                if not dry_run:
                    work.commit()
            return outcome

    def keep_report(self, batch_source: str, feed_format: str, operator_slug: str, report: dict[str, Any]) -> None:
        """Keep the report of a run for the operator."""
        with self._database.writing() as work:
            operator = work.operators.by_slug(operator_slug) or _new_operator(work, operator_slug)
            started_at = self._clock.now()
            work.feeds.add_run(
                ImportRun(
                    source=batch_source,
                    format=feed_format,
                    operator_id=operator.id,
                    started_at=started_at,
                    report=report,
                )
            )
            work.commit()


class _Loading:
    """One run of one source inside one transaction."""

    def __init__(
        self, work: UnitOfWork, operator: Operator, batch: FeedBatch, now: datetime, outcome: FeedOutcome
    ) -> None:
        self._work = work
        self._operator = operator
        self._batch = batch
        self._now = now
        self._outcome = outcome
        self._known = work.feeds.records(batch.source)
        self._hashes = {record.source_id: record.sha256() for record in batch.records}
        self._gone = self._disappeared()
        self._topics = {topic.id for topic in work.topics.all()}

    def brake(self) -> str:
        """Say why a person has to look first, "" when nobody has to; the first run of a source is never stopped."""
        present = [row for row in self._known.values() if row.gone_at is None]
        if not present:
            return ""
        added = sum(1 for source_id in self._hashes if source_id not in self._known)
        if added > LARGEST_GROWTH * len(present):
            return f"this run would add {added} records to the {len(present)} there are (more than {LARGEST_GROWTH}×)"
        to_withdraw = len(self._still_to_come(self._gone))
        if to_withdraw > LARGEST_WITHDRAWAL * len(present):
            return f"this run would withdraw {to_withdraw} of {len(present)} records (more than 20 %)"
        return ""

    def load(self, progress: Progress) -> None:
        """Write venues, then records that are new or changed, then what is gone."""
        venues, moved = self._load_venues()
        offerings = self._changed_offerings()
        for done, record in enumerate(self._batch.records, start=1):
            self._load_record(record, venues, offerings)
            progress(done, len(self._batch.records))
        self._announce_moved(moved, {offering.id for offering in offerings.values()})
        self._withdraw_gone()

    def _disappeared(self) -> list[SourceRecord]:
        if not self._batch.complete:
            return []
        seen = self._hashes.keys() | self._batch.refused_ids
        return [row for source_id, row in self._known.items() if source_id not in seen and row.gone_at is None]

    def _still_to_come(self, rows: Iterable[SourceRecord]) -> list[Offering]:
        found = self._work.offerings.many([row.offering_id for row in rows])
        return [offering for offering in found if offering.is_listable(self._now)]

    def _load_venues(self) -> tuple[dict[str, Venue], list[Venue]]:
        known = self._work.venues.by_source(self._batch.source)
        moved = []
        for record in self._batch.venues:
            venue = known.get(record.source_id)
            if venue is None:
                venue = known[record.source_id] = Venue(source=self._batch.source, source_id=record.source_id)
                _fill_venue(venue, record)
                self._work.venues.add(venue)
            elif _fill_venue(venue, record):
                moved.append(venue)
        self._work.flush()
        return known, moved

    def _changed_offerings(self) -> dict[str, Offering]:
        changed = [
            source_id
            for source_id, digest in self._hashes.items()
            if (row := self._known.get(source_id)) is not None and (row.record_sha256 != digest or row.gone_at)
        ]
        return self._work.offerings.by_source(self._batch.source, changed)

    def _load_record(self, record: OfferingRecord, venues: dict[str, Venue], offerings: dict[str, Offering]) -> None:
        row = self._known.get(record.source_id)
        if row is None:
            self._add(record, venues)
        elif row.record_sha256 == self._hashes[record.source_id] and row.gone_at is None:
            self._outcome.unchanged += 1
        else:
            self._change(record, row, offerings[record.source_id], venues)

    def _add(self, record: OfferingRecord, venues: dict[str, Venue]) -> None:
        offering = Offering(
            source=self._batch.source,
            source_id=record.source_id,
            operator_id=self._operator.id,
            created_at=self._now,
            updated_at=self._now,
            version=1,
        )
        self._fill(offering, record, venues)
        offering.publish(self._now)
        self._work.published_first(offering, self._now)
        self._work.feeds.add_record(
            SourceRecord(
                source=self._batch.source,
                source_id=record.source_id,
                offering_id=offering.id,
                record_sha256=self._hashes[record.source_id],
                record=record.as_json(),
            )
        )
        self._outcome.new += 1

    def _change(self, record: OfferingRecord, row: SourceRecord, offering: Offering, venues: dict[str, Venue]) -> None:
        after = record.as_json()
        self._outcome.changes += _differences(record.source_id, row.record, after)
        self._fill(offering, record, venues)
        offering.publish(self._now)
        self._work.changed(offering, self._now)
        row.record_sha256, row.record, row.gone_at = self._hashes[record.source_id], after, None
        self._outcome.changed += 1

    def _fill(self, offering: Offering, record: OfferingRecord, venues: Mapping[str, Venue]) -> None:
        """Write the record into the offering; topics outside the controlled list are left out and told."""
        _fill_offering(offering, record, venues)
        offering.set_topics([topic for topic in record.topics if topic in self._topics])
        self._outcome.unknown_topics |= set(record.topics) - self._topics

    def _announce_moved(self, moved: list[Venue], already: set[int]) -> None:
        """A venue that changed changes what a reader sees of all its offerings."""
        for venue in moved:
            around = [i for i in self._work.offerings.ids_around(venue_id=venue.id) if i not in already]
            self._work.changed_around(self._work.offerings.many(around), self._now)

    def _withdraw_gone(self) -> None:
        for offering in self._still_to_come(self._gone):
            offering.withdraw()
            self._work.changed(offering, self._now)
            self._outcome.withdrawn += 1
        for row in self._gone:
            row.gone_at = self._now
        self._outcome.gone = len(self._gone)


def _new_operator(work: UnitOfWork, slug: str) -> Operator:
    operator = Operator(slug=slug, name=LocalisedText({"en": slug}))
    work.operators.add(operator)
    work.flush()
    return operator


def _fill_venue(venue: Venue, record: VenueRecord) -> bool:
    """Write the record into the venue; True when a reader could see a difference."""
    values = {
        "name": LocalisedText(record.name),
        "type": record.type,
        "address": LocalisedText(record.address),
        "latitude": record.latitude,
        "longitude": record.longitude,
        "phone": record.phone,
        "access_features": list(record.access_features),
    }
    different = {name: value for name, value in values.items() if getattr(venue, name) != value}
    for name, value in different.items():
        setattr(venue, name, value)
    return bool(different)


def _fill_offering(offering: Offering, record: OfferingRecord, venues: Mapping[str, Venue]) -> None:
    """Write the record into the offering; runs keep their ids and places, their meetings follow the record."""
    offering.kind = record.kind
    offering.venue = venues.get(record.venue) if record.venue else None
    offering.title, offering.summary = LocalisedText(record.title), LocalisedText(record.summary)
    offering.description, offering.date_note = LocalisedText(record.description), LocalisedText(record.date_note)
    offering.audiences, offering.languages = list(record.audiences), list(record.languages)
    offering.age_min, offering.age_max = record.age_min, record.age_max
    offering.attendance, offering.always_open = record.attendance, record.always_open
    offering.price_tiers = [Price.from_json(dict(row)).as_json() for row in record.prices]
    offering.level, offering.access_features = record.level, list(record.access_features)
    offering.contact, offering.web_address = record.contact, record.web_address
    _fill_run(offering, record)


def _fill_run(offering: Offering, record: OfferingRecord) -> None:
    if not record.meetings:
        offering.runs = []
        return
    run = offering.runs[0] if offering.runs else Run()
    run.enrolment_mode = EnrolmentMode.FIRST_COME if record.seat_count is not None else EnrolmentMode.NONE
    run.seat_count = record.seat_count
    _follow_meetings(run, record)
    if not offering.runs:
        offering.runs = [run]


def _follow_meetings(run: Run, record: OfferingRecord) -> None:
    """Keep the meetings that stay, drop those that are no more, add the new ones."""
    zone = ZoneInfo(record.zone)
    wanted = {(m.held_on, m.starts_local): m.ends_local for m in record.meetings}
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


def _differences(source_id: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> list[FieldChange]:
    names = sorted(before.keys() | after.keys())
    return [
        FieldChange(source_id, name, before.get(name), after.get(name))
        for name in names
        if before.get(name) != after.get(name)
    ]


def _plain(value: Any) -> Any:
    """Return texts, tuples and enumerations as JSON reads them back."""
    if isinstance(value, Mapping):
        return {str(key): _plain(part) for key, part in value.items()}
    if isinstance(value, (tuple, list)):
        return [_plain(part) for part in value]
    return str(value) if isinstance(value, str) else value
