"""What stands on the home page, for somebody known and for a stranger.

Owns: which lists there are, how long each is, and their order. Asks the two ports and the database; says nothing in
words but headings. Called by the home view.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import flask
from markupsafe import Markup

from city.clock import end_of_day
from city.model import Area, AreaLevel, Kind, Offering, Topic
from city.ports import Position, Recommendation, SearchPage, SearchRequest, Sort
from city.services.enrolling import ListOrigin
from city.store.catalogue_repositories import ListFilter
from city.store.unit_of_work import UnitOfWork
from web import formatters
from web.access import Person
from web.citizens.links import offering_url
from web.citizens.listing import plain_cards
from web.components.cards import Card, Viewpoint, can_come, card, minutes_to, places, when, where
from web.components.reasons import names_for, reason_in_words
from web.deeds import Deed, deed_action, why_address
from web.language import Words, gettext, joined, ngettext, sentence, words
from web.origins import remember_list
from web.parts import parts
from web.vocabulary import KINDS_TOGETHER, word

SUGGESTED = 6
NEAREST = 4
A_FEW = 3
LOOKED_THROUGH = 12
VENUES_ASKED = 8
NOON, EVENING = 12, 18
PERSONAL_SOURCES = ("personal", "similar")


@dataclass(frozen=True)
class Door:
    """One kind: its word, how much of it there is this week, and the way to it."""

    kind: str
    word: str
    said: str
    url: str


@dataclass(frozen=True)
class Week:
    """How much there is until Sunday: in all, free of charge (None: nobody counted), and by kind."""

    total: int
    free: int | None
    doors: tuple[Door, ...]


@dataclass(frozen=True)
class Near:
    """One of the nearest offerings: minutes, title and the rest in a line."""

    walk: str
    title: Words
    url: str
    kind: str
    rest: Markup


@dataclass(frozen=True)
class Suggested:
    """A list of cards, who answered, and the id under which it was kept."""

    cards: tuple[Card, ...]
    source: str
    list_id: str
    is_placed: bool = True
    """True when the person's district is known."""

    @property
    def is_personal(self) -> bool:
        return self.source in PERSONAL_SOURCES

    @property
    def heading(self) -> str:
        if self.is_personal:
            return gettext("For you")
        if self.source == "popular_near":
            return gettext("Popular near you") if self.is_placed else gettext("Popular in the city")
        return gettext("New on the list")

    @property
    def note(self) -> str:
        """By what the list is ordered."""
        if self.is_personal:
            return gettext("Ordered by what you chose before and what is near.")
        if self.source == "popular_near":
            return gettext("Ordered by how many people looked at it or chose it lately.")
        return gettext("The newest first.")


def greeting(person: Person, view: Viewpoint) -> Markup:
    """Return the day, and a good morning to somebody who is signed in."""
    day = formatters.full_day(view.today, view.language, view.today)
    if person.citizen is None:
        return sentence("%(day)s.", day=day)
    hour = view.now.astimezone(parts().clock.zone).hour
    said = gettext("Good morning") if hour < NOON else gettext("Good afternoon")
    if hour >= EVENING:
        said = gettext("Good evening")
    return sentence("%(day)s. %(greeting)s, %(name)s.", day=day, greeting=said, name=words(person.citizen.name))


def this_week(today: date) -> tuple[date, date]:
    """Return today and the coming Sunday."""
    return today, today + timedelta(days=6 - today.weekday())


def weekend(today: date) -> tuple[date, date]:
    """Return the Saturday (today, if it is Sunday) and Sunday of this week."""
    sunday = today + timedelta(days=6 - today.weekday())
    return max(today, sunday - timedelta(days=1)), sunday


def weekend_days(view: Viewpoint) -> Markup:
    """Return the days of this weekend, so that "this weekend" never stands alone."""
    days = dict.fromkeys(weekend(view.today))
    return joined([formatters.full_day(day, view.language, view.today) for day in days], view.language)


def week(work: UnitOfWork, view: Viewpoint) -> Week:
    """Count what meets until Sunday; the engine counts, and where it is silent the database does."""
    starts, ends = this_week(view.today)
    page = parts().search.search(SearchRequest(from_on=starts, to_on=ends, per_page=1))
    free = page.facets.get("is_free", {}).get("true")
    if page.degraded:
        until = ListFilter(from_at=view.now, to_at=end_of_day(ends, parts().clock.zone))
        kinds: Mapping[str, int] = work.offerings.count_listable_by_kind(view.now, until)
        return Week(sum(kinds.values()), None, _doors(kinds, view.language))
    return Week(page.total, free, _doors(page.facets.get("kind", {}), view.language))


def suggestions(work: UnitOfWork, person: Person, view: Viewpoint) -> Suggested:
    """Return the recommender's list as cards, each with its true reason and a button against it."""
    found = parts().recommender.recommend(person.asks_for(SUGGESTED))
    list_id = remember_list(found, person, "home") if found.items else ""
    by_id = {offering.id: offering for offering in work.offerings.many([item.offering_id for item in found.items])}
    names = names_for((reason for item in found.items for reason in item.reasons), work, view.language)
    cards = [
        _suggested(by_id[item.offering_id], item, names, view, ListOrigin("home", list_id, position))
        for position, item in enumerate(found.items, start=1)
        if item.offering_id in by_id
    ]
    return Suggested(tuple(cards), found.source, list_id, is_placed=person.area_id is not None)


