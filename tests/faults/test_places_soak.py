"""Whatever many people do at once: the counter is the people who have a seat, and nobody waits beside a free one."""

from __future__ import annotations

from city.store.database import Database
from tests.faults.soaking import Soak, lay_runs, soak, wrong_runs
from tests.faults.test_places_race import url_of

CALLS, PROCESSES, SEED = 125, 8, 11


def test_after_a_thousand_mixed_calls_counter_seats_and_waiting_list_agree(database: Database) -> None:
    runs = lay_runs(database)
    done = soak(Soak(url_of(database), runs, CALLS), processes=PROCESSES, seed=SEED)
    assert wrong_runs(database, runs) == {}
    assert done["another answer to the same form"] == done["busy"] == 0
    assert min(done[deed] for deed in ("book", "cancel", "undo", "accept", "resize")) > 0


def test_the_twin_that_trusts_a_counter_read_before_is_found_out(sqlite_database: Database) -> None:
    runs = lay_runs(sqlite_database)
    soak(Soak(url_of(sqlite_database), runs, CALLS // 4, guarded=False), processes=PROCESSES, seed=SEED)
    assert wrong_runs(sqlite_database, runs) != {}
