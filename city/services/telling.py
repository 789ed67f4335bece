"""Writing a message to whoever has a place: by which way it goes, and that it wakes nobody.

Owns: the choice of the way (a mailbox if one was given, a text message to a mobile, else a call by staff), quiet hours.
The row is written in the transaction of the change; sending is `city.services.sending`'s.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from city.clock import instant_of
from city.model import Message, MessageWay
from city.model.contact import Contact
from city.phones import can_get_messages
from city.store.unit_of_work import UnitOfWork

DAY_BEGINS, DAY_ENDS = time(8), time(21)


@dataclass(frozen=True)
class About:
    """Which place, booking, entry or run a message tells of."""

    enrolment_id: int | None = None
    room_booking_id: int | None = None
    ballot_entry_id: int | None = None
    run_id: int | None = None


def ways_to(contact: Contact) -> list[tuple[MessageWay, str]]:
    """Return how the person is reached: mail and text message where both were given, a call where neither can be."""
    ways = [(MessageWay.MAIL, contact.contact_email)] if contact.contact_email else []
    if contact.contact_phone and can_get_messages(contact.contact_phone):
        ways.append((MessageWay.SMS, contact.contact_phone))
    if contact.contact_phone and not ways:
        ways.append((MessageWay.CALL, contact.contact_phone))
    return ways


def tell(
    work: UnitOfWork,
    contact: Contact,
    purpose: str,
    words: tuple[str, str],
    about: About,
    *,
    now: datetime,
    zone: ZoneInfo,
    at_once: bool = False,
) -> int:
    """Write the message (subject, text) for each way to the person; return how many there are.

    At night it waits for the morning, unless `at_once`: the person is at the screen and expects it.
    """
    subject, text = words
    ways = ways_to(contact)
    for way, address in ways:
        work.messages.add(
            Message(
                purpose=purpose,
                way=way,
                address=address,
                language=contact.language,
                subject=subject,
                text=text,
                enrolment_id=about.enrolment_id,
                room_booking_id=about.room_booking_id,
                ballot_entry_id=about.ballot_entry_id,
                run_id=about.run_id,
                created_at=now,
                not_before=now if at_once else by_day(now, zone),
            )
        )
    return len(ways)


def by_day(now: datetime, zone: ZoneInfo) -> datetime:
    """Return `now`, or the next morning when it is night in the city."""
    local = now.astimezone(zone)
    if DAY_BEGINS <= local.time() < DAY_ENDS:
        return now
    day = local.date() if local.time() < DAY_BEGINS else local.date() + timedelta(days=1)
    return instant_of(day, DAY_BEGINS, zone)


def last_by_day(instant: datetime, zone: ZoneInfo) -> datetime:
    """Return `instant`, or the evening before when it is night in the city."""
    local = instant.astimezone(zone)
    if DAY_BEGINS < local.time() <= DAY_ENDS:
        return instant
    day = local.date() - timedelta(days=1) if local.time() <= DAY_BEGINS else local.date()
    return instant_of(day, DAY_ENDS, zone)


def answer_deadline(now: datetime, hours: int, zone: ZoneInfo) -> datetime:
    """Return when an offer of `hours` ends: never at night, and counted from when the message can go out."""
    ends = by_day(now, zone) + timedelta(hours=hours)
    local = ends.astimezone(zone)
    if DAY_BEGINS < local.time() <= DAY_ENDS:
        return ends
    day = local.date() + timedelta(days=1 if local.time() > DAY_ENDS else 0)
    return instant_of(day, time(12), zone)
