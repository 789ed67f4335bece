"""Changing what people have places on: a meeting moved or called off, and everybody told, by name where a call is due.

Owns: that no change of time or place goes without a message to each person it concerns, and the list of who was told,
by which way, and by whom. A whole run is called off by `Enrolling.cancel_run`. Called by the operators' portal.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from city.clock import Clock
from city.errors import InvalidInput, NotFound
from city.model import ClassSession, Enrolment, LocalisedText, Message, MessageWay, Run
from city.services import message_words
from city.services.auditing import audit
from city.services.links import Links
from city.services.message_words import Facts, Words
from city.services.permissions import Actor, Operation, Subject, require
from city.services.telling import About, tell, ways_to
from city.store.database import Database
from city.store.unit_of_work import UnitOfWork

Wording = Callable[[Enrolment], Words]
"""What one person is told, in the language of the row."""


@dataclass(frozen=True)
class PersonToTell:
    """Somebody with a live place, and what was written to that person about the run; nothing: nobody can be reached."""

    enrolment: Enrolment
    messages: tuple[Message, ...]

    @property
    def is_told(self) -> bool:
        """True when one message went out, or somebody noted a call, by the last change."""
        return any(message.sent_at is not None for message in self.messages)

    @property
    def waits_for_a_call(self) -> bool:
        """True when only a call reaches the person and nobody noted one."""
        return not self.is_told and (not self.messages or self.messages[-1].way == MessageWay.CALL)


class Changing:
    """Use cases of changes, on one database and clock."""

    def __init__(self, database: Database, clock: Clock, links: Links) -> None:
        self._database = database
        self._clock = clock
        self._links = links

    def move_meeting(self, actor: Actor, meeting_id: int, held_on: date, starts: time | None, ends: time | None) -> int:
        """Put one meeting on another day or hour; return how many people have to be told.

        Raises NotFound, NotAllowed, InvalidInput (past, the same, or an hour that the clocks skip).
        """
        return self._database.retrying(lambda work: self._move(work, actor, meeting_id, held_on, starts, ends))

    def call_off_meeting(self, actor: Actor, meeting_id: int) -> int:
        """Say that one meeting does not take place, the others do; return how many people have to be told."""
        return self._database.retrying(lambda work: self._call_off(work, actor, meeting_id))

    def hold_meeting_after_all(self, actor: Actor, meeting_id: int) -> int:
        """Take back that a meeting was called off; return how many people have to be told."""
        return self._database.retrying(lambda work: self._hold(work, actor, meeting_id))

    def people(self, actor: Actor, run_id: int) -> list[PersonToTell]:
        """Return everybody with a live place on the run and what was written of its changes; in order of places."""
        with self._database.reading() as work:
            run = _run(work, run_id)
            require(actor, Operation.SEE_PEOPLE, Subject(operator_id=run.offering.operator_id))
            written: dict[int, list[Message]] = {}
            for message in work.messages.of_run(run_id):
                written.setdefault(message.enrolment_id or 0, []).append(message)
            return [
                PersonToTell(place, _of_the_last_change(written.get(place.id, [])))
                for place in work.enrolments.live_of_run(run_id)
            ]

    def note_told(self, actor: Actor, enrolment_id: int) -> None:
        """Keep that this person was told by phone or in person; repeating it changes nothing."""
        with self._database.writing() as work:
            place = work.enrolments.find(enrolment_id)
            if place is None:
                raise NotFound("There is no such place.")
            require(actor, Operation.TELL_PEOPLE, Subject(operator_id=place.run.offering.operator_id))
            now = self._clock.now()
            open_ = [each for each in work.messages.of_enrolment(enrolment_id) if each.run_id and not each.sent_at]
            if not open_:
                return
            for message in open_:
                message.sent_at, message.told_by_id = now, actor.staff_id
            audit(
                work, actor, Operation.TELL_PEOPLE, ("enrolment", enrolment_id), now, on_behalf_of_id=place.citizen_id
            )
            work.commit()

    def _move(
        self,
        work: UnitOfWork,
        actor: Actor,
        meeting_id: int,
        held_on: date,
        starts: time | None,
        ends: time | None,
    ) -> int:
        meeting, run, now = self._meeting(work, actor, meeting_id)
        if meeting.cancelled:
            raise InvalidInput("This meeting was called off.", field="held_on", remedy="hold it after all first")
        before, was = _as_json(meeting), self._facts(run, meeting)
        zone = ZoneInfo(meeting.zone)
        starts_at, over_at = _instants(held_on, zone, starts, ends)
        if over_at <= now:
            raise InvalidInput(
                "This day is over.", field="held_on", value=held_on, remedy="a day that is still to come"
            )
        meeting.held_on, meeting.starts_local = held_on, starts
        meeting.ends_local = ends if starts is not None else None
        meeting.starts_at, meeting.over_at = starts_at, over_at
        if _as_json(meeting) == before:
            return 0
        self._keep(work, actor, run, meeting, before)
        told = self._tell_all(
            work,
            run,
            "run_changed",
            lambda place: message_words.run_changed(place, self._facts(run, meeting, place), was),
        )
        work.commit()
        return told

    def _call_off(self, work: UnitOfWork, actor: Actor, meeting_id: int) -> int:
        meeting, run, now = self._meeting(work, actor, meeting_id)
        if meeting.cancelled:
            return 0
        if meeting.over_at <= now:
            raise InvalidInput("This meeting is over.", field="held_on", remedy="a meeting that is still to come")
        before = _as_json(meeting)
        meeting.cancelled, meeting.over_at = True, now
        self._keep(work, actor, run, meeting, before)
        told = self._tell_all(
            work,
            run,
            "meeting_cancelled",
            lambda place: message_words.meeting_cancelled(place, self._facts(run, meeting, place)),
        )
        work.commit()
        return told

    def _hold(self, work: UnitOfWork, actor: Actor, meeting_id: int) -> int:
        meeting, run, now = self._meeting(work, actor, meeting_id)
        if not meeting.cancelled:
            return 0
        before = _as_json(meeting)
        meeting.cancelled = False
        meeting.starts_at, meeting.over_at = _instants(
            meeting.held_on, ZoneInfo(meeting.zone), meeting.starts_local, meeting.ends_local
        )
        if meeting.over_at <= now:
            raise InvalidInput("This day is over.", field="held_on", remedy="move the meeting to a day to come")
        self._keep(work, actor, run, meeting, before)
        told = self._tell_all(
            work, run, "run_changed", lambda place: message_words.run_changed(place, self._facts(run, meeting, place))
        )
        work.commit()
        return told

    def _meeting(self, work: UnitOfWork, actor: Actor, meeting_id: int) -> tuple[ClassSession, Run, datetime]:
        meeting = work.offerings.meeting(meeting_id)
        if meeting is None:
            raise NotFound("There is no such meeting.")
        require(actor, Operation.PUBLISH_OFFERING, Subject(operator_id=meeting.run.offering.operator_id))
        return meeting, meeting.run, self._clock.now()

    def _keep(
        self, work: UnitOfWork, actor: Actor, run: Run, meeting: ClassSession, before: dict[str, str | bool]
    ) -> None:
        now = self._clock.now()
        work.changed(run.offering, now)
        thing = ("run", run.id)
        audit(work, actor, Operation.PUBLISH_OFFERING, thing, now, before=before, after=_as_json(meeting))

    def _tell_all(self, work: UnitOfWork, run: Run, purpose: str, words: Wording) -> int:
        """Write to everybody with a live place; return how many people that are."""
        places = work.enrolments.live_of_run(run.id)
        now = self._clock.now()
        for place in places:
            if ways_to(place):
                about = About(enrolment_id=place.id, run_id=run.id)
                tell(work, place, purpose, words(place), about, now=now, zone=self._clock.zone)
        return len(places)

    def _facts(self, run: Run, meeting: ClassSession, place: Enrolment | None = None) -> Facts:
        return Facts(
            title=run.offering.title,
            today=self._clock.today(),
            where=run.offering.venue.name if run.offering.venue else LocalisedText(),
            day=meeting.held_on,
            starts=meeting.starts_local,
            ends=meeting.ends_local,
            url=self._links.place(place.id, place.language) if place else "",
        )


def _run(work: UnitOfWork, run_id: int) -> Run:
    run = work.enrolments.run(run_id)
    if run is None:
        raise NotFound("There is no such run.")
    return run


def _of_the_last_change(messages: list[Message]) -> tuple[Message, ...]:
    """Return the messages of the last change: all ways are written at one instant."""
    newest = max((message.created_at for message in messages), default=None)
    return tuple(message for message in messages if message.created_at == newest)


def _as_json(meeting: ClassSession) -> dict[str, str | bool]:
    return {
        "held_on": meeting.held_on.isoformat(),
        "starts": f"{meeting.starts_local:%H:%M}" if meeting.starts_local else "",
        "ends": f"{meeting.ends_local:%H:%M}" if meeting.ends_local else "",
        "cancelled": bool(meeting.cancelled),
    }


def _instants(
    held_on: date, zone: ZoneInfo, starts: time | None, ends: time | None
) -> tuple[datetime | None, datetime]:
    try:
        return ClassSession.instants(held_on, zone, starts, ends)
    except ValueError as skipped:
        raise InvalidInput(
            "The clocks skip this hour on that day.", field="starts", value=starts, remedy="another hour"
        ) from skipped
