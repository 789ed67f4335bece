"""What a wanted run gets in the way of: own places at the same time, or too near in time for the way between."""

from __future__ import annotations

from datetime import date, time
from typing import Any

from city.model import Enrolment, Offering, RoomBooking, StudyRoom
from city.services.clashes import Clash, clashes_among
from fixtures.factories import NOW, SHANGHAI, a_meeting, a_run, a_venue, an_offering, in_days, words

FAR_VENUE = {"latitude": 30.6000, "longitude": 121.0000}  # some 16 km away: more than an hour by bus
DAY = in_days(7)


def an_evening(
    starts: time | None, ends: time | None, *, day: date = DAY, title: str = "夜里写字", **values: Any
) -> Offering:
    offering = an_offering(title, **values)
    offering.runs = [a_run(seats=12)]
    offering.runs[0].class_sessions = [a_meeting(day, starts, ends)]
    return offering


def a_place(offering: Offering, *, id_: int = 1, status: str = "confirmed") -> Enrolment:
    run = offering.runs[0]
    run.id = 100 + id_
    return Enrolment(id=id_, run=run, run_id=run.id, status=status)


def clashes_of(wanted: Offering, *own: Enrolment, rooms: tuple[RoomBooking, ...] = ()) -> list[Clash]:
    return clashes_among(own, rooms, wanted.runs[0], NOW)


def test_two_things_at_the_same_time_clash() -> None:
    own = a_place(an_evening(time(19), time(20, 30), title="画一枝梅花"))
    (clash,) = clashes_of(an_evening(time(20), time(21)), own)
    assert clash.overlaps
    assert clash.own.enrolment_id == 1
    assert clash.own.title == words("画一枝梅花")


def test_one_after_the_other_in_one_house_is_no_clash() -> None:
    house = a_venue()
    own = a_place(an_evening(time(19), time(20), venue=house))
    assert clashes_of(an_evening(time(20), time(21), venue=house), own) == []


def test_a_quarter_of_an_hour_is_too_little_for_the_other_end_of_the_city() -> None:
    own = a_place(an_evening(time(18), time(19), venue=a_venue(**FAR_VENUE)))
    (clash,) = clashes_of(an_evening(time(19, 15), time(21)), own)
    assert not clash.overlaps
    assert clash.gap_minutes == 15
    assert clash.travel_minutes is not None and clash.travel_minutes > 60


def test_the_way_is_counted_in_both_directions() -> None:
    own = a_place(an_evening(time(19, 15), time(21), venue=a_venue(**FAR_VENUE)))
    (clash,) = clashes_of(an_evening(time(18), time(19)), own)
    assert clash.gap_minutes == 15


def test_enough_time_for_the_way_is_no_clash() -> None:
    own = a_place(an_evening(time(9), time(10), venue=a_venue(**FAR_VENUE)))
    assert clashes_of(an_evening(time(19), time(21)), own) == []


def test_of_a_place_nobody_knows_only_the_same_time_is_told() -> None:
    nowhere = a_venue(latitude=None, longitude=None)
    own = a_place(an_evening(time(18), time(19), venue=nowhere))
    assert clashes_of(an_evening(time(19, 5), time(21)), own) == []
    assert clashes_of(an_evening(time(18, 30), time(21)), own)[0].overlaps


def test_nobody_travels_to_what_is_online() -> None:
    own = a_place(an_evening(time(18), time(19), venue=a_venue(**FAR_VENUE), attendance="online"))
    assert clashes_of(an_evening(time(19, 5), time(21)), own) == []


def test_an_hour_that_was_not_stated_clashes_with_nothing() -> None:
    own = a_place(an_evening(None, None))
    assert clashes_of(an_evening(time(19), time(21)), own) == []


def test_a_meeting_that_does_not_take_place_and_a_place_given_back_clash_with_nothing() -> None:
    off = an_evening(time(19), time(20))
    off.runs[0].class_sessions[0].cancelled = True
    given_back = a_place(an_evening(time(19), time(20)), id_=2, status="cancelled")
    assert clashes_of(an_evening(time(19), time(21)), a_place(off), given_back) == []


def test_a_course_of_many_evenings_is_told_once_with_its_first_clash() -> None:
    course = an_offering("学太极")
    course.runs = [a_run(in_days(7), in_days(14), in_days(21))]
    wanted = an_offering("夜里写字")
    wanted.runs = [a_run(in_days(14), in_days(21))]
    (clash,) = clashes_of(wanted, a_place(course))
    assert clash.wanted.starts_at.astimezone(SHANGHAI).date() == in_days(14)


def test_a_seat_in_a_study_room_is_an_engagement_too() -> None:
    meeting = a_meeting(DAY, time(19), time(20))
    assert meeting.starts_at is not None
    room = StudyRoom(name=words("自习室"), venue=a_venue())
    booking = RoomBooking(
        id=5, study_room=room, starts_at=meeting.starts_at, ends_at=meeting.over_at, status="confirmed"
    )
    (clash,) = clashes_of(an_evening(time(19, 30), time(21)), rooms=(booking,))
    assert clash.own.room_booking_id == 5
