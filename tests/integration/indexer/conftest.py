"""A small catalogue in the database, an engine that keeps documents in memory, and the one that keeps the index."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from city.model import Offering
from city.store.database import Database
from fixtures.factories import NOW, SHANGHAI, an_offering, an_operator
from indexer.upkeep import IndexUpkeep
from tests.integration.indexer.kept_engine import KeptEngine


@dataclass
class HandClock:
    """A clock that a test moves by hand."""

    instant: datetime = NOW
    zone: ZoneInfo = SHANGHAI

    def now(self) -> datetime:
        return self.instant

    def today(self) -> date:
        return self.instant.astimezone(self.zone).date()

    def pass_by(self, **span: float) -> None:
        self.instant += timedelta(**span)


@dataclass
class Catalogue:
    """Edits as a service makes them: the row, its version and the outbox row in one transaction."""

    database: Database
    clock: HandClock = field(default_factory=HandClock)

    def add(self, *titles: str, **values: object) -> list[int]:
        with self.database.writing() as work:
            operator = work.operators.by_slug("hubin") or an_operator("hubin")
            given = {"topics": (), "operator": operator, "venue": None} | values
            laid = [an_offering(title, **given) for title in titles]
            for offering in laid:
                work.published_first(offering, self.clock.now())
            work.commit()
            return [offering.id for offering in laid]

    def edit(self, offering_id: int, change: Callable[[Offering], object] = lambda offering: None) -> int:
        """Change an offering and return its new version."""
        with self.database.writing() as work:
            offering = work.offerings.get(offering_id)
            change(offering)
            work.changed(offering, self.clock.now())
            work.commit()
            return offering.version

    def hide(self, offering_id: int) -> None:
        self.edit(offering_id, lambda offering: setattr(offering, "status", "hidden"))

    def erase(self, offering_id: int) -> None:
        """Take the row out altogether; its last message carries the version after its last."""
        with self.database.writing() as work:
            offering = work.offerings.get(offering_id)
            work.outbox.announce(offering_id, offering.version + 1, self.clock.now())
            work._session.delete(offering)
            work.commit()

    def versions(self) -> dict[int, int]:
        """What the index must hold."""
        with self.database.reading() as work:
            return work.offerings.listable_versions(self.clock.now())

    def waiting(self) -> int:
        with self.database.reading() as work:
            return work.outbox.waiting("index")[0]


@pytest.fixture
def catalogue(database: Database) -> Catalogue:
    return Catalogue(database)


@pytest.fixture
def engine() -> KeptEngine:
    return KeptEngine()


@pytest.fixture
def upkeep(catalogue: Catalogue, engine: KeptEngine) -> IndexUpkeep:
    return IndexUpkeep(catalogue.database, engine, clock=catalogue.clock, system_clock=catalogue.clock)
