"""The index under kill -9, out-of-order writers, planted drift and shuffled messages, in full size.

    python -m drills.index_kills [--kills N] [--seed N] [--only S1,S3]

Prints one line a goal: id, figure, goal, pass or MISSED. Ends with 1 when a goal is missed. Goals: docs/operations.md.
"""

from __future__ import annotations

import argparse
import random
import secrets
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from city.clock import FixedClock, SystemClock
from city.model import Consumer
from city.store import schema
from city.store.database import JOB_STATEMENT_SECONDS, Database
from fixtures.factories import NOW, SHANGHAI, an_offering, an_operator
from indexer.engines.elasticsearch import ElasticsearchEngine
from indexer.engines.protocol import SearchEngine
from indexer.engines.tantivy import TantivyEngine
from indexer.upkeep import IndexUpkeep
from tests.faults.index_killing import Outcome, kill_dual_writer, kill_node, kill_writer_and_indexer
from tests.faults.outbox_racing import race_claims, race_newer_than_last
from tests.services import elasticsearch, postgresql

CLOCK, REAL_TIME = FixedClock(NOW, SHANGHAI), SystemClock(SHANGHAI)
DOCUMENTS, FAULTS, RECONCILE_SECONDS = 50_000, 20, 60
ROWS, MESSAGES = 5_500, 10_000
NODE_KILLS = 10

Goal = tuple[str, str, str, bool]
"""Id, figure, goal, reached."""


