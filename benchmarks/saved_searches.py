"""What alerts cost: a batch of 200 new offerings against 100,000 saved searches. Goal: under 1 s CPU, compiling apart.

`python -m benchmarks.saved_searches [SEARCHES]`. The searches are drawn like a city's: words with a long tail,
districts, free hours, prices, days, and a walk from one of 20,000 front doors. Peer beside us: each search asked by
itself of an index that holds the batch, measured on 200 of them.
"""

from __future__ import annotations

import random
import resource
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import time as wall
from datetime import timedelta
from pathlib import Path

from benchmarks.search import Town, lay
from city.clock import FixedClock
from city.ports import FreeHours, Position, SearchRequest
from fixtures.factories import NOW, SHANGHAI, TODAY
from indexer.alerts import CompiledSearches
from indexer.document import Document
from indexer.engines.protocol import Change
from indexer.engines.tantivy import TantivyEngine
from indexer.query import build_query

SEARCHES, NEW_OFFERINGS, FRONT_DOORS, ASKED_ALONE, PASSES = 100_000, 200, 20_000, 200, 5
GOAL_SECONDS = 1.0
SEED = 20_261_124
DISTRICTS = ("hubin", "qiaodong", "qingwan", "yunling", "beiting", "xihe")
HOURS = [(wall(9), wall(12)), (wall(14), wall(17, 30)), (wall(18), wall(21)), (wall(18, 30), wall(22))]


def main(count: int) -> None:
    """Compile, match, print."""
    rng = random.Random(SEED)
    with tempfile.TemporaryDirectory() as folder:
        town = lay(Path(folder) / "city.db", 1)
        batch = rng.sample(town.documents, NEW_OFFERINGS)
        requests = drawn(town, count, rng)
        before = memory_mib()
        compiled, compiling = CompiledSearches(TODAY, town.synonyms), time.process_time()
        for number, request in enumerate(requests):
            compiled.add(number, request)
        compiling = time.process_time() - compiling
        print(f"{count:,} saved searches, {compiled.node_count:,} different clauses; {NEW_OFFERINGS} new offerings")
        print(f"compiling, once a day: {compiling:.1f} CPU-s, {memory_mib() - before:.0f} MiB more")
        seconds, hits = min(pass_seconds(compiled, batch) for _ in range(PASSES))
        print(
            f"one batch against all of them: {seconds:.2f} CPU-s, {hits:,} hits (goal: under {GOAL_SECONDS:.0f} CPU-s)"
        )
        alone = one_by_one(town, batch, rng.sample(requests, ASKED_ALONE), Path(folder) / "index")
        print(f"beside it, each search asked by itself of an index of the batch: {alone * count:.0f} CPU-s")


def drawn(town: Town, count: int, rng: random.Random) -> list[SearchRequest]:
    """Return so many searches; three of four have words, the shorter their rank the likelier."""
    words = rng.sample(town.words, len(town.words))
    doors = [Position(rng.uniform(30.3, 30.7), rng.uniform(120.7, 121.1)) for _ in range(FRONT_DOORS)]
    return [one(words, doors, rng) for _ in range(count)]


def one(words: Sequence[str], doors: Sequence[Position], rng: random.Random) -> SearchRequest:
    """Return one search with one to four things asked for."""
    chosen = rng.choices(words, [1 / rank for rank in range(1, len(words) + 1)], k=rng.choice([1, 1, 2]))
    request = SearchRequest(text=" ".join(chosen) if rng.random() < 0.75 else "")
    if not request.text or rng.random() < 0.4:
        request = replace(request, areas=frozenset({rng.choice(DISTRICTS)}))
    if rng.random() < 0.3:
        request = replace(request, near=rng.choice(doors), within_minutes=rng.choice([15, 30, 45]))
    if rng.random() < 0.3:
        days = rng.sample(range(7), rng.choice([1, 2, 5]))
        request = replace(request, free_hours=tuple(FreeHours(day, *rng.choice(HOURS)) for day in days))
    if rng.random() < 0.2:
        first = TODAY + timedelta(rng.randrange(60))
        request = replace(request, from_on=first, to_on=first + timedelta(rng.randrange(1, 60)))
    if rng.random() < 0.3:
        request = replace(request, only_free=True)
    if rng.random() < 0.2:
        request = replace(request, dayparts=frozenset({rng.choice(["morning", "evening"])}))
    return request


def pass_seconds(compiled: CompiledSearches, batch: Sequence[Document]) -> tuple[float, int]:
    """Return the CPU seconds of one pass and how much was met."""
    start = time.process_time()
    hits = sum(1 for _ in compiled.met_by(batch))
    return time.process_time() - start, hits


def one_by_one(town: Town, batch: Sequence[Document], requests: Sequence[SearchRequest], folder: Path) -> float:
    """Return the CPU seconds an engine takes for one search, the batch being all it holds."""
    engine = TantivyEngine(folder, FixedClock(NOW, SHANGHAI))
    rebuild = engine.begin_rebuild()
    rebuild.add([Change(each.offering_id, 1, each) for each in batch])
    rebuild.commit()
    start = time.process_time()
    for request in requests:
        engine.search(build_query(request, now=NOW, zone=SHANGHAI, synonyms=town.synonyms, facets=()))
    return (time.process_time() - start) / len(requests)


def memory_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else SEARCHES)
