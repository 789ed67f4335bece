"""A source that gives its records, venues and deletions the ids of another source's; shared by test and drill."""

from __future__ import annotations

import tempfile
from datetime import date, time
from pathlib import Path
from typing import Any

from city.clock import FixedClock
from city.services.permissions import Actor
from city.services.publishing import FeedBatch, Publishing
from city.services.records import MeetingRecord, OfferingRecord, VenueRecord
from city.store import schema
from city.store.database import Database
from fixtures.factories import NOW, SHANGHAI

VICTIM, FORGER = "library", "library "
"""The forger's name is as like the victim's as a name can be."""
DISGUISES = (
    "{id}",
    "library/{id}",
    "library\x1f{id}",
    "{id} ",
    "{id}' OR '1'='1",
    "library:{id}",
    "{id}%",
    "../library/{id}",
)


def forge(count: int, database: Database | None = None) -> int:
    """Lay a source of `count` records, have another forge its ids in four ways; return how many it touched."""
    if database is not None:
        return _forged(count, database)
    with tempfile.TemporaryDirectory(prefix="learncity-forged-") as folder:
        own = Database(f"sqlite:///{Path(folder) / 'city.db'}")
        schema.upgrade(own)
        touched = _forged(count, own)
        own.dispose()
        return touched


def _forged(count: int, database: Database) -> int:
    ids = [str(number) for number in range(count)]
    _load(database, VICTIM, [_record(each, "Ink", each) for each in ids], [_venue(each, "Hall") for each in ids])
    before = _standing(database, ids)
    assert len(before) == 2 * count
    copied = [_record(each, "Forged", each) for each in ids]
    disguised = [_record(DISGUISES[n % len(DISGUISES)].format(id=each), "Forged", each) for n, each in enumerate(ids)]
    venues = [_venue(each, "Forged") for each in ids]
    for records, places, more in (
        (copied, venues, {}),
        (disguised, [], {}),
        ([], [], {"deleted_ids": frozenset(ids), "complete": False}),
        (copied[:1], [], {"refused_ids": frozenset(ids)}),
    ):
        _load(database, FORGER, records, places, **more)
    after = _standing(database, ids)
    return sum(before[key] != after.get(key) for key in before)


def _load(
    database: Database, source: str, records: list[OfferingRecord], venues: list[VenueRecord], **more: Any
) -> None:
    batch = FeedBatch(source, "csv", source.strip(), venues, records, **more)
    publishing = Publishing(database, FixedClock(NOW, SHANGHAI))
    outcome = publishing.load_feed(Actor.system(), batch, allow_mass_change=True)
    assert outcome.braked == ""


def _record(source_id: str, title: str, venue: str) -> OfferingRecord:
    meetings = (MeetingRecord(date(2026, 12, 1), time(19)),)
    return OfferingRecord(source_id, {"en": f"{title} {source_id}"}, venue=venue, meetings=meetings)


def _venue(source_id: str, name: str) -> VenueRecord:
    return VenueRecord(source_id, {"en": f"{name} {source_id}"})


def _standing(database: Database, ids: list[str]) -> dict[tuple[str, str], tuple[Any, ...]]:
    """Return what a citizen would notice of the victim's offerings and venues."""
    with database.reading() as work:
        offerings = work.offerings.by_source(VICTIM, ids)
        standing: dict[tuple[str, str], tuple[Any, ...]] = {
            ("offering", each): (row.version, dict(row.title), row.status, row.venue.name if row.venue else None)
            for each, row in offerings.items()
        }
        for each, venue in work.venues.by_source(VICTIM).items():
            standing["venue", each] = (dict(venue.name),)
        return standing
