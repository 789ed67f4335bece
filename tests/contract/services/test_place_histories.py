"""Whatever people do one after the other, rows, order and counters are those of a list that a child could keep."""

from __future__ import annotations

import pytest

from city.store.database import Database
from tests.faults.histories import FAULTS, run_histories


def test_generated_histories_end_as_the_plain_list_says(database: Database) -> None:
    run_histories(database, histories=25)


def test_a_waiting_list_that_does_not_move_is_found(sqlite_database: Database) -> None:
    with FAULTS["nothing is passed on"](), pytest.raises(AssertionError):
        run_histories(sqlite_database, histories=100, shortest=False)
