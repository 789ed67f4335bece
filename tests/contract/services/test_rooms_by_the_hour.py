"""Seats of study rooms: honest counts, all hours or none, and nothing kept for whoever does not come."""

from __future__ import annotations

from datetime import timedelta

import pytest

from city.errors import IdempotencyMismatch, InvalidInput, NotAllowed, NotFound
from city.model import Channel, Message, RoomBooking
from city.services.permissions import Actor, ActorRole
from city.services.room_booking import RoomRefused
from city.store.database import Database
from fixtures.factories import NOW, TODAY, in_days
from tests.room_city import OTHER_PHONE, TOMORROW, at, free_at, lay_a_room, rooms_at, somebody

VISITOR = Actor.visitor()


def booking_of(database: Database, booking_id: int) -> RoomBooking:
    with database.writing() as work:
        found = work.room_bookings.find(booking_id)
        assert found is not None
        return found


def messages(database: Database) -> list[Message]:
    with database.writing() as work:
        return work.messages.due(NOW + timedelta(days=30), n=50)


def owner(database: Database, booking_id: int) -> Actor:
    """Whoever opened the booking's link."""
    return Actor.holder(booking_of(database, booking_id).citizen_id)


def test_a_visitor_with_a_phone_gets_seats_for_two_hours_and_a_number_to_quote(database: Database) -> None:
    room = lay_a_room(database)
    booked = rooms_at(database).book(VISITOR, room, at(10), 2, key="k1", asker=somebody(party_size=2))
    assert [free_at(database, room, at(hour)) for hour in (9, 10, 11, 12)] == [6, 4, 4, 6]
    (message,) = messages(database)
    assert booked.number[:4] + " " + booked.number[4:] in message.text
    assert "湖滨图书馆“安静自习室”，11月25日 星期三 上午10点到中午12点" in message.text
    assert "/zh/room-bookings/" in message.text


def test_the_same_form_sent_twice_takes_one_seat_and_gives_one_answer(database: Database) -> None:
    room, rooms = lay_a_room(database), rooms_at(database)
    answers = [rooms.book(VISITOR, room, at(10), 1, key="k1", asker=somebody()) for _ in range(3)]
    assert len(set(answers)) == 1
    assert free_at(database, room, at(10)) == 5
    with pytest.raises(IdempotencyMismatch):
        rooms.book(VISITOR, room, at(12), 1, key="k1", asker=somebody())


def test_all_hours_are_had_or_none(database: Database) -> None:
    room, rooms = lay_a_room(database, seats=1), rooms_at(database)
    rooms.book(Actor.citizen(1), room, at(12), 1, key="k1", asker=somebody(""))
    with pytest.raises(RoomRefused, match="No seat is left at 25 November, 12 noon"):
        rooms.book(Actor.citizen(2), room, at(11), 2, key="k2", asker=somebody(""))
    assert free_at(database, room, at(11)) == 1


@pytest.mark.parametrize(
    ("hour", "hours", "why"),
    [
        (at(8), 1, "closed"),
        (at(20), 2, "closed"),
        (at(10, minute=30), 1, "closed"),
        (at(9, in_days(2)), 1, "closed"),
        (at(9, TODAY), 1, "over"),
        (at(9, in_days(14)), 1, "too_far"),
    ],
)
def test_only_whole_hours_inside_the_opening_hours_are_given(
    database: Database, hour: object, hours: int, why: str
) -> None:
    room = lay_a_room(database, special_hours={in_days(2).isoformat(): []})
    room = room if why != "closed" else _with_weekly_hours(database, room)
    with pytest.raises(RoomRefused) as refused:
        rooms_at(database).book(VISITOR, room, hour, hours, key="k1", asker=somebody())  # type: ignore[arg-type]
    assert refused.value.rule == why
    assert set(refused.value.said) == {"zh-Hans", "en"}


def _with_weekly_hours(database: Database, room_id: int) -> int:
    with database.writing() as work:
        room = work.room_bookings.room(room_id)
        assert room is not None
        room.opening_hours = {str(day): [["09:00", "21:00"]] for day in range(7)}
        work.commit()
    return room_id


