"""How fast the embedded search is at 10,000 and 100,000 generated offerings, beside tantivy asked directly.

`python -m benchmarks.search [--largest]` lays the sample city, multiplies its documents up to each size (with
--largest also to 1,000,000: about ten minutes and 8 GB of disk), and prints CPU milliseconds a question, completions,
how a question grows with the catalogue, indexing rates and memory.
"""

from __future__ import annotations

import math
import random
import resource
import sys
import tempfile
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import count, islice
from pathlib import Path
from statistics import quantiles

from tantivy import Index, Occur, Query

from city import analysis
from city.clock import SystemClock
from city.ports import Position, SearchRequest, Sort
from city.store import schema
from city.store.database import Database
from fixtures.factories import NOW, SHANGHAI, TODAY
from fixtures.loading import load_sample
from indexer.changes import in_batches
from indexer.collector import collector_at_rest
from indexer.document import POPULARITY_SHARE, Document
from indexer.engines.asking import ask
from indexer.engines.protocol import Change
from indexer.engines.tantivy import TantivyEngine
from indexer.engines.tantivy_folder import IndexFolder
from indexer.engines.tantivy_shortcuts import column_of
from indexer.engines.tantivy_writing import as_tantivy, new_index, registered
from indexer.query import build_query, build_suggest_query
from indexer.synonyms import Synonyms

SIZES, LARGEST = (10_000, 100_000), 1_000_000
QUESTIONS = 400
FIVE_FACETS = ("kind", "topic", "district", "audience", "daypart")
HOME = Position(30.5110, 120.8712)
BATCH = 500
MAIN = "a word, 5 facets, 2 filters"
GOALS = {MAIN: "p99 < 5 at 100,000", "completion of letters typed": "p99 < 2 at 100,000"}
Percentiles = tuple[float, float]
"""p50 and p99 in CPU milliseconds."""


@dataclass(frozen=True)
class Town:
    """The documents of the sample, the words to ask, and what questions are read against."""

    documents: list[Document]
    words: list[str]
    synonyms: Synonyms
    seconds: float
    """CPU seconds that reading the sample over and over and making its documents took."""
    read: int
    """How many offerings were read in them: about as many as the smallest size has."""

    def generated(self, n: int) -> Iterator[Document]:
        """Yield n documents: those of the sample over and over, each time under other ids and with other merit."""
        rng = random.Random(3)
        return islice((each for number in count() for each in copies(self.documents, number, rng)), n)


def main(sizes: Sequence[int]) -> None:
    """Lay, index, ask, print, at one size after the other."""
    with tempfile.TemporaryDirectory() as folder:
        town = lay(Path(folder) / "city.db")
        print(f"documents made from rows: {town.read / town.seconds:,.0f} a CPU-second")
        p50s = {size: measured(Path(folder) / str(size), town, size) for size in sizes}
    for (small, before), (large, after) in zip(p50s.items(), list(p50s.items())[1:], strict=False):
        exponent = math.log(after / before) / math.log(large / small)
        print(f"{MAIN}: from {small:,} to {large:,} offerings p50 grows with the size to the power of {exponent:.2f}")


def measured(folder: Path, town: Town, size: int) -> float:
    """Print the figures of one size; return the p50 of the question that has a goal."""
    print(f"\n{size:,} offerings")
    engine = TantivyEngine(folder / "index", SystemClock(SHANGHAI))
    print_indexing(engine, town, size, folder / "raw")
    p50, _ = print_questions(engine, IndexFolder(folder / "index").current(), town)
    print_completions(engine, town)
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"memory: {most:.0f} MiB at most so far (goal < 1,024)")
    return p50


def lay(path: Path) -> Town:
    """Load the sample into a database and make its documents."""
    database = Database(f"sqlite:///{path}")
    schema.upgrade(database)
    load_sample(database, TODAY, SHANGHAI)
    with database.reading() as work:
        synonyms = Synonyms.of(work.topics.all())
        ids = sorted(work.offerings.listable_versions(NOW))
    rounds = math.ceil(SIZES[0] / len(ids))
    seconds = cpu_seconds(lambda: deque(in_batches(database, ids * rounds, NOW), maxlen=0))
    changes = [change for some in in_batches(database, ids, NOW) for change in some.changes]
    found = [change.document for change in changes if change.document is not None]
    database.dispose()
    words = sorted({word for each in found for word in each.words["title_forms"] if len(word) > 1})
    return Town(found, words, synonyms, seconds, len(ids) * rounds)


def copies(documents: Sequence[Document], number: int, rng: random.Random) -> Iterator[Document]:
    """Yield the documents again under ids of their own, with the numbers that hold the id adapted."""
    offset = number * 1_000_000
    shifts = {"browse_order": -offset, "newest_order": -offset, "soonest_order": offset}
    for each in documents:
        numbers = {name: tuple(n + shifts.get(name, 0) for n in values) for name, values in each.numbers.items()}
        merit = each.merit * (1 + POPULARITY_SHARE * rng.random())
        yield replace(each, offering_id=each.offering_id + offset, numbers=numbers, merit=merit)


# ── indexing ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def print_indexing(engine: TantivyEngine, town: Town, n: int, raw: Path) -> None:
    """Compare filling the engine with adding the same documents to tantivy directly, the collector at rest as ever."""
    with collector_at_rest():
        generating = cpu_seconds(lambda: deque(town.generated(n), maxlen=0))
        ours = cpu_seconds(lambda: fill(engine, town.generated(n))) - generating
        direct = cpu_seconds(lambda: fill_directly(raw, town.generated(n))) - generating
    print(f"indexing: {n / ours:,.0f} documents a CPU-second; tantivy directly {n / direct:,.0f} ({direct / ours:.0%})")
    whole = town.seconds / town.read * 100_000 + ours / n * 100_000
    print(f"100,000 offerings from the database into the index: {whole:.0f} CPU-seconds")
    edits = [Change(each.offering_id, 2, each) for each in town.documents[:20]]
    one = [cpu_seconds(lambda edit=edit: engine.apply([edit])) * 1000 for edit in edits]
    print(f"one edit until it is found: {sorted(one)[len(one) // 2]:.0f} CPU-ms")


