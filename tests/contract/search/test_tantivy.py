"""The embedded engine, held to the contract."""

from __future__ import annotations

from datetime import timedelta

import pytest

from city.clock import FixedClock
from fixtures.factories import NOW, SHANGHAI
from indexer.engines.protocol import Change
from indexer.engines.tantivy import TantivyEngine
from tests.contract.search import town
from tests.contract.search.contract import Open, SearchEngineContract


@pytest.fixture(scope="module")
def open_engine(tmp_path_factory: pytest.TempPathFactory) -> Open:
    """Open engines in folders of this run."""
    root = tmp_path_factory.mktemp("tantivy")
    return lambda name, clock: TantivyEngine(root / name, clock)


class TestTantivy(SearchEngineContract):
    """All of the contract."""

    def test_a_tombstone_older_than_a_week_is_purged(self, open_engine: Open) -> None:
        change = town.changes()[0]
        engine = open_engine("old", FixedClock(NOW, SHANGHAI))
        engine.ensure()
        engine.apply([Change(change.offering_id, 9, None)])
        later = open_engine("old", FixedClock(NOW + timedelta(days=8), SHANGHAI))
        later.apply([])
        later.apply([change])
        assert later.versions() == {change.offering_id: change.version}
