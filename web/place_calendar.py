"""A place as a calendar file: one entry a meeting, in the city's wall clock with its rules, cancelled ones marked so.

Owns: the iCalendar (RFC 5545) of one place. A meeting whose hour nobody stated takes the day; one without an end takes
an hour. Called by the pages of a place; the file needs no account, for its address is the place's own.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event, Timezone

from city.booking_numbers import spoken
from city.model import Attendance, ClassSession, Enrolment, EnrolmentStatus, Offering
from web.language import gettext, words

UNKNOWN_LENGTH = timedelta(hours=1)
GONE = (EnrolmentStatus.CANCELLED, EnrolmentStatus.ABSENT)


def place_calendar(place: Enrolment, offering: Offering, address: str, phone: str) -> bytes:
    """Return the file of a place; `address` is its page, `phone` the city's telephone."""
    made = Calendar()
    made.add("prodid", "-//Learncity//place//EN")
    made.add("version", "2.0")
    made.add("method", "PUBLISH")
    for zone in sorted({meeting.zone for meeting in place.run.class_sessions if meeting.starts_at is not None}):
        made.add_component(Timezone.from_tzinfo(ZoneInfo(zone)))
    for meeting in place.run.class_sessions:
        made.add_component(_event(place, offering, meeting, address, phone))
    return bytes(made.to_ical())


def _event(place: Enrolment, offering: Offering, meeting: ClassSession, address: str, phone: str) -> Event:
    event = Event()
    event.add("uid", f"place-{place.id}-{meeting.id}@learncity")
    event.add("dtstamp", place.changed_at)
    event.add("sequence", int(place.changed_at.timestamp()) // 60)
    event.add("summary", str(words(offering.title)))
    event.add("status", "CANCELLED" if _is_off(place, offering, meeting) else _standing(place))
    event.add("url", address)
    event.add("description", "\n".join(_lines(place, offering, phone)))
    if offering.venue is not None and offering.attendance != Attendance.ONLINE:
        event.add(
            "location", " ".join(filter(None, map(str, (words(offering.venue.name), words(offering.venue.address)))))
        )
        if (at := offering.venue.position()) is not None:
            event.add("geo", at)
    starts, ends = _span(meeting)
    event.add("dtstart", starts)
    event.add("dtend", ends)
    return event


def _standing(place: Enrolment) -> str:
    """A place that waits, or waits for an answer, is not sure yet."""
    sure = place.status in (EnrolmentStatus.CONFIRMED, EnrolmentStatus.ATTENDED) and place.answer_by is None
    return "CONFIRMED" if sure else "TENTATIVE"


def _is_off(place: Enrolment, offering: Offering, meeting: ClassSession) -> bool:
    return meeting.cancelled or place.run.cancelled or place.status in GONE or offering.status == "cancelled"


def _lines(place: Enrolment, offering: Offering, phone: str) -> list[str]:
    bring = words(offering.bring)
    said = [gettext("Your number: %(number)s", number=spoken(place.number))] if place.number else []
    said += [gettext("Bring: %(things)s", things=bring)] if bring else []
    return [*said, gettext("If you cannot come, call %(phone)s.", phone=phone)]


def _span(meeting: ClassSession) -> tuple[datetime, datetime] | tuple[date, date]:
    """Return start and end in the meeting's own zone, or its day."""
    if meeting.starts_at is None:
        return meeting.held_on, meeting.held_on + timedelta(days=1)
    zone = ZoneInfo(meeting.zone)
    starts = meeting.starts_at.astimezone(zone)
    if meeting.ends_local is None or meeting.starts_local is None:
        return starts, (meeting.starts_at + UNKNOWN_LENGTH).astimezone(zone)
    return starts, _end(meeting, zone)


def _end(meeting: ClassSession, zone: ZoneInfo) -> datetime:
    """Return the stated end; `over_at` of a cancelled meeting is the instant at which that was said."""
    _, ends = ClassSession.instants(meeting.held_on, zone, meeting.starts_local, meeting.ends_local)
    return ends.astimezone(zone)
