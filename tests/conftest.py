"""What every test may ask for: databases of both kinds, the real engines, the sample city, real feeds.

A real part that is missing fails the test with what to type; nothing is skipped for want of it.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import settings as hypothesis_settings

from city.store import schema
from city.store.database import Database
from tests.services import elasticsearch, postgresql, yundu

hypothesis_settings.register_profile("learncity", deadline=None, database=None, derandomize=True)
hypothesis_settings.load_profile("learncity")

REAL_DATA = "LEARNCITY_REAL_DATA"
DEFAULT_REAL_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep the tests of a file, and all that ask Elasticsearch, in one process: what they share is made once."""
    for item in items:
        asks_elasticsearch = "elasticsearch_node" in getattr(item, "fixturenames", ())
        item.add_marker(pytest.mark.xdist_group("elasticsearch" if asks_elasticsearch else str(item.path)))


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated, empty SQLite file; tests copy it, which is quicker than migrating again."""
    path = tmp_path_factory.mktemp("template") / "empty.db"
    database = Database(f"sqlite:///{path}")
    schema.upgrade(database)
    database.dispose()
    return path


@pytest.fixture
def sqlite_database(migrated_file: Path, tmp_path: Path) -> Iterator[Database]:
    """A migrated, empty SQLite database of the test's own."""
    with _opened(_sqlite_copy(migrated_file, tmp_path)) as database:
        yield database


@pytest.fixture(scope="session")
def postgresql_cluster() -> Iterator[postgresql.Cluster]:
    """The run's PostgreSQL server."""
    with postgresql.running() as cluster:
        yield cluster


@pytest.fixture
def postgresql_database(postgresql_cluster: postgresql.Cluster) -> Iterator[Database]:
    """A migrated, empty PostgreSQL database of the test's own."""
    url = postgresql_cluster.new_database()
    with _opened(url) as database:
        yield database
    postgresql_cluster.drop(url)


@pytest.fixture(
    params=["sqlite", pytest.param("postgresql", marks=pytest.mark.real_postgresql)],
)
def database(request: pytest.FixtureRequest) -> Database:
    """A migrated, empty database, on every kind we support."""
    found: Database = request.getfixturevalue(f"{request.param}_database")
    return found


@pytest.fixture(scope="session", params=[version.number for version in elasticsearch.versions_that_run()])
def elasticsearch_node(request: pytest.FixtureRequest) -> Iterator[elasticsearch.Node]:
    """The run's Elasticsearch, each release that can run here; one node at a time."""
    version = next(each for each in (elasticsearch.OLDER, elasticsearch.NEWER) if each.number == request.param)
    with elasticsearch.running(version) as node:
        yield node


@pytest.fixture
def elasticsearch_url(elasticsearch_node: elasticsearch.Node) -> str:
    """The address of a running Elasticsearch."""
    return elasticsearch_node.url


@pytest.fixture(scope="session")
def sample_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with the sample city as laid at the factories' NOW, without index and model; not to be changed."""
    folder = tmp_path_factory.mktemp("sample")
    yundu.lay(folder)
    return folder


@pytest.fixture(scope="session")
def sample_database(sample_folder: Path) -> Iterator[Database]:
    """The sample city's database; not to be changed."""
    with _opened(f"sqlite:///{sample_folder / 'learncity.db'}") as database:
        yield database


@pytest.fixture(scope="session")
def yundu_folder(sample_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with the sample city laid, learned and indexed; tests that change it take `yundu_copy`."""
    folder = tmp_path_factory.mktemp("yundu") / "data"
    shutil.copytree(sample_folder, folder)
    yundu.finish(folder)
    return folder


@pytest.fixture
def yundu_copy(yundu_folder: Path, tmp_path: Path) -> Path:
    """The whole sample city in a folder of the test's own."""
    return Path(shutil.copytree(yundu_folder, tmp_path / "yundu"))


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real feeds and benchmarks; they stand beside the checkout and are never part of it."""
    folder = Path(os.environ.get(REAL_DATA) or DEFAULT_REAL_DATA)
    if not folder.is_dir():
        sentence = f"no real data at {folder}: set {REAL_DATA} to a folder that holds bench/ and feeds/"
        if os.environ.get("CI") == "true":
            pytest.fail(sentence)
        pytest.skip(sentence)
    return folder


def _sqlite_copy(template: Path, folder: Path) -> str:
    path = folder / "city.db"
    shutil.copy(template, path)
    return f"sqlite:///{path}"


@contextmanager
def _opened(url: str) -> Iterator[Database]:
    """Open a database and close it at the end, also when the test fails."""
    database = Database(url)
    try:
        yield database
    finally:
        database.dispose()
