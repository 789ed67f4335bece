"""Saved searches and demand on every kind of database."""

from __future__ import annotations

from datetime import timedelta

from city.clock import FixedClock
from city.model import SavedSearch
from city.services.demand import DemandBuffer, erase_old_demand, unmet_demand
from city.store.database import Database
from city.store.searching_repositories import Asked
from fixtures.factories import NOW, SHANGHAI, TODAY, an_offering

CLOCK = FixedClock(NOW, SHANGHAI)


def a_search(**values: object) -> SavedSearch:
    given = {
        "name": "书法",
        "language": "zh",
        "parameters": {"q": ["书法"]},
        "email": "lin@example.org",
        "every": "day",
    }
    return SavedSearch(**{**given, "created_at": NOW, **values})


def test_a_pair_is_kept_once_and_one_of_a_search_now_gone_not_at_all(database: Database) -> None:
    with database.writing() as work:
        work.saved_searches.add(a_search())
        work.offerings.add(an_offering(topics=()))
        work.flush()
        for _ in range(2):
            work.saved_search_hits.add_new([(1, 1), (99, 1)], NOW)
        work.commit()
    with database.reading() as work:
        assert work.saved_search_hits.unmailed(1) == [1]
        assert work.saved_search_hits.counts_since([1, 99], NOW) == {1: 1}


def test_a_search_that_goes_takes_its_hits_with_it(database: Database) -> None:
    with database.writing() as work:
        work.saved_searches.add(a_search())
        work.offerings.add(an_offering(topics=()))
        work.flush()
        work.saved_search_hits.add_new([(1, 1)], NOW)
        work.saved_searches.forget(1)
        work.commit()
    with database.reading() as work:
        assert work.saved_search_hits.unmailed(1) == []


def test_counts_of_two_processes_add_up(database: Database) -> None:
    buffers = [DemandBuffer(database, CLOCK) for _ in range(2)]
    for buffer in buffers:
        for _ in range(6):
            buffer.asked("书法", "hubin", "free=1", is_empty=True)
        buffer.close()
    [row] = unmet_demand(database, TODAY, 1, 10).rows
    assert (row.text, row.area_id, row.asked, row.empty, row.clicked) == ("书法", "hubin", 10, 10, 0)


def test_small_numbers_stay_hidden_and_cannot_be_reckoned_back(database: Database) -> None:
    with database.writing() as work:
        work.demand.add([Asked(TODAY, "shown", "", "", 23, 4, 12), Asked(TODAY, "hidden", "", "", 9, 9, 0)])
        work.commit()
    table = unmet_demand(database, TODAY, 1, 10)
    assert [(row.text, row.asked, row.empty, row.clicked) for row in table.rows] == [("shown", 25, None, 10)]
    assert table.asked == 30 and table.hidden_rows == 0


def test_rows_older_than_a_year_are_erased(database: Database) -> None:
    with database.writing() as work:
        work.demand.add([Asked(TODAY - timedelta(days=days), "书法", "", "", 10) for days in (0, 365, 366)])
        work.commit()
    assert erase_old_demand(database, TODAY) == 1


def test_a_full_buffer_counts_what_it_loses_and_never_waits(sqlite_database: Database) -> None:
    buffer = DemandBuffer(sqlite_database, CLOCK, flush_seconds=60)
    for number in range(2_010):
        buffer.asked(f"word {number}", "", "", is_empty=False)
    assert buffer.lost_count == 10
