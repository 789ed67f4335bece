"""The search page in words: filters with counts, chips, order, numbered pages, and what helps when nothing is found.

Owns: which options the form offers and how each filter is called. Takes a checked form and the engine's page; reads
nothing itself but the names handed to it (`Catalogue`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from urllib.parse import urlencode

from markupsafe import Markup, escape

from city.asking import DAYS, HOME, SearchForm
from city.model import Area, AreaLevel, Attendance, Topic
from city.ports import LAST_PAGE, RESULTS_PER_PAGE, Relaxation, SearchPage, Sort
from web import formatters
from web.language import Words, gettext, ngettext, sentence, typed, words
from web.vocabulary import ACCESS, ATTENDANCE, AUDIENCES, DAYPARTS, KINDS, KINDS_TOGETHER, LANGUAGES, WEEKDAYS, word

PAGES_AROUND = 2
SHORTEST_WALK = 15
WALKS = (5, 10, 20, 30, 45, 60)
INDENT = {AreaLevel.STREET: "　", AreaLevel.COMMUNITY: "　　"}
TABLES: Mapping[str, Any] = {
    "kind": KINDS,
    "audience": AUDIENCES,
    "daypart": DAYPARTS,
    "attendance": ATTENDANCE,
    "spoken": LANGUAGES,
    "access": ACCESS,
}
FACETS = {"spoken": "language"}
"""Parameters whose facet has another name."""
FIELDS = {
    "kinds": "kind",
    "topics": "topic",
    "audiences": "audience",
    "areas": "area",
    "venues": "venue",
    "operators": "operator",
    "weekdays": "weekday",
    "dayparts": "daypart",
    "free_hours": "hours",
    "only_free": "free",
    "max_price_minor": "price",
    "languages": "spoken",
    "only_open": "open",
    "open_now": "opennow",
    "within_minutes": "within",
}
"""SearchRequest's fields → parameters, for relaxations."""


@dataclass(frozen=True)
class Catalogue:
    """What keys of filters are called: topics and areas by key, venues and operators by id."""

    topics: Mapping[str, Topic] = field(default_factory=dict)
    areas: Mapping[str, Area] = field(default_factory=dict)
    venues: Mapping[str, Any] = field(default_factory=dict)
    operators: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Option:
    """One box to tick: value, words, how many it would give (None when nobody knows), whether it is ticked."""

    value: str
    label: Any
    count: int | None
    chosen: bool


@dataclass(frozen=True)
class Chip:
    """One chosen filter and the address without it."""

    label: Any
    url: str


@dataclass(frozen=True)
class PageLink:
    """One numbered page; `gap` is true when numbers are left out before it."""

    number: int
    url: str
    current: bool = False
    gap: bool = False


@dataclass(frozen=True)
class WayOn:
    """One filter to give up in an empty answer, with what that gives."""

    label: Any
    url: str
    count: int


