"""The two questions the site asks of its siblings, as protocols with frozen requests and answers, and their null twins.

Owns: `CatalogueSearch` (answered by the indexer) and `Recommender` (answered by the recommender). Knows no engine, no
model, no web framework. `web` gets implementations from `web/wiring.py`, tests pass fakes or the null twins.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, time
from enum import StrEnum
from typing import Protocol

RESULTS_PER_PAGE = 10
LAST_PAGE = 500


class Sort(StrEnum):
    """Orders of a result list; `relevance` is the default order of search.md section 4."""

    RELEVANCE = "relevance"
    SOONEST = "soonest"
    NEAREST = "nearest"
    NEWEST = "newest"


@dataclass(frozen=True)
class FreeHours:
    """One interval of a week in which the citizen is free; `weekday` is 0 for Monday."""

    weekday: int
    starts_local: time
    ends_local: time


@dataclass(frozen=True)
class Position:
    """A point in WGS84 degrees."""

    latitude: float
    longitude: float


@dataclass(frozen=True)
class SearchRequest:
    """Everything a citizen can ask of the catalogue; each field stands in the address of the page.

    Several values of one field are alternatives (OR), different fields all hold (AND). `areas` takes ids of any of
    the four levels. `weekdays` 0 is Monday; `dayparts` are morning (before 12), afternoon (12 to 18), evening
    (from 18). A weekday and a daypart are met by one and the same upcoming meeting. `from_on`/`to_on` bound the local
    day of an upcoming meeting, both inclusive; an offering that is always open meets every day. `within_minutes`
    counts travel_minutes from `near` and never excludes an offering without a position. `open_now` keeps offerings at a
    venue that is known to be open at the catalogue's instant. `per_page` 0 asks for the total
    alone: no hits, no facets, no help, and nothing is noted as unmet demand.
    """

    text: str = ""
    kinds: frozenset[str] = frozenset()
    topics: frozenset[str] = frozenset()
    audiences: frozenset[str] = frozenset()
    areas: frozenset[str] = frozenset()
    venues: frozenset[int] = frozenset()
    operators: frozenset[int] = frozenset()
    weekdays: frozenset[int] = frozenset()
    dayparts: frozenset[str] = frozenset()
    free_hours: tuple[FreeHours, ...] = ()
    from_on: date | None = None
    to_on: date | None = None
    only_free: bool = False
    max_price_minor: int | None = None
    attendance: frozenset[str] = frozenset()
    languages: frozenset[str] = frozenset()
    access: frozenset[str] = frozenset()
    only_open: bool = False
    open_now: bool = False
    near: Position | None = None
    within_minutes: int | None = None
    sort: Sort = Sort.RELEVANCE
    page: int = 1
    per_page: int = RESULTS_PER_PAGE


@dataclass(frozen=True)
class Hit:
    """One offering of a page, by id, with what the engine knows of why it is there."""

    offering_id: int
    score: float = 0.0
    highlights: Mapping[str, tuple[tuple[int, int], ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Relaxation:
    """What dropping one filter of an empty answer would give: the request's field, one of its values, the count."""

    field: str
    value: str
    count: int


@dataclass(frozen=True)
class SearchPage:
    """The answer: hits in order, the exact total, facet counts, and what helps when nothing was found.

    `facets` maps a facet (kind, topic, district, audience, daypart, weekday, access, attendance, language, is_free,
    has_seats, within_15_minutes) to counts by value: what each choice would give with the other filters kept.
    `degraded` is true when the database answered in place of the engine (kind, area and date only).
    """

    hits: tuple[Hit, ...] = ()
    total: int = 0
    facets: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    spelling: str = ""
    relaxations: tuple[Relaxation, ...] = ()
    near_topics: tuple[str, ...] = ()
    degraded: bool = False


@dataclass(frozen=True)
class Suggestion:
    """One completion while typing: `type` is offering, topic or venue; `key` its id or slug; text with its language."""

    type: str
    key: str
    text: str
    language: str


class CatalogueSearch(Protocol):
    """Answered by the indexer; never raises towards a page."""

    def search(self, request: SearchRequest) -> SearchPage: ...

    def suggest(self, text: str, *, language: str, n: int = 8) -> Sequence[Suggestion]: ...


class NullSearch:
    """A search that knows nothing and says so: every answer is empty and degraded."""

    def search(self, request: SearchRequest) -> SearchPage:
        return SearchPage(degraded=True)

    def suggest(self, text: str, *, language: str, n: int = 8) -> Sequence[Suggestion]:
        return ()


@dataclass(frozen=True)
class RecommendationRequest:
    """Who asks for how many suggestions, and what may be used for them.

    `citizen_id` None is a visitor whose profile is `profile` (offering ids from the signed cookie, newest first, at
    most 50). `personal` False: no personal feature is used, also not the profile; only the area, and what the request
    itself says. A citizen whose switch is off is answered as a stranger from the same district would be. `area_id` and
    `near` say where the citizen is; `kinds` narrows the candidates; `exclude` are offerings already on the page.
    """

    n: int = 6
    citizen_id: int | None = None
    profile: tuple[int, ...] = ()
    dismissed: tuple[int, ...] = ()
    personal: bool = True
    area_id: str | None = None
    near: Position | None = None
    reach_minutes: int = 45
    audiences: frozenset[str] = frozenset()
    kinds: frozenset[str] = frozenset()
    exclude: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Reason:
    """Why an offering is on a list, as data; the web words it in the citizen's language.

    `kind` and what it carries. Of the citizen: because (offering_id, action: what the citizen did with it), venue
    (venue_id the citizen uses), operator (operator_id), topic (topic slug the citizen likes). Of the offering: near
    (minutes on foot), soon (days), popular (count of people in `days` days, area_id), others (count of each 5 who took
    `offering_id` took this too), new (days), district (area_id of an under-served district), same_topic and
    same_operator (what it shares with the offering of the page), open (there is a place for whoever comes: nothing
    stronger is true). `share` is the part of the score the reason carries, 0 to 1.
    """

    kind: str
    offering_id: int | None = None
    venue_id: int | None = None
    operator_id: int | None = None
    topic: str | None = None
    area_id: str | None = None
    action: str | None = None
    count: int | None = None
    minutes: int | None = None
    days: int | None = None
    share: float = 0.0


@dataclass(frozen=True)
class Recommendation:
    """One suggested offering; `score` is NaN when only a rule put it there."""

    offering_id: int
    score: float
    reasons: tuple[Reason, ...]


@dataclass(frozen=True)
class Recommendations:
    """A list in order; `source` says who answered: personal, similar, popular_near or newest (or none)."""

    items: tuple[Recommendation, ...] = ()
    source: str = "none"
    artefact_version: str = ""
    list_id: str = ""


class Recommender(Protocol):
    """Answered by the recommender; never raises towards a page."""

    def recommend(self, request: RecommendationRequest) -> Recommendations: ...

    def similar(self, offering_id: int, n: int) -> Recommendations: ...

    def explain(self, request: RecommendationRequest, offering_id: int) -> tuple[Reason, ...]: ...


class NullRecommender:
    """A recommender that suggests nothing."""

    def recommend(self, request: RecommendationRequest) -> Recommendations:
        return Recommendations()

    def similar(self, offering_id: int, n: int) -> Recommendations:
        return Recommendations()

    def explain(self, request: RecommendationRequest, offering_id: int) -> tuple[Reason, ...]:
        return ()
