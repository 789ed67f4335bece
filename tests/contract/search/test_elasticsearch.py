"""A real Elasticsearch, held to the contract."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from elasticsearch import ConflictError, Elasticsearch

from city.clock import FixedClock
from city.errors import SearchUnavailable
from fixtures.factories import NOW, SHANGHAI
from indexer.engines.elasticsearch import ElasticsearchEngine
from indexer.engines.elasticsearch_server import Server
from indexer.engines.protocol import Change, SearchEngine
from indexer.query import EngineQuery
from tests.contract.search import town
from tests.contract.search.contract import Open, SearchEngineContract
from tests.services.elasticsearch import Node
from tests.services.places import free_port

PATIENCE_SECONDS = 20.0

pytestmark = pytest.mark.real_elasticsearch


@pytest.fixture(scope="module")
def open_engine(elasticsearch_node: Node) -> Iterator[Open]:
    """Open engines under aliases of this run."""
    prefix, opened = f"contract{secrets.token_hex(4)}", list[ElasticsearchEngine]()

    def open_one(name: str, clock: FixedClock) -> SearchEngine:
        alias = f"{prefix}-{name}"
        opened.append(ElasticsearchEngine(elasticsearch_node.url, clock, alias=alias, search_seconds=PATIENCE_SECONDS))
        return opened[-1]

    yield open_one
    for engine in opened:
        engine.close()


class TestElasticsearch(SearchEngineContract):
    """All of the contract."""

    def test_a_tombstone_older_than_a_week_is_purged(self, open_engine: Open, elasticsearch_node: Node) -> None:
        engine = open_engine("old", FixedClock(NOW, SHANGHAI))
        engine.ensure()
        engine.apply([Change(town.changes()[0].offering_id, 9, None)])
        with Elasticsearch(elasticsearch_node.url) as client:
            [index] = [name for name, each in client.indices.get_alias().items() if _is_named(each, "-old")]
            assert client.count(index=index)["count"] == 1
            open_engine("old", FixedClock(NOW + timedelta(days=8), SHANGHAI)).apply([])
            client.indices.refresh(index=index)
            assert client.count(index=index)["count"] == 0

    def test_a_stale_write_long_after_a_delete_revives_nothing_and_would_without_the_tombstone(
        self, open_engine: Open, elasticsearch_node: Node
    ) -> None:
        engine, change = open_engine("late", FixedClock(NOW, SHANGHAI)), town.changes()[0]
        engine.ensure()
        with Elasticsearch(elasticsearch_node.url) as client:
            [index] = [name for name, each in client.indices.get_alias().items() if _is_named(each, "-late")]
            client.indices.put_settings(index=index, settings={"index.gc_deletes": "1s"})
            engine.apply([Change(change.offering_id, 9, None)])
            versioned = {"index": index, "id": "424242", "version_type": "external_gte"}
            client.index(**versioned, version=1, document={})
            client.delete(**versioned, version=9)
            revived = _wait_until_it_forgets(client, versioned)
        assert engine.apply([replace(change, version=3)]).done == {change.offering_id}
        assert engine.versions() == {}
        assert revived

    def test_two_processes_that_make_the_first_index_at_once_make_one(
        self, open_engine: Open, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        first, second = (open_engine("race", FixedClock(NOW, SHANGHAI)) for _ in range(2))
        exists = Server.exists

        def both_see_none(self: Server) -> bool:
            found = exists(self)
            monkeypatch.undo()
            second.ensure()
            return found

        monkeypatch.setattr(Server, "exists", both_see_none)
        first.ensure()
        first.apply(town.changes()[:2])
        assert (first.health().ok, first.health().documents, second.versions()) == (True, 2, first.versions())

    def test_a_first_index_left_half_made_is_finished(self, open_engine: Open, monkeypatch: pytest.MonkeyPatch) -> None:
        engine = open_engine("half", FixedClock(NOW, SHANGHAI))
        assert isinstance(engine, ElasticsearchEngine)
        engine._server._create(f"{engine._server.alias}-first")
        engine.ensure()
        assert engine.health().ok

    def test_of_two_rebuilds_at_once_one_answers_alone(
        self, open_engine: Open, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        first, second = (open_engine("rivals", FixedClock(NOW, SHANGHAI)) for _ in range(2))
        first.ensure()
        one, other = first.begin_rebuild(), second.begin_rebuild()
        one.add(town.changes()[:1])
        other.add(town.changes()[:2])
        behind = Server._behind

        def the_other_swaps_in_between(self: Server, alias: str) -> list[str]:
            found = behind(self, alias)
            if not alias.endswith(".former"):
                monkeypatch.undo()
                other.commit()
            return found

        monkeypatch.setattr(Server, "_behind", the_other_swaps_in_between)
        one.commit()
        assert (first.health().ok, len(first.versions())) == (True, 1)

    def test_two_indices_of_one_name_are_told_and_the_next_rebuild_leaves_one(self, open_engine: Open) -> None:
        engine = open_engine("double", FixedClock(NOW, SHANGHAI))
        assert isinstance(engine, ElasticsearchEngine)
        engine.ensure()
        server = engine._server
        server.patient.indices.put_alias(index=server.create(), name=server.alias)
        assert "names 2 indices, not one; type: learncity index rebuild" in engine.health().sentence
        engine.begin_rebuild().commit()
        assert engine.health().ok

    def test_one_former_index_is_kept_and_older_ones_are_removed(
        self, open_engine: Open, elasticsearch_node: Node
    ) -> None:
        engine = open_engine("kept", FixedClock(NOW, SHANGHAI))
        for _ in range(4):
            rebuild = engine.begin_rebuild()
            rebuild.add(town.changes()[:2])
            rebuild.commit()
        with Elasticsearch(elasticsearch_node.url) as client:
            names = [name for name in client.indices.get_alias() if "-kept-" in name]
        assert len(names) == 2

    def test_an_index_made_by_another_mapping_is_not_asked(
        self, open_engine: Open, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        engine = open_engine("mapping", FixedClock(NOW, SHANGHAI))
        engine.ensure()
        monkeypatch.setattr("indexer.engines.elasticsearch.MAPPING_VERSION", "of tomorrow")
        with pytest.raises(SearchUnavailable, match="learncity index rebuild"):
            engine.search(EngineQuery())
        assert not engine.health().ok

    def test_a_document_that_is_refused_is_named_and_the_others_are_in(self, open_engine: Open) -> None:
        engine = open_engine("refused", FixedClock(NOW, SHANGHAI))
        engine.ensure()
        good, bad = town.changes()[:2]
        assert bad.document is not None
        broken = replace(bad, document=replace(bad.document, position=(91.0, 200.0)))
        applied = engine.apply([good, broken])
        assert applied.done == {good.offering_id}
        assert str(bad.offering_id) in applied.failed[bad.offering_id]

    def test_an_alias_that_is_gone_does_not_become_an_index(self, open_engine: Open) -> None:
        engine = open_engine("gone", FixedClock(NOW, SHANGHAI))
        for ask in (lambda: engine.apply(town.changes()[:1]), lambda: engine.search(EngineQuery()), engine.versions):
            with pytest.raises(SearchUnavailable, match="There is no search index"):
                ask()


class TestAnElasticsearchThatDoesNotAnswer:
    def test_is_named_and_nothing_else_is_raised(self) -> None:
        engine = ElasticsearchEngine(f"http://name:word@127.0.0.1:{free_port()}", FixedClock(NOW, SHANGHAI))
        for ask in (engine.ensure, engine.versions, engine.begin_rebuild, lambda: engine.search(EngineQuery())):
            with pytest.raises(SearchUnavailable, match=r"127\.0\.0\.1") as raised:
                ask()
            assert "word" not in str(raised.value)
        assert not engine.health().ok


def _wait_until_it_forgets(client: Elasticsearch, versioned: dict[str, Any]) -> bool:
    """Write an older version again and again until the delete's own version is forgotten; return whether it was."""
    until = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < until:
        client.indices.refresh(index=versioned["index"])
        try:
            client.index(**versioned, version=3, document={})
        except ConflictError:
            time.sleep(0.1)
        else:
            return True
    return False


def _is_named(index: Any, ending: str) -> bool:
    return any(alias.endswith(ending) for alias in index["aliases"])
