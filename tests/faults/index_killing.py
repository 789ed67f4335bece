"""A writer of the catalogue and the indexer as processes of their own, killed again and again; then both are compared.

Also the twin that must lose: a writer that writes database and index one after the other, without an outbox. Children
are started separately (never forked from a process that holds an index) and wait for a word, so that a kill meets work
and no import; their texts are English, so that no dictionary is loaded either. Run by the tests in a small size and by
`drills/index_kills.py` in the full one.
"""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from city.clock import FixedClock, SystemClock
from city.errors import LearncityError
from city.model import Consumer, Offering
from city.store.database import Database
from city.store.unit_of_work import UnitOfWork
from fixtures.factories import NOW, SHANGHAI, an_offering, an_operator
from indexer.changes import current, surroundings_of
from indexer.document import Surroundings, to_document
from indexer.engines.protocol import SearchEngine
from indexer.engines.tantivy import TantivyEngine
from indexer.sync import IndexSync
from indexer.upkeep import IndexUpkeep

CLOCK, REAL_TIME = FixedClock(NOW, SHANGHAI), SystemClock(SHANGHAI)
ROOT = Path(__file__).resolve().parents[2]
QUICKEST_KILL, SLOWEST_KILL = 0.03, 0.3
MOST_RESTARTS = 3
KILLS_A_ROUND = 50
PAUSE_BETWEEN_NODE_KILLS = 3.0


def engine_at(place: str) -> SearchEngine:
    """Open the engine at an address with its alias (http://…#alias), or in a folder."""
    if place.startswith("http"):
        from indexer.engines.elasticsearch import ElasticsearchEngine  # a child on the embedded engine starts faster

        url, _, alias = place.partition("#")
        return ElasticsearchEngine(url, REAL_TIME, alias=alias)
    return TantivyEngine(Path(place), REAL_TIME)


# ── children ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def main(role: str, database_url: str, place: str, seed: str) -> None:
    """Play one role until killed (`drain` ends by itself)."""
    database, engine = Database(database_url), engine_at(place)
    _warm_up()
    print("ready", flush=True)
    sys.stdin.readline()
    if role == "write":
        write_on(database, random.Random(seed))
    elif role == "dual":
        write_twice_on(database, engine, random.Random(seed))
    elif role == "index":
        index_on(database, engine)
    else:
        drain(database, engine)


def _warm_up() -> None:
    to_document(
        an_offering("Evening ink", id=1, topics=(), operator=an_operator("hubin", "Hubin"), venue=None),
        now=NOW,
        surroundings=Surroundings(),
    )


def write_on(database: Database, rng: random.Random) -> None:
    """Edit the catalogue for ever, row and outbox row in one transaction."""
    while True:
        _edit(database, rng)


def write_twice_on(database: Database, engine: SearchEngine, rng: random.Random) -> None:
    """The twin: edit, commit, then write the index as well, and hope that nothing happens in between."""
    while True:
        offering_id = _edit(database, rng)
        engine.apply(current(database, [offering_id], NOW, surroundings_of(database)).changes)


def index_on(database: Database, engine: SearchEngine) -> None:
    """Drain the outbox for ever, without the comparison at the start that would hide a loss."""
    sync = IndexSync(database, engine, clock=CLOCK, system_clock=REAL_TIME)
    sync.release_claims()
    while True:
        with suppress(LearncityError):  # the engine may be down: try again
            sync.once()
        time.sleep(0.005)


def drain(database: Database, engine: SearchEngine) -> None:
    """Start as the product does, but without healing drift, and settle all that waits."""
    upkeep = IndexUpkeep(database, engine, clock=CLOCK, system_clock=REAL_TIME)
    if because := upkeep.why_rebuild():
        print(f"rebuilt: {because}", flush=True)
        upkeep.rebuild()
    sync = IndexSync(database, engine, clock=CLOCK, system_clock=REAL_TIME)
    sync.release_claims()
    sync.drain()


def _edit(database: Database, rng: random.Random) -> int:
    with database.writing() as work:
        ids = list(work.offerings.versions()) if rng.random() < 0.5 else []
        offering_id = _change(work, rng.choice(ids), rng) if ids else _add(work, rng)
        work.commit()
        return offering_id


def _add(work: UnitOfWork, rng: random.Random) -> int:
    operator = work.operators.by_slug("hubin") or an_operator("hubin", "Hubin")
    offering = an_offering(f"Evening ink {rng.random()}", topics=(), operator=operator, venue=None)
    work.published_first(offering, NOW)
    return offering.id


def _change(work: UnitOfWork, offering_id: int, rng: random.Random) -> int:
    offering: Offering = work.offerings.get(offering_id)
    offering.status = "hidden" if rng.random() < 0.2 else "published"
    work.changed(offering, NOW)
    return offering_id


# ── the parent ────────────────────────────────────────────────────────────────────────────────────────────────────────


