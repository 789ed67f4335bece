"""What helps when little or nothing was found: the filter to drop, another spelling, topics near by.

Owns: how much of that is asked for and in which order. Every count is a real one, asked of the engine within a time
budget; when that is used up, the page has less help and is never late. Called by `indexer.search` alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from city.clock import Clock
from city.errors import SearchUnavailable
from city.ports import Relaxation, SearchRequest
from indexer.city_words import CityWords
from indexer.engines.protocol import EngineAnswer
from indexer.relaxing import has_filters, relaxed, without_filters
from indexer.spelling import proposal

BUDGET = timedelta(seconds=0.3)
MOST_NEAR_TOPICS = 4
TITLES_READ = 20

Ask = Callable[[SearchRequest, tuple[str, ...]], EngineAnswer]
"""(request, facets to count) → the engine's answer."""
Titles = Callable[[Iterable[int]], Iterable[str]]
"""Offering ids → their titles in every language."""


@dataclass(frozen=True)
class Help:
    """What a page with little on it shows beside it."""

    spelling: str = ""
    relaxations: tuple[Relaxation, ...] = ()
    near_topics: tuple[str, ...] = ()


class Helping:
    """Finds help for one request after another; `clock` is real time."""

    def __init__(self, ask: Ask, titles: Titles, clock: Clock) -> None:
        self._ask = ask
        self._titles = titles
        self._clock = clock

    def help(self, request: SearchRequest, found: EngineAnswer, city: CityWords) -> Help:
        """Return another spelling when too little was found, and with nothing found also what to drop and topics."""
        until = self._clock.now() + BUDGET
        helped = Help()
        try:
            wide = self._wide(request, found)
            helped = replace(helped, spelling=self._spelling(request, wide, city))
            if found.total == 0:
                helped = replace(helped, near_topics=self._near_topics(request, wide, city))
                helped = replace(helped, relaxations=self._relaxations(request, until))
        except SearchUnavailable:
            pass  # the answer itself stands; what was found of the help until then is shown with it
        return helped

    def _wide(self, request: SearchRequest, found: EngineAnswer) -> EngineAnswer:
        """What the words alone find, whatever the filters say."""
        if not request.text.strip() or (found.total and not has_filters(request)):
            return found
        return self._ask(replace(without_filters(request), per_page=TITLES_READ), ("topic",))

    def _spelling(self, request: SearchRequest, wide: EngineAnswer, city: CityWords) -> str:
        if not request.text.strip():
            return ""
        titles = self._titles(hit.offering_id for hit in wide.hits)
        proposed = proposal(request.text.strip(), city.known.and_of(titles))
        if not proposed:
            return ""
        asked = self._ask(replace(request, text=proposed, page=1, per_page=0), ())
        return proposed if asked.total else ""

    def _relaxations(self, request: SearchRequest, until: datetime) -> tuple[Relaxation, ...]:
        """Return what dropping each single filter gives, best first, the text itself last; never an empty one."""
        found = []
        for each in relaxed(request):
            if self._clock.now() >= until:
                break
            count = self._ask(replace(each.request, per_page=0), ()).total
            if count:
                found.append(Relaxation(each.field, each.value, count))
        return tuple(sorted(found, key=lambda drop: (drop.field == "text", -drop.count, drop.field)))

    def _near_topics(self, request: SearchRequest, wide: EngineAnswer, city: CityWords) -> tuple[str, ...]:
        """Return topics with something to find: of what the words find, else those called alike; then those beside."""
        by_words = _most_first(wide.facets.get("topic", {}) if request.text.strip() else {}, city)
        alike = [] if by_words else city.synonyms.topics_alike(request.text)
        beside = {near for topic in request.topics for near in city.beside(topic)}
        wanted = alike or beside
        counts = self._ask(SearchRequest(per_page=0), ("topic",)).facets.get("topic", {}) if wanted else {}
        near = _most_first({topic: count for topic, count in counts.items() if topic in beside}, city)
        ranked = [*by_words, *(topic for topic in alike if counts.get(topic)), *near]
        return tuple(topic for topic in dict.fromkeys(ranked) if topic not in request.topics)[:MOST_NEAR_TOPICS]


def _most_first(counts: Mapping[str, int], city: CityWords) -> list[str]:
    """Return the topics that have something, most first; those with topics below them after the others."""
    broad = set(city.topic_parents.values())
    return sorted(
        (topic for topic in counts if counts[topic]), key=lambda topic: (topic in broad, -counts[topic], topic)
    )
