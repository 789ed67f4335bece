"""What every engine does alike with completions: reading them, mixing the kinds, words in the page's language."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from itertools import islice

from city.model import LocalisedText
from indexer.engines.protocol import EngineSuggestion

MOST_COMPLETIONS = 60
"""Terms looked at: one name has several keys that begin alike."""
SHARES = {"topic": 3, "venue": 2}
"""Of a list of 8: so many topics, so many venues, then offerings."""


def names_completed(
    counted: Iterable[tuple[str, int]], language: str, is_listed: Callable[[str], bool] = bool
) -> list[EngineSuggestion]:
    """Return topics, then venues, those of most offerings first, each once; `is_listed` is asked of few terms alone."""
    best: dict[tuple[str, str, str], tuple[int, str]] = {}
    for term, count in counted:
        _, type_, key, names = term.split("\t", 3)
        best[type_, key, names] = max((count, term), best.get((type_, key, names), (0, "")))
    ordered = sorted(best, key=lambda found: (-best[found][0], found))
    return [
        _suggestion(*found, language)
        for type_, share in SHARES.items()
        for found in islice((each for each in ordered if each[0] == type_ and is_listed(best[each][1])), share)
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