def test_the_hour_that_runs_now_can_still_be_taken(database: Database) -> None:
    room = lay_a_room(database)
    rooms_at(database, at(10, minute=40)).book(VISITOR, room, at(10), 1, key="k1", asker=somebody())
    assert free_at(database, room, at(10)) == 5


def test_a_room_whose_seats_nobody_counts_takes_no_bookings(database: Database) -> None:
    room = lay_a_room(database, seats=None)
    with pytest.raises(RoomRefused, match="Just come and sit down"):
        rooms_at(database).book(VISITOR, room, at(10), 1, key="k1", asker=somebody())


def test_nobody_gets_more_than_four_hours_a_day_or_two_seats_at_once(database: Database) -> None:
    room, rooms = lay_a_room(database), rooms_at(database)
    rooms.book(VISITOR, room, at(10), 3, key="k1", asker=somebody())
    with pytest.raises(RoomRefused, match="You have a seat booked at 25 November, 10 am already"):
        rooms.book(VISITOR, room, at(12), 1, key="k2", asker=somebody())
    with pytest.raises(RoomRefused, match="on that day 1 are left for you"):
        rooms.book(VISITOR, room, at(14), 2, key="k3", asker=somebody())
    rooms.book(VISITOR, room, at(14), 1, key="k4", asker=somebody())
    rooms.book(VISITOR, room, at(14, in_days(2)), 4, key="k5", asker=somebody())


@pytest.mark.parametrize(("field", "values"), [("hours", (5, 1)), ("hours", (0, 1)), ("party_size", (1, 5))])
def test_too_many_hours_or_people_are_refused_by_the_field(
    database: Database, field: str, values: tuple[int, int]
) -> None:
    room, (hours, people) = lay_a_room(database), values
    with pytest.raises(InvalidInput) as refused:
        rooms_at(database).book(VISITOR, room, at(10), hours, key="k1", asker=somebody(party_size=people))
    assert refused.value.field == field


def test_the_desk_books_a_class_for_somebody_without_a_mobile_and_it_stands_in_the_log(database: Database) -> None:
    room = lay_a_room(database)
    desk = Actor(ActorRole.DESK, staff_id=7, operator_id=1)
    asker = somebody("0571 8888 1234", party_size=6, channel=Channel.PHONE)
    rooms_at(database).book(desk, room, at(10), 1, key="k1", asker=asker)
    assert free_at(database, room, at(10)) == 0
    with database.reading() as work:
        entry = list(work.audit_log.all())[-1]
        assert (entry.object_kind, entry.after) == ("room booking", {"status": "confirmed"})
    elsewhere = Actor(ActorRole.DESK, staff_id=8, operator_id=99)
    with pytest.raises(NotAllowed):
        rooms_at(database).book(elsewhere, room, at(12), 1, key="k2", asker=asker)


def test_seats_given_back_are_free_at_once_and_can_be_taken_back_for_a_day(database: Database) -> None:
    room, day = lay_a_room(database), in_days(5)
    booked = rooms_at(database).book(VISITOR, room, at(10, day), 2, key="k1", asker=somebody())
    holder = owner(database, booked.room_booking_id)
    for _ in range(2):
        rooms_at(database).cancel(holder, booked.room_booking_id)
    assert free_at(database, room, at(10, day)) == 6
    for _ in range(2):
        rooms_at(database, NOW + timedelta(hours=23)).undo_cancel(holder, booked.room_booking_id)
    assert [free_at(database, room, at(hour, day)) for hour in (10, 11)] == [5, 5]
    assert [message.purpose for message in messages(database)] == ["room_booked", "cancelled", "undone"]
    rooms_at(database).cancel(holder, booked.room_booking_id)
    with pytest.raises(RoomRefused, match="too late"):
        rooms_at(database, NOW + timedelta(hours=25)).undo_cancel(holder, booked.room_booking_id)


