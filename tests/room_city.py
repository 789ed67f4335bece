"""A library with a study room of six seats, open from 9 to 21, for tests of rooms by the hour."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from city.clock import FixedClock, instant_of
from city.model import StudyRoom, Venue
from city.services.contacts import Asker
from city.services.links import Links
from city.services.room_booking import BookingRooms
from city.store.database import Database
from city.tokens import Tokens
from fixtures.factories import NOW, SHANGHAI, a_citizen, a_venue, an_operator, in_days, words

PHONE, OTHER_PHONE = "13800138000", "13900139000"
TOMORROW = in_days(1)
LINKS = Links(Tokens("k" * 32), "https://learn.city.example")


def at(hour: int, day: date = TOMORROW, minute: int = 0) -> datetime:
    """Return the instant at which the city's clocks show that hour."""
    return instant_of(day, time(hour, minute), SHANGHAI)


def rooms_at(database: Database, now: datetime = NOW) -> BookingRooms:
    """Return the use cases as they run at `now`."""
    return BookingRooms(database, FixedClock(now, SHANGHAI), LINKS)


def somebody(phone: str = PHONE, **values: object) -> Asker:
    return Asker(phone=phone, name="沈云", **values)  # type: ignore[arg-type]


def lay_a_room(database: Database, *, seats: int | None = 6, citizens: int = 2, **room: object) -> int:
    """Write the library with its room and citizens 1, 2, …; return the room's id."""
    with database.writing() as work:
        operator = an_operator()
        work.operators.add(operator)
        work.flush()
        venue: Venue = a_venue(operator_id=operator.id)
        venue.study_rooms = [
            StudyRoom(name=words({"zh-Hans": "安静自习室", "en": "Quiet room"}), seat_count=seats, **room)
        ]
        work.venues.add(venue)
        for number in range(1, citizens + 1):
            work.citizens.add(a_citizen(id=number, phone=f"+86138{number:08d}"))
        work.commit()
        return venue.study_rooms[0].id


def free_at(database: Database, room_id: int, hour: datetime) -> int:
    """Return how many of the room's seats are free in that hour."""
    with database.reading() as work:
        room = work.room_bookings.room(room_id)
        assert room is not None
        taken = work.room_bookings.taken(room_id, hour, hour + timedelta(hours=1))
        return (room.seat_count or 0) - taken.get(hour, 0)
