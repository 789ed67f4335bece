"""Words that mean the same, expanded at query time, one table for every engine.

Owns: `synonyms.tsv`, how a phrase is looked up, and the names and synonyms of the catalogue's Topics beside it. Called
by `indexer.query`; made once by the wiring and again when Topics change.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files

from city import analysis
from city.model import Topic

LONGEST_PHRASE = 5
"""Words."""

Phrase = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Meaning:
    """What else a phrase is called, and the topics it names."""

    others: tuple[Phrase, ...] = ()
    topics: frozenset[str] = frozenset()


NO_MEANING = Meaning()


@dataclass(frozen=True)
class Synonyms:
    """Phrase (stemmed query words) → its Meaning."""

    meanings: Mapping[Phrase, Meaning] = field(default_factory=dict)

    @classmethod
    def of(cls, topics: Iterable[Topic] = ()) -> Synonyms:
        """Join the table with the names and synonyms of the topics."""
        others: dict[Phrase, dict[Phrase, None]] = {}
        for group in _table():
            for phrase in group:
                others.setdefault(phrase, {}).update((other, None) for other in group if other != phrase)
        named: dict[Phrase, set[str]] = {}
        for topic in topics:
            for phrase in _names(topic):
                named.setdefault(phrase, set()).add(topic.id)
        phrases = others.keys() | named.keys()
        return cls({each: Meaning(tuple(others.get(each, ())), frozenset(named.get(each, ()))) for each in phrases})

    def meaning(self, phrase: Phrase) -> Meaning:
        """Return what is known of a phrase; an empty Meaning when nothing is."""
        return self.meanings.get(phrase, NO_MEANING)

    def phrases(self, words: Sequence[str]) -> Iterator[Phrase]:
        """Cut stemmed words into the longest phrases the table knows; a word it does not know stands alone."""
        at = 0
        while at < len(words):
            sizes = range(min(LONGEST_PHRASE, len(words) - at), 1, -1)
            size = next((n for n in sizes if tuple(words[at : at + n]) in self.meanings), 1)
            yield tuple(words[at : at + size])
            at += size


NO_SYNONYMS = Synonyms()


def phrase_of(text: str) -> Phrase:
    """Return the stemmed query words of a phrase."""
    return tuple(analysis.stems(analysis.query_words(text)))


def _names(topic: Topic) -> list[Phrase]:
    texts = [*topic.name.values(), *(word for words in topic.synonyms.values() for word in words)]
    return [phrase for text in texts if (phrase := phrase_of(text))]


@cache
def _table() -> tuple[tuple[Phrase, ...], ...]:
    lines = files("indexer").joinpath("synonyms.tsv").read_text(encoding="utf-8").splitlines()
    groups = (line.split("|") for line in lines if line.strip() and not line.startswith("#"))
    return tuple(tuple(dict.fromkeys(phrase_of(text) for text in group)) for group in groups)
