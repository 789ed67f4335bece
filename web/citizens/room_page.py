"""A study room by the hour: its days, its hours with honest free seats, and what a booking says.

Owns: how days, hours and states of seats read in words. The rules are `city.services.room_booking`'s and `room_hours`'.
Called by the views of rooms.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

import flask
from icalendar import Calendar, Event, Timezone

from city.booking_numbers import spoken
from city.clock import instant_of
from city.errors import InvalidInput, NotFound
from city.model import RoomBooking, RoomBookingStatus, StudyRoom
from city.services.opening import opening_of
from city.services.room_booking import MOST_HOURS_A_DAY, MOST_IN_PARTY
from city.services.room_hours import AN_HOUR, FreeHour, days_to_book, free_hours, hours_on
from city.store.unit_of_work import UnitOfWork
from web import formatters
from web.citizens.open_page import opening_in_words
from web.components.cards import Fact, Viewpoint
from web.language import Words, gettext, joined, ngettext, words
from web.parts import parts
from web.vocabulary import ACCESS, word

WALL = "%Y-%m-%dT%H:%M"


@dataclass(frozen=True)
class DayStop:
    """One day of the choice: its page, whether it is the one shown, and whether the room is closed."""

    url: str
    name: str
    weekday: str
    here: bool
    closed: bool


@dataclass(frozen=True)
class HourRow:
    """One hour: when, how many seats are free, and where to take one, "" when none is."""

    when: str
    free: str
    url: str


@dataclass(frozen=True)
class RoomPage:
    """A room and the hours of one day."""

    id: int
    name: Words
    venue: Words
    venue_url: str
    facts: tuple[Fact, ...]
    is_booked: bool
    """False when seats are not counted here, or nobody knows when the room is open."""
    unbooked: str
    days: tuple[DayStop, ...]
    day: str
    hours: tuple[HourRow, ...]


@dataclass(frozen=True)
class SeatChoice:
    """What is asked for: a room from an hour on; how long it can be and for how many."""

    room_id: int
    name: Words
    venue: Words
    day: str
    starts: str
    wall: str
    lengths: tuple[tuple[int, str], ...]
    most: int
    """How many seats one booking may take of those that are free in the first hour; 0: none is left."""


def read_room(work: UnitOfWork, room_id: int, wanted: str, view: Viewpoint) -> RoomPage:
    """Return a room with the hours of the wanted day (ISO), by default the first on which it is open."""
    room = _room(work, room_id)
    days = [day for day in days_to_book(view.today) if hours_on(room, day, parts().clock.zone)]
    rows = {day: _free(work, room, day, view) for day in days[:1]}
    if days and not rows[days[0]]:
        days = days[1:]  # its last hour is over
    chosen = _chosen(wanted, days, view)
    hours = _free(work, room, chosen, view) if chosen else []
    return RoomPage(
        id=room.id,
        name=words(room.name),
        venue=words(room.venue.name),
        venue_url=flask.url_for("citizens.venue", venue_id=room.venue_id),
        facts=tuple(_facts(room, view)),
        is_booked=bool(room.seat_count and days),
        unbooked=_unbooked(room, days, view),
        days=tuple(_stop(room, day, day == chosen, day not in days, view) for day in days_to_book(view.today)),
        day=formatters.full_day(chosen, view.language, view.today) if chosen else "",
        hours=tuple(_row(room, hour, view) for hour in hours),
    )


def read_choice(work: UnitOfWork, room_id: int, wall: str, view: Viewpoint) -> tuple[SeatChoice, datetime]:
    """Return what can be had from an hour on (WALL, the city's clocks), and the instant of that hour.

    Raises NotFound for an hour the room does not have, or that is over.
    """
    room, starts_at = _room(work, room_id), wall_instant(wall)
    local = starts_at.astimezone(parts().clock.zone)
    hours = [
        hour
        for day in (local.date() - timedelta(days=1), local.date())
        for hour in _free(work, room, day, view)
        if hour.starts_at >= starts_at
    ]
    hours.sort(key=lambda hour: hour.starts_at)
    if not hours or hours[0].starts_at != starts_at or local.date() not in days_to_book(view.today):
        raise NotFound("That hour cannot be booked.")
    lengths = _lengths(hours, view)
    return SeatChoice(
        room_id=room.id,
        name=words(room.name),
        venue=words(room.venue.name),
        day=formatters.full_day(local.date(), view.language, view.today),
        starts=formatters.clock_time(local.time(), view.language),
        wall=wall,
        lengths=tuple(lengths),
        most=min(MOST_IN_PARTY, hours[0].free_count),
    ), starts_at


def wall_instant(text: str) -> datetime:
    """Return the instant at which the city's clocks show the text; raises InvalidInput for anything else."""
    try:
        local = datetime.strptime(text, WALL)  # noqa: DTZ007  (the zone is added below)
        return instant_of(local.date(), local.time(), parts().clock.zone)
    except (ValueError, OverflowError):
        raise InvalidInput("That is no hour.", field="at", value=text[:40], remedy="an hour of the list") from None


def booking_calendar(booking: RoomBooking, address: str) -> bytes:
    """Return the booking as a calendar file (RFC 5545), in the city's wall clock."""
    zone, made, event = parts().clock.zone, Calendar(), Event()
    made.add("prodid", "-//Learncity//seat//EN")
    made.add("version", "2.0")
    made.add("method", "PUBLISH")
    made.add_component(Timezone.from_tzinfo(zone))
    event.add("uid", f"seat-{booking.id}@learncity")
    event.add("dtstamp", booking.changed_at)
    event.add("sequence", int(booking.changed_at.timestamp()) // 60)
    event.add("summary", str(words(booking.study_room.name)))
    held = booking.status in (RoomBookingStatus.CONFIRMED, RoomBookingStatus.ATTENDED)
    event.add("status", "CONFIRMED" if held else "CANCELLED")
    event.add("url", address)
    event.add("description", gettext("Your number: %(number)s", number=spoken(booking.number)))
    venue = booking.study_room.venue
    event.add("location", " ".join(filter(None, map(str, (words(venue.name), words(venue.address))))))
    event.add("dtstart", booking.starts_at.astimezone(zone))
    event.add("dtend", booking.ends_at.astimezone(zone))
    made.add_component(event)
    return bytes(made.to_ical())


def _room(work: UnitOfWork, room_id: int) -> StudyRoom:
    room = work.room_bookings.room(room_id)
    if room is None or room.venue.gone_at is not None:
        raise NotFound("There is no such room.")
    return room


def _free(work: UnitOfWork, room: StudyRoom, day: date, view: Viewpoint) -> list[FreeHour]:
    zone = parts().clock.zone
    hours = hours_on(room, day, zone)
    taken = work.room_bookings.taken(room.id, hours[0], hours[-1] + AN_HOUR) if hours else {}
    return free_hours(room, day, taken, view.now, zone)


def _chosen(wanted: str, days: list[date], view: Viewpoint) -> date | None:
    try:
        day = date.fromisoformat(wanted)
    except ValueError:
        day = None
    return day if day in days_to_book(view.today) else next(iter(days), None)


def _stop(room: StudyRoom, day: date, here: bool, closed: bool, view: Viewpoint) -> DayStop:
    url = flask.url_for("citizens.room", room_id=room.id, day=day.isoformat())
    name = formatters.short_day(day, view.language)
    return DayStop(url, name, formatters.weekday(day.weekday(), view.language), here, closed)


def _row(room: StudyRoom, hour: FreeHour, view: Viewpoint) -> HourRow:
    local = hour.starts_at.astimezone(parts().clock.zone)
    ends = (hour.starts_at + AN_HOUR).astimezone(parts().clock.zone)
    url = flask.url_for("citizens.ask_for_seat", room_id=room.id, at=local.strftime(WALL))
    when = formatters.hours(local.time(), ends.time(), view.language)
    if not hour.free_count:
        return HourRow(when, gettext("All seats are taken"), "")
    return HourRow(when, ngettext("%(num)s seat is free", "%(num)s seats are free", hour.free_count), url)


def _lengths(hours: list[FreeHour], view: Viewpoint) -> list[tuple[int, str]]:
    """Return how long one can stay, in words: as long as hours follow each other and have a seat."""
    found: list[tuple[int, str]] = []
    for number, hour in enumerate(hours[:MOST_HOURS_A_DAY]):
        if hour.starts_at != hours[0].starts_at + number * AN_HOUR or not hour.free_count:
            break
        ends = (hour.starts_at + AN_HOUR).astimezone(parts().clock.zone)
        until = formatters.clock_time(ends.time(), view.language)
        said = ngettext("%(num)s hour, until %(until)s", "%(num)s hours, until %(until)s", number + 1, until=until)
        found.append((number + 1, said))
    return found


def _facts(room: StudyRoom, view: Viewpoint) -> list[Fact]:
    state = opening_in_words(opening_of(room, view.now, parts().clock.zone), view)
    facts = [Fact(gettext("Just now"), state, strong=True)]
    if room.seat_count:
        facts.append(Fact(gettext("Seats"), ngettext("%(num)s seat", "%(num)s seats", room.seat_count)))
    stated = (*(room.access_features or ()), *(room.venue.access_features or ()))
    features = [word(ACCESS, each, view.language) for each in stated]
    if features:
        facts.append(Fact(gettext("Access"), joined(dict.fromkeys(features))))
    return facts


def _unbooked(room: StudyRoom, days: list[date], view: Viewpoint) -> str:
    if not room.seat_count:
        return str(gettext("Seats in this room are not booked. Just come and sit down."))
    if room.hours_on(view.today) is None:
        return str(gettext("Opening hours are not stated. Please call before you go."))
    return "" if days else str(gettext("The room is closed in the coming two weeks."))
