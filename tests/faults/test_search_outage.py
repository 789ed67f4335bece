"""The site over HTTP while its search engine is silent, missing or damaged: everybody is answered, and told so."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from elasticsearch import Elasticsearch

from city.clock import SystemClock
from city.store.database import Database
from fixtures.factories import SHANGHAI
from indexer.engines.elasticsearch import ALIAS, ElasticsearchEngine
from indexer.engines.protocol import SearchEngine
from indexer.engines.tantivy import TantivyEngine
from indexer.upkeep import IndexUpkeep
from tests.faults.outage import Answers, read, seconds_until_whole, served, silenced
from tests.integration.indexer.conftest import Catalogue
from tests.services.elasticsearch import Node

CONNECTIONS, SECONDS = 32, 1.0
BREAKER_PAUSE = timedelta(seconds=0.5)
REAL_TIME = SystemClock(SHANGHAI)


@pytest.fixture
def catalogue(sqlite_database: Database) -> Catalogue:
    found = Catalogue(sqlite_database)
    found.add("Ink", "Ink and tea", "Chess")
    return found


def index_of(catalogue: Catalogue, engine: SearchEngine) -> None:
    """Do what the worker does at its start: bring the index in order."""
    IndexUpkeep(catalogue.database, engine, clock=catalogue.clock, system_clock=REAL_TIME).start()


def environment_of(catalogue: Catalogue, folder: Path, search_url: str = "") -> dict[str, str]:
    return {
        "LEARNCITY_DATA_DIR": str(folder),
        "LEARNCITY_DATABASE_URL": catalogue.database.engine.url.render_as_string(),
        "LEARNCITY_NOW": catalogue.clock.now().isoformat(),
        "LEARNCITY_SEARCH_URL": search_url,
    }


def everybody_was_answered(answers: Answers) -> bool:
    return set(answers.statuses) == {200} and answers.reduced == answers.count >= CONNECTIONS


def test_without_an_index_or_with_a_damaged_one_readers_get_reduced_answers_until_it_is_rebuilt(
    catalogue: Catalogue, tmp_path: Path
) -> None:
    root = tmp_path / "index"
    with served(environment_of(catalogue, tmp_path), pause=BREAKER_PAUSE) as address:
        assert everybody_was_answered(read(address, connections=CONNECTIONS, seconds=SECONDS))
        index_of(catalogue, TantivyEngine(root, REAL_TIME))
        seconds_until_whole(address)
        for damage in (_cut_what_names_the_segments, shutil.rmtree):
            damage(root)
            assert everybody_was_answered(read(address, connections=CONNECTIONS, seconds=SECONDS))
        index_of(catalogue, TantivyEngine(root, REAL_TIME))
        seconds_until_whole(address)


def _cut_what_names_the_segments(root: Path) -> None:
    meta = root / (root / "current").read_text("ascii").strip() / "meta.json"
    meta.write_bytes(meta.read_bytes()[:40])


@pytest.fixture
def alone_on(elasticsearch_url: str) -> Iterator[str]:
    """A server on which the name that the product uses is free, before and after."""
    yield elasticsearch_url
    with Elasticsearch(elasticsearch_url) as client:
        for name in client.indices.get(index=f"{ALIAS}-*"):
            client.indices.delete(index=name)


@pytest.mark.real_elasticsearch
def test_while_a_real_elasticsearch_is_silent_readers_get_reduced_answers_and_whole_ones_when_it_wakes(
    catalogue: Catalogue, tmp_path: Path, elasticsearch_node: Node, alone_on: str
) -> None:
    index_of(catalogue, ElasticsearchEngine(alone_on, REAL_TIME))
    with served(environment_of(catalogue, tmp_path, alone_on), pause=BREAKER_PAUSE) as address:
        seconds_until_whole(address)
        with silenced(elasticsearch_node):
            assert everybody_was_answered(read(address, connections=CONNECTIONS, seconds=SECONDS))
        seconds_until_whole(address)