def nearest(work: UnitOfWork, person: Person, view: Viewpoint, exclude: frozenset[int]) -> list[Near]:
    """Return the next thing at each of the nearest venues in order of minutes; nothing where no place is known."""
    venues = [(minutes_to(venue, view), venue.id) for venue in work.venues.all()] if view.near else []
    reachable = sorted(row for row in venues if row[0] is not None and row[0] <= person.reach_minutes)[:VENUES_ASKED]
    ids = {venue_id: _soonest_at(venue_id, exclude) for _, venue_id in reachable}
    rows = {row.id: row for row in work.offerings.many([each for at_venue in ids.values() for each in at_venue])}
    found: list[Near] = []
    for minutes, venue_id in reachable:
        offering = next((rows[each] for each in ids[venue_id] if each in rows and _is_dated(rows[each], view)), None)
        if offering is not None:
            found.append(_near(offering, minutes, view, len(found) + 1))
    return found[:NEAREST]


def _soonest_at(venue_id: int, exclude: frozenset[int]) -> list[int]:
    """Return ids of the next few things at a venue that are not on the page already."""
    wanted = SearchRequest(venues=frozenset({venue_id}), only_open=True, sort=Sort.SOONEST, per_page=SUGGESTED + A_FEW)
    return [hit.offering_id for hit in parts().search.search(wanted).hits if hit.offering_id not in exclude][:A_FEW]


def this_weekend(work: UnitOfWork, view: Viewpoint, exclude: frozenset[int]) -> list[Card]:
    """Return a few offerings that meet on Saturday or Sunday."""
    starts, ends = weekend(view.today)
    near = Position(*view.near) if view.near else None
    request = SearchRequest(
        kinds=frozenset({Kind.EVENT, Kind.COURSE}), from_on=starts, to_on=ends, near=near, per_page=LOOKED_THROUGH
    )
    dated = [
        offering for offering in _found(work, parts().search.search(request), exclude) if _is_dated(offering, view)
    ]
    return plain_cards(dated[:A_FEW], view, "home")


def closing_soon(work: UnitOfWork, view: Viewpoint) -> list[Card]:
    """Return the night schools whose enrolment closes first."""
    ids = work.offerings.closing_soon(view.now, Kind.NIGHT_SCHOOL, n=A_FEW)
    return plain_cards(work.offerings.many(ids), view, "home")


def a_route(work: UnitOfWork, person: Person, exclude: frozenset[int]) -> Offering | None:
    """Return one route for this person."""
    wanted = person.asks_for(1, kinds=frozenset({Kind.ROUTE}), exclude=exclude)
    ids = [item.offering_id for item in parts().recommender.recommend(wanted).items]
    if not ids:
        page = parts().search.search(SearchRequest(kinds=frozenset({Kind.ROUTE}), per_page=1))
        ids = [hit.offering_id for hit in page.hits]
    found = work.offerings.many(ids[:1])
    return found[0] if found and found[0].stops else None


def examples(topics: Iterable[Topic], language: str, n: int = 4) -> list[Words]:
    """Return names of topics to begin with; the same ones for everybody."""
    leaves = [topic for topic in topics if topic.parent_id is not None]
    preferred = ("calligraphy", "yoga", "dialect", "repair")
    leaves.sort(key=lambda topic: (topic.id not in preferred, topic.id))
    return [words(topic.name, language) for topic in leaves[:n]]


def districts(areas: Sequence[Area]) -> list[Area]:
    return [area for area in areas if area.level == AreaLevel.DISTRICT]


def _doors(kinds: Mapping[str, int], language: str) -> tuple[Door, ...]:
    return tuple(_door(kind, kinds.get(kind, 0), language) for kind in Kind)


def _door(kind: Kind, count: int, language: str) -> Door:
    if kind == Kind.ROUTE:
        said = ngettext("%(num)s, any day", "%(num)s, any day", count)
    else:
        said = ngettext("%(num)s this week", "%(num)s this week", count)
    day = {} if kind == Kind.ROUTE else {"day": "week"}
    return Door(kind, word(KINDS_TOGETHER, kind, language), said, flask.url_for("citizens.search", kind=kind, **day))


def _suggested(offering: Offering, item: Recommendation, names: Any, view: Viewpoint, origin: ListOrigin) -> Card:
    return card(
        offering,
        view,
        url=offering_url(offering.id, origin),
        reason=reason_in_words(item.reasons, names, view.language),
        why_url=why_address(origin.list_id, offering.id),
        dismiss=deed_action(Deed.DISMISS, offering.id, origin=origin),
    )


def _found(work: UnitOfWork, page: SearchPage, exclude: frozenset[int]) -> list[Offering]:
    return work.offerings.many([hit.offering_id for hit in page.hits if hit.offering_id not in exclude])


def _is_dated(offering: Offering, view: Viewpoint) -> bool:
    """True for what has a day and can still be joined."""
    return not offering.always_open and can_come(offering, view)


def _near(offering: Offering, minutes: Any, view: Viewpoint, at: int) -> Near:
    from_here = Viewpoint(view.language, view.now, view.today)  # the minutes stand above already
    rest = joined(
        [
            when(offering, view),
            where(offering, from_here),
            formatters.price_range(offering.prices, view.language),
            places(offering, view),
        ],
        view.language,
    )
    url = offering_url(offering.id, ListOrigin("home", None, at))
    return Near(
        formatters.travel(minutes, view.language), words(offering.title, view.language), url, offering.kind, rest
    )
