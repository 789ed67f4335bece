"""How fast the embedded search is: the sample city ten times over, beside tantivy asked directly on the same index.

`python -m benchmarks.search [TIMES]` lays the sample, multiplies its documents (default 10: 15,000 offerings; 67:
100,000), and prints CPU milliseconds a question, completions, indexing rates and memory.
"""

from __future__ import annotations

import random
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
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
from indexer.document import Document, Surroundings, to_document
from indexer.engines.asking import ask
from indexer.engines.protocol import Change
from indexer.engines.tantivy import TantivyEngine
from indexer.engines.tantivy_folder import IndexFolder
from indexer.engines.tantivy_writing import as_tantivy, new_index, registered
from indexer.query import build_query, build_suggest_query
from indexer.synonyms import Synonyms

TIMES = 10
QUESTIONS = 400
FIVE_FACETS = ("kind", "topic", "district", "audience", "daypart")
HOME = Position(30.5110, 120.8712)
BATCH = 500


@dataclass(frozen=True)
class Town:
    """The documents to index, the words to ask, and what questions are read against."""

    documents: list[Document]
    words: list[str]
    synonyms: Synonyms
    seconds: float
    """CPU seconds that reading the sample and making its documents took."""
    read: int
    """How many offerings were read."""


def main(times: int) -> None:
    """Lay, index, ask, print."""
    with tempfile.TemporaryDirectory() as folder:
        town = lay(Path(folder) / "city.db", times)
        print(f"{len(town.documents):,} offerings (the sample city × {times})")
        engine = TantivyEngine(Path(folder) / "index", SystemClock(SHANGHAI))
        print_indexing(engine, town, Path(folder) / "raw")
        print_questions(engine, IndexFolder(Path(folder) / "index").current(), town)
        print_completions(engine, town)
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"memory: {most:.0f} MiB at most, the documents themselves included")


def lay(path: Path, times: int) -> Town:
    """Load the sample into a database, make its documents, and multiply them under new ids."""
    database = Database(f"sqlite:///{path}")
    schema.upgrade(database)
    load_sample(database, TODAY, SHANGHAI)
    with database.reading() as work:
        topics = work.topics.all()
        around = Surroundings.of(work.areas.all(), topics, work.venues.all())
        synonyms = Synonyms.of(topics)
        start, read = time.process_time(), 0
        found: list[Document] = []
        for some in work.offerings.in_batches(BATCH):
            read += len(some)
            made = (to_document(each, now=NOW, surroundings=around, popularity_step=each.id % 11) for each in some)
            found += [each for each in made if each is not None]
        seconds = time.process_time() - start
    database.dispose()
    words = sorted({word for each in found for word in each.words["title_words"] if len(word) > 1})
    return Town([copy for n in range(times) for copy in copies(found, n)], words, synonyms, seconds, read)


def copies(documents: Sequence[Document], number: int) -> Iterator[Document]:
    """Yield the documents again under ids of their own, with the numbers that hold the id adapted."""
    offset = number * 1_000_000
    shifts = {"browse_order": -offset, "newest_order": -offset, "soonest_order": offset}
    for each in documents:
        numbers = {name: tuple(n + shifts.get(name, 0) for n in values) for name, values in each.numbers.items()}
        yield replace(each, offering_id=each.offering_id + offset, numbers=numbers)


# ── indexing ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def print_indexing(engine: TantivyEngine, town: Town, raw: Path) -> None:
    """Compare filling the engine with adding the same documents to tantivy directly."""
    changes = [Change(each.offering_id, 1, each) for each in town.documents]
    ours = cpu_seconds(lambda: fill(engine, changes))
    direct = cpu_seconds(lambda: fill_directly(raw, town.documents))
    n = len(changes)
    print(f"documents made from rows: {town.read / town.seconds:,.0f} a CPU-second")
    print(f"indexing: {n / ours:,.0f} documents a CPU-second; tantivy directly {n / direct:,.0f} ({direct / ours:.0%})")
    whole = town.seconds / town.read * 100_000 + ours / n * 100_000
    print(f"100,000 offerings from the database into the index: {whole:.0f} CPU-seconds")
    one = [cpu_seconds(lambda each=each: engine.apply([replace(each, version=2)])) * 1000 for each in changes[:20]]
    print(f"one edit until it is found: {sorted(one)[len(one) // 2]:.0f} CPU-ms")


def fill(engine: TantivyEngine, changes: Sequence[Change]) -> None:
    """Rebuild the index of these changes."""
    rebuild = engine.begin_rebuild()
    for at in range(0, len(changes), BATCH):
        rebuild.add(changes[at : at + BATCH])
    rebuild.commit()


def fill_directly(folder: Path, documents: Sequence[Document]) -> None:
    """Add ready-made documents to an index of the same fields, without versions and batches."""
    folder.mkdir()
    index = new_index(folder)
    writer = index.writer(120_000_000, 1)
    for each in documents:
        writer.add_document(as_tantivy(each))
    writer.commit()
    writer.wait_merging_threads()


# ── asking ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def print_questions(engine: TantivyEngine, folder: Path, town: Town) -> None:
    """Time questions of several shapes, and tantivy's own on the same index."""
    rng = random.Random(1)
    words = rng.choices(town.words, k=QUESTIONS)
    index = registered(Index.open(str(folder)))
    common = ["书法", "课", "图书馆", "evening", "周六 书法", "亲子", "calligraphy", "老人 手机", "history"]
    shapes: dict[str, Callable[[int], object]] = {
        "tantivy directly: a title word, 5 facets, 2 filters": lambda n: ask_directly(index, words[n]),
        "a word, 5 facets, 2 filters": lambda n: put(engine, town, filtered(words[n]), FIVE_FACETS),
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
    for name, shape in shapes.items():
        print_percentiles(name, shape)


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
    fields = ("kind", "topics", "district", "audiences", "dayparts")
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


def print_percentiles(name: str, work: Callable[[int], object]) -> None:
    """Print p50 and p99 of CPU milliseconds over all questions, after asking each once."""
    for n in range(QUESTIONS):
        work(n)
    taken = sorted(cpu_seconds(lambda n=n: work(n)) * 1000 for n in range(QUESTIONS))
    cuts = quantiles(taken, n=100)
    print(f"{name:<55} p50 {cuts[49]:6.2f}  p99 {cuts[98]:6.2f} CPU-ms")


def cpu_seconds(work: Callable[[], object]) -> float:
    """Return the CPU seconds of all threads that the work takes."""
    start = time.process_time()
    work()
    return time.process_time() - start


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else TIMES)
