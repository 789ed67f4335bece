"""A feed that changes its mind about a run leaves nobody with a place without a seat or without a run."""

from __future__ import annotations

from typing import Any

from city.model import EnrolmentMode, Offering
from city.services.filling import follow_runs
from city.services.records import MeetingRecord, OfferingRecord, RunRecord
from fixtures.factories import NOW, a_run, an_offering, in_days

MEETINGS = (MeetingRecord(in_days(7)),)


def an_offering_with_places(**run: Any) -> Offering:
    offering = an_offering()
    offering.runs = [a_run(in_days(7), seats=12, taken=5, source_id="autumn", **run)]
    return offering


def stated(*runs: RunRecord) -> OfferingRecord:
    return OfferingRecord("1", {"en": "Ink painting"}, runs=runs)


def test_fewer_seats_than_people_enrolled_become_as_many_as_are_enrolled() -> None:
    offering = an_offering_with_places()
    follow_runs(offering, stated(RunRecord("autumn", MEETINGS, seat_count=3)))
    assert offering.runs[0].seat_count == 5
    follow_runs(offering, stated(RunRecord("autumn", MEETINGS, seat_count=8)))
    assert offering.runs[0].seat_count == 8


def test_a_run_that_is_no_longer_stated_is_called_off_and_not_erased() -> None:
    offering = an_offering_with_places()
    follow_runs(offering, stated(RunRecord("spring", MEETINGS, seat_count=12)))
    assert {run.source_id: bool(run.cancelled) for run in offering.runs} == {"spring": False, "autumn": True}


def test_a_run_one_just_came_to_goes_with_its_record() -> None:
    offering = an_offering_with_places(enrolment_mode=EnrolmentMode.NONE)
    follow_runs(offering, stated(RunRecord("spring", MEETINGS)))
    assert [run.source_id for run in offering.runs] == ["spring"]


def test_what_is_drawn_stays_drawn() -> None:
    offering = an_offering_with_places(enrolment_mode=EnrolmentMode.BALLOT, ballot_id=1)
    follow_runs(offering, stated(RunRecord("autumn", MEETINGS, seat_count=20)))
    assert (offering.runs[0].enrolment_mode, offering.runs[0].seat_count) == ("ballot", 20)


def test_a_meeting_that_was_called_off_here_stays_called_off() -> None:
    offering = an_offering_with_places()
    (meeting,) = offering.runs[0].class_sessions
    meeting.cancelled, meeting.over_at = True, NOW
    told = MeetingRecord(meeting.held_on, meeting.starts_local, meeting.ends_local)
    follow_runs(offering, stated(RunRecord("autumn", (told,), seat_count=12)))
    assert offering.runs[0].class_sessions == [meeting] and meeting.over_at == NOW
