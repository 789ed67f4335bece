"""Everybody who holds a place is told when the run meets in another house or room.

Owns: that one message. A meeting moved or called off is `changing`'s. Called by `city.services.composing`, in its
transaction.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from city.localised import LocalisedText
from city.model import Run
from city.services import message_words
from city.services.links import Links
from city.services.message_words import facts_of_run
from city.services.telling import About, tell, ways_to
from city.store.unit_of_work import UnitOfWork


def tell_new_place(
    work: UnitOfWork, run: Run, was: LocalisedText, links: Links | None, now: datetime, zone: ZoneInfo
) -> int:
    """Write to everybody with a live place where the run meets now, and where it did; return how many people."""
    places = work.enrolments.live_of_run(run.id)
    for place in places:
        if ways_to(place):
            url = links.place(place.id, place.language) if links is not None else ""
            facts = facts_of_run(run, url, now, zone)
            words = message_words.run_changed(place, facts, replace(facts, where=was))
            tell(work, place, "run_changed", words, About(enrolment_id=place.id, run_id=run.id), now=now, zone=zone)
    return len(places)