def fill(engine: TantivyEngine, documents: Iterator[Document]) -> None:
    """Rebuild the index of these documents."""
    rebuild = engine.begin_rebuild()
    while some := [Change(each.offering_id, 1, each) for each in islice(documents, BATCH)]:
        rebuild.add(some)
    rebuild.commit()


def fill_directly(folder: Path, documents: Iterable[Document]) -> None:
    """Add ready-made documents to an index of the same fields, without versions and batches."""
    folder.mkdir()
    index = new_index(folder)
    writer = index.writer(120_000_000, 1)
    for each in documents:
        writer.add_document(as_tantivy(each))
    writer.commit()
    writer.wait_merging_threads()


# ── asking ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def print_questions(engine: TantivyEngine, folder: Path, town: Town) -> Percentiles:
    """Time questions of several shapes, and tantivy's own on the same index; return those of the main one."""
    rng = random.Random(1)
    words = rng.choices(town.words, k=QUESTIONS)
    index = registered(Index.open(str(folder)))
    common = ["书法", "课", "图书馆", "evening", "周六 书法", "亲子", "calligraphy", "老人 手机", "history"]
    shapes: dict[str, Callable[[int], object]] = {
        "tantivy directly: a title word, 5 facets, 2 filters": lambda n: ask_directly(index, words[n]),
        MAIN: lambda n: put(engine, town, filtered(words[n]), FIVE_FACETS),
        "a common word, 5 facets, 2 filters": lambda n: put(engine, town, filtered(common[n % 9]), FIVE_FACETS),
        "a word, all facets, near home": lambda n: put(engine, town, SearchRequest(text=words[n], near=HOME)),
        "a common word, all facets, near home": lambda n: put(
            engine, town, SearchRequest(text=common[n % 9], near=HOME)
        ),
        "everything, all facets": lambda n: put(engine, town, SearchRequest(page=1 + n % 5)),
        "everything nearest first, all facets": lambda n: put(
            engine, town, SearchRequest(near=HOME, sort=Sort.NEAREST)
        ),
        "pinyin, 5 facets": lambda n: put(
            engine, town, SearchRequest(text=analysis.sound(words[n]) or "tai"), FIVE_FACETS
        ),
    }
    return {name: print_percentiles(name, shape) for name, shape in shapes.items()}[MAIN]


def filtered(text: str) -> SearchRequest:
    """A word with a kind and two weekdays."""
    return SearchRequest(text=text, kinds=frozenset({"course", "event"}), weekdays=frozenset({5, 6}))


def put(engine: TantivyEngine, town: Town, request: SearchRequest, facets: Sequence[str] | None = None) -> object:
    """Ask as the site does, from the request to the answer."""
    asked = {} if facets is None else {"facets": facets}
    return ask(engine, build_query(request, now=NOW, zone=SHANGHAI, synonyms=town.synonyms, **asked))


def ask_directly(index: Index, word: str) -> object:
    """One search and one aggregation, as plain as tantivy allows."""
    schema_, searcher = index.schema, index.searcher()
    kinds = Query.term_set_query(schema_, "kind", ["course", "event"])
    days = Query.term_set_query(schema_, "weekdays", ["5", "6"])
    asked = [
        (Occur.Must, Query.term_query(schema_, "title_words", word, "freq")),
        (Occur.Must, kinds),
        (Occur.Must, days),
    ]
    query = Query.boolean_query(asked)
    fields = [column_of(field) for field in ("kind", "topics", "district", "audiences", "dayparts")]
    searcher.aggregate(query, {field: {"terms": {"field": field, "size": 1000}} for field in fields})
    return searcher.search(query, 10)


def print_completions(engine: TantivyEngine, town: Town) -> None:
    """Time what the search box asks with every letter."""
    rng = random.Random(2)
    starts = [word[: rng.randint(2, 4)] for word in rng.choices(town.words, k=QUESTIONS)]
    spelt = [(analysis.sound(word) or word)[: rng.randint(2, 5)] for word in rng.choices(town.words, k=QUESTIONS)]
    for name, typed in (("completion of letters typed", starts), ("completion of pinyin typed", spelt)):
        print_percentiles(
            name, lambda n, typed=typed: engine.suggest(build_suggest_query(typed[n], language="zh", now=NOW))
        )


def print_percentiles(name: str, work: Callable[[int], object]) -> Percentiles:
    """Print and return p50 and p99 of CPU milliseconds over all questions, after asking each once."""
    for n in range(QUESTIONS):
        work(n)
    taken = sorted(cpu_seconds(lambda n=n: work(n)) * 1000 for n in range(QUESTIONS))
    cuts = quantiles(taken, n=100)
    goal = f" (goal {GOALS[name]})" if name in GOALS else ""
    print(f"{name:<55} p50 {cuts[49]:6.2f}  p99 {cuts[98]:6.2f} CPU-ms{goal}")
    return cuts[49], cuts[98]


def cpu_seconds(work: Callable[[], object]) -> float:
    """Return the CPU seconds of all threads that the work takes."""
    start = time.process_time()
    work()
    return time.process_time() - start


if __name__ == "__main__":
    main((*SIZES, LARGEST) if "--largest" in sys.argv[1:] else SIZES)
