"""What is so about a place somebody took: in which state it is, in words, and what one can do with it now.

Owns: the states as people meet them (yours, offered, waiting, given back, lapsed, called off, been there, over), what
each says, and which buttons it has. Both views print the same facts. The rules are `city.services.enrolling`'s.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from markupsafe import Markup

from city.booking_numbers import spoken
from city.model import Attendance, Channel, Ending, Enrolment, EnrolmentStatus, Kind, Offering, Status
from city.phones import last_digits
from city.services.enrolling import OWN_ENDINGS, UNDO_FOR
from city.store.unit_of_work import UnitOfWork
from web import formatters
from web.access import current_person
from web.components import cards
from web.components.cards import Viewpoint
from web.components.schedule import MeetingRow, meeting_rows, run_in_words
from web.language import Words, gettext, joined, ngettext, sentence, words
from web.parts import parts
from web.place_clashes import clash_sentences
from web.vocabulary import KINDS, word


class PlaceState(StrEnum):
    """States of a place as its page tells them."""

    YOURS = "yours"
    OFFERED = "offered"
    WAITING = "waiting"
    GIVEN_BACK = "given_back"
    LAPSED = "lapsed"
    CALLED_OFF = "called_off"
    BEEN = "been"
    OVER = "over"


ENDED = (PlaceState.GIVEN_BACK, PlaceState.LAPSED, PlaceState.CALLED_OFF)


@dataclass(frozen=True)
class PlaceFacts:
    """One place. `heading` says the state in a few words, `said` what follows from it."""

    id: int
    offering_id: int
    run_id: int
    state: PlaceState
    heading: str
    said: Markup
    number: str
    kind: str
    kind_word: str
    title: Words
    day: str
    hour: str
    when: Markup
    where: Markup
    address: Words | None
    access: Markup
    bring: Words
    party: str
    contact: str
    """The end of the telephone number that was given, "" without one."""
    meetings: tuple[MeetingRow, ...] = ()
    clashes: tuple[Markup, ...] = ()
    can_cancel: bool = False
    can_undo: bool = False
    can_accept: bool = False
    is_offering_on: bool = True

    @property
    def ended(self) -> bool:
        return self.state in ENDED

    @property
    def tag(self) -> str:
        """The word on the plate of its ticket, where it is not simply a place one has."""
        return {
            PlaceState.OFFERED: gettext("Please answer"),
            PlaceState.WAITING: gettext("In line"),
            PlaceState.GIVEN_BACK: gettext("Given back"),
            PlaceState.LAPSED: gettext("Gone on"),
            PlaceState.CALLED_OFF: gettext("Cancelled"),
        }.get(self.state, "")

    @property
    def is_held(self) -> bool:
        """True when there is a day to put into a calendar or on paper."""
        return self.state in (PlaceState.YOURS, PlaceState.OFFERED, PlaceState.WAITING)


def place_facts(work: UnitOfWork, place: Enrolment, offering: Offering, view: Viewpoint) -> PlaceFacts:
    """Return the facts of a place; the offering is loaded with its runs and venue."""
    state = state_of(place, offering, view.now)
    day, hour = _next_meeting(place, view)
    return PlaceFacts(
        id=place.id,
        offering_id=offering.id,
        run_id=place.run_id,
        state=state,
        heading=_heading(state),
        said=_said(work, place, state, view),
        number=spoken(place.number) if place.number else str(place.id),
        kind=offering.kind,
        kind_word=word(KINDS, offering.kind, view.language),
        title=words(offering.title, view.language),
        day=day,
        hour=hour,
        when=run_in_words(place.run, view),
        where=cards.where(offering, view),
        address=words(offering.venue.address, view.language) if _is_somewhere(offering) else None,
        access=cards.access(offering, view) if offering.attendance != Attendance.ONLINE else Markup(""),
        bring=words(offering.bring, view.language),
        party=_party(place),
        contact=last_digits(place.contact_phone),
        meetings=tuple(meeting_rows(place.run, view)),
        clashes=tuple(_clashes(work, place, view)),
        can_cancel=place.is_live() and state != PlaceState.OVER,
        can_undo=_can_undo(place, state, view.now),
        can_accept=state == PlaceState.OFFERED,
        is_offering_on=offering.is_listable(view.now),
    )


def state_of(place: Enrolment, offering: Offering, now: datetime) -> PlaceState:
    """Return in which state a place is at `now`."""
    if place.status in (EnrolmentStatus.ATTENDED, EnrolmentStatus.ABSENT):
        return PlaceState.BEEN if place.status == EnrolmentStatus.ATTENDED else PlaceState.OVER
    if place.run.cancelled or offering.status == Status.CANCELLED or place.ended_because == Ending.RUN_CANCELLED:
        return PlaceState.CALLED_OFF
    if place.status == EnrolmentStatus.CANCELLED:
        return PlaceState.LAPSED if place.ended_because == Ending.UNANSWERED else PlaceState.GIVEN_BACK
    if place.run.is_over(now):
        return PlaceState.OVER
    if place.status == EnrolmentStatus.WAITLISTED:
        return PlaceState.WAITING
    return PlaceState.OFFERED if place.answer_by is not None else PlaceState.YOURS


def deadline_in_words(instant: datetime, view: Viewpoint) -> Markup:
    """Return Friday 27 November, 12 noon, in the city's own time."""
    local = instant.astimezone(parts().clock.zone)
    return formatters.day_and_hours(local.date(), local.time().replace(second=0), None, view.language, view.today)


