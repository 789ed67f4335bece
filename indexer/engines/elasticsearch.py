"""Elasticsearch, 8.19 or 9, at an address: the engine for a city that has outgrown one machine.

Owns: asking and what is made of the answers, when the mapping is looked at and tombstones are purged. Refuses to answer
when the index is missing or of another mapping: SearchUnavailable, with what to type. Bodies are made in
`elasticsearch_query`, everything that is written in `elasticsearch_server`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from city.clock import Clock
from city.errors import SearchUnavailable
from indexer.engines.completing import mixed, title_completed, whole_completed
from indexer.engines.elasticsearch_faults import REMEDY
from indexer.engines.elasticsearch_query import Body, counted, search_body, suggest_body
from indexer.engines.elasticsearch_server import Server
from indexer.engines.protocol import (
    Applied,
    Change,
    EngineAnswer,
    EngineHealth,
    EngineHit,
    EngineSuggestion,
    Rebuild,
)
from indexer.fields import MAPPING_VERSION
from indexer.query import EngineQuery, SuggestQuery

ALIAS = "learncity-offerings"
SEARCH_SECONDS = 0.3
PURGED_EVERY = timedelta(hours=1)
LOOKED_AT_EVERY = timedelta(seconds=30)


class ElasticsearchEngine:
    """The index behind `alias` at `url`; `clock` is real time, by which tombstones grow old."""

    name = "elasticsearch"

    def __init__(
        self,
        url: str,
        clock: Clock,
        *,
        api_key: str = "",
        certificate_authority: Path | None = None,
        alias: str = ALIAS,
        search_seconds: float = SEARCH_SECONDS,
    ) -> None:
        self._server = Server(
            url,
            alias,
            clock,
            search_seconds=search_seconds,
            api_key=api_key,
            certificate_authority=certificate_authority,
        )
        self._clock = clock
        self._looked_at: datetime | None = None
        self._purged_at: datetime | None = None

    def ensure(self) -> None:
        with self._server.explained():
            self._server.ensure()

    def apply(self, changes: Sequence[Change]) -> Applied:
        with self._server.explained():
            self._require_mapping()
            applied = self._server.write(changes, self._server.alias)
            self._purge_now_and_then()
            self._server.refresh(self._server.alias)
            return applied

    def forget(self, offering_ids: Iterable[int]) -> None:
        with self._server.explained():
            self._server.forget(offering_ids)
            self._server.refresh(self._server.alias)

    def search(self, query: EngineQuery) -> EngineAnswer:
        with self._server.explained():
            answer = self._ask(search_body(query))
            found = answer["hits"]
            hits = tuple(EngineHit(int(hit["_id"]), float(hit.get("_score") or 0.0)) for hit in found["hits"])
            facets = {facet.name: counted(answer["aggregations"][facet.name]) for facet in query.facets}
            return EngineAnswer(hits, int(found["total"]["value"]), facets)

    def suggest(self, query: SuggestQuery) -> Sequence[EngineSuggestion]:
        if not query.beginning or query.n < 1:
            return ()
        with self._server.explained():
            answer = self._ask(suggest_body(query))
            names = [(str(each["key"]), int(each["doc_count"])) for each in answer["aggregations"]["names"]["buckets"]]
            titles = (
                title_completed(int(hit["_id"]), hit["_source"]["titles"], query.language)
                for hit in answer["hits"]["hits"]
            )
            return mixed(whole_completed(names, query.language), titles, query.n)

    def versions(self) -> dict[int, int]:
        with self._server.explained():
            return self._server.versions(self._server.alias)

    def begin_rebuild(self) -> Rebuild:
        with self._server.explained():
            self._looked_at = None
            return ElasticsearchRebuild(self._server, self._server.create())

    def health(self) -> EngineHealth:
        try:
            with self._server.explained():
                made = self._server.made()
                self._refuse_other(made)
                return EngineHealth(True, self._server.count(), str(made.get("analysis_version", "")))
        except SearchUnavailable as fault:
            return EngineHealth(False, sentence=str(fault))

    def close(self) -> None:
        self._server.patient.close()

    def _ask(self, body: Body) -> Any:
        """Send a search within the time limit; half an answer is none."""
        self._require_mapping()
        return self._server.quick.search(index=self._server.alias, allow_partial_search_results=False, **body)

    def _require_mapping(self) -> None:
        """Raise SearchUnavailable when the fields are not those the code knows; looked at now and then."""
        now = self._clock.now()
        if self._looked_at is None or now - self._looked_at >= LOOKED_AT_EVERY:
            self._refuse_other(self._server.made())
            self._looked_at = now

    def _refuse_other(self, made: Body) -> None:
        if made.get("mapping_version") != MAPPING_VERSION:
            raise SearchUnavailable(f"The search index at {self._server.url} is of another version; {REMEDY}.")

    def _purge_now_and_then(self) -> None:
        now = self._clock.now()
        if self._purged_at is None or now - self._purged_at >= PURGED_EVERY:
            self._server.purge()
            self._purged_at = now


class ElasticsearchRebuild:
    """An index being built beside the one that answers."""

    def __init__(self, server: Server, name: str) -> None:
        self._server = server
        self._name = name

    def add(self, changes: Sequence[Change]) -> Applied:
        with self._server.explained():
            return self._server.write(changes, self._name)

    def versions(self) -> dict[int, int]:
        with self._server.explained():
            self._server.refresh(self._name)
            return self._server.versions(self._name)

    def alone(self) -> AbstractContextManager[None]:
        """Let others write on: the server needs no lock, and what they write meanwhile is announced again."""
        return nullcontext()

    def commit(self) -> None:
        with self._server.explained():
            self._server.refresh(self._name)
            self._server.swap(self._name)

    def abandon(self) -> None:
        with self._server.explained():
            self._server.drop(self._name)
