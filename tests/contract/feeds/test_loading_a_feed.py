"""A feed's run after run: what is new, changed, unchanged and gone, on every database."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time

import pytest

from city.clock import FixedClock
from city.errors import NotAllowed
from city.model import Consumer, Status
from city.services.permissions import Actor
from city.services.publishing import FeedBatch, FeedOutcome, Publishing
from city.services.records import MeetingRecord, OfferingRecord, VenueRecord
from city.store.database import Database
from fixtures.factories import NOW, SHANGHAI

HALL = VenueRecord("62", {"en": "City Hall"}, latitude=22.28, longitude=114.16)


def a_record(source_id: str, *days: int, **values: object) -> OfferingRecord:
    meetings = tuple(MeetingRecord(date(2026, 12, day), time(19)) for day in days or (1,))
    return OfferingRecord(source_id, {"en": f"Concert {source_id}"}, venue="62", meetings=meetings, **values)  # type: ignore[arg-type]


def run(
    database: Database, *records: OfferingRecord, venues: tuple[VenueRecord, ...] = (HALL,), **options: bool
) -> FeedOutcome:
    publishing = Publishing(database, FixedClock(NOW, SHANGHAI))
    return publishing.load_feed(Actor.system(), FeedBatch("lcsd", "lcsd", "lcsd", venues, records), **options)


def counts(outcome: FeedOutcome) -> tuple[int, int, int, int]:
    return outcome.new, outcome.changed, outcome.unchanged, outcome.gone


def waiting(database: Database) -> int:
    with database.reading() as work:
        return work.outbox.waiting(Consumer.INDEX)[0]


def test_the_same_feed_again_writes_nothing(database: Database) -> None:
    records = [a_record(str(number)) for number in range(7)]
    assert counts(run(database, *records)) == (7, 0, 0, 0)
    before = waiting(database)
    assert counts(run(database, *records)) == (0, 0, 7, 0)
    assert waiting(database) == before == 7


def test_a_change_is_told_field_by_field_and_raises_the_version(database: Database) -> None:
    run(database, a_record("1"), a_record("2"))
    outcome = run(database, a_record("1"), replace(a_record("2"), title={"en": "Evening concert"}, age_min=6))
    assert counts(outcome) == (0, 1, 1, 0)
    assert {(c.source_id, c.field) for c in outcome.changes} == {("2", "title"), ("2", "age_min")}
    with database.reading() as work:
        offering = work.offerings.by_source("lcsd", ["2"])["2"]
        assert (offering.version, offering.title["en"]) == (2, "Evening concert")


def test_a_moved_meeting_keeps_its_run_and_the_others(database: Database) -> None:
    run(database, a_record("1", 1, 2, 3))
    with database.reading() as work:
        before = work.offerings.by_source("lcsd", ["1"])["1"].runs[0]
    run(database, a_record("1", 1, 3, 9))
    with database.reading() as work:
        after = work.offerings.by_source("lcsd", ["1"])["1"].runs[0]
    assert after.id == before.id
    assert [meeting.held_on.day for meeting in after.class_sessions] == [1, 3, 9]
    assert after.class_sessions[0].id == before.class_sessions[0].id


def test_what_disappears_is_withdrawn_only_if_it_was_still_to_come_and_never_cancelled(database: Database) -> None:
    over = OfferingRecord("over", {"en": "Past"}, meetings=(MeetingRecord(date(2026, 11, 1)),))
    kept = [a_record(str(number)) for number in range(8)]
    run(database, *kept, a_record("ahead"), over)
    outcome = run(database, *kept)
    assert counts(outcome) == (0, 0, 8, 2)
    with database.reading() as work:
        found = work.offerings.by_source("lcsd", ["over", "ahead"])
        assert found["over"].status == Status.PUBLISHED
        assert found["ahead"].status == Status.WITHDRAWN
    assert counts(run(database, *kept)) == (0, 0, 8, 0)


def test_what_comes_back_is_shown_again(database: Database) -> None:
    kept = [a_record(str(number)) for number in range(8)]
    run(database, *kept, a_record("ahead"))
    run(database, *kept)
    outcome = run(database, *kept, a_record("ahead"))
    assert counts(outcome) == (1, 0, 8, 0)
    assert (outcome.new_ids, outcome.returned_ids, outcome.changes) == ([], ["ahead"], [])
    with database.reading() as work:
        assert work.offerings.by_source("lcsd", ["ahead"])["ahead"].status == Status.PUBLISHED


def test_a_record_that_is_refused_this_time_is_not_taken_for_gone(database: Database) -> None:
    records = [a_record(str(number)) for number in range(9)]
    run(database, *records)
    batch = FeedBatch("lcsd", "lcsd", "lcsd", [HALL], records[1:], refused_ids=frozenset({"0"}))
    outcome = Publishing(database, FixedClock(NOW, SHANGHAI)).load_feed(Actor.system(), batch)
    assert counts(outcome) == (0, 0, 8, 0)


def test_a_field_that_this_run_cannot_tell_keeps_what_is_known_and_fills_what_is_new(database: Database) -> None:
    run(database, a_record("1", 1, 2), a_record("2", 3))
    later = (a_record("1", 8), replace(a_record("2", 8), age_min=6), a_record("3", 9))
    batch = FeedBatch("lcsd", "lcsd", "lcsd", [HALL], later, keep_if_known=frozenset({"meetings"}))
    outcome = Publishing(database, FixedClock(NOW, SHANGHAI)).load_feed(Actor.system(), batch)
    assert counts(outcome) == (1, 1, 1, 0)
    assert [(change.source_id, change.field) for change in outcome.changes] == [("2", "age_min")]
    with database.reading() as work:
        found = work.offerings.by_source("lcsd", ["1", "2", "3"])
        days = {name: [m.held_on.day for m in offering.runs[0].class_sessions] for name, offering in found.items()}
    assert days == {"1": [1, 2], "2": [3], "3": [9]}
    assert counts(run(database, *later)) == (0, 2, 1, 0)  # told for sure again: the days follow


def test_all_meetings_of_a_new_offering_are_written_each_once(database: Database) -> None:
    record = a_record("1", 1, 2, 2, 3)
    unknown = tuple(MeetingRecord(date(2026, 12, 5)) for _ in range(2))
    run(database, replace(record, meetings=record.meetings + unknown))
    with database.reading() as work:
        meetings = work.offerings.by_source("lcsd", ["1"])["1"].runs[0].class_sessions
        assert [(m.held_on.day, m.starts_local) for m in meetings] == [
            *((day, time(19)) for day in (1, 2, 3)),
            (5, None),
        ]
        assert {m.zone for m in meetings} == {"Asia/Shanghai"}
        assert [m.starts_at is None for m in meetings] == [False, False, False, True]


def test_while_refused_records_have_no_readable_id_no_record_is_taken_for_gone(database: Database) -> None:
    records = [a_record(str(number)) for number in range(9)]
    run(database, *records)
    batch = FeedBatch("lcsd", "lcsd", "lcsd", [HALL], records[1:], complete=False)
    outcome = Publishing(database, FixedClock(NOW, SHANGHAI)).load_feed(Actor.system(), batch)
    assert counts(outcome) == (0, 0, 8, 0)


@pytest.mark.parametrize(("kept", "said"), [(7, "withdraw 3 of 10"), (8, "")])
def test_the_brake_stops_a_run_that_would_withdraw_more_than_a_fifth(database: Database, kept: int, said: str) -> None:
    records = [a_record(str(number)) for number in range(10)]
    run(database, *records)
    outcome = run(database, *records[:kept])
    assert said in outcome.braked
    assert bool(outcome.braked) == bool(said)
    with database.reading() as work:
        shown = [
            o for o in work.offerings.by_source("lcsd", [str(n) for n in range(10)]).values() if o.is_listable(NOW)
        ]
    assert len(shown) == (10 if said else kept)


def test_the_brake_stops_a_flood_and_lets_go_when_told(database: Database) -> None:
    run(database, a_record("0"))
    flood = [a_record(str(number)) for number in range(7)]
    assert "add 6 records" in run(database, *flood).braked
    assert counts(run(database, *flood, allow_mass_change=True)) == (6, 0, 1, 0)


def test_a_dry_run_says_the_same_and_writes_nothing(database: Database) -> None:
    assert counts(run(database, a_record("1"), dry_run=True)) == (1, 0, 0, 0)
    assert waiting(database) == 0
    assert counts(run(database, a_record("1"))) == (1, 0, 0, 0)


def test_a_venue_that_moves_is_told_to_the_index_for_each_of_its_offerings(database: Database) -> None:
    run(database, a_record("1"), a_record("2"))
    before = waiting(database)
    run(database, a_record("1"), a_record("2"), venues=(replace(HALL, name={"en": "Old City Hall"}),))
    assert waiting(database) == before + 2


def test_a_feed_touches_only_its_own_sources_records(database: Database) -> None:
    run(database, a_record("1"))
    other = FeedBatch("other", "csv", "other", [], [replace(a_record("1"), venue=None, title={"en": "Forged"})])
    Publishing(database, FixedClock(NOW, SHANGHAI)).load_feed(Actor.system(), other)
    with database.reading() as work:
        assert work.offerings.by_source("lcsd", ["1"])["1"].title["en"] == "Concert 1"


def test_an_operator_may_not_import_for_another(database: Database) -> None:
    run(database, a_record("1"))
    batch = FeedBatch("lcsd", "lcsd", "lcsd", [HALL], [a_record("2")])
    with pytest.raises(NotAllowed):
        Publishing(database, FixedClock(NOW, SHANGHAI)).load_feed(Actor.publisher(999), batch)
