"""The ways in: on SQLite where no database decides, on every kind where one does."""

from __future__ import annotations

import pytest

from city.store.database import Database
from tests.contract.access.doors import Doors


@pytest.fixture
def doors(sqlite_database: Database) -> Doors:
    return Doors(sqlite_database)


@pytest.fixture
def both_doors(database: Database) -> Doors:
    """The same on SQLite and on PostgreSQL."""
    return Doors(database)