class Child:
    """One role in a process of its own, ready and waiting for `go`."""

    def __init__(self, role: str, database_url: str, place: str, seed: int) -> None:
        command = [sys.executable, "-m", "tests.faults.index_killing", role, database_url, place, str(seed)]
        self._process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def go(self) -> None:
        assert self._process.stdout is not None
        assert self._process.stdin is not None
        assert self._process.stdout.readline() == "ready\n"
        self._process.stdin.write("go\n")
        self._process.stdin.flush()

    def kill(self) -> None:
        """kill -9."""
        self._process.kill()
        self._process.communicate()

    def finish(self) -> tuple[int, str]:
        """Wait for the end; return exit code and what was said."""
        said, _ = self._process.communicate(timeout=120)
        return self._process.returncode, said


@dataclass(frozen=True)
class Outcome:
    """What database and index differed in, summed over the comparisons after each round of kills."""

    offerings: int
    lost: int
    phantom: int
    stale: int
    double: int
    restarts: int = 0
    said: str = ""

    def __add__(self, later: Outcome) -> Outcome:
        return Outcome(
            later.offerings,
            self.lost + later.lost,
            self.phantom + later.phantom,
            self.stale + later.stale,
            self.double + later.double,
            max(self.restarts, later.restarts),
            self.said + later.said,
        )

    @property
    def wrong(self) -> int:
        return self.lost + self.phantom + self.stale + self.double


def kill_writer_and_indexer(database_url: str, place: str, *, kills: int, seed: int) -> Outcome:
    """Kill one or the other `kills` times while both work, in rounds; after each round drain and compare."""
    return _rounds(database_url, place, ("write", "index"), kills, seed)


def kill_dual_writer(database_url: str, place: str, *, kills: int, seed: int) -> Outcome:
    """The twin: kill the one process that writes both."""
    return _rounds(database_url, place, ("dual",), kills, seed)


def kill_node(database_url: str, place: str, kill: Callable[[], None], *, kills: int, seed: int) -> Outcome:
    """Kill the search server itself with `kill`, which starts it again, while writer and indexer work on."""
    engine_at(place).ensure()
    rng = random.Random(seed)
    working = [Child(role, database_url, place, rng.randrange(1_000_000)) for role in ("write", "index")]
    try:
        for child in working:
            child.go()
        for _ in range(kills):
            time.sleep(rng.uniform(0, PAUSE_BETWEEN_NODE_KILLS))
            kill()
    finally:
        for child in working:
            child.kill()
    return _drained_and_compared(database_url, place)


def _rounds(database_url: str, place: str, roles: tuple[str, ...], kills: int, seed: int) -> Outcome:
    engine_at(place).ensure()
    rng = random.Random(seed)
    outcome = Outcome(0, 0, 0, 0, 0)
    for start in range(0, kills, KILLS_A_ROUND):
        _kill_some(database_url, place, roles, min(KILLS_A_ROUND, kills - start), rng)
        outcome += (
            _drained_and_compared(database_url, place) if "index" in roles else _compared(database_url, place, 0, "")
        )
        done = min(start + KILLS_A_ROUND, kills)
        print(f"{done} of {kills} kills, {outcome.wrong} wrong of {outcome.offerings}", file=sys.stderr, flush=True)
    return outcome


def _kill_some(database_url: str, place: str, roles: tuple[str, ...], kills: int, rng: random.Random) -> None:
    def fresh(role: str) -> Child:
        return Child(role, database_url, place, rng.randrange(1_000_000_000))

    working, standby = {role: fresh(role) for role in roles}, {role: fresh(role) for role in roles}
    for child in working.values():
        child.go()
    for _ in range(kills):
        time.sleep(rng.uniform(QUICKEST_KILL, SLOWEST_KILL))
        role = rng.choice(roles)
        working[role].kill()
        working[role], standby[role] = standby[role], fresh(role)
        working[role].go()
    for child in (*working.values(), *standby.values()):
        child.kill()


def _drained_and_compared(database_url: str, place: str) -> Outcome:
    restarts, said = _drained(database_url, place)
    _nothing_waits(database_url)
    return _compared(database_url, place, restarts, said)


def _nothing_waits(database_url: str) -> None:
    database = Database(database_url)
    with database.reading() as work:
        waiting = work.outbox.waiting(Consumer.INDEX)[0]
    database.dispose()
    assert not waiting, f"{waiting} messages still wait after the drain"


def _drained(database_url: str, place: str) -> tuple[int, str]:
    """Let a fresh indexer drain; it may be started again MOST_RESTARTS times."""
    told = ""
    for restarts in range(MOST_RESTARTS + 1):
        child = Child("drain", database_url, place, 0)
        child.go()
        code, said = child.finish()
        told += said
        if code == 0:
            return restarts, told
    raise AssertionError(f"the indexer did not recover in {MOST_RESTARTS} restarts: {told}")


def _compared(database_url: str, place: str, restarts: int, said: str) -> Outcome:
    database, engine = Database(database_url), engine_at(place)
    with database.reading() as work:
        wanted = work.offerings.listable_versions(NOW)
    held, documents = engine.versions(), engine.health().documents
    engine.close()
    database.dispose()
    return Outcome(
        offerings=len(wanted),
        lost=len(wanted.keys() - held.keys()),
        phantom=len(held.keys() - wanted.keys()),
        stale=sum(1 for id_ in wanted.keys() & held.keys() if wanted[id_] != held[id_]),
        double=documents - len(held),
        restarts=restarts,
        said=said,
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
