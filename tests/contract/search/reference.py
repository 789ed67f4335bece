"""What every engine must answer, worked out document by document with no index: slow, short, and easy to believe.

Filters, facets, totals, orders and paging are exact. Relevance is BM25 (k1 1.2, b .75) times merit, with lengths
rounded to a byte as Lucene and tantivy do (Lucene's SmallFloat, 4 significant bits).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from typing import Any

from city.distances import great_circle_m
from city.ports import Sort
from indexer.clauses import (
    TIE,
    AllOf,
    AnyOf,
    Around,
    AtLeast,
    BeginsWith,
    BestOf,
    Between,
    Boost,
    Clause,
    Constant,
    Everything,
    Lifted,
    Misspelt,
    Nothing,
    OneOf,
    Unplaced,
    Word,
)
from indexer.document import Document
from indexer.query import EngineQuery, Facet

K1, B = 1.2, 0.75
EXACT_LENGTHS = 24


class Reference:
    """The documents of a catalogue, each asked in turn."""

    def __init__(self, documents: Iterable[Document]) -> None:
        self.documents = list(documents)

    def total(self, query: EngineQuery) -> int:
        return len(self._found(query))

    def facets(self, query: EngineQuery) -> dict[str, dict[str, int]]:
        return {facet.name: self._facet(facet, query) for facet in query.facets}

    def ordered(self, query: EngineQuery) -> list[int]:
        """All ids in order."""
        found = self._found(query)
        keys = {each.offering_id: (not is_open(each), self._key(each, query), each.offering_id) for each in found}
        return sorted(keys, key=keys.__getitem__)

    def score(self, offering_id: int, query: EngineQuery) -> float:
        document = next(each for each in self.documents if each.offering_id == offering_id)
        return (self._score(query.matching, document) or 0.0) * document.merit

    def _found(self, query: EngineQuery, without: str = "") -> list[Document]:
        """The documents that match all of a question but perhaps one filter."""
        asked = [query.matching, query.listed, *(each for name, each in query.filters.items() if name != without)]
        met = [self._meeting(clause) for clause in asked]
        return [each for each in self.documents if all(each.offering_id in ids for ids in met)]

    def _meeting(self, clause: Clause) -> frozenset[int]:
        """The ids that match a clause; worked out once a clause."""
        if clause not in self._met:
            found = (each.offering_id for each in self.documents if self._score(clause, each) is not None)
            self._met[clause] = frozenset(found)
        return self._met[clause]

    @cached_property
    def _met(self) -> dict[Clause, frozenset[int]]:
        return {}

    def _facet(self, facet: Facet, query: EngineQuery) -> dict[str, int]:
        found = self._found(query, without=facet.drops)
        if facet.sums:
            had = [set(each.keywords[facet.field]) for each in found]
            summed = {value: sum(bool(tokens & each) for each in had) for value, tokens in facet.sums.items()}
            return {value: count for value, count in summed.items() if count}
        if facet.field:
            return dict(Counter(value for each in found for value in each.keywords[facet.field]))
        chosen = {
            value: sum(each.offering_id in self._meeting(clause) for each in found)
            for value, clause in facet.choices.items()
        }
        return {value: count for value, count in chosen.items() if count}

    def _key(self, document: Document, query: EngineQuery) -> float:
        if query.sort is Sort.NEAREST and query.near is not None:
            near = (query.near.latitude, query.near.longitude)
            return great_circle_m(near, document.position) if document.position else math.inf
        if query.sort is Sort.SOONEST:
            return document.numbers["soonest_order"][0]
        if query.sort is Sort.NEWEST:
            return -document.numbers["newest_order"][0]
        if not query.is_scored:
            return -document.numbers["browse_order"][0]
        return -self.score(document.offering_id, query)

    # ── clauses: the score, None when the clause does not match ───────────────────────────────────────────────────────

    def _score(self, clause: Clause, document: Document) -> float | None:
        return self._ways[type(clause)](clause, document)

    @cached_property
    def _ways(self) -> Mapping[type, Callable[[Any, Document], float | None]]:
        return {
            Everything: lambda clause, document: 1.0,
            Nothing: lambda clause, document: None,
            Word: self._word,
            AnyOf: lambda clause, document: _one_if(clause.values & set(_values(document, clause.field))),
            Between: _between,
            Misspelt: lambda clause, document: _one_if(
                any(is_near(clause.token, token) for token in document.words[clause.field])
            ),
            BeginsWith: lambda clause, document: _one_if(
                any(token.startswith(clause.beginning) for token in document.words[clause.field])
            ),
            Around: _around,
            Unplaced: lambda clause, document: _one_if(document.position is None),
            AllOf: lambda clause, document: self._at_least(clause.clauses, len(clause.clauses), document),
            OneOf: lambda clause, document: self._at_least(clause.clauses, 1, document),
            AtLeast: lambda clause, document: self._at_least(clause.clauses, clause.count, document),
            BestOf: self._best_of,
            Lifted: self._lifted,
            Boost: lambda clause, document: _times(self._score(clause.clause, document), clause.factor),
            Constant: lambda clause, document: None if self._score(clause.clause, document) is None else clause.score,
        }

    def _word(self, clause: Word, document: Document) -> float | None:
        tokens = document.words[clause.field]
        if not (frequency := tokens.count(clause.token)):
            return None
        n, holding = len(self.documents), self._holding(clause.field)[clause.token]
        rarity = math.log(1 + (n - holding + 0.5) / (holding + 0.5))
        length = rounded_length(len(tokens)) / self._mean_length(clause.field)
        return rarity * frequency * (K1 + 1) / (frequency + K1 * (1 - B + B * length))

    def _at_least(self, clauses: Iterable[Clause], count: int, document: Document) -> float | None:
        scores = [score for clause in clauses if (score := self._score(clause, document)) is not None]
        return sum(scores) if len(scores) >= count else None

    def _best_of(self, clause: BestOf, document: Document) -> float | None:
        scores = sorted(score for each in clause.clauses if (score := self._score(each, document)) is not None)
        return scores[-1] + TIE * sum(scores[:-1]) if scores else None

    def _lifted(self, clause: Lifted, document: Document) -> float | None:
        score = self._score(clause.matching, document)
        if score is None:
            return None
        return score + sum(self._score(each, document) or 0.0 for each in clause.extras)

    def _holding(self, field: str) -> Counter[str]:
        """In how many documents each token of the field stands."""
        if field not in self._held:
            self._held[field] = Counter(token for each in self.documents for token in set(each.words[field]))
        return self._held[field]

    @cached_property
    def _held(self) -> dict[str, Counter[str]]:
        return {}

    def _mean_length(self, field: str) -> float:
        return sum(len(each.words[field]) for each in self.documents) / len(self.documents)


def is_open(document: Document) -> bool:
    return document.keywords["has_seats"] == ("true",)


def rounded_length(length: int) -> int:
    """Return a length as a byte holds it: exact up to 24, then 4 significant bits."""
    if length < EXACT_LENGTHS:
        return length
    rest = length - EXACT_LENGTHS
    shift = max(0, rest.bit_length() - 4)
    return EXACT_LENGTHS + ((rest >> shift) << shift)


def is_near(token: str, other: str) -> bool:
    """True when at most one insertion, deletion, replacement or swap of neighbours makes one the other."""
    if token == other:
        return True
    if abs(len(token) - len(other)) > 1:
        return False
    short, long = sorted((token, other), key=len)
    at = next((at for at, letter in enumerate(short) if letter != long[at]), len(short))
    if len(short) < len(long):
        return short[at:] == long[at + 1 :]
    return short[at + 1 :] == long[at + 1 :] or (
        short[at : at + 2] == long[at : at + 2][::-1] and short[at + 2 :] == long[at + 2 :]
    )


def _values(document: Document, field: str) -> tuple[str, ...]:
    return document.keywords.get(field) or document.words.get(field, ())


def _between(clause: Between, document: Document) -> float | None:
    low, high = clause.low, clause.high
    numbers = document.numbers[clause.field]
    return _one_if(any((low is None or low <= each) and (high is None or each <= high) for each in numbers))


def _around(clause: Around, document: Document) -> float | None:
    if document.position is None:
        return None
    return _one_if(great_circle_m((clause.latitude, clause.longitude), document.position) <= clause.metres)


def _one_if(holds: object) -> float | None:
    return 1.0 if holds else None


def _times(score: float | None, factor: float) -> float | None:
    return None if score is None else score * factor
