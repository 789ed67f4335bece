"""What every engine does alike with completions: reading them, mixing the kinds, words in the page's language."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from itertools import islice

from city.model import LocalisedText
from indexer.engines.protocol import EngineSuggestion

MOST_COMPLETIONS = 60
"""Terms looked at: one name has several keys that begin alike."""
SHARES = {"topic": 3, "venue": 2}
"""Of a list of 8: so many topics, so many venues, then offerings."""


def names_completed(counted: Iterable[tuple[str, int]], language: str) -> list[EngineSuggestion]:
    """Return topics, then venues, those of most offerings first, each once."""
    best: dict[tuple[str, str, str], int] = {}
    for term, count in counted:
        _, type_, key, names = term.split("\t", 3)
        best[type_, key, names] = max(count, best.get((type_, key, names), 0))
    ordered = sorted(best, key=lambda found: (-best[found], found))
    return [
        suggestion
        for type_, share in SHARES.items()
        for suggestion in islice((_suggestion(*found, language) for found in ordered if found[0] == type_), share)
    ]


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
