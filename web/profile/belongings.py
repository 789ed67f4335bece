"""What a browser kept for somebody before signing in, and how it is added to the person's file: only when asked to.

Owns: what counts as something to add (saved things, what was not wanted, where one lives, free hours, a reach), and
that the file's own word stands where both say something. The places taken here under another number are only counted:
they come along when that number is proved.
"""

from __future__ import annotations

from dataclasses import dataclass

from city.asking import free_hours_of
from city.errors import NotFound
from city.model import Citizen, InteractionKind
from city.model.people import DEFAULT_REACH_MINUTES
from city.services.enrolling import DIRECT
from city.services.permissions import Actor
from web.parts import parts
from web.places import kept_places
from web.visitor import NOBODY, Visitor, change_visitor, current_visitor


@dataclass(frozen=True)
class Belongings:
    """What this browser holds: counts of saved and unwanted things, an area, whether hours and a reach were told."""

    saved: int
    unwanted: int
    area_id: str | None
    hours: bool
    reach_minutes: int | None

    def __bool__(self) -> bool:
        return bool(self.saved or self.unwanted or self.area_id or self.hours or self.reach_minutes)


def belongings_of(citizen: Citizen) -> Belongings:
    """Return what this browser holds that the citizen's file does not."""
    kept = current_visitor()
    with parts().database.reading() as work:
        saved = set(work.interactions.standing(citizen.id, InteractionKind.SAVE))
        unwanted = set(work.interactions.standing(citizen.id, InteractionKind.DISMISS))
    far = kept.reach_minutes != DEFAULT_REACH_MINUTES and citizen.reach_minutes == DEFAULT_REACH_MINUTES
    return Belongings(
        saved=len(set(kept.profile) - saved),
        unwanted=len(set(kept.dismissed) - unwanted),
        area_id=kept.area_id if citizen.area_id is None else None,
        hours=bool(kept.hours) and not citizen.free_hours,
        reach_minutes=kept.reach_minutes if far else None,
    )


def something_to_add(citizen: Citizen) -> bool:
    """True when this browser holds something, or places that are under another number."""
    return bool(belongings_of(citizen)) or places_elsewhere(citizen) > 0


def places_elsewhere(citizen: Citizen) -> int:
    """Return how many places taken in this browser stand under another number than the citizen's."""
    with parts().database.reading() as work:
        found = work.enrolments.many(list(kept_places()))
        return sum(place.citizen_id != citizen.id and place.is_live() for place in found)


def add_to_file(citizen: Citizen) -> None:
    """Write what this browser holds into the file, and let the browser forget it."""
    kept, actor = current_visitor(), Actor.citizen(citizen.id)
    held = belongings_of(citizen)
    _log(actor, kept.profile, InteractionKind.SAVE)
    _log(actor, kept.dismissed, InteractionKind.DISMISS)
    interacting = parts().interacting
    if held.area_id:
        interacting.change_area(actor, held.area_id)
    if held.reach_minutes:
        interacting.change_reach(actor, held.reach_minutes)
    if held.hours:
        interacting.change_free_hours(actor, [free_hours_of(value) for value in kept.hours])
    if not kept.personal:
        interacting.switch_personal_suggestions(actor, False)
    change_visitor(Visitor(area_id=kept.area_id) if kept.area_id else NOBODY)


def _log(actor: Actor, offering_ids: tuple[int, ...], kind: InteractionKind) -> None:
    """Log each once, the oldest first; what is gone from the catalogue is left out."""
    with parts().database.reading() as work:
        standing = set(work.interactions.standing(actor.citizen_id or 0, kind))
    for offering_id in reversed(offering_ids):
        if offering_id in standing:
            continue
        try:
            parts().interacting.log(actor, offering_id, kind, DIRECT)
        except NotFound:
            continue
