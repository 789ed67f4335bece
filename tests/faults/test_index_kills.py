"""kill -9 of the web's writer and of the indexer, again and again: the index ends equal to the catalogue."""

from __future__ import annotations

import secrets
from pathlib import Path

import pytest

from city.store.database import Database
from tests.faults.index_killing import engine_at, kill_dual_writer, kill_writer_and_indexer

KILLS, KILLS_OF_TWIN = 20, 8


def url_of(database: Database) -> str:
    return database.engine.url.render_as_string(hide_password=False)


def test_after_twenty_kills_nothing_is_lost_stale_phantom_or_double(sqlite_database: Database, tmp_path: Path) -> None:
    outcome = kill_writer_and_indexer(url_of(sqlite_database), str(tmp_path / "index"), kills=KILLS, seed=1)
    assert outcome.offerings > KILLS
    assert (outcome.wrong, outcome.said) == (0, "")


def test_the_twin_that_writes_both_without_an_outbox_loses(sqlite_database: Database, tmp_path: Path) -> None:
    outcome = kill_dual_writer(url_of(sqlite_database), str(tmp_path / "index"), kills=KILLS_OF_TWIN, seed=2)
    assert outcome.lost + outcome.stale > 0


@pytest.mark.real_elasticsearch
def test_twenty_kills_on_a_real_elasticsearch_end_alike(sqlite_database: Database, elasticsearch_url: str) -> None:
    place = f"{elasticsearch_url}#kills-{secrets.token_hex(4)}"
    outcome = kill_writer_and_indexer(url_of(sqlite_database), place, kills=KILLS, seed=3)
    assert outcome.offerings > KILLS
    assert outcome.wrong == 0
    engine_at(place).close()
