"""The engine refuses, is silent, or its folder is gone: everybody is answered, and the index comes back by itself."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from city.clock import SystemClock
from city.errors import IndexLocked
from city.ports import SearchPage, SearchRequest
from city.store.database import Database
from fixtures.factories import SHANGHAI
from indexer.breaker import FAILURES, Breaker
from indexer.engines.elasticsearch import ElasticsearchEngine
from indexer.engines.protocol import SearchEngine
from indexer.engines.tantivy import TantivyEngine
from indexer.jobs import SyncLoop
from indexer.search import IndexSearch
from indexer.upkeep import IndexUpkeep
from tests.integration.indexer.conftest import Catalogue
from tests.services.elasticsearch import Node

REAL_TIME = SystemClock(SHANGHAI)
QUESTIONS, CITIZENS = 60, 8
ANSWER_SECONDS = 30
SLOW_MACHINE_SECONDS = 1.5
"""The time limit of a question here: the product's own would count a busy test machine as silence."""
INK = SearchRequest(text="ink")


@pytest.fixture
def catalogue(sqlite_database: Database) -> Catalogue:
    found = Catalogue(sqlite_database)
    found.add("Ink", "Ink and tea", "Chess")
    return found


def keeper(catalogue: Catalogue, engine: SearchEngine) -> IndexUpkeep:
    return IndexUpkeep(catalogue.database, engine, clock=catalogue.clock, system_clock=REAL_TIME)


def searcher(catalogue: Catalogue, engine: SearchEngine, breaker: Breaker | None = None) -> IndexSearch:
    return IndexSearch(engine, catalogue.database, clock=catalogue.clock, system_clock=REAL_TIME, breaker=breaker)


def ask(search: IndexSearch) -> list[SearchPage]:
    """Many citizens ask at the same time."""
    with ThreadPoolExecutor(CITIZENS) as citizens:
        return list(citizens.map(search.search, [INK] * QUESTIONS))


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + ANSWER_SECONDS
    while not condition():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.05)


# ── an engine at an address ───────────────────────────────────────────────────────────────────────────────────────────


