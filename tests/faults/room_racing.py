"""Many processes that want seats of the same hours of a study room at one moment; the twin trusts what it read.

Half of them ask for 10 to 12, half for 11 to 1 pm: all need the hour from 11. Called by the test of the race and, with
larger numbers, by a drill. A server process imports the product once and forks, so that a race costs little.
"""

from __future__ import annotations

import multiprocessing
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from multiprocessing.synchronize import Barrier

from city.model import RoomBooking, RoomBookingStatus
from city.services.permissions import Actor
from city.services.room_booking import RoomRefused
from city.store.database import Database
from tests.room_city import NOW, at, rooms_at, somebody

FIRST_HOUR = at(10)
HOURS = [FIRST_HOUR + timedelta(hours=number) for number in range(3)]


@dataclass(frozen=True)
class Outcome:
    """What the race left behind: seats by bookings and by counter in each hour, and what was answered."""

    booked_seats: tuple[int, ...]
    counted_seats: tuple[int, ...]
    told_yes: int
    told_full: int


def race(database: Database, room_id: int, *, citizens: int, processes: int, guarded: bool) -> Outcome:
    """Let the processes ask for all citizens at once; the twin (`guarded=False`) reads first and writes then."""
    url = database.engine.url.render_as_string(hide_password=False)
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.faults.room_racing"])
    barrier, answers = context.Barrier(processes), context.Queue()
    runners = [
        context.Process(
            target=_ask_all, args=(url, room_id, range(first, citizens + 1, processes), guarded, barrier, answers)
        )
        for first in range(1, processes + 1)
    ]
    for runner in runners:
        runner.start()
    told = [answers.get(timeout=120) for _ in runners]
    for runner in runners:
        runner.join()
    return _outcome(database, room_id, told)


def _ask_all(
    url: str,
    room_id: int,
    share: range,
    guarded: bool,
    barrier: Barrier,
    answers: multiprocessing.Queue[tuple[int, int]],
) -> None:
    database, ask = Database(url), _book if guarded else _book_without_guard
    told = Counter[bool]()
    barrier.wait(timeout=60)
    for citizen in share:
        told[ask(database, room_id, citizen)] += 1
    database.dispose()
    answers.put((told[True], told[False]))


def _starts(citizen: int) -> int:
    return citizen // 2 % 2


def _book(database: Database, room_id: int, citizen: int) -> bool:
    starts_at = HOURS[_starts(citizen)]
    try:
        rooms_at(database).book(Actor.citizen(citizen), room_id, starts_at, 2, key=f"k{citizen}", asker=somebody(""))
    except RoomRefused:
        return False
    return True


def _book_without_guard(database: Database, room_id: int, citizen: int) -> bool:
    """Count what is taken in one transaction and write in another, as a page that trusts what it read would."""
    wanted = HOURS[_starts(citizen) : _starts(citizen) + 2]
    with database.reading() as work:
        room = work.room_bookings.room(room_id)
        taken = _seats(database, room_id)
        if room is None or any(taken[HOURS.index(hour)] >= (room.seat_count or 0) for hour in wanted):
            return False
    with database.writing() as work:
        booking = RoomBooking(study_room_id=room_id, citizen_id=citizen, status=RoomBookingStatus.CONFIRMED)
        booking.starts_at, booking.ends_at = wanted[0], wanted[-1] + timedelta(hours=1)
        booking.created_at = booking.changed_at = NOW
        work.room_bookings.add(booking)
        work.commit()
    return True


def _seats(database: Database, room_id: int) -> tuple[int, ...]:
    with database.reading() as work:
        held = work.room_bookings.ahead([room_id], NOW)
    return tuple(sum(each.party_size for each in held if each.starts_at <= hour < each.ends_at) for hour in HOURS)


def _outcome(database: Database, room_id: int, told: list[tuple[int, int]]) -> Outcome:
    with database.reading() as work:
        counted = work.room_bookings.taken(room_id, HOURS[0], HOURS[-1] + timedelta(hours=1))
    return Outcome(
        _seats(database, room_id),
        tuple(counted.get(hour, 0) for hour in HOURS),
        sum(yes for yes, _ in told),
        sum(full for _, full in told),
    )
