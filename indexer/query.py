"""SearchRequest → EngineQuery: what is asked, in clauses that name no engine. Pure, one small function a clause.

Owns: which words must be met and what counts as meeting them, every filter, which facets are counted and what each
leaves out, the order, paging, and the weaker question asked when the first finds too little. Knows no engine and no
database. Called by `indexer.search`; translated by `indexer/engines`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from city.distances import reach_m
from city.ports import LAST_PAGE, FreeHours, Position, SearchRequest, Sort
from city.terms import daypart_of
from indexer.clauses import (
    AnyOf,
    Around,
    Between,
    Clause,
    Constant,
    Everything,
    Lifted,
    Nothing,
    Unplaced,
    all_of,
    one_of,
)
from indexer.document import DAYPARTS, QUARTER_MINUTES, hours_token, set_token, slot
from indexer.matching import Question, read_question, so_far, strict, weak
from indexer.synonyms import NO_SYNONYMS, Synonyms

EVERYTHING = Everything()
LISTED_UNTIL = "listed_until"
FLOOR = 5
"""When fewer are found, the weaker question (typos, sounds, most of the words) is asked."""
LARGEST_PAGE = 100
WEEKDAYS = range(7)
FURTHEST_DAYS = 500
"""How far ahead days are told apart when a day and a daypart must be met by one meeting; imports reach 400."""
NEARNESS = ((15, 0.15), (30, 0.1), (45, 0.05))
"""(minutes, what being within them adds, as a share of one word's usual score)."""
USUAL_SCORE = 4.0
"""Of one word that stands in a title: BM25 with the title's boost, on a catalogue of 1,000 to 100,000."""

FACETS = (
    "kind",
    "topic",
    "district",
    "audience",
    "daypart",
    "weekday",
    "access",
    "attendance",
    "language",
    "is_free",
    "has_seats",
    "within_15_minutes",
)
FACET_FIELDS = {
    "kind": "kind",
    "topic": "topics",
    "district": "district",
    "audience": "audiences",
    "daypart": "dayparts",
    "weekday": "weekdays",
    "access": "access",
    "attendance": "attendance",
    "language": "languages",
    "is_free": "is_free",
    "has_seats": "has_seats",
}
OTHER_TIME = {"weekday": "dayparts", "daypart": "weekdays"}
"""Facet of time → the wish that one and the same meeting must meet too."""
OWN_FILTER = {"weekday": "time", "daypart": "time", "within_15_minutes": "within_minutes"}
"""Facet → name of the filter it leaves out, where that is not the facet's own name."""


@dataclass(frozen=True, slots=True)
class Facet:
    """What to count: every value of a keyword field, or the documents that meet each of some clauses.

    `drops` names the filter that is left out while counting; all others are kept. With `sums` the values of the field
    are counted together: choice → values of which a document has one at most.
    """

    name: str
    drops: str
    field: str = ""
    sums: Mapping[str, frozenset[str]] = dataclasses.field(default_factory=dict)
    choices: Mapping[str, Clause] = dataclasses.field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class EngineQuery:
    """One question to an engine: `matching` is scored, `filters` (by name) and `listed` are not; all of them hold.

    The order is `sort`, in every case with full offerings after open ones, ties by id. `weaker` makes what to ask
    instead of `matching` when fewer than FLOOR are found; None when there is nothing weaker. `words` are for
    highlighting.
    """

    matching: Clause = EVERYTHING
    filters: Mapping[str, Clause] = dataclasses.field(default_factory=dict)
    listed: Between = Between(LISTED_UNTIL, low=1)  # noqa: RUF009  (frozen)
    facets: tuple[Facet, ...] = ()
    sort: Sort = Sort.RELEVANCE
    near: Position | None = None
    offset: int = 0
    size: int = 10
    weaker: Callable[[], Clause] | None = dataclasses.field(default=None, compare=False)
    words: tuple[str, ...] = ()

    @property
    def is_scored(self) -> bool:
        """False when everything is asked for and no place is near: the order is then by merit alone."""
        return not isinstance(self.matching, Everything)

    def weakened(self) -> EngineQuery:
        """Return the question with its weaker matching."""
        return replace(self, matching=self.weaker() if self.weaker else self.matching, weaker=None)


@dataclass(frozen=True, slots=True)
class SuggestQuery:
    """What somebody has typed so far: `beginning` completes names, `matching` finds offerings by title.

    Both hold among what is `listed`. `language` (zh or en) is that of the page; `n` the number of suggestions.
    """

    beginning: str
    matching: Clause
    listed: Between
    language: str
    n: int


def build_query(
    request: SearchRequest,
    *,
    now: datetime,
    zone: ZoneInfo,
    synonyms: Synonyms = NO_SYNONYMS,
    facets: Sequence[str] = FACETS,
    open_venues: frozenset[int] = frozenset(),
) -> EngineQuery:
    """Return the question; `now` decides what is over, `zone` what day it is, `facets` what is counted.

    `open_venues` are those known to be open at `now`, for a request that asks for such places.
    """
    question = read_question(request.text, synonyms)
    today = now.astimezone(zone).date()
    return EngineQuery(
        matching=_near_first(strict(question), request, question),
        filters=build_filters(request, today, open_venues),
        listed=listed_at(now),
        facets=tuple(facet for name in facets if (facet := _facet(name, request, today)) is not None),
        sort=request.sort if request.sort is not Sort.NEAREST or request.near else Sort.RELEVANCE,
        near=request.near,
        offset=_page(request) * _size(request),
        size=_size(request),
        weaker=(lambda: _near_first(weak(question), request, question)) if question.units else None,
        words=question.words,
    )


def build_suggest_query(text: str, *, language: str, now: datetime, n: int = 8) -> SuggestQuery:
    """Return what completes the text; nothing below two letters or two Chinese characters."""
    typed = so_far(text)
    return SuggestQuery(typed.letters, typed.matching, listed_at(now), language, max(0, n))


def listed_at(now: datetime) -> Between:
    """What is not over yet."""
    return Between(LISTED_UNTIL, low=int(now.timestamp()) + 1)


def build_filters(request: SearchRequest, today: date, open_venues: frozenset[int] = frozenset()) -> dict[str, Clause]:
    """Return every filter that was set, by name."""
    found = {
        "kind": _any_of("kind", request.kinds),
        "topic": _any_of("topics", request.topics),
        "audience": _any_of("audiences", request.audiences),
        "district": _any_of("areas", request.areas),
        "venue": _any_of("venue", request.venues),
        "operator": _any_of("operator", request.operators),
        "attendance": _any_of("attendance", request.attendance),
        "language": _any_of("languages", request.languages),
        "access": _any_of("access", request.access),
        "is_free": _any_of("is_free", ["true"] if request.only_free else ()),
        "max_price": _price(request.max_price_minor),
        "has_seats": _any_of("has_seats", ["true"] if request.only_open else ()),
        "open_now": (_any_of("venue", open_venues) or Nothing()) if request.open_now else None,
        "within_minutes": _within(request.near, request.within_minutes),
        "time": _time(request, today),
    }
    return {name: clause for name, clause in found.items() if clause is not None}


def _any_of(name: str, values: Iterable[object]) -> Clause | None:
    """One of the values, if any was named; what no index can hold matches nothing."""
    wanted = frozenset(str(value).encode("utf-8", "replace").decode() for value in values)
    return AnyOf(name, wanted) if wanted else None


def _price(max_price_minor: int | None) -> Clause | None:
    """The cheapest stated price is not above the limit."""
    return Between("price_minor", high=max(-1, max_price_minor)) if max_price_minor is not None else None


def _within(near: Position | None, minutes: int | None) -> Clause | None:
    """Within the minutes, or nobody knows where."""
    return one_of([around(near, minutes), Unplaced()]) if near is not None and minutes is not None else None


def around(near: Position, minutes: float) -> Around:
    """The circle that `travel_minutes` puts within the minutes."""
    return Around(near.latitude, near.longitude, reach_m(minutes))


# ── when ──────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _time(request: SearchRequest, today: date) -> Clause | None:
    """One meeting has the weekday, daypart and day asked for, one fits into the free hours; or it is always open."""
    wanted = [clause for clause in (_meeting(request, today), _free_hours(request)) if clause is not None]
    if not wanted:
        return None
    whole = wanted[0] if len(wanted) == 1 else None
    if isinstance(whole, AnyOf) and whole.field in ("weekdays", "dayparts"):
        return whole  # what is always open has them too
    return one_of([*_always(request), all_of(wanted)])


def _always(request: SearchRequest) -> list[Clause]:
    """What is always open meets every weekday and every daypart that has hours."""
    weekdays, dayparts = request.weekdays & set(WEEKDAYS), request.dayparts & set(DAYPARTS[:3])
    if (request.weekdays and not weekdays) or (request.dayparts and not dayparts):
        return []
    return [AnyOf("always_open", frozenset({"true"}))]


def _meeting(request: SearchRequest, today: date) -> Clause | None:
    bounded = request.from_on is not None or request.to_on is not None
    if not request.weekdays and not request.dayparts:
        return _days(request) if bounded else None
    if not bounded and not request.free_hours and not (request.weekdays and request.dayparts):
        return _any_of("weekdays", request.weekdays) or _any_of("dayparts", request.dayparts)
    weekdays = [day for day in WEEKDAYS if day in request.weekdays or not request.weekdays]
    dayparts = [part for part in DAYPARTS if part in request.dayparts or not request.dayparts]
    if bounded:
        days = (day for day in _days_told_apart(request, today) if day.weekday() in weekdays)
        return AnyOf("day_slots", frozenset(slot(day.toordinal(), part) for day in days for part in dayparts))
    return AnyOf("slots", frozenset(slot(day, part) for day in weekdays for part in dayparts))


def _days(request: SearchRequest) -> Clause:
    low, high = request.from_on, request.to_on
    return Between("days", low.toordinal() if low else None, high.toordinal() if high else None)


def _days_told_apart(request: SearchRequest, today: date) -> Iterable[date]:
    """The days from yesterday (a late meeting may go on) to FURTHEST_DAYS ahead that lie within the bounds."""
    first = max(request.from_on or today, today - timedelta(days=1))
    last = min(request.to_on or date.max, today + timedelta(days=FURTHEST_DAYS))
    return (date.fromordinal(ordinal) for ordinal in range(first.toordinal(), last.toordinal() + 1))


def _free_hours(request: SearchRequest) -> Clause | None:
    """A meeting lies within an interval, to the quarter of an hour, with the weekday and daypart asked for."""
    if not request.free_hours:
        return None
    tokens = (token for free in request.free_hours for token in _tokens_within(free, request.dayparts))
    days = {str(day) for day in request.weekdays or range(7)}
    return AnyOf("hours", frozenset(token for token in tokens if token[0] in days))


def _tokens_within(free: FreeHours, dayparts: frozenset[str]) -> Iterable[str]:
    first, last = _quarter_up(free.starts_local), _quarter_down(free.ends_local)
    for start in range(first, last):
        if not dayparts or daypart_of(time(start // 4, start % 4 * QUARTER_MINUTES)) in dayparts:
            for end in range(start + 1, last + 1):
                yield hours_token(free.weekday, start, end)


def _quarter_up(wall: time) -> int:
    return -(-(wall.hour * 60 + wall.minute) // QUARTER_MINUTES)


def _quarter_down(wall: time) -> int:
    """The last whole quarter; midnight, and the minute before it, is the end of the day."""
    minutes = (wall.hour * 60 + wall.minute) or 24 * 60
    return (minutes + 1) // QUARTER_MINUTES


# ── facets ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _facet(name: str, request: SearchRequest, today: date) -> Facet | None:
    """How the facet is counted; None when it makes no sense for the request."""
    drops = OWN_FILTER.get(name, name)
    if name == "within_15_minutes":
        choices = {"true": clause} if (clause := _within(request.near, 15)) is not None else {}
        return Facet(name, drops, choices=choices) if choices else None
    if name in OTHER_TIME and _is_tied(name, request):
        return _summed(name, drops, request) or Facet(name, drops, choices=_tied_choices(name, request, today))
    return Facet(name, drops, FACET_FIELDS[name])


def _summed(name: str, drops: str, request: SearchRequest) -> Facet | None:
    """Count all choices in one look, when weekdays and dayparts are all that is wished about time."""
    if request.free_hours or request.from_on or request.to_on:
        return None
    if name == "weekday":
        bits = sum(1 << at for at, part in enumerate(DAYPARTS) if part in request.dayparts)
        return Facet(name, drops, "weekday_parts", _sums(tuple(map(str, WEEKDAYS)), bits, len(DAYPARTS)))
    bits = sum(1 << day for day in WEEKDAYS if day in request.weekdays)
    return Facet(name, drops, "part_weekdays", _sums(DAYPARTS, bits, len(WEEKDAYS)))


@lru_cache
def _sums(values: tuple[str, ...], wanted: int, size: int) -> Mapping[str, frozenset[str]]:
    """Each value → its tokens whose set has something of what is wanted."""
    sets = [bits for bits in range(1 << size) if bits & wanted]
    return {value: frozenset(set_token(value, bits) for bits in sets) for value in values}


def _is_tied(name: str, request: SearchRequest) -> bool:
    """True when a weekday (or daypart) has to go together with other wishes about time."""
    bounded = request.from_on is not None or request.to_on is not None
    return bounded or bool(request.free_hours or getattr(request, OTHER_TIME[name]))


def _tied_choices(name: str, request: SearchRequest, today: date) -> dict[str, Clause]:
    """What each weekday (or daypart) would give together with the other wishes about time."""
    own, values = ("weekdays", WEEKDAYS) if name == "weekday" else ("dayparts", DAYPARTS)
    asked = {str(value): replace(request, **{own: frozenset({value})}) for value in values}  # type: ignore[arg-type]
    return {value: clause for value, each in asked.items() if (clause := _time(each, today)) is not None}


# ── order and paging ──────────────────────────────────────────────────────────────────────────────────────────────────


def _near_first(matching: Clause, request: SearchRequest, question: Question) -> Clause:
    """Lift what lies near, mildly, in the default order."""
    if request.near is None or request.sort is not Sort.RELEVANCE:
        return matching
    usual = USUAL_SCORE * len(question.units) if question.units else 1.0
    circles = (Constant(around(request.near, minutes), share * usual) for minutes, share in NEARNESS)
    return Lifted(matching, tuple(circles))


def _page(request: SearchRequest) -> int:
    """The page, from 0."""
    return min(max(request.page, 1), LAST_PAGE) - 1


def _size(request: SearchRequest) -> int:
    return min(max(request.per_page, 0), LARGEST_PAGE)