class SearchView:
    """One answer, worded; `path` is the address of the search without parameters."""

    def __init__(
        self, form: SearchForm, page: SearchPage, catalogue: Catalogue, *, path: str, language: str, today: date
    ) -> None:
        self.form = form
        self.page = page
        self._catalogue = catalogue
        self._path = path
        self._language = language
        self._today = today

    def url(self, parameters: Iterable[tuple[str, str]]) -> str:
        encoded = urlencode(list(parameters))
        return f"{self._path}?{encoded}" if encoded else self._path

    def heading(self) -> Markup:
        """The count and what was asked for, for h1 and title; words of another script carry their language."""
        counted = ngettext("%(num)s result", "%(num)s results", self.page.total)
        kinds = self.form.all("kind")
        if self.form.text:
            return sentence("%(counted)s for %(words)s", words=typed(self.form.text), counted=counted)
        if len(kinds) == 1:
            kind = word(KINDS_TOGETHER, kinds[0], self._language)
            return sentence("%(words)s: %(counted)s", words=kind, counted=counted)
        return escape(counted)

    def title(self) -> str:
        """The heading as plain text."""
        return self.heading().striptags()

    def options(self, name: str) -> list[Option]:
        """The boxes of a listed filter; boxes that would give nothing are left out unless ticked."""
        counts = self.page.facets.get(FACETS.get(name, name), {})
        known = bool(counts)
        offered = [
            Option(
                value,
                word(TABLES[name], value, self._language),
                counts.get(value, 0) if known else None,
                self.form.has(name, value),
            )
            for value in TABLES[name]
        ]
        if name == "attendance":  # being online is a box of its own, under "only"
            offered = [option for option in offered if option.value != Attendance.ONLINE]
        always = name in ("kind", "daypart")
        return [option for option in offered if always or not known or option.count or option.chosen]

    def weekdays(self) -> list[Option]:
        counts = self.page.facets.get("weekday", {})
        return [
            Option(
                str(day),
                names[self._language],
                counts.get(str(day), 0) if counts else None,
                self.form.has("weekday", str(day)),
            )
            for day, names in enumerate(WEEKDAYS)
        ]

    def days(self, counts: Mapping[str, int]) -> list[Option]:
        """Any day, this week, next week, the weekend; one of them is chosen unless days are typed."""
        chosen = self.form.one("day")
        typed = bool(self.form.one("from") or self.form.one("to"))
        first = Option("", gettext("Any day"), counts.get(""), not chosen and not typed)
        return [first, *(Option(day, _day_word(day), counts.get(day), chosen == day) for day in DAYS)]

    def flags(self, counted: Mapping[str, int], *, has_hours: bool) -> list[tuple[str, Option]]:
        """The boxes under "only": free, one's own hours, a short walk, no stairs, online, places left, open now."""
        counts = self.page.facets
        own = Option("1", gettext("Fits my free hours"), counted.get("fit"), self.form.has("fit"))
        return [
            *([("fit", own)] if has_hours or self.form.has("fit") else []),
            ("free", Option("1", gettext("Free"), _count(counts, "is_free", "true"), self.form.has("free"))),
            (
                "within",
                Option(
                    str(SHORTEST_WALK),
                    gettext("Within a 15 min walk"),
                    _count(counts, "within_15_minutes", "true"),
                    self.form.has("within", str(SHORTEST_WALK)),
                ),
            ),
            ("nostairs", Option("1", gettext("No stairs"), counted.get("nostairs"), self.form.has("nostairs"))),
            ("opennow", Option("1", gettext("Open now"), counted.get("opennow"), self.form.has("opennow"))),
            (
                "attendance",
                Option(
                    "online",
                    gettext("Online"),
                    _count(counts, "attendance", "online"),
                    self.form.has("attendance", "online"),
                ),
            ),
            ("open", Option("1", gettext("Places left"), _count(counts, "has_seats", "true"), self.form.has("open"))),
        ]

    def smaller_areas(self) -> list[Area]:
        """The streets of the district that was chosen, and the communities of the street: what the menu opens next."""
        opened = [each.id for each in self._lineage(self.form.one("area")) if each.level != AreaLevel.CITY]
        return [area for area in self._catalogue.areas.values() if area.parent_id in opened]

    def places(self, counted: Mapping[str, int]) -> list[tuple[str, Any, bool]]:
        """The menu of places: the whole city, its districts, and below the chosen one its streets and communities."""
        counts = {**self.page.facets.get("district", {}), **counted}
        smaller = {area.id for area in self.smaller_areas()}
        rows: list[tuple[str, Any, bool]] = [("", gettext("The whole city"), not self.form.all("area"))]
        for area in self._in_order_of_the_tree():
            if area.level == AreaLevel.DISTRICT or area.id in smaller or self.form.has("area", area.id):
                name = words(area.name, self._language)
                indented = Words(INDENT.get(area.level, "") + name.text, name.tag)
                rows.append((area.id, _counted(indented, counts.get(area.id)), self.form.has("area", area.id)))
        return rows

    def _in_order_of_the_tree(self) -> list[Area]:
        """Each area before those below it."""
        areas = self._catalogue.areas.values()
        return sorted(areas, key=lambda area: [each.id for each in self._lineage(area.id)])

    def _lineage(self, area_id: str | None) -> list[Area]:
        """The area and all above it, the city first; by keys, for the rows are no longer bound to a session."""
        area = self._catalogue.areas.get(area_id or "")
        return [*self._lineage(area.parent_id), area] if area else []

    def topics(self) -> list[tuple[str, Any, bool]]:
        """The menu of topics: groups, and below each its topics that would give something."""
        counts = self.page.facets.get("topic", {})
        rows: list[tuple[str, Any, bool]] = [("", gettext("All topics"), not self.form.all("topic"))]
        parents = [topic for topic in self._catalogue.topics.values() if topic.parent_id is None]
        for parent in parents:
            children = [topic for topic in self._catalogue.topics.values() if topic.parent_id == parent.id]
            for topic in (parent, *children):
                count = counts.get(topic.id)
                chosen = self.form.has("topic", topic.id)
                if count or chosen or not counts:
                    rows.append((topic.id, _counted(words(topic.name, self._language), count), chosen))
        return rows

    def starts(self, here: Words | None, *, has_home: bool) -> list[tuple[str, Any, bool]]:
        """The menu of places to set out from: where the person is, their home, a point of the address, each area."""
        chosen = self.form.near
        rows: list[tuple[str, Any, bool]] = [("", here or gettext("Choose a district"), not chosen)]
        if has_home or chosen == HOME:
            rows.append((HOME, gettext("My home"), chosen == HOME))
        if self.form.point is not None:
            rows.append((chosen, gettext("The point in the address"), True))
        for area in self._catalogue.areas.values():
            if area.level == AreaLevel.DISTRICT or area.id == chosen:
                rows.append((area.id, words(area.name, self._language), area.id == chosen))
        return rows

    def walks(self) -> list[tuple[str, Any, bool]]:
        """The menu of how far it may be, beside the box for a short walk."""
        chosen = self.form.one("within")
        minutes = {*WALKS, *(int(value) for value in self.form.all("within") if value != str(SHORTEST_WALK))}
        rows = [(str(each), formatters.travel(each, self._language), chosen == str(each)) for each in sorted(minutes)]
        return [("", gettext("Any distance"), not any(row[2] for row in rows)), *rows]

    def week(self) -> list[tuple[int, str, str, str]]:
        """The boxes of a week: (weekday, its word, from, to), the first interval of each day filled in."""
        typed = dict(reversed([(value[0], value) for value in self.form.all("hours")]))
        return [
            (day, names[self._language], *(_boxed(typed[str(day)]) if str(day) in typed else ("", "")))
            for day, names in enumerate(WEEKDAYS)
        ]

    def has_rare(self) -> bool:
        """True when a filter is chosen that stands under "more conditions"."""
        return any(self.form.all(name) for name in ("weekday", "from", "to", "hours", "price", "spoken", "access"))

    def hidden(self) -> list[tuple[str, str]]:
        """What the form carries on without a box of its own: further areas and topics, venues, operators, order."""
        kept = [(name, value) for name in ("area", "topic") for value in self.form.all(name)[1:]]
        kept += [(name, value) for name in ("venue", "operator") for value in self.form.all(name)]
        boxed = {value[0]: value for value in reversed(self.form.all("hours"))}
        kept += [("hours", value) for value in self.form.all("hours") if boxed[value[0]] != value]
        return kept + ([] if self.form.sort == Sort.RELEVANCE else [("sort", self.form.sort.value)])

    def without_filters(self) -> str:
        """The address with the words alone."""
        return self.url([("q", self.form.text)] if self.form.text else [])

    def chips(self) -> list[Chip]:
        """One chip a chosen filter."""
        return [
            Chip(self.call(name, value), self.url(self.form.without(name, value)))
            for name, values in self.form.values.items()
            for value in values
        ]

    def call(self, name: str, value: str) -> Any:
        """Return what one value of a filter is called."""
        if name in TABLES:
            return word(TABLES[name], value, self._language)
        if name in _CALLED:
            return _CALLED[name](self, value)
        return value

    def sorts(self, *, placed: bool) -> list[tuple[str, str, bool]]:
        """The orders on offer as (words, address, chosen); nearest only when a place is known."""
        offered = [
            (Sort.RELEVANCE, gettext("Best match") if self.form.text else gettext("Recommended order")),
            (Sort.SOONEST, gettext("Soonest")),
            *([(Sort.NEAREST, gettext("Nearest"))] if placed else []),
            (Sort.NEWEST, gettext("Newest")),
        ]
        return [
            (
                label,
                self.url(self.form.address(sort="" if sort == Sort.RELEVANCE else sort.value)),
                sort == self.form.sort,
            )
            for sort, label in offered
        ]

    def pages(self) -> list[PageLink]:
        """The first page, the last and those around this one."""
        last = last_page(self.page.total)
        near = range(self.form.page - PAGES_AROUND, self.form.page + PAGES_AROUND + 1)
        shown = sorted({1, last, *(number for number in near if 1 <= number <= last)})
        return [
            PageLink(
                number,
                self.url(self.form.address(page=number if number > 1 else None)),
                current=number == self.form.page,
                gap=position > 0 and number - shown[position - 1] > 1,
            )
            for position, number in enumerate(shown)
        ]

    def ways_on(self) -> list[WayOn]:
        """For an empty answer: each filter whose loss gives something, the most helpful first."""
        found = [way for way in map(self._way_on, self.page.relaxations) if way is not None and way.count]
        return sorted(found, key=lambda way: -way.count)

    def _way_on(self, relaxation: Relaxation) -> WayOn | None:
        name = FIELDS.get(relaxation.field, relaxation.field)
        if name in ("from_on", "to_on"):
            name = "day" if self.form.all("day") else relaxation.field.removesuffix("_on")
        if name == "access" and self.form.has("nostairs"):
            name = "nostairs"
        if name == "text" or not self.form.all(name):
            return None
        value = relaxation.value if self.form.has(name, relaxation.value) else self.form.one(name)
        return WayOn(self.call(name, value), self.url(self.form.without(name, value)), relaxation.count)


