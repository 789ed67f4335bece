"""No seat of a study room is given twice in an hour, however many ask at the same moment."""

from __future__ import annotations

from city.store.database import Database
from tests.faults.room_racing import race
from tests.room_city import NOW, lay_a_room

SEATS, CITIZENS, PROCESSES = 20, 160, 8


def test_a_rush_on_hours_that_overlap_fills_the_hour_all_want_and_no_seat_twice(database: Database) -> None:
    room = lay_a_room(database, seats=SEATS, citizens=CITIZENS)
    outcome = race(database, room, citizens=CITIZENS, processes=PROCESSES, guarded=True)
    assert outcome.booked_seats == outcome.counted_seats
    assert outcome.booked_seats[1] == SEATS == outcome.booked_seats[0] + outcome.booked_seats[2]
    assert (outcome.told_yes, outcome.told_full) == (SEATS, CITIZENS - SEATS)
    with database.reading() as work:
        assert work.room_bookings.miscounted(NOW) == 0


def test_the_twin_without_the_guard_gives_seats_twice_so_the_rush_is_real(database: Database) -> None:
    room = lay_a_room(database, seats=SEATS, citizens=CITIZENS)
    outcome = race(database, room, citizens=CITIZENS, processes=PROCESSES, guarded=False)
    assert outcome.booked_seats[1] > SEATS
