"""The site over the small city, on every kind of database; search and recommender are plain stand-ins."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from apiflask import APIFlask

from city.config import DEFAULT_LIMITS, Settings
from city.passwords import Cost, Passwords
from city.store.database import Database
from fixtures.factories import NOW
from tests.page_client import PageClient
from tests.small_city import PlainRecommender, PlainSearch, SmallCity, lay_small_city
from web.app import create_app
from web.parts import EXTENSION, Parts

CHEAP = Cost(memory_kib=8, passes=1)
GENEROUS = dict.fromkeys(DEFAULT_LIMITS, "100000/minute")


@dataclass(frozen=True)
class Site:
    """One site: the app, what was laid, the stand-ins."""

    app: APIFlask
    city: SmallCity
    database: Database
    search: PlainSearch
    recommender: PlainRecommender

    @property
    def parts(self) -> Parts:
        found: Parts = self.app.extensions[EXTENSION]
        return found

    def browser(self, **headers: str) -> PageClient:
        """Return a browser with an empty cookie jar."""
        return PageClient(self.app, **headers)


def open_site(database: Database, folder: Path, **settings: object) -> Site:
    """Lay the small city into an empty database and build the site over it; limits are generous unless named."""
    given: dict[str, object] = {"data_dir": folder, "now": NOW, "limits": GENEROUS} | settings
    read = Settings(**given)  # type: ignore[arg-type]
    city = lay_small_city(database)
    clock = read.catalogue_clock
    search, recommender = PlainSearch(database, clock), PlainRecommender(database, clock)
    app = create_app(read, database=database, search=search, recommender=recommender, passwords=Passwords(CHEAP))
    app.testing = False  # a fault must become a page, as in production
    return Site(app, city, database, search, recommender)


@pytest.fixture
def site(database: Database, tmp_path: Path) -> Iterator[Site]:
    """The site in demo mode, its clock standing at NOW."""
    opened = open_site(database, tmp_path)
    yield opened
    opened.parts.buffer.close()
    opened.parts.demand.close()


@pytest.fixture
def small_site(sqlite_database: Database, tmp_path: Path) -> Iterator[Site]:
    """The same on SQLite alone, for what no database decides."""
    opened = open_site(sqlite_database, tmp_path)
    yield opened
    opened.parts.buffer.close()
    opened.parts.demand.close()


@pytest.fixture
def browser(site: Site) -> PageClient:
    """A browser that was never here."""
    return site.browser()
