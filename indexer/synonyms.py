"""Words that mean the same, expanded at query time, one table for every engine.

Owns: `synonyms.tsv`, how a phrase is looked up, and the names and synonyms of the catalogue's Topics beside it. Called
by `indexer.query`; made once by the wiring and again when Topics change.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import TypeVar

from city import analysis
from city.model import Topic
from indexer.spelling import is_one_edit

LONGEST_PHRASE = 5
"""Words."""
SHORTEST_SPELT, LONGEST_SPELT = 5, 20
LEAST_ALIKE = 0.3
ASKED = ">"
"""Begins what asks for a group and is not looked for by it."""

Key = TypeVar("Key")
Value = TypeVar("Value")
Phrase = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """A line of the table: what means the same, and what asks for it without being it ("French" for 法语)."""

    meant: tuple[str, ...]
    asked: tuple[str, ...]

    @classmethod
    def read(cls, line: str) -> Group:
        """Read one line."""
        texts = line.split("|")
        asked = tuple(text.removeprefix(ASKED) for text in texts if text.startswith(ASKED))
        return cls(tuple(text for text in texts if not text.startswith(ASKED)), asked)


@dataclass(frozen=True, slots=True)
class Meaning:
    """What else a phrase is called, and the topics it names."""

    others: tuple[Phrase, ...] = ()
    topics: frozenset[str] = frozenset()


NO_MEANING = Meaning()


@dataclass(frozen=True)
class Synonyms:
    """Phrase (stemmed query words) → its Meaning, and phrases by how they sound or nearly how they are spelt."""

    meanings: Mapping[Phrase, Meaning] = field(default_factory=dict)
    by_sound: Mapping[str, frozenset[Phrase]] = field(default_factory=dict)
    """Pinyin in one piece → phrases."""
    by_spelling: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """A spelling key, or one with a letter left out → unstemmed English words."""

    @classmethod
    def of(cls, topics: Iterable[Topic] = ()) -> Synonyms:
        """Join the table with the names and synonyms of the topics."""
        known = list(topics)
        others: dict[Phrase, dict[Phrase, None]] = {}
        for group in _table():
            meant = [phrase_of(text) for text in group.meant]
            for phrase in (*meant, *map(phrase_of, group.asked)):
                others.setdefault(phrase, {}).update((other, None) for other in meant if other != phrase)
        by_name = _gathered((phrase_of(text), topic.id) for topic in known for text in _names(topic))
        named = {each: _topics_of((each, *others.get(each, ())), by_name) for each in {*others, *by_name}}
        texts = [text for group in _table() for text in (*group.meant, *group.asked)]
        texts += [text for topic in known for text in _names(topic)]
        return cls(
            {each: Meaning(tuple(others.get(each, ())), named[each]) for each in named},
            _gathered((sound, phrase_of(text)) for text in texts if (sound := _sound(text))),
            _gathered((key, word) for text in texts for word in _english(text) for key in _keys_near(word)),
        )

    def spelt_nearly(self, word: str) -> list[Phrase]:
        """Return the phrases of one English word that a word sounds like, or else is one edit away from."""
        key, near = analysis.spelling_key(word), set[str]()
        for each in _keys_near(word):
            near |= self.by_spelling.get(each, frozenset())
        alike = [other for other in sorted(near) if analysis.spelling_key(other) == key]
        almost = (other for other in sorted(near) if is_one_edit(analysis.spelling_key(other), key))
        return [(analysis.stem(other),) for other in alike or almost]

    def sounding(self, sound: str) -> list[Phrase]:
        """Return the phrases that sound so."""
        return sorted(self.by_sound.get(sound, ()))

    def topics_alike(self, text: str) -> list[str]:
        """Return topics with a name that shares words or Chinese characters with a text, the most alike first."""
        asked, best = _marks(phrase_of(text)), dict[str, float]()
        for phrase, meaning in self.meanings.items():
            marks = _marks(phrase) if meaning.topics else set()
            likeness = 2 * len(asked & marks) / max(1, len(asked) + len(marks))
            if likeness >= LEAST_ALIKE:
                best.update((topic, max(likeness, best.get(topic, 0))) for topic in meaning.topics)
        return sorted(best, key=lambda topic: (-best[topic], topic))

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


def _marks(phrase: Phrase) -> set[str]:
    """What two names are compared by: English stems and single Chinese characters."""
    return {mark for word in phrase for mark in (word if analysis.is_han(word) else [word])}


def _names(topic: Topic) -> list[str]:
    texts = [*topic.name.values(), *(word for words in topic.synonyms.values() for word in words)]
    return [text for text in texts if phrase_of(text)]


def _topics_of(phrases: Iterable[Phrase], topics: Mapping[Phrase, frozenset[str]]) -> frozenset[str]:
    """The topics that one of the phrases names: insomnia names what 失眠 names."""
    return frozenset().union(*(topics.get(phrase, frozenset()) for phrase in phrases))


def _gathered(pairs: Iterable[tuple[Key, Value]]) -> dict[Key, frozenset[Value]]:
    found: dict[Key, set[Value]] = {}
    for key, value in pairs:
        found.setdefault(key, set()).add(value)
    return {key: frozenset(values) for key, values in found.items()}


def _sound(text: str) -> str:
    """How a Chinese phrase of 2 characters or more sounds, "" for any other."""
    words = analysis.query_words(text)
    han = "".join(words)
    return analysis.sound(han) if len(han) > 1 and all(map(analysis.is_han, words)) else ""


def _english(text: str) -> list[str]:
    """The English word that a phrase is, if it is one."""
    words = analysis.query_words(text)
    return words if len(words) == 1 and words[0].isascii() and len(words[0]) >= SHORTEST_SPELT else []


def _keys_near(word: str) -> set[str]:
    """The spelling key of a word, and with each letter left out: two words one edit apart share one of these."""
    key = analysis.spelling_key(word)
    return {key, *(key[:at] + key[at + 1 :] for at in range(len(key)))} if len(key) <= LONGEST_SPELT else {key}


@cache
def _table() -> tuple[Group, ...]:
    lines = files("indexer").joinpath("synonyms.tsv").read_text(encoding="utf-8").splitlines()
    return tuple(Group.read(line) for line in lines if line.strip() and not line.startswith("#"))