class BlackHole:
    """A port that takes connections and never says a word."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._taken: list[socket.socket] = []
        threading.Thread(target=self._take, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._socket.getsockname()[1]}"

    def _take(self) -> None:
        while True:
            try:
                self._taken.append(self._socket.accept()[0])
            except OSError:
                return

    def close(self) -> None:
        self._socket.close()
        for taken in self._taken:
            taken.close()


@pytest.fixture(params=["refuses", "is silent"])
def faulty_url(request: pytest.FixtureRequest) -> Iterator[str]:
    hole = BlackHole()
    if request.param == "refuses":
        hole.close()
    yield hole.url if request.param == "is silent" else "http://127.0.0.1:1"
    hole.close()


class Counting(ElasticsearchEngine):
    """Counts how often it is asked."""

    asked = 0

    def search(self, query):  # type: ignore[no-untyped-def]
        self.asked += 1
        return super().search(query)


def test_an_engine_that_refuses_or_is_silent_keeps_nobody_waiting(catalogue: Catalogue, faulty_url: str) -> None:
    engine = Counting(faulty_url, REAL_TIME)
    pages = ask(searcher(catalogue, engine))
    assert all(page.degraded and page.total == 3 and len(page.hits) == 3 for page in pages)
    assert engine.asked < FAILURES + CITIZENS + 2


def test_the_twin_without_a_breaker_makes_everybody_wait_for_the_engine(catalogue: Catalogue, faulty_url: str) -> None:
    engine = Counting(faulty_url, REAL_TIME)
    pages = ask(searcher(catalogue, engine, Breaker(REAL_TIME, failures=QUESTIONS + 1)))
    assert all(page.degraded for page in pages)
    assert engine.asked == QUESTIONS


@pytest.mark.real_elasticsearch
def test_a_real_elasticsearch_that_falls_silent_is_left_alone_and_asked_again_when_it_wakes(
    catalogue: Catalogue, elasticsearch_node: Node
) -> None:
    alias = f"faults-{secrets.token_hex(4)}"
    patient = ElasticsearchEngine(elasticsearch_node.url, REAL_TIME, alias=alias, search_seconds=ANSWER_SECONDS)
    keeper(catalogue, patient).start()
    engine = ElasticsearchEngine(elasticsearch_node.url, REAL_TIME, alias=alias, search_seconds=SLOW_MACHINE_SECONDS)
    search = searcher(catalogue, engine, Breaker(REAL_TIME, pause=timedelta(seconds=0.5)))
    wait_for(lambda: search.search(INK) == search.search(INK) and not search.search(INK).degraded)
    with silenced(elasticsearch_node.process.pid):
        pages = ask(search)
        assert all(page.total == 3 for page in pages if page.degraded)
        assert sum(page.degraded for page in pages) == QUESTIONS
    wait_for(lambda: not search.search(INK).degraded)
    assert search.search(INK).total == 2


@contextmanager
def silenced(pid: int) -> Iterator[None]:
    """Stop a process with all it started (SIGSTOP), and let them go on afterwards."""
    family = [pid, *_descendants(pid)]
    for member in family:
        os.kill(member, signal.SIGSTOP)
    try:
        yield
    finally:
        for member in reversed(family):
            os.kill(member, signal.SIGCONT)


def _descendants(pid: int) -> list[int]:
    children = [
        int(child)
        for tasks in Path(f"/proc/{pid}/task").glob("*/children")
        for child in tasks.read_text("ascii").split()
    ]
    return [found for child in children for found in (child, *_descendants(child))]


# ── the embedded engine's folder ──────────────────────────────────────────────────────────────────────────────────────


def _gone(root: Path) -> None:
    shutil.rmtree(root)


def _pointer_lost(root: Path) -> None:
    (root / "current").unlink()


def _pointer_nonsense(root: Path) -> None:
    (root / "current").write_bytes(b"../../etc\xff")


def _folder_gone(root: Path) -> None:
    shutil.rmtree(_current(root))


def _meta_cut(root: Path) -> None:
    meta = _current(root) / "meta.json"
    meta.write_bytes(meta.read_bytes()[:40])


def _segments_gone(root: Path) -> None:
    for path in _current(root).iterdir():
        if path.suffix in (".store", ".term", ".idx", ".fast", ".pos"):
            path.unlink()


def _segments_cut(root: Path) -> None:
    for path in _current(root).iterdir():
        if path.suffix in (".store", ".term", ".idx", ".fast", ".pos"):
            path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def _note_lost(root: Path) -> None:
    (_current(root) / "made.json").write_text("{}")


def _current(root: Path) -> Path:
    return root / (root / "current").read_text("ascii").strip()


@pytest.mark.parametrize(
    "damage",
    [_gone, _pointer_lost, _pointer_nonsense, _folder_gone, _meta_cut, _segments_gone, _segments_cut, _note_lost],
)
def test_a_folder_that_is_gone_or_damaged_degrades_the_answer_and_is_rebuilt_with_a_word(
    catalogue: Catalogue, tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    root = tmp_path / "index"
    keeper(catalogue, TantivyEngine(root, REAL_TIME)).start()
    damage(root)
    search = searcher(catalogue, TantivyEngine(root, REAL_TIME))
    page = search.search(INK)
    assert (page.degraded, page.total) == (True, 3)
    said = SyncLoop(keeper(catalogue, TantivyEngine(root, REAL_TIME)), REAL_TIME).step()
    assert "rebuilt: 3 offerings" in said
    page = search.search(INK)
    assert (page.degraded, page.total) == (False, 2)


def test_a_folder_that_goes_while_the_worker_runs_is_rebuilt_at_its_next_look(
    catalogue: Catalogue, tmp_path: Path
) -> None:
    root = tmp_path / "index"
    upkeep = keeper(catalogue, TantivyEngine(root, REAL_TIME))
    loop = SyncLoop(upkeep, catalogue.clock)
    loop.step()
    shutil.rmtree(root)
    catalogue.clock.pass_by(seconds=11)
    assert "rebuilt: 3 offerings" in loop.step()


def test_a_second_indexer_refuses_with_a_sentence_and_changes_nothing(catalogue: Catalogue, tmp_path: Path) -> None:
    root = tmp_path / "index"
    first, second = TantivyEngine(root, REAL_TIME), TantivyEngine(root, REAL_TIME)
    keeper(catalogue, first).start()
    catalogue.add("Late")
    building = first.begin_rebuild()
    before = sorted(path.name for path in root.iterdir())
    with pytest.raises(IndexLocked, match="Another process"):
        keeper(catalogue, second).rebuild()
    with pytest.raises(IndexLocked, match="Another process"):
        keeper(catalogue, second).sync()
    assert sorted(path.name for path in root.iterdir()) == before
    assert catalogue.waiting() == 1
    building.abandon()
    keeper(catalogue, second).sync()
    assert second.versions() == catalogue.versions()


def test_a_rebuild_that_cannot_be_finished_leaves_the_index_that_answers(
    catalogue: Catalogue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = TantivyEngine(tmp_path / "index", REAL_TIME)
    upkeep = keeper(catalogue, engine)
    upkeep.start()
    before = engine.versions()
    monkeypatch.setattr("indexer.rebuild.Rebuilding._replay", _interrupted)
    with pytest.raises(KeyboardInterrupt):
        upkeep.rebuild()
    monkeypatch.undo()
    assert engine.versions() == before
    assert upkeep.rebuild().documents == 3


def _interrupted(*_: object) -> None:
    raise KeyboardInterrupt
