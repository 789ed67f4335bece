"""A real Elasticsearch with TLS and security on: what the keys of worker and site may do, and what a wrong one is told.

The older release alone: what is shown here are settings and privileges, which both releases share.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import pytest
from click.testing import CliRunner
from elasticsearch import BadRequestError

from city.checks import CheckResult
from city.cli import learncity
from city.config import load_settings
from city.ports import SearchRequest
from city.store.database import Database
from indexer import checks
from indexer.engines.elasticsearch import ElasticsearchEngine
from indexer.engines.elasticsearch_faults import PRIVILEGES, READING_PRIVILEGES
from indexer.wiring import build_search
from tests.integration.indexer.conftest import Catalogue
from tests.services import elasticsearch
from tests.services.elasticsearch import Node
from tests.services.elasticsearch_secured import ALLOWED, gate, make_authority, secured

pytestmark = pytest.mark.real_elasticsearch
PATIENCE_SECONDS = 30.0


class Cluster(NamedTuple):
    node: Node
    url: str
    keys: Mapping[str, str]
    authority: Path


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    with elasticsearch.running(elasticsearch.OLDER, secured) as node, gate(node) as (url, keys):
        assert node.access.certificate_authority is not None
        yield Cluster(node, url, keys, node.access.certificate_authority)


@pytest.fixture
def settings(cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The settings of a worker of that cluster."""
    monkeypatch.setenv("LEARNCITY_DATA_DIR", str(tmp_path / "var"))
    monkeypatch.setenv("LEARNCITY_NOW", "2026-11-24T12:00:00+08:00")
    monkeypatch.setenv("LEARNCITY_SEARCH_URL", cluster.url)
    monkeypatch.setenv("LEARNCITY_SEARCH_API_KEY", cluster.keys["worker"])
    monkeypatch.setenv("LEARNCITY_SEARCH_CA", str(cluster.authority))
    defaults = ElasticsearchEngine.__init__.__kwdefaults__
    monkeypatch.setitem(defaults, "search_seconds", PATIENCE_SECONDS)  # a busy test machine is not a silent engine


@pytest.fixture
def city(settings: None) -> CliRunner:
    """A city with two offerings that the worker's key has indexed on the cluster."""
    runner = CliRunner()
    assert runner.invoke(learncity, ["init"]).exit_code == 0
    Catalogue(Database(load_settings().effective_database_url)).add("Ink", "Tea")
    assert said(runner, "rebuild") == "The index was rebuilt: 2 offerings.\n"
    return runner


def said(city: CliRunner, verb: str) -> str:
    result = city.invoke(learncity, ["index", verb])
    return result.stdout or str(result.exception)


def engine_check() -> CheckResult:
    return checks.check_engine(load_settings())


def test_the_documented_privileges_are_those_that_are_tried() -> None:
    assert {"worker": PRIVILEGES, "site": READING_PRIVILEGES} == ALLOWED


def test_the_worker_s_key_is_enough_to_keep_the_index_in_every_way(city: CliRunner, cluster: Cluster) -> None:
    catalogue = Catalogue(Database(load_settings().effective_database_url))
    catalogue.add("Late")
    assert said(city, "sync") == "1 offerings indexed, 0 taken out\n"
    for _ in range(2):  # the second one has a former index to remove
        assert said(city, "rebuild") == "The index was rebuilt: 3 offerings.\n"
    assert said(city, "check") == "The index equals the catalogue: 3 offerings compared.\n"
    assert engine_check().ok
    with cluster.node.access.client(cluster.node.url) as client:
        [made] = client.indices.get_settings(index="learncity-offerings").values()
    index = made["settings"]["index"]
    assert (index["number_of_shards"], index["auto_expand_replicas"]) == ("1", "0-1")
    assert "refresh_interval" not in index


def test_the_site_s_key_answers_questions_and_is_refused_a_write_with_the_privileges_in_the_sentence(
    city: CliRunner, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEARNCITY_SEARCH_API_KEY", cluster.keys["site"])
    database = Database(load_settings().effective_database_url)
    search = build_search(load_settings(), database)
    page = search.search(SearchRequest(text="ink"))
    assert (page.degraded, page.total) == (False, 1)
    assert search.suggest("in", language="en")
    Catalogue(database).add("Late")
    assert "the worker's needs read, write, manage" in said(city, "sync")
    assert "the site's read, view_index_metadata" in said(city, "rebuild")


def test_a_key_that_elasticsearch_does_not_know_is_told_by_the_doctor(
    settings: None, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    for url, key in ((cluster.node.url, "bm9uZTpub25l"), (cluster.url, ""), (cluster.url, "nonsense")):
        monkeypatch.setenv("LEARNCITY_SEARCH_URL", url)
        monkeypatch.setenv("LEARNCITY_SEARCH_API_KEY", key)
        found = engine_check()
        assert found.sentence == f"Elasticsearch at {url} does not accept the API key in LEARNCITY_SEARCH_API_KEY."
        assert (found.ok, found.remedy) == (False, "check LEARNCITY_SEARCH_API_KEY")


def test_a_certificate_of_another_authority_is_told_by_the_doctor(
    settings: None, cluster: Cluster, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    nonsense = tmp_path / "nonsense.pem"
    nonsense.write_text("no certificate")
    for authority, sentence in (
        (make_authority(tmp_path, "another"), f"The certificate of Elasticsearch at {cluster.url} is not trusted"),
        (nonsense, f"{nonsense} is no file of certificates"),
        (tmp_path / "missing.pem", "missing.pem is no file of certificates"),
    ):
        monkeypatch.setenv("LEARNCITY_SEARCH_CA", str(authority))
        found = engine_check()
        assert sentence in found.sentence
        assert (found.ok, found.remedy) == (False, "check LEARNCITY_SEARCH_CA")


def test_the_distribution_for_tests_cannot_store_api_keys(cluster: Cluster) -> None:
    with (
        cluster.node.access.client(cluster.node.url) as client,
        pytest.raises(BadRequestError, match=r"Unknown filter type \[pattern_capture\]"),
    ):
        client.security.create_api_key(name="learncity")
