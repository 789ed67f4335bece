"""From the catalogue into the index: how fast a rebuild is, what memory it takes, when an edit is seen; on each engine.

`python -m benchmarks.indexing [ENGINE]` lays the sample city and rebuilds each engine's index from its database, in a
process of its own, so that memory is the rebuild's. Beside it the raw engine takes the same documents ready-made, in
bulk. ENGINE is embedded or a release of Elasticsearch that runs here, like 8.19.20; all without it.
"""

from __future__ import annotations

import resource
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from elasticsearch import Elasticsearch
from elasticsearch.helpers import bulk

from benchmarks.search import fill_directly
from city.clock import FixedClock, SystemClock
from city.ports import SearchRequest
from city.store import schema
from city.store.database import JOB_STATEMENT_SECONDS, Database
from fixtures.factories import NOW, SHANGHAI, TODAY
from fixtures.loading import load_sample
from indexer.changes import in_batches
from indexer.document import Document
from indexer.engines.asking import ask
from indexer.engines.elasticsearch import ElasticsearchEngine
from indexer.engines.elasticsearch_query import index_body, source_of
from indexer.engines.protocol import SearchEngine
from indexer.engines.tantivy import TantivyEngine
from indexer.jobs import PAUSE_SECONDS
from indexer.query import build_query
from indexer.synonyms import Synonyms
from indexer.upkeep import IndexUpkeep
from tests.services import elasticsearch

EMBEDDED = "embedded"
EDITS = 20
CLOCK, REAL_TIME = FixedClock(NOW, SHANGHAI), SystemClock(SHANGHAI)


def main(engine: str | None) -> None:
    """Measure one engine here, or each in a process of its own."""
    if engine is None:
        for name in (EMBEDDED, *(version.number for version in elasticsearch.versions_that_run())):
            subprocess.run([sys.executable, "-m", "benchmarks.indexing", name], check=True)
        return
    with tempfile.TemporaryDirectory() as folder, laid(Path(folder)) as database:
        if engine == EMBEDDED:
            measure(engine, database, TantivyEngine(Path(folder) / "index", REAL_TIME))
            beside(engine, database, lambda documents: fill_directly(Path(folder) / "raw", documents))
            return
        version = next(each for each in elasticsearch.versions_that_run() if each.number == engine)
        with elasticsearch.running(version) as node:
            measure(engine, database, ElasticsearchEngine(node.url, REAL_TIME, search_seconds=30))
            beside(engine, database, lambda documents: fill_in_bulk(node.url, documents))


@contextmanager
def laid(folder: Path) -> Iterator[Database]:
    """Yield the sample city's database."""
    database = Database(f"sqlite:///{folder / 'city.db'}", statement_seconds=JOB_STATEMENT_SECONDS)
    schema.upgrade(database)
    load_sample(database, TODAY, SHANGHAI)
    yield database
    database.dispose()


def measure(name: str, database: Database, engine: SearchEngine) -> None:
    """Print the rebuild's rate and memory, and after how long an edit is found."""
    upkeep = IndexUpkeep(database, engine, clock=CLOCK, system_clock=REAL_TIME)
    began, began_cpu, before = time.perf_counter(), time.process_time(), peak_mib()
    done = upkeep.rebuild()
    seconds, cpu = time.perf_counter() - began, time.process_time() - began_cpu
    print(
        f"{name}: {done.documents:,} offerings from the database, {done.documents / cpu:,.0f} a CPU-second of ours, "
        f"{done.documents / seconds:,.0f} a second; memory {peak_mib():.0f} MiB at most ({before:.0f} before)"
    )
    upkeep.sync()
    seen = sorted(edit_until_found(database, upkeep, engine) for _ in range(EDITS))
    print(
        f"{name}: one edit until it is found, p50 {seen[EDITS // 2]:.0f} ms, slowest {seen[-1]:.0f} ms, "
        f"and up to {PAUSE_SECONDS * 1000:.0f} ms until the worker looks (goal: 1,000 embedded, 2,000 else)",
        flush=True,
    )


def edit_until_found(database: Database, upkeep: IndexUpkeep, engine: SearchEngine) -> float:
    """Give an offering a title nobody has; return the milliseconds from its commit until a question finds it."""
    word = f"zq{secrets.token_hex(5)}"
    with database.writing() as work:
        offering = work.offerings.get(min(work.offerings.listable_versions(NOW)))
        offering.title = {"en": word}
        work.changed(offering, NOW)
        work.commit()
    began = time.perf_counter()
    upkeep.sync_once()
    query = build_query(SearchRequest(text=word), now=NOW, zone=SHANGHAI, synonyms=Synonyms.of(()))
    found = ask(engine, query)[0].total
    if found != 1:
        raise SystemExit(f"the edit was found {found} times")
    return (time.perf_counter() - began) * 1000


def beside(name: str, database: Database, fill: Callable[[list[Document]], None]) -> None:
    """Print what the raw engine takes for the same documents, ready-made."""
    with database.reading() as work:
        ids = sorted(work.offerings.listable_versions(NOW))
    documents = [change.document for some in in_batches(database, ids, NOW) for change in some.changes]
    ready = [document for document in documents if document is not None]
    began, began_cpu = time.perf_counter(), time.process_time()
    fill(ready)
    seconds, cpu = time.perf_counter() - began, time.process_time() - began_cpu
    print(
        f"{name}: the raw engine with ready documents in bulk, {len(ready) / cpu:,.0f} a CPU-second of ours, "
        f"{len(ready) / seconds:,.0f} a second",
        flush=True,
    )


def fill_in_bulk(url: str, documents: list[Document]) -> None:
    """Add ready-made documents with the client's own bulk helper."""
    with Elasticsearch(url, request_timeout=60) as client:
        client.indices.create(index="raw", **index_body())
        actions = (
            {"_index": "raw", "_id": str(each.offering_id), "_source": source_of(each.offering_id, 1, each, 0)}
            for each in documents
        )
        bulk(client, actions, chunk_size=500, refresh=True)


def peak_mib() -> float:
    """Return the most memory this process ever had, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else None)
