"""What the contract of search engines asks for; `open_engine` is given by each engine's own module."""

from __future__ import annotations

import hashlib

import pytest

from city.clock import FixedClock
from fixtures.factories import NOW, SHANGHAI
from indexer.engines.protocol import SearchEngine
from tests.contract.search import town
from tests.contract.search.contract import Open
from tests.contract.search.reference import Reference


@pytest.fixture
def engine(open_engine: Open, request: pytest.FixtureRequest) -> SearchEngine:
    """An engine on an empty index of the test's own."""
    engine = open_engine(hashlib.sha256(request.node.nodeid.encode()).hexdigest()[:12], FixedClock(NOW, SHANGHAI))
    engine.ensure()
    return engine


@pytest.fixture(scope="module")
def town_engine(open_engine: Open) -> SearchEngine:
    """An engine that holds the town; nothing is written to it."""
    engine = open_engine("town", FixedClock(NOW, SHANGHAI))
    rebuild = engine.begin_rebuild()
    rebuild.add(town.changes())
    rebuild.commit()
    return engine


@pytest.fixture(scope="module")
def reference() -> Reference:
    """The town, asked document by document."""
    return Reference(change.document for change in town.changes() if change.document is not None)
