"""No message is skipped, however the transactions that wrote them overlap."""

from __future__ import annotations

import pytest

from city.store.database import Database
from tests.faults.outbox_racing import race_claims, race_newer_than_last

ROWS = 500


def url_of(database: Database) -> str:
    return database.engine.url.render_as_string(hide_password=False)


def test_eight_writers_committing_out_of_order_lose_no_message(database: Database) -> None:
    race = race_claims(url_of(database), rows=ROWS, seed=1)
    assert race.committed > ROWS * 0.9
    assert race.missed == 0


@pytest.mark.real_postgresql
def test_the_twin_that_reads_what_is_newer_than_the_last_misses_some(postgresql_database: Database) -> None:
    assert race_newer_than_last(url_of(postgresql_database), rows=ROWS, seed=2).missed > 0