def last_page(total: int) -> int:
    """Return the number of the last page of so many results."""
    return min(LAST_PAGE, max(1, -(-total // RESULTS_PER_PAGE)))


def _day_word(day: str) -> str:
    return {"week": gettext("This week"), "next": gettext("Next week"), "weekend": gettext("Saturday and Sunday")}[day]


def _count(facets: Mapping[str, Mapping[str, int]], name: str, value: str) -> int | None:
    return facets[name].get(value, 0) if name in facets else None


def _counted(name: Words, count: int | None) -> Words:
    return Words(f"{name.text} ({count})", name.tag) if count else name


def _typed_day(view: SearchView, value: str) -> str:
    return formatters.short_day(date.fromisoformat(value), view._language)


def _boxed(value: str) -> tuple[str, str]:
    """W-HHMM-HHMM as two boxes show it."""
    _, starts, ends = value.split("-")
    return f"{starts[:2]}:{starts[2:]}", f"{ends[:2]}:{ends[2:]}"


def _hours(view: SearchView, value: str) -> str:
    weekday, starts, ends = value.split("-")
    day = formatters.weekday(int(weekday), view._language)
    return f"{day} {starts[:2]}:{starts[2:]}–{ends[:2]}:{ends[2:]}"


def _named(rows: Mapping[str, Any], view: SearchView, value: str) -> Any:
    return words(rows[value].name, view._language) if value in rows else value


_CALLED: Mapping[str, Any] = {
    "topic": lambda view, value: _named(view._catalogue.topics, view, value),
    "area": lambda view, value: _named(view._catalogue.areas, view, value),
    "venue": lambda view, value: _named(view._catalogue.venues, view, value),
    "operator": lambda view, value: _named(view._catalogue.operators, view, value),
    "weekday": lambda view, value: formatters.weekday(int(value), view._language),
    "day": lambda view, value: _day_word(value),
    "from": lambda view, value: gettext("From %(day)s", day=_typed_day(view, value)),
    "to": lambda view, value: gettext("Until %(day)s", day=_typed_day(view, value)),
    "hours": _hours,
    "free": lambda view, value: gettext("Free"),
    "open": lambda view, value: gettext("Places left"),
    "opennow": lambda view, value: gettext("Open now"),
    "fit": lambda view, value: gettext("Fits my free hours"),
    "nostairs": lambda view, value: gettext("No stairs"),
    "price": lambda view, value: gettext("At most %(price)s yuan", price=value),
    "within": lambda view, value: gettext("Within %(minutes)s min", minutes=value),
}
