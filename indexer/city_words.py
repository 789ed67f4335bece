"""What a question is read against beside the index: the city's topics with their synonyms, and the names of its venues.

Owns: when that is read again. Called by `indexer.search`; each process has its own, threads share it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property

from city.clock import Clock
from city.errors import DatabaseUnavailable
from city.model import Topic, Venue
from city.store.database import Database
from indexer.spelling import KnownWords
from indexer.synonyms import NO_SYNONYMS, Synonyms

READ_AGAIN_AFTER = timedelta(seconds=30)


@dataclass(frozen=True)
class CityWords:
    """Topics and venues in words: `names` are all their names and synonyms, in every language."""

    synonyms: Synonyms = NO_SYNONYMS
    topic_parents: Mapping[str, str | None] = field(default_factory=dict)
    names: tuple[str, ...] = ()
    venues: tuple[Venue, ...] = ()
    """Their own columns alone, read long ago: for opening hours."""

    @cached_property
    def known(self) -> KnownWords:
        """The words of all the names."""
        return KnownWords.of(self.names)

    def beside(self, topic: str) -> set[str]:
        """Return the topics nearest to one: its siblings, its children and its parent."""
        parent = self.topic_parents.get(topic)
        siblings = {id_ for id_, above in self.topic_parents.items() if above is not None and above in (parent, topic)}
        return (siblings | ({parent} if parent else set())) - {topic}


class CityWordsReader:
    """Reads the city's words when asked, and again after half a minute if the catalogue changed meanwhile."""

    def __init__(self, database: Database, system_clock: Clock) -> None:
        self._database = database
        self._clock = system_clock
        self._known = CityWords()
        self._mark = -1
        self._read_at: datetime | None = None

    def words(self) -> CityWords:
        """Return what is known; while the database is silent, what was known before."""
        now = self._clock.now()
        if self._read_at is None or now - self._read_at >= READ_AGAIN_AFTER:
            self._read_at = now
            try:
                self._read()
            except DatabaseUnavailable:
                self._read_at = None
        return self._known

    def _read(self) -> None:
        with self._database.reading() as work:
            mark = work.outbox.last_id()
            if mark == self._mark:
                return
            topics, venues = work.topics.all(), work.venues.all()
        names = [text for topic in topics for text in _names(topic)]
        names += [text for venue in venues for text in venue.name.values()]
        parents = {topic.id: topic.parent_id for topic in topics}
        self._known = CityWords(Synonyms.of(topics), parents, tuple(dict.fromkeys(names)), tuple(venues))
        self._mark = mark


def _names(topic: Topic) -> list[str]:
    return [*topic.name.values(), *(word for words in topic.synonyms.values() for word in words)]
