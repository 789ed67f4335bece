"""Offerings as they are now, read from the catalogue as changes for an engine.

Owns: that the current row is read, never the message that told of it; what an erased offering becomes; that one row
nobody can make a document of stops no other; until when documents are fresh. Called by sync, rebuild and reconcile;
knows no engine.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from city.model.indexed import IndexedOffering
from city.store.database import Database
from city.store.unit_of_work import UnitOfWork
from indexer.collector import collector_at_rest
from indexer.document import Surroundings, to_document
from indexer.engines.protocol import Change

BATCH = 200
COLLECTED_EVERY = 20
"""Batches between two looks for garbage: each leaves little, that of its transaction."""
FRESH_FACT = "index_fresh_until"


@dataclass
class Current:
    """A batch of offerings as they are now, and those no document could be made of, with the reason."""

    changes: list[Change] = field(default_factory=list)
    failed: dict[int, str] = field(default_factory=dict)


def surroundings_of(database: Database) -> Surroundings:
    """Read what documents say of the city beside the offering's own rows."""
    with database.reading() as work:
        return Surroundings.of(work.areas.all(), work.topics.all(), work.venues.all())


def current(
    database: Database,
    offering_ids: Sequence[int],
    now: datetime,
    surroundings: Surroundings,
    erased: Mapping[int, int] | None = None,
) -> Current:
    """Return one change for each offering: its document, or None when nobody may find it at `now`.

    An offering that is not in the catalogue any more gets the version that `erased` knows of it (its last message's).
    """
    found = Current()
    with collector_at_rest(), database.reading() as work:
        steps = work.popularity.steps(offering_ids)
        rows = {offering.id: offering for offering in work.indexed_offerings.many(offering_ids, now)}
        for id_ in offering_ids:
            if id_ in rows:
                _add(found, rows[id_], now, surroundings, steps.get(id_, 0))
            else:
                found.changes.append(Change(id_, (erased or {}).get(id_, 0), None))
    return found


def _add(found: Current, offering: IndexedOffering, now: datetime, surroundings: Surroundings, step: int) -> None:
    try:
        document = to_document(offering, now=now, surroundings=surroundings, popularity_step=step)
    except Exception as fault:  # whatever is odd about one row must not keep the others out of the index
        found.failed[offering.id] = f"No document could be made: {type(fault).__name__}: {fault}"
        return
    found.changes.append(Change(offering.id, offering.version, document))


def in_batches(
    database: Database, offering_ids: Sequence[int], now: datetime, erased: Mapping[int, int] | None = None
) -> Iterator[Current]:
    """Yield many offerings, BATCH at a time, each batch in a transaction of its own: memory stays bounded.

    The collector is at rest between the batches too, else it would walk over each once it is made.
    """
    surroundings = surroundings_of(database)
    with collector_at_rest():
        for number, start in enumerate(range(0, len(offering_ids), BATCH), start=1):
            yield current(database, offering_ids[start : start + BATCH], now, surroundings, erased)
            if number % COLLECTED_EVERY == 0:
                gc.collect(0)


def fresh_until(work: UnitOfWork) -> datetime | None:
    """Return the instant up to which meetings that ended are known to be out of the documents, None when never kept."""
    fact = work.facts.get(FRESH_FACT)
    return datetime.fromisoformat(fact["at"]) if fact else None


def put_fresh_until(work: UnitOfWork, instant: datetime) -> None:
    """Keep that instant; it outlives the process, so that no meeting's end is missed. The caller commits."""
    work.facts.put(FRESH_FACT, {"at": instant.isoformat()})
