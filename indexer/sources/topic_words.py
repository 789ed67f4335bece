"""Which topic of the controlled list a word of a source names.

Owns: the words of all topics, folded; a topic's own name wins over another's synonym. Called by sources whose subjects
are free words.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from city.analysis import fold
from city.topic_entries import read_topic_list


def topic_of(word: str) -> str:
    """Return the slug of the topic that a word names, "" when none does."""
    return _topic_of_word().get(fold(word.strip()), "")


@cache
def _topic_of_word() -> Mapping[str, str]:
    entries = read_topic_list()
    synonyms = ((word, entry.slug) for entry in entries for words in entry.synonyms.values() for word in words)
    names = ((word, entry.slug) for entry in entries for word in (entry.slug, *entry.name.values()))
    return {fold(word): slug for word, slug in (*synonyms, *names)}


def parted(words: list[str], known: Mapping[str, str]) -> tuple[list[str], list[str]]:
    """Return what words mean as topics (a word in `known` stands for itself), and the words that mean none."""
    topics: list[str] = []
    others: list[str] = []
    for word in words:
        meant = word if word in known else topic_of(word)
        (topics if meant else others).append(meant or word)
    return topics, others
