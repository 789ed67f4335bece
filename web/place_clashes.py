"""What else a person has at that time, in a sentence that warns and keeps nobody from anything.

Owns: the words, and whose places are looked at: all of a signed-in citizen's, and of a stranger only those taken in
this browser, so that typing somebody's number tells nothing. What was booked for somebody else clashes with nothing.
What clashes is `city.services.clashes`'s.
"""

from __future__ import annotations

from markupsafe import Markup

from city.model import Channel, Run
from city.services.clashes import Clash, clashes, clashes_among
from city.store.unit_of_work import UnitOfWork
from web import formatters
from web.access import Person
from web.components.cards import Viewpoint
from web.language import sentence, words
from web.parts import parts
from web.places import own_places

MOST_TOLD = 3


def clash_sentences(work: UnitOfWork, run: Run, person: Person, view: Viewpoint) -> list[Markup]:
    """Return a sentence for each own place that overlaps with the run, or lies too near in time for the way."""
    return [_said(clash, view) for clash in _clashes(work, run, person, view)[:MOST_TOLD]]


def _clashes(work: UnitOfWork, run: Run, person: Person, view: Viewpoint) -> list[Clash]:
    own = own_places(work, person)
    for_others = {place.id for place in own if place.channel == Channel.HELPER}
    if person.citizen is not None:
        found = clashes(work, person.citizen.id, run, view.now)
    else:
        found = clashes_among(own, (), run, view.now)
    return [clash for clash in found if clash.own.enrolment_id not in for_others]


def _said(clash: Clash, view: Viewpoint) -> Markup:
    """Return what the person has then, and by how much the time between is too short."""
    zone = parts().clock.zone
    title = words(clash.own.title, view.language)
    starts, ends = clash.own.starts_at.astimezone(zone), clash.own.ends_at.astimezone(zone)
    when = formatters.day_and_hours(starts.date(), starts.time(), ends.time(), view.language, view.today)
    if clash.gap_minutes is None or clash.travel_minutes is None:
        return sentence('At that time you have "%(title)s": %(when)s.', title=title, when=when)
    return sentence(
        'You have "%(title)s" as well: %(when)s. Between the two there are %(gap)s minutes, and the way takes %(way)s.',
        title=title,
        when=when,
        gap=clash.gap_minutes,
        way=formatters.travel(clash.travel_minutes, view.language),
    )
