"""The CatalogueSearch port: a question to the engine, and always an answer, a reduced one while the engine is silent.

Owns: the breaker, the reduced answer, what is marked in a hit, help for an empty answer, and that nothing is raised
towards a page. Called by the web through `city.ports.CatalogueSearch`; one object a process, threads share it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace

import structlog

from city.clock import Clock
from city.errors import DatabaseUnavailable, SearchUnavailable
from city.ports import Hit, SearchPage, SearchRequest, Suggestion
from city.services.opening import open_venue_ids
from city.store.catalogue_repositories import OfferingTexts
from city.store.database import Database
from indexer.breaker import Breaker
from indexer.city_words import CityWords, CityWordsReader
from indexer.engines.asking import ask
from indexer.engines.protocol import EngineAnswer, EngineHit, SearchEngine
from indexer.fallback import DatabaseSearch
from indexer.helping import Help, Helping
from indexer.highlighting import spans
from indexer.query import FACETS, EngineQuery, build_query, build_suggest_query

log = structlog.get_logger(__name__)


class IndexSearch:
    """Answers from the engine; `clock` is the catalogue's, `system_clock` real time."""

    def __init__(
        self,
        engine: SearchEngine,
        database: Database,
        *,
        clock: Clock,
        system_clock: Clock,
        breaker: Breaker | None = None,
    ) -> None:
        self._engine = engine
        self._database = database
        self._clock = clock
        self._breaker = breaker or Breaker(system_clock)
        self._city = CityWordsReader(database, system_clock)
        self._fallback = DatabaseSearch(database, clock)
        self._helping = Helping(self._ask, self._titles, system_clock)

    def search(self, request: SearchRequest) -> SearchPage:
        """Return a page; `degraded` when the database answered in place of the engine."""
        if self._breaker.lets_through():
            try:
                page = self._page(request)
                self._breaker.succeeded()
                return page
            except Exception as fault:  # a page shows the reduced answer, whatever went wrong here
                self._note(fault)
        return self._reduced(request)

    def suggest(self, text: str, *, language: str, n: int = 8) -> Sequence[Suggestion]:
        """Return completions of what was typed so far; topics and venues alone while the engine is silent."""
        if self._breaker.lets_through():
            try:
                query = build_suggest_query(text, language=language, now=self._clock.now(), n=n)
                found = [
                    Suggestion(each.type, each.key, each.text, each.language) for each in self._engine.suggest(query)
                ]
                self._breaker.succeeded()
                return found
            except Exception as fault:  # as above
                self._note(fault)
        try:
            return self._fallback.suggest(text, language=language, n=n)
        except Exception as fault:  # as above
            log.error("suggest_failed", error=str(fault), kind=type(fault).__name__)
            return ()

    def warm_up(self) -> None:
        """Load dictionaries and open the index, so that the first visitor does not wait for them."""
        for typed in ("书法", "shufa"):
            self.suggest(typed, language="zh")

    @property
    def is_degraded(self) -> bool:
        """True while the engine is left alone after failures."""
        return self._breaker.is_shut

    def _page(self, request: SearchRequest) -> SearchPage:
        if request.per_page == 0:
            return SearchPage(total=self._ask(request, ()).total)
        city = self._city.words()
        query = self._query(request, city, FACETS)
        answer, is_weak = ask(self._engine, query)
        page = SearchPage(
            hits=self._hits(answer.hits, query.words),
            total=answer.total,
            facets={facet: dict(counts) for facet, counts in answer.facets.items()},
        )
        if answer.total and not is_weak:
            return page
        helped = self._helped(request, answer, city)
        return replace(page, spelling=helped.spelling, relaxations=helped.relaxations, near_topics=helped.near_topics)

    def _helped(self, request: SearchRequest, answer: EngineAnswer, city: CityWords) -> Help:
        helped = self._helping.help(request, answer, city)
        if not answer.total:
            log.info("unmet_demand", text=request.text[:200], helped=helped != Help())
        return helped

    def _ask(self, request: SearchRequest, facets: tuple[str, ...]) -> EngineAnswer:
        """Ask what helps: the same question as a page would, with only the counts that are needed."""
        query = self._query(request, self._city.words(), [facet for facet in FACETS if facet in facets])
        return ask(self._engine, query)[0]

    def _query(self, request: SearchRequest, city: CityWords, facets: Sequence[str]) -> EngineQuery:
        now, zone = self._clock.now(), self._clock.zone
        is_open = open_venue_ids(city.venues, now, zone) if request.open_now else frozenset[int]()
        return build_query(request, now=now, zone=zone, synonyms=city.synonyms, facets=facets, open_venues=is_open)

    def _hits(self, hits: Iterable[EngineHit], words: Sequence[str]) -> tuple[Hit, ...]:
        found = list(hits)
        texts = self._texts([hit.offering_id for hit in found]) if words and found else {}
        return tuple(
            Hit(
                hit.offering_id,
                hit.score if math.isfinite(hit.score) else 0.0,
                _marks(texts.get(hit.offering_id), words),
            )
            for hit in found
        )

    def _titles(self, offering_ids: Iterable[int]) -> list[str]:
        texts = self._texts(list(offering_ids))
        return [title for each in texts.values() for title in each.title.values()]

    def _texts(self, offering_ids: Sequence[int]) -> dict[int, OfferingTexts]:
        """Read shown texts; without a database there is nothing to mark."""
        try:
            with self._database.reading() as work:
                return work.offerings.texts(offering_ids)
        except DatabaseUnavailable:
            return {}

    def _reduced(self, request: SearchRequest) -> SearchPage:
        try:
            return self._fallback.search(request)
        except Exception as fault:  # as above: the last answer there is
            log.error("reduced_search_failed", error=str(fault), kind=type(fault).__name__)
            return SearchPage(degraded=True)

    def _note(self, fault: Exception) -> None:
        """Count a silent engine towards the breaker; an odd question must not shut it for everybody."""
        if not isinstance(fault, SearchUnavailable):
            log.error("search_failed", error=str(fault), kind=type(fault).__name__)
        elif self._breaker.failed():
            log.warning("search_degraded", error=str(fault))


def _marks(texts: OfferingTexts | None, words: Sequence[str]) -> dict[str, tuple[tuple[int, int], ...]]:
    """Return "title.zh-Hans" → [start, end) offsets, for each shown text that holds a word of the question."""
    if texts is None:
        return {}
    found = {
        f"{name}.{tag}": spans(text, words)
        for name, by_language in (("title", texts.title), ("summary", texts.summary))
        for tag, text in by_language.items()
    }
    return {key: where for key, where in found.items() if where}
