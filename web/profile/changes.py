"""Changes to one's own profile: a signed-in citizen's in the database, a visitor's in the cookie.

Owns: where each change is kept. Called by the buttons of the profile and of the elder view.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from city.asking import free_hours_of
from city.errors import InvalidInput, NotFound
from city.model.people import REACH_CHOICES
from web.access import Person
from web.addresses import is_slug
from web.parts import parts
from web.visitor import Visitor, change_visitor

MOST_HOURS = 21


def switch(person: Person, on: bool) -> None:
    """Turn the use of one's history on or off; from the next request nothing personal is used when off."""
    if person.citizen is not None:
        parts().interacting.switch_personal_suggestions(person.actor, on)
    else:
        change_visitor(replace(person.visitor, personal=on))


def change_reach(person: Person, minutes: int) -> None:
    """Set how far one goes; raises InvalidInput for a choice that is not offered."""
    if minutes not in REACH_CHOICES:
        raise InvalidInput("That reach is not offered.", field="reach", value=minutes)
    if person.citizen is not None:
        parts().interacting.change_reach(person.actor, minutes)
    else:
        change_visitor(replace(person.visitor, reach_minutes=minutes))


def change_hours(person: Person, hours: Sequence[str]) -> None:
    """Set when one is free each week, as W-HHMM-HHMM; raises InvalidInput for what is no hours."""
    read = [free_hours_of(value) for value in hours]
    if len(read) > MOST_HOURS:
        raise InvalidInput("Too many hours at once.", field="hours", value=len(read), remedy=f"at most {MOST_HOURS}")
    if person.citizen is not None:
        parts().interacting.change_free_hours(person.actor, read)
    else:
        change_visitor(replace(person.visitor, hours=tuple(hours)))


def change_area(person: Person, area_id: str) -> None:
    """Set where one lives; raises NotFound for an unknown area."""
    if not is_slug(area_id):
        raise NotFound("There is no such area.")
    if person.citizen is not None:
        parts().interacting.change_area(person.actor, area_id)
        return
    with parts().database.reading() as work:
        known = work.areas.get(area_id).id
    change_visitor(replace(person.visitor, area_id=known))


def forget(person: Person, offering_id: int | None) -> None:
    """Erase what one did, with one offering or all of it."""
    if person.citizen is not None:
        parts().interacting.forget(person.actor, None if offering_id is None else [offering_id])
    else:
        change_visitor(_forgetting(person.visitor, offering_id))


def _forgetting(visitor: Visitor, offering_id: int | None) -> Visitor:
    if offering_id is None:
        return visitor.forgetting()
    return visitor.unsaving(offering_id).undismissing(offering_id)
