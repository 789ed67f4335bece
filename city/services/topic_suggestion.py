"""Which topic of the list a title is about, proposed to whoever publishes.

Owns: how a title is compared with a topic's names and synonyms: the longest of its words that stands in the title
wins, then words shared after the city's analysis. Pure; the topics are handed in.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from city.analysis import content_tokens, fold, is_han
from city.model import Topic

NAME_COUNTS, SHARED_COUNTS = 1.5, 0.8
LONGEST_TITLE = 300


def suggest_topic(title: str, topics: Iterable[Topic]) -> str:
    """Return the topic's slug, "" when no word of the title names one; a topic wins over its parent."""
    plain = f" {' '.join(fold(title[:LONGEST_TITLE]).split())} "
    tokens = frozenset(content_tokens(title[:LONGEST_TITLE]))
    scored = [(_score(plain, tokens, topic), topic.parent_id is not None, topic.id) for topic in topics]
    best = max(scored, default=(0.0, False, ""))
    return best[2] if best[0] > 0 else ""


def _score(plain: str, tokens: frozenset[str], topic: Topic) -> float:
    named = max((_likeness(plain, tokens, word) * NAME_COUNTS for word in topic.name.values()), default=0.0)
    return max(named, max((_likeness(plain, tokens, word) for word in _synonyms(topic)), default=0.0))


def _synonyms(topic: Topic) -> Iterator[str]:
    for words in (topic.synonyms or {}).values():
        yield from words


def _likeness(plain: str, tokens: frozenset[str], word: str) -> float:
    """Return how many letters of a word the title holds; of a word in parts the share that is there."""
    folded = fold(word).strip()
    if not folded:
        return 0.0
    if is_han(folded) and folded in plain:
        return 2.0 * len(folded)
    if not is_han(folded) and f" {folded} " in plain:
        return float(len(folded))
    parts = frozenset(content_tokens(word))
    shared = parts & tokens
    letters = sum((2.0 if is_han(part) else 1.0) * len(part) for part in shared)
    return SHARED_COUNTS * letters * len(shared) / len(parts) if parts else 0.0
