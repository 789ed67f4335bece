"""What a person is told of a place on a Run: which words, about which row, at once or in the morning.

Owns: the purposes of these messages. The words are `message_words`', the ways and quiet hours `telling`'s. Nothing is
put together for somebody who left neither phone nor mailbox. Called by the use cases of places, in their transaction.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from city.model import Enrolment, Run
from city.services import message_words
from city.services.links import Links
from city.services.message_words import Facts, Words, facts_of_run
from city.services.telling import About, tell, ways_to
from city.store.unit_of_work import UnitOfWork

Wording = Callable[[Enrolment, Facts], Words]


@dataclass(frozen=True)
class Occasion:
    """When a message is written and of which run: in this transaction, now; `at_once` to whoever is at the screen."""

    work: UnitOfWork
    run: Run
    now: datetime
    at_once: bool = False


@dataclass(frozen=True)
class PlaceMessages:
    """Writes the messages of places; without `links` they carry no address. Each returns whether a way leads there."""

    zone: ZoneInfo
    links: Links | None = None

    def confirmed(self, at: Occasion, place: Enrolment) -> bool:
        return self._tell(at, place, "confirmed", message_words.confirmed)

    def waitlisted(self, at: Occasion, place: Enrolment, line: int) -> bool:
        return self._tell(at, place, "waitlisted", lambda row, facts: message_words.waitlisted(row, facts, line))

    def promoted(self, at: Occasion, place: Enrolment) -> bool:
        """A place came free: until when an answer is needed, or that it is the person's outright."""
        until = place.answer_by
        if until is None:
            return self._tell(at, place, "promoted", message_words.confirmed)
        return self._tell(
            at, place, "promoted", lambda row, facts: message_words.promoted(row, facts, until, self.zone)
        )

    def lapsed(self, at: Occasion, place: Enrolment) -> bool:
        return self._tell(at, place, "lapsed", message_words.lapsed)

    def cancelled(self, at: Occasion, place: Enrolment) -> bool:
        return self._tell(at, place, "cancelled", message_words.cancelled)

    def undone(self, at: Occasion, place: Enrolment) -> bool:
        return self._tell(at, place, "undone", message_words.undone)

    def run_cancelled(self, at: Occasion, place: Enrolment, reason: str) -> bool:
        """The run is off; the message names the run, so that its operator sees who was told."""
        return self._tell(
            at, place, "run_cancelled", lambda row, facts: message_words.run_cancelled(row, facts, reason), of_run=True
        )

    def _tell(self, at: Occasion, place: Enrolment, purpose: str, wording: Wording, *, of_run: bool = False) -> bool:
        if not ways_to(place):
            return False
        url = self.links.place(place.id, place.language) if self.links else ""
        words = wording(place, facts_of_run(at.run, url, at.now, self.zone))
        about = About(enrolment_id=place.id, run_id=at.run.id if of_run else None)
        tell(at.work, place, purpose, words, about, now=at.now, zone=self.zone, at_once=at.at_once)
        return True
