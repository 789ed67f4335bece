"""Rows of the lists in words: runs, places with their marks, meetings.

Owns: how a place, a party and who was told read on a list. Called by the views of lists, changes and the desk.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import flask

from city.booking_numbers import spoken
from city.model import ClassSession, Enrolment, EnrolmentStatus
from city.phones import written
from city.services.attending import Point
from city.services.changing import PersonToTell
from city.services.rosters import Seat
from city.store.roster_repository import RunOfOperator
from web import formatters
from web.addresses import current_language
from web.language import Words, gettext, joined, message, ngettext, typed, words
from web.parts import parts

STATUS_WORDS = {
    EnrolmentStatus.APPLIED: message("applied"),
    EnrolmentStatus.CONFIRMED: message("has a place"),
    EnrolmentStatus.WAITLISTED: message("waits"),
    EnrolmentStatus.CANCELLED: message("given back"),
    EnrolmentStatus.ATTENDED: message("came"),
    EnrolmentStatus.ABSENT: message("did not come"),
}


@dataclass(frozen=True)
class RunRow:
    """A run on the list of runs."""

    title: Words
    url: str
    day: str
    seats: str
    waiting_count: int
    untold_count: int
    cancelled: bool


@dataclass(frozen=True)
class SeatRow:
    """A place on a list: who, how to reach, and how many of the party came to the point in question."""

    id: int
    name: Words
    number: str
    phone: str
    party_size: int
    companions: Any
    status: str
    came: int | None
    place_in_line: int
    is_told: bool | None
    """None when there was nothing to tell."""
    calls: bool
    answer_by: str


@dataclass(frozen=True)
class DeskRow:
    """A place as the desk finds it; `deeds` are (address, words of the button)."""

    seat: SeatRow
    title: Words
    facts: list[Any]
    deeds: list[tuple[str, str]]


@dataclass(frozen=True)
class MeetingRow:
    """One meeting of a run."""

    id: int
    day: str
    hours: str
    held_on: str
    starts: str
    ends: str
    is_over: bool
    cancelled: bool


def run_row(each: RunOfOperator) -> RunRow:
    """Return a run in words."""
    run = each.run
    taken = (
        run.taken_count
        if run.seat_count is None
        else gettext("%(taken)s of %(seats)s", taken=run.taken_count, seats=run.seat_count)
    )
    return RunRow(
        title=words(run.offering.title),
        url=flask.url_for("operators.run", run_id=run.id),
        day=_day(each.day) if each.day else gettext("no day"),
        seats=str(taken),
        waiting_count=each.waiting_count,
        untold_count=each.untold_count,
        cancelled=run.cancelled,
    )


def seat_row(seat: Seat, point: Point | None, told: PersonToTell | None) -> SeatRow:
    """Return a place in words; `point` is where it is asked who came."""
    place = seat.enrolment
    mark = seat.marks.get(point.key) if point else None
    return SeatRow(
        id=place.id,
        name=name_of(place),
        number=spoken(place.number),
        phone=written(place.contact_phone) if place.contact_phone else "",
        party_size=place.party_size,
        companions=joined([typed(each) for each in place.companions]),
        status=gettext(STATUS_WORDS[EnrolmentStatus(place.status)]),
        came=mark.person_count if mark else None,
        place_in_line=seat.place_in_line,
        is_told=told.is_told if told and told.messages else None,
        calls=bool(told and told.messages and told.waits_for_a_call),
        answer_by=_instant(place) if place.answer_by else "",
    )


def desk_row(place: Enrolment) -> DeskRow:
    """Return a place as the desk finds it, with the deeds that fit its state."""
    run, now = place.run, parts().clock.now()
    ahead = [meeting for meeting in run.class_sessions if not meeting.is_over(now)]
    meeting = ahead[0] if ahead else next(iter(run.class_sessions), None)
    fits = {
        "operators.accept_for": place.answer_by is not None and place.is_live(),
        "operators.give_back_for": place.is_live(),
        "operators.restore_for": place.status == EnrolmentStatus.CANCELLED,
    }
    said = {
        "operators.accept_for": gettext("Says yes"),
        "operators.give_back_for": gettext("Give it back"),
        "operators.restore_for": gettext("Have it back"),
    }
    row = seat_row(Seat(place, {}), None, None)
    facts = [
        f"{meeting_row(meeting).day} {meeting_row(meeting).hours}" if meeting else "",
        row.status,
        ngettext("%(num)s person", "%(num)s people", place.party_size) if place.party_size > 1 else "",
        gettext("has to say yes by %(until)s", until=row.answer_by) if row.answer_by else "",
        row.phone,
    ]
    return DeskRow(
        seat=row,
        title=words(run.offering.title),
        facts=[fact for fact in facts if fact],
        deeds=[(flask.url_for(at, enrolment_id=place.id), said[at]) for at, holds in fits.items() if holds],
    )


def name_of(place: Enrolment) -> Words:
    """Return the name given with the place, else the file's, else a word."""
    if place.contact_name:
        return typed(place.contact_name)
    return words(place.citizen.name) or Words(gettext("no name given"))


def meeting_row(meeting: ClassSession) -> MeetingRow:
    """Return a meeting in words and as the values of a form."""
    starts, ends = meeting.starts_local, meeting.ends_local
    return MeetingRow(
        id=meeting.id,
        day=_day(meeting.held_on),
        hours=formatters.hours(starts, ends, current_language()) if starts else gettext("hour not stated"),
        held_on=meeting.held_on.isoformat(),
        starts=f"{starts:%H:%M}" if starts else "",
        ends=f"{ends:%H:%M}" if ends else "",
        is_over=meeting.is_over(parts().clock.now()) and not meeting.cancelled,
        cancelled=meeting.cancelled,
    )


def point_words(point: Point) -> str:
    """Return day and, where it has one, the name of a point."""
    name = str(words(point.name)) if point.name else ""
    return f"{_day(point.day)} {name}".strip()


def _day(day: Any) -> str:
    return formatters.full_day(day, current_language(), parts().clock.today())


def _instant(place: Enrolment) -> str:
    local = place.answer_by.astimezone(parts().clock.zone) if place.answer_by else None
    return f"{_day(local.date())} {formatters.clock_time(local.time(), current_language())}" if local else ""
