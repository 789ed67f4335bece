"""One thing that two sources publish: found, merged by a person, kept at the next import, and undone."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time

import pytest

from city.clock import FixedClock
from city.errors import Conflict, NotAllowed, NotFound
from city.services.duplicates import Duplicates
from city.services.permissions import Actor
from city.services.publishing import FeedBatch, Publishing
from city.services.records import MeetingRecord, OfferingRecord, VenueRecord
from city.store.database import Database
from fixtures.factories import NOW, SHANGHAI

CLOCK = FixedClock(NOW, SHANGHAI)
HALL = VenueRecord("hall", {"zh-Hans": "湖滨图书馆", "en": "Hubin Library"}, latitude=30.51, longitude=120.87)
SAME_HALL = VenueRecord("h-1", {"zh-Hans": "湖滨图书馆报告厅"}, latitude=30.5108, longitude=120.8707)
FAR_HALL = VenueRecord("far", {"zh-Hans": "北山图书馆"}, latitude=30.60, longitude=120.87)
EVENING = (MeetingRecord(date(2026, 12, 4), time(19)),)
TALK = OfferingRecord("1", {"zh-Hans": "宋代书法讲座"}, venue="hall", meetings=EVENING)
SAME_TALK = OfferingRecord("a", {"zh-Hans": "讲座:宋代书法(免费)"}, venue="h-1", meetings=EVENING)


def load(database: Database, source: str, *records: OfferingRecord) -> None:
    batch = FeedBatch(source, "csv", source, [HALL, SAME_HALL, FAR_HALL], list(records))
    Publishing(database, CLOCK).load_feed(Actor.system(), batch, allow_mass_change=True)


def id_of(database: Database, source: str, source_id: str) -> int:
    with database.reading() as work:
        return work.offerings.by_source(source, [source_id])[source_id].id


@pytest.fixture
def duplicates(database: Database) -> Duplicates:
    load(database, "library", TALK)
    load(database, "city", SAME_TALK)
    return Duplicates(database, CLOCK)


@pytest.fixture
def pair(database: Database, duplicates: Duplicates) -> tuple[int, int]:
    return id_of(database, "library", "1"), id_of(database, "city", "a")


def listed(database: Database) -> set[int]:
    with database.reading() as work:
        return set(work.offerings.listable_versions(NOW))


def test_what_two_sources_publish_is_found_once(duplicates: Duplicates, pair: tuple[int, int]) -> None:
    assert duplicates.find() == 1
    assert duplicates.find() == 0
    (row, first, second) = duplicates.open_pairs()[0]
    assert (first.id, second.id) == pair
    assert row.likeness >= 0.6


@pytest.mark.parametrize(
    "other",
    [
        replace(SAME_TALK, venue="far"),
        replace(SAME_TALK, meetings=(MeetingRecord(date(2026, 12, 4), time(9)),)),
        replace(SAME_TALK, meetings=(MeetingRecord(date(2026, 12, 11), time(19)),)),
        replace(SAME_TALK, title={"zh-Hans": "幼儿英语故事"}),
    ],
    ids=["elsewhere", "at another hour", "on another day", "of another title"],
)
def test_what_differs_in_place_time_or_title_is_no_candidate(
    database: Database, duplicates: Duplicates, other: OfferingRecord
) -> None:
    load(database, "city", other)
    assert duplicates.find() == 0


def test_two_of_one_source_are_never_proposed(database: Database) -> None:
    load(database, "library", TALK, replace(TALK, source_id="2"))
    assert Duplicates(database, CLOCK).find() == 0


def test_a_merged_duplicate_leaves_the_lists_also_after_the_next_import(
    database: Database, duplicates: Duplicates, pair: tuple[int, int]
) -> None:
    duplicates.merge(Actor.system(), *pair)
    assert listed(database) == {pair[0]}
    load(database, "city", replace(SAME_TALK, summary={"zh-Hans": "两小时"}))
    assert listed(database) == {pair[0]}
    assert duplicates.find() == 0
    assert [row.decision for row, _, _ in duplicates.merged_pairs()] == ["merged"]


def test_a_merge_can_be_undone(database: Database, duplicates: Duplicates, pair: tuple[int, int]) -> None:
    duplicates.merge(Actor.system(), *pair)
    assert duplicates.undo(Actor.system(), pair[1]) == pair[0]
    assert listed(database) == set(pair)
    assert len(duplicates.open_pairs()) == 1
    with pytest.raises(NotFound, match="nothing to undo"):
        duplicates.undo(Actor.system(), pair[1])


def test_different_things_are_not_proposed_again(
    database: Database, duplicates: Duplicates, pair: tuple[int, int]
) -> None:
    duplicates.merge(Actor.system(), *pair)
    duplicates.keep_apart(Actor.system(), *pair)
    assert listed(database) == set(pair)
    assert duplicates.find() == 0
    assert duplicates.open_pairs() == []


def test_a_duplicate_stands_for_itself_again_when_the_kept_one_is_withdrawn(
    database: Database, duplicates: Duplicates, pair: tuple[int, int]
) -> None:
    duplicates.merge(Actor.system(), *pair)
    load(database, "library")
    assert listed(database) == {pair[1]}


def test_chains_of_merges_are_refused(database: Database, duplicates: Duplicates, pair: tuple[int, int]) -> None:
    load(database, "third", replace(SAME_TALK, source_id="x"))
    third = id_of(database, "third", "x")
    duplicates.merge(Actor.system(), *pair)
    with pytest.raises(Conflict, match="itself merged"):
        duplicates.merge(Actor.system(), pair[1], third)
    with pytest.raises(Conflict, match="stands for"):
        duplicates.merge(Actor.system(), third, pair[0])


def test_an_operator_may_not_merge(duplicates: Duplicates, pair: tuple[int, int]) -> None:
    with pytest.raises(NotAllowed):
        duplicates.merge(Actor.publisher(1), *pair)
