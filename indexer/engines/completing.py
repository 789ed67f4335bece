"""What every engine does alike with completions: reading them, mixing the kinds, words in the page's language."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from itertools import islice

from city.model import LocalisedText
from indexer.engines.protocol import EngineSuggestion

BETWEEN = "\x1f"
"""Stands in terms between key, type and id, none of which has white space: many terms make one text."""
MOST_COMPLETIONS = 60
"""Terms looked at: one name has several keys that begin alike."""
COMPLETIONS_REMEMBERED = 50_000
SHARES = {"topic": 3, "venue": 2}
"""Of a list of 8: so many topics, so many venues, then offerings."""


def names_completed(
    counted: Iterable[tuple[str, int]],
    names_of: Callable[[str, str], str],
    language: str,
    is_listed: Callable[[str], bool] = bool,
) -> list[EngineSuggestion]:
    """Return topics, then venues, those of most offerings first, each once; `is_listed` is asked of few terms alone.

    A term is (key, type, id), joined by BETWEEN; `names_of` gives the names of a (type, id) as JSON.
    """
    best: dict[tuple[str, str], tuple[int, str]] = {}
    for term, count in counted:
        _, type_, key = term.split(BETWEEN, 2)
        best[type_, key] = max((count, term), best.get((type_, key), (0, "")))
    ordered = sorted(best, key=lambda found: (-best[found][0], found))
    return [
        _suggestion(type_, key, names_of(type_, key), language)
        for wanted, share in SHARES.items()
        for type_, key in islice((each for each in ordered if each[0] == wanted and is_listed(best[each][1])), share)
    ]


def whole_completed(counted: Iterable[tuple[str, int]], language: str) -> list[EngineSuggestion]:
    """Return the same from the completions of documents, which hold the names."""
    terms, names = list[tuple[str, int]](), dict[tuple[str, str], str]()
    for completion, count in counted:
        term, called = cut(completion)
        terms.append((term, count))
        type_, key, text = called.split(BETWEEN, 2)
        names.setdefault((type_, key), text)
    return names_completed(terms, lambda type_, key: names[type_, key], language)


@lru_cache(COMPLETIONS_REMEMBERED)
def cut(completion: str) -> tuple[str, str]:
    """Return the term of a document's completion, (key, type, id), and what it is called, (type, id, names)."""
    key, type_, id_, names = completion.split("\t", 3)
    return BETWEEN.join((key, type_, id_)), BETWEEN.join((type_, id_, names))


def title_completed(offering_id: int, titles: str, language: str) -> EngineSuggestion:
    """Return the suggestion of an offering, its titles given as JSON."""
    return _suggestion("offering", str(offering_id), titles, language)


def mixed(
    names: Sequence[EngineSuggestion], titles: Iterable[EngineSuggestion], n: int
) -> tuple[EngineSuggestion, ...]:
    """Return names, then titles, no text twice, n at most."""
    by_text: dict[tuple[str, str], EngineSuggestion] = {}
    for each in (*names, *titles):
        by_text.setdefault((each.type, each.text), each)
    return tuple(islice(by_text.values(), n))


def _suggestion(type_: str, key: str, names: str, language: str) -> EngineSuggestion:
    text, tag = LocalisedText(json.loads(names)).best(language)
    return EngineSuggestion(type_, key, text, tag)