def test_seats_that_somebody_else_took_meanwhile_do_not_come_back(database: Database) -> None:
    room, rooms = lay_a_room(database, seats=1), rooms_at(database)
    booked = rooms.book(VISITOR, room, at(10), 1, key="k1", asker=somebody())
    holder = owner(database, booked.room_booking_id)
    rooms.cancel(holder, booked.room_booking_id)
    rooms.book(VISITOR, room, at(10), 1, key="k2", asker=somebody(OTHER_PHONE))
    with pytest.raises(RoomRefused, match="No seat is left"):
        rooms.undo_cancel(holder, booked.room_booking_id)
    assert booking_of(database, booked.room_booking_id).status == "cancelled"


def test_nobody_gives_back_what_is_somebody_elses(database: Database) -> None:
    room, rooms = lay_a_room(database), rooms_at(database)
    booked = rooms.book(Actor.citizen(1), room, at(10), 1, key="k1", asker=somebody(""))
    for stranger in (VISITOR, Actor.citizen(2), Actor.holder(2)):
        with pytest.raises(NotAllowed):
            rooms.cancel(stranger, booked.room_booking_id)
    with pytest.raises(NotFound):
        rooms.cancel(Actor.citizen(1), 999)


def test_fifteen_minutes_after_the_start_the_rest_goes_to_others_and_the_person_is_told(database: Database) -> None:
    room = lay_a_room(database)
    booked = rooms_at(database).book(VISITOR, room, at(10), 3, key="k1", asker=somebody())
    assert rooms_at(database, at(10, minute=14)).release_no_shows() == 0
    assert rooms_at(database, at(10, minute=15)).release_no_shows() == 1
    assert rooms_at(database, at(10, minute=16)).release_no_shows() == 0
    assert [free_at(database, room, at(hour)) for hour in (10, 11, 12)] == [6, 6, 6]
    assert booking_of(database, booked.room_booking_id).status == "released"
    assert messages(database)[-1].purpose == "room_released"


def test_who_booked_in_the_middle_of_an_hour_has_fifteen_minutes_from_then(database: Database) -> None:
    room = lay_a_room(database)
    rooms_at(database, at(10, minute=40)).book(VISITOR, room, at(10), 2, key="k1", asker=somebody())
    assert rooms_at(database, at(10, minute=50)).release_no_shows() == 0
    assert rooms_at(database, at(10, minute=55)).release_no_shows() == 1


def test_who_came_keeps_the_seat(database: Database) -> None:
    room = lay_a_room(database)
    booked = rooms_at(database).book(VISITOR, room, at(10), 1, key="k1", asker=somebody())
    holder, early = owner(database, booked.room_booking_id), rooms_at(database, at(9, minute=30))
    with pytest.raises(RoomRefused, match="15 minutes before"):
        early.come(holder, booked.room_booking_id, token=early.token_for(room))
    rooms = rooms_at(database, at(9, minute=50))
    with pytest.raises(NotFound):
        rooms.come(holder, booked.room_booking_id, token="cm9vbTox.AAAA")
    for _ in range(2):
        rooms.come(holder, booked.room_booking_id, token=rooms.token_for(room))
    assert rooms_at(database, at(10, minute=20)).release_no_shows() == 0
    assert free_at(database, room, at(10)) == 5


def test_a_room_that_lost_seats_takes_no_new_booking_above_them(database: Database) -> None:
    room, rooms = lay_a_room(database), rooms_at(database)
    rooms.book(VISITOR, room, at(10), 1, key="k1", asker=somebody(party_size=3))
    with database.writing() as work:
        found = work.room_bookings.room(room)
        assert found is not None
        found.seat_count = 2
        work.commit()
    with pytest.raises(RoomRefused, match="No seat is left"):
        rooms.book(VISITOR, room, at(10), 1, key="k2", asker=somebody(OTHER_PHONE))
    rooms.book(VISITOR, room, at(14, TOMORROW), 1, key="k3", asker=somebody(OTHER_PHONE, party_size=2))
