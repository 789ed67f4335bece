"""From records of a source to offerings of the catalogue; the same rules for a feed as for a form.

Owns: how it is told whether a record is new, changed, unchanged or gone, the brake, and the transaction. Knows no file
format: `indexer.sources` transforms feeds into `city.services.records`. Identity is (source, source id).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

from city.clock import Clock
from city.model import (
    ImportRun,
    LocalisedText,
    Offering,
    Operator,
    Source,
    SourceRecord,
    Status,
    Venue,
)
from city.services.differences import FieldChange, differences, venue_changes
from city.services.filling import fill_offering, fill_venue, new_offering
from city.services.permissions import Actor, Operation, Subject, require
from city.services.placing import AreaMap
from city.services.records import OfferingRecord, RecordStatus, VenueRecord, sha256_of
from city.store.database import Database
from city.store.unit_of_work import UnitOfWork

LARGEST_WITHDRAWAL = 0.20
LARGEST_GROWTH = 5

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class FeedBatch:
    """All that one run of a source brought: venues, good records, and ids of records that were refused.

    `complete` is false when records were refused whose ids nobody can read: then no record is taken for gone; it is
    false too for a change feed, which names what it takes out in `deleted_ids`. `cursor` is where a change feed goes
    on; it is kept with the records. A record that is known keeps what it had in the fields of `keep_if_known`, which
    this run could not tell for sure. With `places_only` the venues are the records: they are counted, and one that is
    not named any more is gone. `address` and `options` say how it was read; they are kept with the source, and so are
    `etag` and `last_modified`, with which an unchanged feed is not sent again.
    """

    source: str
    format: str
    operator_slug: str
    venues: Sequence[VenueRecord]
    records: Sequence[OfferingRecord]
    refused_ids: frozenset[str] = frozenset()
    complete: bool = True
    deleted_ids: frozenset[str] = frozenset()
    cursor: str = ""
    places_only: bool = False
    address: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)
    etag: str = ""
    last_modified: str = ""
    keep_if_known: frozenset[str] = frozenset()


@dataclass
class FeedOutcome:
    """What a run did, or would do: counts, changes field by field, and why the brake stopped it ("" when not).

    A record that was gone and came back counts as new, and keeps its offering. Of those that are gone, the ids of
    `withdrawn_ids` were still to come; the others were over and stay as they were.
    """

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    gone: int = 0
    new_ids: list[str] = field(default_factory=list)
    returned_ids: list[str] = field(default_factory=list)
    gone_ids: list[str] = field(default_factory=list)
    withdrawn_ids: list[str] = field(default_factory=list)
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
        rows = {record.source_id: record.as_json() for record in batch.records}
        with self._database.writing() as work:
            operator, is_new = operator_for(work, batch.operator_slug)
            require(actor, Operation.IMPORT_FEED, Subject(operator_id=operator.id))
            outcome = FeedOutcome(operator_created=is_new)
            loading = _Loading(work, operator, batch, rows, self._clock.now(), outcome)
            outcome.braked = "" if allow_mass_change else loading.brake()
            if not outcome.braked:
                loading.load(progress or (lambda done, total: None))
                if not dry_run:
                    loading.keep_cursor()
                    work.commit()
            return outcome

    def keep_report(self, batch: FeedBatch, report: Mapping[str, Any], *, ran_at: datetime, error: str = "") -> int:
        """Keep the report of a run and how the source stands; return the run's id.

        `ran_at` is real time, also where the catalogue's clock is fixed; `error` is what stopped the run.
        """
        with self._database.writing() as work:
            operator, _ = operator_for(work, batch.operator_slug)
            source = _kept_source(work, batch, operator, ran_at)
            source.last_started_at, source.last_error = ran_at, error[:500]
            if not error:
                source.last_good_at = ran_at
                source.etag, source.last_modified = batch.etag[:400], batch.last_modified[:100]
            run = ImportRun(
                source=batch.source,
                format=batch.format,
                operator_id=operator.id,
                started_at=ran_at,
                report=dict(report),
            )
            work.feeds.add_run(run)
            work.flush()
            run_id = run.id
            work.commit()
            return run_id


class _Loading:
    """One run of one source inside one transaction."""

    def __init__(
        self,
        work: UnitOfWork,
        operator: Operator,
        batch: FeedBatch,
        rows: dict[str, dict[str, Any]],
        now: datetime,
        outcome: FeedOutcome,
    ) -> None:
        self._work = work
        self._operator = operator
        self._batch = batch
        self._now = now
        self._outcome = outcome
        self._known = work.feeds.records(batch.source)
        self._venues_known = work.venues.by_source(batch.source)
        if batch.keep_if_known:
            work.feeds.read_values(batch.source, [source_id for source_id in rows if source_id in self._known])
        self._rows = {source_id: self._as_known(source_id, row) for source_id, row in rows.items()}
        self._hashes = {source_id: sha256_of(row) for source_id, row in self._rows.items()}
        self._added: list[tuple[Offering, OfferingRecord]] = []
        self._changed: list[Offering] = []
        self._gone = self._disappeared()
        self._topics = {topic.id for topic in work.topics.all()}

    def brake(self) -> str:
        """Say why a person has to look first, "" when nobody has to; the first run of a source is never stopped."""
        if self._batch.places_only:
            present, added = len(self._venues_here()), len(self._new_venues())
            to_withdraw = len(self._gone_venues())
        else:
            present = sum(1 for row in self._known.values() if row.gone_at is None)
            added = sum(1 for source_id in self._hashes if source_id not in self._known)
            to_withdraw = len(self._still_to_come(self._gone))
        if present and added > LARGEST_GROWTH * present:
            return f"this run would add {added} records to the {present} there are (more than {LARGEST_GROWTH}×)"
        if present and to_withdraw > LARGEST_WITHDRAWAL * present:
            return f"this run would withdraw {to_withdraw} of {present} records (more than 20 %)"
        return ""

    def keep_cursor(self) -> None:
        """Remember where a change feed goes on, in the transaction that holds the records up to there."""
        if self._batch.cursor:
            _kept_source(self._work, self._batch, self._operator, self._now).cursor = self._batch.cursor

    def load(self, progress: Progress) -> None:
        """Write venues, then records that are new or changed, then what is gone."""
        venues, moved = self._load_venues()
        offerings = self._changed_offerings()
        for done, record in enumerate(self._batch.records, start=1):
            self._load_record(record, venues, offerings)
            progress(done, len(self._batch.records))
        self._keep_added()
        self._work.changed_all(self._changed, self._now)
        self._announce_moved(moved, {offering.id for offering in offerings.values()})
        self._withdraw_gone()
        if self._batch.places_only:
            self._mark_gone_venues()

    def _disappeared(self) -> list[SourceRecord]:
        present = [row for row in self._known.values() if row.gone_at is None]
        if not self._batch.complete or self._batch.places_only:
            return [row for row in present if row.source_id in self._batch.deleted_ids]
        seen = self._hashes.keys() | self._batch.refused_ids
        return [row for row in present if row.source_id not in seen]

    def _venues_here(self) -> list[Venue]:
        return [venue for venue in self._venues_known.values() if venue.gone_at is None]

    def _new_venues(self) -> list[VenueRecord]:
        return [record for record in self._batch.venues if record.source_id not in self._venues_known]

    def _gone_venues(self) -> list[Venue]:
        """Return the venues that a complete list of places does not name any more."""
        if not self._batch.complete:
            return []
        seen = {record.source_id for record in self._batch.venues} | self._batch.refused_ids
        return [venue for venue in self._venues_here() if venue.source_id not in seen]

    def _mark_gone_venues(self) -> None:
        for venue in self._gone_venues():
            venue.gone_at = self._now
            self._outcome.gone += 1

    def _still_to_come(self, rows: Iterable[SourceRecord]) -> list[Offering]:
        found = self._work.offerings.many([row.offering_id for row in rows])
        return [offering for offering in found if offering.is_listable(self._now)]

    def _load_venues(self) -> tuple[dict[str, Venue], list[Venue]]:
        """Write the venues; return all of the source by its ids, and those that a reader sees differently now."""
        known, moved = self._venues_known, []
        for record in self._batch.venues:
            venue = known.get(record.source_id)
            if venue is None:
                venue = known[record.source_id] = Venue(source=self._batch.source, source_id=record.source_id)
                fill_venue(venue, record)
                self._areas.place(venue, None)
                self._work.venues.add(venue)
                self._count_venue("new")
                continue
            before = venue.position()
            different = fill_venue(venue, record) | self._areas.place(venue, before)
            if different or venue.gone_at is not None:
                venue.gone_at = None
                moved.append(venue)
                self._outcome.changes += venue_changes(record.source_id, different)
                self._count_venue("changed")
            else:
                self._count_venue("unchanged")
        self._work.flush()
        return known, moved

    @cached_property
    def _areas(self) -> AreaMap:
        return AreaMap(self._work.areas.all())

    def _count_venue(self, name: str) -> None:
        """Count a venue where venues are what the feed is about; beside offerings they are counted by nobody."""
        if self._batch.places_only:
            setattr(self._outcome, name, getattr(self._outcome, name) + 1)

    def _changed_offerings(self) -> dict[str, Offering]:
        changed = [
            source_id
            for source_id, digest in self._hashes.items()
            if (row := self._known.get(source_id)) is not None and (row.record_sha256 != digest or row.gone_at)
        ]
        self._work.feeds.read_values(self._batch.source, changed)
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
        given = {
            "source": self._batch.source,
            "source_id": record.source_id,
            "operator_id": self._operator.id,
            "created_at": self._now,
            "updated_at": self._now,
            "version": 1,
        }
        offering = new_offering(record, venues, self._listed_topics(record), given)
        self._follow_status(offering, record)
        self._added.append((offering, record))
        self._outcome.new += 1
        self._outcome.new_ids.append(record.source_id)

    def _keep_added(self) -> None:
        """Write all new offerings at once, then the records as kept, which need their ids."""
        self._work.published_all([offering for offering, _ in self._added], self._now)
        self._work.bulk.insert_keyed(
            SourceRecord,
            [
                {
                    "source": self._batch.source,
                    "source_id": record.source_id,
                    "offering_id": offering.id,
                    "record_sha256": self._hashes[record.source_id],
                    "record": self._rows[record.source_id],
                    "recurs": bool(record.recurrence),
                }
                for offering, record in self._added
            ],
        )

    def _change(self, record: OfferingRecord, row: SourceRecord, offering: Offering, venues: dict[str, Venue]) -> None:
        after = self._rows[record.source_id]
        if row.gone_at is None:
            self._outcome.changes += differences(record.source_id, row.record, after, set(offering.locked_fields))
            self._outcome.changed += 1
        else:
            self._outcome.new += 1
            self._outcome.returned_ids.append(record.source_id)
        fill_offering(offering, record, venues, self._batch.keep_if_known)
        if "topics" not in (offering.locked_fields or ()):
            offering.set_topics(self._listed_topics(record))
        self._follow_status(offering, record)
        self._changed.append(offering)
        row.record_sha256, row.record, row.gone_at = self._hashes[record.source_id], after, None
        row.recurs = bool(record.recurrence)

    def _as_known(self, source_id: str, row: dict[str, Any]) -> dict[str, Any]:
        """Return a record's values, with those of the last run in fields that this one could not tell for sure."""
        known = self._known.get(source_id)
        if known is None or not self._batch.keep_if_known:
            return row
        return row | {name: known.record[name] for name in self._batch.keep_if_known if name in known.record}

    def _listed_topics(self, record: OfferingRecord) -> list[str]:
        """Return the record's topics; those outside the controlled list are left out and told."""
        self._outcome.unknown_topics |= set(record.topics) - self._topics
        return [topic for topic in record.topics if topic in self._topics]

    def _follow_status(self, offering: Offering, record: OfferingRecord) -> None:
        """Publish, postpone or cancel as the source says; what a moderator hid or an operator fixed stays so."""
        if offering.status == Status.HIDDEN or "status" in (offering.locked_fields or ()):
            return
        offering.postponed = record.status == RecordStatus.POSTPONED
        if record.status == RecordStatus.CANCELLED:
            offering.cancel()
        else:
            offering.publish(self._now)

    def _announce_moved(self, moved: list[Venue], already: set[int]) -> None:
        """A venue that changed changes what a reader sees of all its offerings."""
        for venue in moved:
            around = [i for i in self._work.offerings.ids_around(venue_id=venue.id) if i not in already]
            self._work.changed_all(self._work.offerings.many(around), self._now)

    def _withdraw_gone(self) -> None:
        still_to_come = self._still_to_come(self._gone)
        for offering in still_to_come:
            offering.withdraw()
        self._work.changed_all(still_to_come, self._now)
        self._release_duplicates_of(still_to_come)
        for row in self._gone:
            row.gone_at = self._now
        self._outcome.gone += len(self._gone)
        self._outcome.gone_ids += [row.source_id for row in self._gone]
        self._outcome.withdrawn_ids += [str(offering.source_id) for offering in still_to_come]

    def _release_duplicates_of(self, withdrawn: list[Offering]) -> None:
        """Let the duplicates for which a withdrawn offering stood stand for themselves again."""
        released = self._work.offerings.merged_into([offering.id for offering in withdrawn])
        for duplicate in released:
            duplicate.merged_into_id = None
        self._work.changed_all(released, self._now)


def operator_for(work: UnitOfWork, slug: str) -> tuple[Operator, bool]:
    """Return the operator of a slug and whether it is new: a feed may name one before anybody added it."""
    if (known := work.operators.by_slug(slug)) is not None:
        return known, False
    operator = Operator(slug=slug, name=LocalisedText({"en": slug}))
    work.operators.add(operator)
    work.flush()
    return operator, True


def _kept_source(work: UnitOfWork, batch: FeedBatch, operator: Operator, now: datetime) -> Source:
    """Return the row of the batch's source, a new one at its first run."""
    source = work.feeds.source(batch.source)
    if source is None:
        source = Source(name=batch.source, created_at=now)
        work.feeds.add_source(source)
    source.format, source.operator_id = batch.format, operator.id
    source.address = batch.address or source.address or batch.source
    source.options = dict(batch.options)
    return source