def _heading(state: PlaceState) -> str:
    return {
        PlaceState.YOURS: gettext("Done, a place is yours"),
        PlaceState.OFFERED: gettext("A place is free for you"),
        PlaceState.WAITING: gettext("You are on the waiting list"),
        PlaceState.GIVEN_BACK: gettext("The place is given back"),
        PlaceState.LAPSED: gettext("The place went to the next in line"),
        PlaceState.CALLED_OFF: gettext("This was called off"),
        PlaceState.BEEN: gettext("You were there"),
        PlaceState.OVER: gettext("This is over"),
    }[state]


def _said(work: UnitOfWork, place: Enrolment, state: PlaceState, view: Viewpoint) -> Markup:
    if state == PlaceState.OFFERED and place.answer_by is not None:
        return sentence(
            "Say yes until %(when)s. Then it goes to the next in line.", when=deadline_in_words(place.answer_by, view)
        )
    if state == PlaceState.WAITING:
        nth = parts().enrolling.place_in_line(work, place)
        return sentence("You are number %(nth)s in line. When a place comes free, we tell you.", nth=nth)
    return {
        PlaceState.YOURS: sentence("If you cannot come, give it back for somebody else."),
        PlaceState.GIVEN_BACK: sentence("Somebody else can have it now."),
        PlaceState.LAPSED: sentence("We had no answer from you in time. You can ask for a place again."),
        PlaceState.CALLED_OFF: sentence("It does not take place. You need not do anything."),
        PlaceState.BEEN: sentence("We hope that you liked it."),
    }.get(state, Markup(""))


def _next_meeting(place: Enrolment, view: Viewpoint) -> tuple[str, str]:
    """Return day and hour of the next meeting, of the last when all are over."""
    meetings = [meeting for meeting in place.run.class_sessions if not meeting.cancelled]
    ahead = [meeting for meeting in meetings if not meeting.is_over(view.now)] or meetings[-1:]
    if not ahead:
        return "", ""
    starts, ends = ahead[0].starts_local, ahead[0].ends_local
    day = formatters.full_day(ahead[0].held_on, view.language, view.today)
    return day, formatters.hours(starts, ends, view.language) if starts else gettext("Ask us for the hour.")


def _is_somewhere(offering: Offering) -> bool:
    return offering.venue is not None and offering.attendance != Attendance.ONLINE and offering.kind != Kind.ROUTE


def _party(place: Enrolment) -> Any:
    """Return how many come and for whom it is, where there is something to say."""
    said = [*filter(None, [place.contact_name]), *map(str, place.companions)]
    if place.party_size > 1:
        said.append(ngettext("%(num)s person", "%(num)s people", place.party_size))
    return joined(said) if said else ""


def _clashes(work: UnitOfWork, place: Enrolment, view: Viewpoint) -> list[Markup]:
    """Return what the person who looks has at that time; of a place for somebody else nothing is told."""
    if not place.is_live() or place.channel == Channel.HELPER:
        return []
    return clash_sentences(work, place.run, current_person(), view)


def _can_undo(place: Enrolment, state: PlaceState, now: datetime) -> bool:
    """True within a day after the person gave the place back."""
    own = place.ended_because in OWN_ENDINGS and bool(place.number)
    return state == PlaceState.GIVEN_BACK and own and now - place.changed_at <= UNDO_FOR and not place.run.is_over(now)
