"""The engine refuses, is silent, or its folder is gone: everybody is answered, and the index comes back by itself."""

from __future__ import annotations

import shutil
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from city.clock import SystemClock
from city.errors import IndexLocked, SearchUnavailable
from city.ports import SearchPage, SearchRequest
from city.store.database import Database
from fixtures.factories import SHANGHAI
from indexer.breaker import FAILURES, Breaker
from indexer.engines.elasticsearch import ElasticsearchEngine
from indexer.engines.protocol import SearchEngine
from indexer.engines.tantivy import TantivyEngine
from indexer.engines.tantivy_folder import IndexFolder
from indexer.engines.tantivy_writing import Writer
from indexer.jobs import SyncLoop
from indexer.rebuild import Rebuilding
from indexer.search import IndexSearch
from indexer.upkeep import IndexUpkeep
from tests.integration.indexer.conftest import Catalogue

REAL_TIME = SystemClock(SHANGHAI)
QUESTIONS, CITIZENS = 60, 8
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


def test_a_second_writer_refuses_with_a_sentence_and_changes_nothing(catalogue: Catalogue, tmp_path: Path) -> None:
    root = tmp_path / "index"
    first, second = TantivyEngine(root, REAL_TIME), TantivyEngine(root, REAL_TIME)
    keeper(catalogue, first).start()
    catalogue.add("Late")
    building = first.begin_rebuild()
    before = sorted(path.name for path in root.iterdir())
    with pytest.raises(IndexLocked, match=r"Another process .* rebuilds the search index"):
        keeper(catalogue, second).rebuild()
    with building.alone(), pytest.raises(IndexLocked, match=r"Another process .* writes the search index"):
        keeper(catalogue, second).sync()
    assert sorted({path.name for path in root.iterdir()} - {"lock"}) == sorted({*before} - {"lock"})
    assert catalogue.waiting() == 1
    building.abandon()
    keeper(catalogue, second).sync()
    assert second.versions() == catalogue.versions()


def test_while_one_process_rebuilds_another_brings_edits_into_the_index_that_answers_and_none_is_lost(
    catalogue: Catalogue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "index"
    rebuilding = keeper(catalogue, TantivyEngine(root, REAL_TIME))
    rebuilding.start()
    worker, visitor = keeper(catalogue, TantivyEngine(root, REAL_TIME)), TantivyEngine(root, REAL_TIME)
    seen: list[dict[int, int]] = []
    fill = Rebuilding._fill

    def filled_while_edits_go_on(self: Rebuilding, *values: Any) -> None:
        fill(self, *values)
        catalogue.hide(1)
        catalogue.add("Late")
        worker.sync()
        seen.append(visitor.versions())

    monkeypatch.setattr(Rebuilding, "_fill", filled_while_edits_go_on)
    done = rebuilding.rebuild()
    assert seen == [catalogue.versions()]
    assert (visitor.versions(), done.replayed, catalogue.waiting()) == (catalogue.versions(), 2, 0)


def test_a_rebuild_waits_for_the_batch_of_another_process_before_it_swaps(
    catalogue: Catalogue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "index"
    engine = TantivyEngine(root, REAL_TIME)
    keeper(catalogue, engine).start()
    batch = ExitStack()
    batch.enter_context(IndexFolder(root).writing())
    waited: list[float] = []

    def batch_ends(seconds: float) -> None:
        waited.append(seconds)
        batch.close()

    monkeypatch.setattr("indexer.engines.tantivy_folder.time.sleep", batch_ends)
    assert keeper(catalogue, engine).rebuild().documents == 3
    assert len(waited) == 1


def test_files_of_a_killed_writer_are_swept_at_the_next_start_and_without_that_the_index_is_stuck(
    catalogue: Catalogue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "index"
    keeper(catalogue, TantivyEngine(root, REAL_TIME)).start()
    committed = (_current(root) / "meta.json").read_bytes()
    catalogue.edit(1)
    keeper(catalogue, TantivyEngine(root, REAL_TIME)).sync()
    (_current(root) / "meta.json").write_bytes(committed)  # as if killed when all was written but the commit itself
    catalogue.edit(1)
    engine = TantivyEngine(root, REAL_TIME)
    with monkeypatch.context() as twin, pytest.raises(SearchUnavailable, match="FileAlreadyExists"):
        twin.setattr(Writer, "sweep", lambda self: None)
        keeper(catalogue, engine).sync()
    assert keeper(catalogue, engine).sync().messages == 1
    assert engine.versions() == catalogue.versions()


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
