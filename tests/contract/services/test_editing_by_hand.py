"""What an operator edits by hand stands against the next import, and can be given back to its source."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time

import pytest

from city.clock import FixedClock
from city.errors import InvalidInput, NotAllowed
from city.model import Status
from city.services.editing import Editing
from city.services.permissions import Actor
from city.services.publishing import FeedBatch, FeedOutcome, Publishing
from city.services.records import MeetingRecord, OfferingRecord, VenueRecord
from city.store.database import Database
from fixtures.factories import NOW, SHANGHAI

CLOCK = FixedClock(NOW, SHANGHAI)
HALL = VenueRecord("hall", {"en": "City Hall"})
TEA = OfferingRecord(
    "tea",
    {"en": "Tea"},
    venue="hall",
    summary={"en": "Two hours with tea."},
    meetings=(MeetingRecord(date(2026, 12, 4), time(19)),),
)


def load(database: Database, *records: OfferingRecord) -> FeedOutcome:
    batch = FeedBatch("house", "csv", "tea-house", [HALL], list(records))
    return Publishing(database, CLOCK).load_feed(Actor.system(), batch)


@pytest.fixture
def tea(database: Database) -> int:
    load(database, TEA)
    with database.reading() as work:
        return work.offerings.by_source("house", ["tea"])["tea"].id


@pytest.fixture
def editing(database: Database) -> Editing:
    return Editing(database, CLOCK)


def record_now(editing: Editing, tea: int) -> dict[str, object]:
    return editing.record(Actor.system(), tea)


def test_an_edit_stands_against_the_next_import_and_both_values_are_told(
    database: Database, editing: Editing, tea: int
) -> None:
    editing.edit(Actor.system(), tea, {"title": {"en": "Tea for beginners"}, "age_min": 16})
    outcome = load(database, replace(TEA, title={"en": "Green tea"}, summary={"en": "Three hours."}))
    assert {(change.field, change.kept) for change in outcome.changes} == {("title", True), ("summary", False)}
    record = record_now(editing, tea)
    assert (record["title"], record["summary"]) == ({"en": "Tea for beginners"}, {"en": "Three hours."})
    told = {lock.field: (lock.own, lock.of_source) for lock in editing.locked(Actor.system(), tea)}
    assert told == {"title": ({"en": "Tea for beginners"}, {"en": "Green tea"}), "age_min": (16, None)}


def test_a_field_given_back_follows_its_source_at_once(database: Database, editing: Editing, tea: int) -> None:
    editing.edit(Actor.system(), tea, {"title": {"en": "Tea for beginners"}})
    load(database, replace(TEA, title={"en": "Green tea"}))
    editing.release(Actor.system(), tea, "title")
    assert record_now(editing, tea)["title"] == {"en": "Green tea"}
    assert editing.locked(Actor.system(), tea) == []
    load(database, replace(TEA, title={"en": "Black tea"}))
    assert record_now(editing, tea)["title"] == {"en": "Black tea"}


def test_meetings_and_status_can_be_fixed_by_hand(database: Database, editing: Editing, tea: int) -> None:
    editing.edit(
        Actor.system(),
        tea,
        {"meetings": [{"held_on": "2026-12-05", "starts_local": "10:00", "ends_local": None}], "status": "cancelled"},
    )
    load(database, replace(TEA, meetings=(MeetingRecord(date(2026, 12, 9)),)))
    with database.reading() as work:
        offering = work.offerings.get(tea)
        assert offering.status == Status.CANCELLED
        assert [(each.held_on, each.starts_local) for each in offering.meetings()] == [(date(2026, 12, 5), time(10))]


def test_an_edit_counts_as_a_change_that_readers_see(database: Database, editing: Editing, tea: int) -> None:
    with database.reading() as work:
        before = work.offerings.get(tea).version
    editing.edit(Actor.system(), tea, {"age_min": 16})
    with database.reading() as work:
        assert work.offerings.get(tea).version == before + 1


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"titel": {"en": "Tea"}}, "no field that can be edited"),
        ({"age_min": "sixteen"}, "age_min"),
        ({"topics": ["tea-ceremonies"]}, "not in the list of topics"),
        ({"venue": "attic"}, "names no venue 'attic'"),
        ({"title": {}}, "needs a title"),
        ({"meetings": []}, "needs a day"),
    ],
)
def test_a_value_that_breaks_a_rule_changes_nothing(
    editing: Editing, tea: int, values: dict[str, object], sentence: str
) -> None:
    before = record_now(editing, tea)
    with pytest.raises(InvalidInput, match=sentence):
        editing.edit(Actor.system(), tea, {"summary": {"en": "Kept out"}, **values})
    assert record_now(editing, tea) == before
    assert editing.locked(Actor.system(), tea) == []


def test_another_operator_may_not_edit_it(editing: Editing, tea: int) -> None:
    with pytest.raises(NotAllowed):
        editing.edit(Actor.publisher(999), tea, {"age_min": 16})
