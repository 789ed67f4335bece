"""Writers that commit out of order, and a reader of the outbox beside them: does it meet every row?

Also the twin that reads "everything newer than the last": it must miss rows, because ids are given at insert and are
seen at commit. Run by the tests in a small size and by `drills/index_kills.py` in the full one.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from city.clock import SystemClock
from city.errors import DatabaseUnavailable
from city.model import Consumer
from city.store.database import Database
from fixtures.factories import SHANGHAI

WRITERS = 8
SHARE_ROLLED_BACK = 0.05
LONGEST_OPEN_SECONDS = 0.01
REAL_TIME = SystemClock(SHANGHAI)


@dataclass(frozen=True)
class Race:
    """How many messages were committed, and how many of them the reader never met."""

    committed: int
    missed: int


def race_claims(database_url: str, *, rows: int, seed: int) -> Race:
    """Read as the product does: claim, then mark done."""
    return _race(database_url, rows, seed, _claimed)


def race_newer_than_last(database_url: str, *, rows: int, seed: int) -> Race:
    """The twin: remember the last id and read what is newer."""
    last = 0

    def newer(database: Database) -> set[int]:
        nonlocal last
        with database.engine.connect() as connection:
            rows = connection.exec_driver_sql(f"SELECT id, offering_id FROM outbox WHERE id > {last} ORDER BY id")
            found = [(row[0], row[1]) for row in rows]
        last = max([last, *(id_ for id_, _ in found)])
        return {offering_id for _, offering_id in found}

    return _race(database_url, rows, seed, newer)


def _claimed(database: Database) -> set[int]:
    with database.writing() as work:
        messages = work.outbox.claim(Consumer.INDEX, REAL_TIME.now(), 50)
        work.commit()
    with database.writing() as work:
        work.outbox.done([message.id for message in messages], REAL_TIME.now())
        work.commit()
    return {message.offering_id for message in messages}


def _race(database_url: str, rows: int, seed: int, read: Callable[[Database], set[int]]) -> Race:
    committed: set[int] = set()
    share = rows // WRITERS + 1
    writers = [
        threading.Thread(target=_write, args=(database_url, range(n * share, (n + 1) * share), seed + n, committed))
        for n in range(WRITERS)
    ]
    database, met = Database(database_url), set[int]()
    for writer in writers:
        writer.start()
    while any(writer.is_alive() for writer in writers):
        met |= read(database)
    while fresh := read(database):
        met |= fresh
    database.dispose()
    return Race(len(committed), len(committed - met))


def _write(database_url: str, offering_ids: range, seed: int, committed: set[int]) -> None:
    """Announce offerings, each in a transaction that stays open for a moment; some are rolled back."""
    database, rng = Database(database_url), random.Random(seed)
    waiting = list(offering_ids)
    while waiting:
        try:
            if _announce(database, waiting[-1], rng):
                committed.add(waiting[-1])
            waiting.pop()
        except DatabaseUnavailable:
            pass  # on SQLite eight writers queue for one lock: ask again
    database.dispose()


def _announce(database: Database, offering_id: int, rng: random.Random) -> bool:
    """Return whether it was committed."""
    with database.writing() as work:
        work.outbox.announce(offering_id, 1, REAL_TIME.now())
        work.flush()
        time.sleep(rng.uniform(0, LONGEST_OPEN_SECONDS))
        if rng.random() < SHARE_ROLLED_BACK:
            return False
        work.commit()
        return True