def main() -> int:
    """Run the drills asked for; return 1 when a goal was missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--kills", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(1_000))
    parser.add_argument("--only", default="S1,S1E,S1N,S3,S4,S5", help="ids, separated by commas")
    asked = parser.parse_args()
    print(f"seed {asked.seed}, {asked.kills} kills", flush=True)
    drills: dict[str, Callable[[int, int], Iterator[Goal]]] = {
        "S1": kills,
        "S1E": kills_at_an_address,
        "S1N": kills_of_the_node,
        "S3": drift,
        "S4": order,
        "S5": shuffle,
    }
    missed = 0
    for id_ in asked.only.split(","):
        for goal, figure, wanted, reached in drills[id_.strip()](asked.kills, asked.seed):
            print(f"{goal:28} {figure:52} goal: {wanted:32} {'pass' if reached else 'MISSED'}", flush=True)
            missed += not reached
    return bool(missed)


def kills(n: int, seed: int) -> Iterator[Goal]:
    """S1 and S2: the writer and the indexer killed, embedded engine, both databases; the twin that must lose."""
    with sqlite() as database, folder() as place:
        yield _kill_goal("S1 S2 sqlite tantivy", kill_writer_and_indexer(url_of(database), place, kills=n, seed=seed))
    with sqlite() as database, folder() as place:
        twin = kill_dual_writer(url_of(database), place, kills=max(20, n // 5), seed=seed)
        lost = twin.lost + twin.stale
        yield "S1 twin: dual write", f"{lost} lost or stale of {twin.offerings}", "more than 0", lost > 0
    with postgres() as database, folder() as place:
        yield _kill_goal("S1 postgresql tantivy", kill_writer_and_indexer(url_of(database), place, kills=n, seed=seed))


def kills_at_an_address(n: int, seed: int) -> Iterator[Goal]:
    """S1 on each Elasticsearch that runs here."""
    for version in elasticsearch.versions_that_run():
        with elasticsearch.running(version) as node, sqlite() as database:
            outcome = kill_writer_and_indexer(url_of(database), f"{node.url}#drill", kills=n, seed=seed)
            yield _kill_goal(f"S1 elasticsearch {version.number}", outcome)


def kills_of_the_node(_kills: int, seed: int) -> Iterator[Goal]:
    """S1 where the server itself is killed, ten times, under writer and indexer that go on."""
    for version in elasticsearch.versions_that_run():
        with elasticsearch.running(version) as node, sqlite() as database:
            outcome = kill_node(url_of(database), f"{node.url}#drill", node.kill_and_start, kills=NODE_KILLS, seed=seed)
            yield _kill_goal(f"S1 node {version.number}, {NODE_KILLS} kills", outcome)


def _kill_goal(name: str, outcome: Outcome) -> Goal:
    figure = (
        f"{outcome.offerings} offerings: {outcome.lost} lost, {outcome.phantom} phantom, {outcome.stale} stale, "
        f"{outcome.double} double, {outcome.restarts} restarts{', ' + outcome.said.strip() if outcome.said else ''}"
    )
    return name, figure, "0 wrong, 3 restarts or less", outcome.wrong == 0


def drift(_kills: int, seed: int) -> Iterator[Goal]:
    """S3: planted faults among many documents are found and healed in one run, on each engine."""
    rng = random.Random(seed)
    with sqlite() as database:
        ids = lay(database, DOCUMENTS)
        for name, engine in each_engine():
            upkeep = IndexUpkeep(database, engine, clock=CLOCK, system_clock=REAL_TIME)
            upkeep.start()
            upkeep.sync()
            _plant(database, engine, ids, rng)
            began, began_cpu = time.monotonic(), time.process_time()
            found, left = upkeep.check(repair=True)
            seconds, cpu = time.monotonic() - began, time.process_time() - began_cpu
            figure = f"{found.total} of {DOCUMENTS} found, {left.total} left, {seconds:.1f} s ({cpu:.1f} CPU s)"
            reached = found.total == FAULTS and not left.total and seconds <= RECONCILE_SECONDS
            yield f"S3 drift, {name}", figure, f"{FAULTS} found, 0 left, {RECONCILE_SECONDS} s", reached


def _plant(database: Database, engine: SearchEngine, ids: list[int], rng: random.Random) -> None:
    """Plant faults of which the outbox knows nothing: half of them missing, half stale or no longer to be found."""
    with database.reading() as work:
        chosen = rng.sample(sorted(work.offerings.listable_versions(NOW).keys() & set(ids)), FAULTS)
    engine.forget(chosen[: FAULTS // 2])
    with database.writing() as work:
        for number, offering in enumerate(work.offerings.many(chosen[FAULTS // 2 :])):
            offering.status = "hidden" if number % 2 else offering.status
            offering.version += 1
        work.commit()


def order(_kills: int, seed: int) -> Iterator[Goal]:
    """S4: eight writers committing out of order; the twin that must miss."""
    with postgres() as database:
        race = race_claims(url_of(database), rows=ROWS, seed=seed)
        yield "S4 claims", f"{race.missed} of {race.committed} missed", "0 of 5000 or more", race.missed == 0
    with postgres() as database:
        race = race_newer_than_last(url_of(database), rows=ROWS, seed=seed)
        yield "S4 twin: newer than last", f"{race.missed} of {race.committed} missed", "more than 0", race.missed > 0


def shuffle(_kills: int, seed: int) -> Iterator[Goal]:
    """S5: messages shuffled and doubled leave index and catalogue equal, on each engine."""
    rng = random.Random(seed)
    with sqlite() as database:
        ids = lay(database, 500)
        for name, engine in each_engine():
            upkeep = IndexUpkeep(database, engine, clock=CLOCK, system_clock=REAL_TIME)
            upkeep.start()
            for _ in range(MESSAGES // 500):
                _send(database, ids, rng)
                upkeep.sync_once()
            upkeep.sync()
            with database.reading() as work:
                wanted, waiting = work.offerings.listable_versions(NOW), work.outbox.waiting(Consumer.INDEX)[0]
            wrong = len(set(wanted.items()) ^ set(engine.versions().items()))
            figure = f"{wrong} differ, {waiting} wait, of {MESSAGES}"
            yield f"S5 shuffled, doubled, {name}", figure, "0", not wrong and not waiting


def _send(database: Database, ids: list[int], rng: random.Random) -> None:
    """Edit a hundred offerings, and tell of four hundred in any order and with any version besides."""
    with database.writing() as work:
        for offering in work.offerings.many(rng.sample(ids, 100)):
            offering.status = rng.choice(("published", "published", "hidden"))
            work.changed(offering, NOW)
        for offering_id in rng.choices(ids, k=400):
            work.outbox.announce(offering_id, rng.randint(1, 9), NOW, [Consumer.INDEX])
        work.commit()


def each_engine() -> Iterator[tuple[str, SearchEngine]]:
    """Yield the embedded engine, then each Elasticsearch that runs here, with its name."""
    with folder() as place:
        yield "tantivy", TantivyEngine(Path(place), REAL_TIME)
    for version in elasticsearch.versions_that_run():
        with elasticsearch.running(version) as node:
            yield version.number, ElasticsearchEngine(node.url, REAL_TIME, alias="drill")


def lay(database: Database, n: int) -> list[int]:
    """Lay offerings in English, which need no dictionary; return their ids."""
    ids: list[int] = []
    operator = an_operator("drill", "Drill")
    for start in range(0, n, 1_000):
        with database.writing() as work:
            operator = work.operators.by_slug("drill") or operator
            for number in range(start, min(start + 1_000, n)):
                offering = an_offering(f"Evening ink {number}", topics=(), operator=operator, venue=None)
                work.published_first(offering, NOW)
                ids.append(offering.id)
            work.commit()
    return ids


def url_of(database: Database) -> str:
    """Return the address with everything in it, for child processes."""
    return database.engine.url.render_as_string(hide_password=False)


@contextmanager
def folder() -> Iterator[str]:
    """Yield a place for an embedded index."""
    with tempfile.TemporaryDirectory() as root:
        yield str(Path(root) / "index")


@contextmanager
def sqlite() -> Iterator[Database]:
    """Yield a migrated SQLite database."""
    with tempfile.TemporaryDirectory() as root:
        database = Database(f"sqlite:///{root}/city.db", statement_seconds=JOB_STATEMENT_SECONDS)
        schema.upgrade(database)
        yield database
        database.dispose()


@contextmanager
def postgres() -> Iterator[Database]:
    """Yield a migrated database of a PostgreSQL of its own."""
    with postgresql.running() as cluster:
        database = Database(cluster.new_database(), statement_seconds=JOB_STATEMENT_SECONDS)
        yield database
        database.dispose()


if __name__ == "__main__":
    sys.exit(main())
