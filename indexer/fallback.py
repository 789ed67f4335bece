"""The reduced answer: while the engine does not answer, the database does, by kind, place and date.

A place may also be asked to be open now.

Owns: which part of a SearchRequest the database can answer. Words, hours, prices and the rest are not looked at, and
the page says so (`degraded`). Called by `indexer.search` alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from city.analysis import fold
from city.clock import Clock, end_of_day
from city.errors import DatabaseUnavailable
from city.model import Kind, LocalisedText
from city.ports import LAST_PAGE, Hit, SearchPage, SearchRequest, Sort, Suggestion
from city.services.opening import open_venue_ids
from city.store.catalogue_repositories import ListFilter
from city.store.database import Database
from city.store.unit_of_work import UnitOfWork
from indexer.query import LARGEST_PAGE


class DatabaseSearch:
    """Answers what the database can, always marked degraded; an empty page when the database is silent too."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def search(self, request: SearchRequest) -> SearchPage:
        """Return the page by kind, area, topic and date, soonest first (or newest), with counts by kind."""
        try:
            with self._database.reading() as work:
                return self._page(work, request)
        except DatabaseUnavailable:
            return SearchPage(degraded=True)

    def suggest(self, text: str, *, language: str, n: int) -> Sequence[Suggestion]:
        """Return topics and venues of which a name holds the text."""
        wanted = fold(text).strip()
        if not wanted:
            return ()
        try:
            with self._database.reading() as work:
                named = [("topic", topic.id, topic.name) for topic in work.topics.all()]
                named += [("venue", str(venue.id), venue.name) for venue in work.venues.all()]
        except DatabaseUnavailable:
            return ()
        return [_suggestion(*row, language) for row in named if _holds(row[2], wanted)][:n]

    def _page(self, work: UnitOfWork, request: SearchRequest) -> SearchPage:
        now = self._clock.now()
        wanted = self._filter(work, request)
        if wanted is None:
            return SearchPage(degraded=True)
        ids = work.offerings.listable(
            now,
            wanted,
            n=min(max(request.per_page, 0), LARGEST_PAGE),
            offset=(min(max(request.page, 1), LAST_PAGE) - 1) * request.per_page,
            newest_first=request.sort == Sort.NEWEST,
        )
        return SearchPage(
            hits=tuple(Hit(offering_id) for offering_id in ids),
            total=work.offerings.count_listable(now, wanted),
            facets={"kind": work.offerings.count_listable_by_kind(now, replace(wanted, kinds=frozenset()))},
            degraded=True,
        )

    def _filter(self, work: UnitOfWork, request: SearchRequest) -> ListFilter | None:
        """Return what the database can look at; None when a filter names only what does not exist."""
        kinds = request.kinds & frozenset(Kind)
        areas = _everything_in(work, request.areas)
        topics = frozenset(
            topic.id for topic in work.topics.all() if topic.id in request.topics or topic.parent_id in request.topics
        )
        if any(
            asked and not there
            for asked, there in ((request.kinds, kinds), (request.areas, areas), (request.topics, topics))
        ):
            return None
        return ListFilter(
            kinds=kinds,
            area_ids=areas,
            topic_ids=topics,
            venue_id=min(request.venues) if len(request.venues) == 1 else None,
            venue_ids=self._open_venues(work) if request.open_now else None,
            operator_id=min(request.operators) if len(request.operators) == 1 else None,
            from_at=_start_of(request.from_on, self._clock.zone),
            to_at=_end_of(request.to_on, self._clock.zone),
        )

    def _open_venues(self, work: UnitOfWork) -> frozenset[int]:
        return open_venue_ids(work.venues.all(), self._clock.now(), self._clock.zone)


def _everything_in(work: UnitOfWork, areas: frozenset[str]) -> frozenset[str]:
    """Return the areas that exist with all below them, so that a district finds its streets and communities."""
    known = areas & {area.id for area in work.areas.all()} if areas else areas
    return frozenset[str]().union(*(work.areas.below(area) for area in known))


def _start_of(day: date | None, zone: ZoneInfo) -> datetime | None:
    """Return the instant at which a day begins; None for the first day there is, which has none in UTC."""
    return datetime.combine(day, time(0), tzinfo=zone).astimezone(UTC) if day and day > date.min else None


def _end_of(day: date | None, zone: ZoneInfo) -> datetime | None:
    """Return the instant at which a day ends; None for the last day a calendar holds, which has no next."""
    return end_of_day(day, zone) if day and day < date.max else None


def _holds(name: LocalisedText, wanted: str) -> bool:
    return any(wanted in fold(text) for text in name.values())


def _suggestion(type_: str, key: str, name: LocalisedText, language: str) -> Suggestion:
    text, tag = name.best(language)
    return Suggestion(type_, key, text, tag)
