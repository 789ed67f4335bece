"""As days go by a series gets new meetings and lets go of old ones, without its feed being read again."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from city.clock import FixedClock
from city.model import Consumer, Offering
from city.services.moving_window import MovingWindow, WindowMoved
from city.services.permissions import Actor
from city.services.publishing import FeedBatch, Publishing
from city.store.database import Database
from fixtures.factories import SHANGHAI
from indexer.window import meetings_of, move_once_a_day
from tests.calendars import NOW, event, reading_of

WEEKLY = event("DTSTART;TZID=Asia/Shanghai:20261124T190000", "RRULE:FREQ=WEEKLY", uid="weekly")
ONCE = event("DTSTART;TZID=Asia/Shanghai:20261126T190000", uid="once")
OVER = event("DTSTART;TZID=Asia/Shanghai:20200107T190000", "RRULE:FREQ=WEEKLY;COUNT=3", uid="over")


def imported(database: Database, *parts: str, now: datetime = NOW) -> None:
    reading = reading_of(*parts, now=now)
    assert not reading.refusals
    publishing = Publishing(database, FixedClock(now, SHANGHAI))
    publishing.load_feed(
        Actor.system(), FeedBatch("hub", "ical", "hub", reading.venues, reading.records), allow_mass_change=True
    )


def moved(database: Database, days: int) -> WindowMoved:
    clock = FixedClock(NOW + timedelta(days=days), SHANGHAI)
    return MovingWindow(database, clock, meetings_of).move(Actor.system())


def the(database: Database, source_id: str) -> Offering:
    with database.reading() as work:
        return work.offerings.many([work.offerings.by_source("hub", [source_id])[source_id].id])[0]


def waiting(database: Database) -> int:
    with database.reading() as work:
        return work.outbox.waiting(Consumer.INDEX)[0]


def test_only_what_has_other_meetings_is_written_and_what_stays_keeps_its_id(database: Database) -> None:
    imported(database, WEEKLY, ONCE, OVER)
    before, messages = the(database, "weekly"), waiting(database)
    assert (moved(database, 0).moved, waiting(database)) == (0, messages)
    outcome = moved(database, 1)
    assert (outcome.looked_at, outcome.moved) == (2, 1)
    after = the(database, "weekly")
    assert (after.version, waiting(database)) == (before.version + 1, messages + 1)
    kept = {meeting.id for meeting in before.meetings()} & {meeting.id for meeting in after.meetings()}
    assert len(kept) == 56
    assert after.meetings()[-1].held_on - before.meetings()[-1].held_on == timedelta(days=7)
    assert [moved(database, day).moved for day in range(2, 8)] == [0] * 6
    assert the(database, "once").version == the(database, "over").version == 1
    assert [meeting.held_on.isoformat() for meeting in the(database, "over").meetings()] == ["2020-01-21"]


def test_meetings_that_a_person_wrote_stay_and_what_is_given_back_follows_again(database: Database) -> None:
    imported(database, WEEKLY)
    with database.writing() as work:
        offering = work.offerings.by_source("hub", ["weekly"])["weekly"]
        offering.locked_fields, offering.runs = ["meetings"], []
        work.commit()
    assert moved(database, 1).moved == 0
    with database.writing() as work:
        work.offerings.by_source("hub", ["weekly"])["weekly"].locked_fields = []
        work.commit()
    assert moved(database, 1).moved == 1
    assert len(the(database, "weekly").meetings()) == 57


def test_a_record_that_is_gone_moves_no_more_and_reading_the_feed_again_changes_nothing(database: Database) -> None:
    imported(database, WEEKLY, ONCE, OVER)
    moved(database, 30)
    version = the(database, "weekly").version
    imported(database, WEEKLY, ONCE, OVER, now=NOW + timedelta(days=60))
    assert the(database, "weekly").version == version
    imported(database, ONCE, OVER, now=NOW + timedelta(days=61))
    assert moved(database, 90).looked_at == 1


def test_a_rule_that_cannot_be_read_keeps_no_other_from_moving(sqlite_database: Database) -> None:
    imported(sqlite_database, WEEKLY, WEEKLY.replace("UID:weekly", "UID:broken"))
    with sqlite_database.writing() as work:
        row = work.feeds.record("hub", "broken")
        assert row is not None
        row.record = {**row.record, "recurrence": "BEGIN:VCALENDAR"}
        work.commit()
    outcome = moved(sqlite_database, 1)
    assert (outcome.moved, len(outcome.failed)) == (1, 1)
    assert "hub broken" in outcome.sentence()


def test_the_window_moves_once_a_day_also_after_a_night_the_worker_was_off(sqlite_database: Database) -> None:
    imported(sqlite_database, WEEKLY)
    clocks = [FixedClock(NOW + timedelta(hours=hours), SHANGHAI) for hours in (0, 24, 25, 24 * 9)]
    said = [move_once_a_day(sqlite_database, clock) for clock in clocks]
    assert [sentence[:24] for sentence in said] == ["", "1 of 1 series have other", "", "1 of 1 series have other"]


def test_an_import_that_is_quicker_is_not_overwritten(sqlite_database: Database) -> None:
    imported(sqlite_database, WEEKLY)

    def slowly(recurrence: str, zone: str, now: datetime) -> object:
        if "BYDAY" not in recurrence:
            imported(sqlite_database, WEEKLY.replace("RRULE:FREQ=WEEKLY", "RRULE:FREQ=WEEKLY;BYDAY=WE"))
        return meetings_of(recurrence, zone, now)

    clock = FixedClock(NOW + timedelta(days=1), SHANGHAI)
    outcome = MovingWindow(sqlite_database, clock, slowly).move(Actor.system())  # type: ignore[arg-type]
    assert outcome.moved == 0
    assert replace(outcome, moved=1).sentence() == "1 of 1 series have other meetings from today on."
    assert {meeting.weekday() for meeting in the(sqlite_database, "weekly").meetings()[1:]} == {2}
