"""The seats of one Run while its row is locked: giving them, taking them back, passing them on, telling the index.

Owns: `LockedRun`, the one way a seat changes hands. Every path that gives a place (form, desk, draw, promotion) locks
the Run's row first and counts by the store's one conditional UPDATE, so that nobody waits while a seat is free that
would do. Called by the use cases of places and ballots, inside their transaction; `settle()` is their last step.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from city.clock import instant_of
from city.errors import NotFound
from city.model import Enrolment, EnrolmentStatus, Run, Status
from city.model.enrolment import Ending
from city.services.place_messages import Occasion, PlaceMessages
from city.services.telling import DAY_BEGINS, answer_deadline, by_day, last_by_day
from city.store.unit_of_work import UnitOfWork

ANSWER_BEFORE_START = timedelta(hours=2)
"""An offered place has to be answered so long before the next meeting, that the one who is next can still come."""
LEAST_TIME_TO_ANSWER = timedelta(hours=1)
"""Where less is left, the place is given outright, without an answer to wait for."""


class LockedRun:
    """One Run whose row nobody else changes until the commit."""

    def __init__(self, work: UnitOfWork, run: Run, now: datetime, messages: PlaceMessages) -> None:
        self.work, self.run, self.now = work, run, now
        self._messages = messages
        self._was_full = run.is_full()

    @classmethod
    def of(cls, work: UnitOfWork, run_id: int, now: datetime, messages: PlaceMessages) -> LockedRun:
        """Lock the run's row (on SQLite the writer is alone) and read it as it is then; raises NotFound."""
        run = work.enrolments.locked_run(run_id)
        if run is None:
            raise NotFound("There is no such run.")
        return cls(work, run, now, messages)

    def give(self, place: Enrolment) -> bool:
        """Count the party's seats and confirm the place; False when too few are free."""
        if not self.work.enrolments.take_seats(self.run, place.party_size):
            return False
        place.status, place.ended_because = EnrolmentStatus.CONFIRMED, ""
        place.answer_by, place.changed_at = None, self.now
        return True

    def end(self, place: Enrolment, because: Ending) -> None:
        """End a live place; seats it held are free then, and not yet passed on."""
        held_seats = place.status == EnrolmentStatus.CONFIRMED
        place.cancel(self.now, because)
        self.work.flush()
        if held_seats:
            self.work.enrolments.free_seats(self.run, place.party_size)

    def pass_on(self) -> list[Enrolment]:
        """Offer free seats to those who wait, in line; a party for which they are too few is left where it is."""
        promoted: list[Enrolment] = []
        while (waiting := self._next_in_line()) is not None and self.give(waiting):
            waiting.answer_by = answer_by(self.run, self.now, self._messages.zone)
            self.work.flush()
            self._messages.promoted(self.occasion(), waiting)
            promoted.append(waiting)
        return promoted

    def occasion(self, *, at_once: bool = False) -> Occasion:
        """Return what a message about a place of this run needs to know."""
        return Occasion(self.work, self.run, self.now, at_once)

    def settle(self) -> None:
        """Tell the index when "has seats" is another answer than before."""
        if self.run.is_full() != self._was_full:
            self.work.changed(self.run.offering, self.now)

    def _next_in_line(self) -> Enrolment | None:
        run, left = self.run, self.run.seats_left()
        if left == 0 or run.cancelled or run.is_over(self.now) or run.offering.status != Status.PUBLISHED:
            return None
        return self.work.enrolments.first_waiting(run.id, most_people=left)


def answer_by(run: Run, now: datetime, zone: ZoneInfo) -> datetime | None:
    """Return until when whoever is offered a place now has to say yes: never at night, and well before the meeting.

    None when too little time is left to ask; the place is the person's outright then.
    """
    ends, begins = answer_deadline(now, run.answer_hours, zone), next_start(run, now, zone)
    if begins is not None:
        ends = min(ends, last_by_day(begins - ANSWER_BEFORE_START, zone))
    return ends if ends - by_day(now, zone) >= LEAST_TIME_TO_ANSWER else None


def next_start(run: Run, now: datetime, zone: ZoneInfo) -> datetime | None:
    """Return when the next meeting begins; one without an hour counts from the morning of its day."""
    held = [meeting for meeting in run.class_sessions if not meeting.cancelled]
    starts = [meeting.starts_at or instant_of(meeting.held_on, DAY_BEGINS, zone) for meeting in held]
    return min((each for each in starts if each > now), default=None)
