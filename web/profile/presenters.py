"""How a person's own things read: places taken, history, areas to live in, reasons one by one.

Owns: the shapes the templates of this blueprint print. Reads through the unit of work it is given.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from city.errors import InvalidInput
from city.model import AreaLevel, Interaction, InteractionKind
from city.model.people import REACH_CHOICES
from city.ports import FreeHours, Reason
from city.store.unit_of_work import UnitOfWork
from web.access import Person
from web.addresses import current_language
from web.components.cards import Viewpoint
from web.components.reasons import names_for, reason_in_words
from web.formatters import full_day, weekday
from web.language import Words, gettext, words
from web.parts import parts
from web.place_facts import PlaceFacts, place_facts
from web.places import own_places, place_url

HISTORY_PER_PAGE = 20
MAIN_SHARE = 0.5


@dataclass(frozen=True)
class PastDeed:
    """One offering in the history: what was done with it, the last day, and its id to forget it by."""

    offering_id: int
    title: Words
    deeds: str
    last_on: str


@dataclass(frozen=True)
class History:
    """One page of what a person did, the latest first."""

    rows: tuple[PastDeed, ...]
    total: int
    page: int

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // HISTORY_PER_PAGE))

    @classmethod
    def of(cls, person: Person, work: UnitOfWork, page: str) -> History:
        """Read a page of the history; raises InvalidInput for a page that is no number."""
        if not re.fullmatch("[1-9][0-9]{0,3}", page):
            raise InvalidInput("Pages are numbered from 1.", field="page", value=page[:80], remedy="a number, like 2")
        deeds = _deeds_of(person, work)
        start = (int(page) - 1) * HISTORY_PER_PAGE
        shown = list(deeds.items())[start : start + HISTORY_PER_PAGE]
        titles = {row.id: row.title for row in work.offerings.many([offering_id for offering_id, _ in shown])}
        rows = tuple(
            _past(offering_id, words(titles[offering_id]), done) for offering_id, done in shown if offering_id in titles
        )
        return cls(rows, len(deeds), int(page))


def near_of(person: Person) -> tuple[float, float] | None:
    """Return where the person sets out from as (latitude, longitude)."""
    position = person.position()
    return (position.latitude, position.longitude) if position else None


def places_taken(work: UnitOfWork, person: Person, view: Viewpoint) -> list[tuple[PlaceFacts, str]]:
    """Return each place the person has, or has taken in this browser, with its page; the next meeting first."""
    live = [place for place in own_places(work, person) if place.is_live() and not place.run.is_over(view.now)]
    live.sort(key=lambda place: place.run.next_meeting_key(view.now))
    offerings = {row.id: row for row in work.offerings.many([place.run.offering_id for place in live])}
    return [
        (place_facts(work, place, offerings[place.run.offering_id], view), place_url(place.id))
        for place in live
        if place.run.offering_id in offerings
    ]


def area_choices(work: UnitOfWork, chosen: str | None) -> list[tuple[Words, list[tuple[str, Words, bool]]]]:
    """Return districts with the streets in them, to choose from: (district's name, [(id, name, chosen), …])."""
    areas = work.areas.all()
    districts = [area for area in areas if area.level == AreaLevel.DISTRICT]
    by_parent: dict[str | None, list[Any]] = {}
    for area in areas:
        by_parent.setdefault(area.parent_id, []).append(area)
    own = {area.id for area in next((a.lineage() for a in areas if a.id == chosen), [])}
    return [
        (
            words(district.name),
            [
                (each.id, words(each.name), each.id == chosen or (each.level == AreaLevel.STREET and each.id in own))
                for each in [district, *by_parent.get(district.id, [])]
            ],
        )
        for district in districts
    ]


def reach_choices(chosen: int) -> list[tuple[int, str, bool]]:
    """Return how far one may go: (minutes, words, chosen)."""
    return [(each, gettext("%(minutes)s minutes", minutes=each), each == chosen) for each in REACH_CHOICES]


def week_of(hours: Sequence[FreeHours]) -> list[tuple[int, str, str, str]]:
    """Return the boxes of a week: (weekday, its word, from, to), the first interval of each day filled in."""
    first = {each.weekday: (f"{each.starts_local:%H:%M}", f"{each.ends_local:%H:%M}") for each in reversed(hours)}
    return [(day, weekday(day, current_language()), *first.get(day, ("", ""))) for day in range(7)]


def further_hours(hours: Sequence[FreeHours]) -> list[str]:
    """Return a day's second and further intervals, which have no boxes, as the address writes them."""
    first = {each.weekday: each for each in reversed(hours)}
    rest = [each for each in hours if first[each.weekday] != each]
    return [f"{each.weekday}-{each.starts_local:%H%M}-{each.ends_local:%H%M}" for each in rest]


def explanation(reasons: Iterable[Reason], work: UnitOfWork, language: str) -> list[tuple[Markup, str]]:
    """Return each reason in words with how much it counted, the strongest first."""
    given = sorted(reasons, key=lambda reason: reason.share, reverse=True)
    names = names_for(given, work, language)
    said = [(reason_in_words([reason], names, language), reason.share) for reason in given]
    return [(sentence, _weight(share)) for sentence, share in said if sentence is not None]


def _weight(share: float) -> str:
    if share >= MAIN_SHARE:
        return gettext("This counted most.")
    return gettext("This counted too.") if share > 0 else ""


def _deeds_of(person: Person, work: UnitOfWork) -> dict[int, list[Interaction]]:
    """Return offering → what was done with it, the latest first."""
    if person.citizen is None:
        return _deeds_of_visitor(person)
    found: dict[int, list[Interaction]] = {}
    for row in reversed(work.interactions.of_citizen(person.citizen.id)):
        found.setdefault(row.offering_id, []).append(row)
    return found


def _deeds_of_visitor(person: Person) -> dict[int, list[Interaction]]:
    saved = {each: [Interaction(kind=InteractionKind.SAVE)] for each in person.visitor.profile}
    return saved | {each: [Interaction(kind=InteractionKind.DISMISS)] for each in person.visitor.dismissed}


def _past(offering_id: int, title: Words, done: list[Interaction]) -> PastDeed:
    said = {
        InteractionKind.VIEW: gettext("looked at"),
        InteractionKind.SAVE: gettext("saved"),
        InteractionKind.ENROL: gettext("took a place"),
        InteractionKind.ATTEND: gettext("went there"),
        InteractionKind.DISMISS: gettext("not for you"),
        InteractionKind.UNSAVE: gettext("no longer saved"),
        InteractionKind.UNDISMISS: gettext("may be suggested again"),
        InteractionKind.CANCEL: gettext("gave the place back"),
    }
    kinds = list(dict.fromkeys(InteractionKind(row.kind) for row in done))
    comma = "、" if current_language() == "zh" else ", "
    return PastDeed(offering_id, title, comma.join(said[kind] for kind in kinds), _day_of(done[0]))


def _day_of(row: Interaction) -> str:
    if row.happened_at is None:
        return ""
    clock = parts().clock
    return full_day(row.happened_at.astimezone(clock.zone).date(), current_language(), clock.today())
