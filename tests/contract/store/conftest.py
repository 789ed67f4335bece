"""One migrated, empty database for each test, on every kind of database we support."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from city.store import schema
from city.store.database import Database

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)


@pytest.fixture(params=["sqlite"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    found = Database(f"sqlite:///{tmp_path / 'city.db'}")
    schema.upgrade(found)
    yield found
    found.dispose()
