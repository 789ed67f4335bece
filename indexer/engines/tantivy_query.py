"""Clauses → tantivy queries, and the places an index knows, by which distances are filtered and sorted.

Owns: one small translation a clause. tantivy has no notion of a point on the earth: every document holds its position
as one token, an index knows a few thousand of them, and a circle becomes the set of those inside, exactly.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from tantivy import FieldType, Occur, Query, Schema

from city.distances import EARTH_RADIUS_M, great_circle_m
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
    bare,
)
from indexer.engines.tantivy_shortcuts import SHORTCUTS, beginning_token, choice_tokens

PLACE, ALIVE = "place", "alive"
UNPLACED = "unplaced"
METRES_PER_DEGREE = math.pi * EARTH_RADIUS_M / 180
FEW = 24
WIDENED = 1 + 1e-9
"""The box around a circle, made a hair larger so that rounding loses nothing; the circle decides."""


def place_token(position: tuple[float, float] | None) -> str:
    """Return the token of a (latitude, longitude); `UNPLACED` when unknown."""
    return f"{position[0]!r},{position[1]!r}" if position is not None else UNPLACED


@dataclass(frozen=True)
class Places:
    """The positions of an index, from south to north."""

    latitudes: tuple[float, ...]
    positions: tuple[tuple[float, float], ...]

    @classmethod
    def of(cls, tokens: Iterable[str]) -> Places:
        split = (token.split(",") for token in tokens if token != UNPLACED)
        positions = sorted((float(latitude), float(longitude)) for latitude, longitude in split)
        return cls(tuple(latitude for latitude, _ in positions), tuple(positions))

    def around(self, circle: Around) -> list[str]:
        """Return the tokens of the positions inside the circle."""
        degrees = circle.metres / METRES_PER_DEGREE * WIDENED
        first = bisect_left(self.latitudes, circle.latitude - degrees)
        last = bisect_right(self.latitudes, circle.latitude + degrees)
        centre = (circle.latitude, circle.longitude)
        near = (each for each in self.positions[first:last] if great_circle_m(centre, each) <= circle.metres)
        return [place_token(each) for each in near]


class Translator:
    """Clauses → queries for one index: its schema, its places, and `has`, which tells whether a (field, token) occurs.

    What no document has is left out: a union of one part is walked much faster than one of two, also when the second
    is empty.
    """

    def __init__(self, schema: Schema, places: Places, has: Callable[[str, str], bool]) -> None:
        self._schema = schema
        self._places = places
        self._has = has
        self._ways: dict[type, Callable[[Any], Query | None]] = {
            Everything: lambda _: self._terms(ALIVE, ["true"]),
            Nothing: lambda _: None,
            Word: lambda clause: self._term(clause.field, clause.token, "freq"),
            AnyOf: self._any_of,
            Between: self._between,
            Misspelt: self._misspelt,
            BeginsWith: self._begins_with,
            Around: self._around,
            Unplaced: lambda _: self._terms(PLACE, [UNPLACED]),
            AllOf: lambda clause: self._all_of(map(self._met, clause.clauses)),
            OneOf: lambda clause: self._one_of(self._some(clause.clauses)),
            AtLeast: self._at_least,
            BestOf: lambda clause: self._best_of(self._some(clause.clauses)),
            Lifted: self._lifted,
            Boost: self._boosted,
            Constant: self._constant,
        }

    def query(self, clause: Clause) -> Query:
        """Return the clause as a scored query."""
        return self._met(clause) or Query.empty_query()

    def filter(self, clause: Clause) -> Query:
        """Return the clause as a query that adds nothing to a score."""
        return Query.const_score_query(self.query(clause), 0.0)

    def plain(self, clause: Clause) -> Query:
        """Return what matches the same, its scores of no meaning, alternatives in one row: a nested row costs again."""
        return self._flat(bare(clause)) or Query.empty_query()

    def lifted(self, matching: Query, extras: Iterable[Clause]) -> Query:
        """Return what matches, its scores with those of the extras added."""
        return _lifted(matching, self._some(extras))

    def _flat(self, clause: Clause) -> Query | None:
        if isinstance(clause, AllOf):
            return self._all_of(map(self._flat, clause.clauses))
        if isinstance(clause, Word):
            return self._term(clause.field, clause.token, "basic")
        if not isinstance(clause, OneOf):
            return self._met(clause)
        alternatives = dict.fromkeys(_alternatives(clause))
        return self._one_of([found for each in alternatives if (found := self._flat(each))])

    def excluded(self, listed: Between) -> Query:
        """Return what is below: few documents are over, so they are left out by their terms; tombstones never match."""
        return self._range(listed.field, 1, (listed.low or 1) - 1, use_inverted_index=True)

    def _met(self, clause: Clause) -> Query | None:
        """Return the clause as a scored query; None when no document of the index can meet it."""
        return self._ways[type(clause)](clause)

    def _some(self, clauses: Iterable[Clause]) -> list[Query]:
        return [found for each in clauses if (found := self._met(each)) is not None]

    def _term(self, name: str, value: str, option: str) -> Query | None:
        return Query.term_query(self._schema, name, value, option) if self._has(name, value) else None

    def _any_of(self, clause: AnyOf) -> Query | None:
        if (tokens := choice_tokens(clause.field, clause.values)) is not None:
            return self._terms(SHORTCUTS, tokens)
        return self._terms(clause.field, sorted(clause.values))

    def _terms(self, name: str, values: list[str]) -> Query | None:
        """One of the values with score 1: few by their own lists of documents, many through the dictionary of terms."""
        if len(values) > FEW:
            return Query.term_set_query(self._schema, name, values)
        found = self._one_of([term for value in values if (term := self._term(name, value, "basic")) is not None])
        return found and Query.const_score_query(found, 1.0)

    def _between(self, clause: Between) -> Query:
        if clause.low is None and clause.high is None:
            return Query.exists_query(clause.field)
        return self._range(clause.field, clause.low, clause.high)

    def _range(self, name: str, low: int | None, high: int | None, *, use_inverted_index: bool = False) -> Query:
        return Query.range_query(
            self._schema, name, FieldType.Integer, low, high, use_inverted_index=use_inverted_index
        )

    def _misspelt(self, clause: Misspelt) -> Query:
        return Query.fuzzy_term_query(self._schema, clause.field, clause.token, 1)

    def _begins_with(self, clause: BeginsWith) -> Query | None:
        if (token := beginning_token(clause.field, clause.beginning)) is not None:
            return self._terms(SHORTCUTS, [token])
        return Query.fuzzy_term_query(self._schema, clause.field, clause.beginning, 0, prefix=True)

    def _around(self, clause: Around) -> Query | None:
        return self._terms(PLACE, self._places.around(clause))

    def _at_least(self, clause: AtLeast) -> Query | None:
        alternatives = [(Occur.Should, each) for each in self._some(clause.clauses)]
        if len(alternatives) < clause.count:
            return None
        return Query.boolean_query(alternatives, minimum_number_should_match=clause.count)

    def _lifted(self, clause: Lifted) -> Query | None:
        matching = self._met(clause.matching)
        return matching and _lifted(matching, self._some(clause.extras))

    def _boosted(self, clause: Boost) -> Query | None:
        found = self._met(clause.clause)
        return found and Query.boost_query(found, clause.factor)

    def _constant(self, clause: Constant) -> Query | None:
        found = self._met(clause.clause)
        return found and Query.const_score_query(found, clause.score)

    @staticmethod
    def _all_of(parts: Iterable[Query | None]) -> Query | None:
        found = list(parts)
        return None if None in found else Query.boolean_query([(Occur.Must, each) for each in found if each])

    @staticmethod
    def _one_of(found: Sequence[Query]) -> Query | None:
        if len(found) < 2:
            return found[0] if found else None
        return Query.boolean_query([(Occur.Should, each) for each in found])

    @staticmethod
    def _best_of(found: Sequence[Query]) -> Query | None:
        if len(found) < 2:
            return found[0] if found else None
        return Query.disjunction_max_query(found, TIE)


def _lifted(matching: Query, extras: Iterable[Query]) -> Query:
    return Query.boolean_query([(Occur.Must, matching), *((Occur.Should, each) for each in extras)])


def _alternatives(clause: Clause) -> Iterator[Clause]:
    """Yield what is one way to be met each: a few values of a field singly."""
    if isinstance(clause, OneOf):
        for each in clause.clauses:
            yield from _alternatives(each)
    elif isinstance(clause, AnyOf) and len(clause.values) <= FEW:
        yield from (Word(clause.field, value) for value in sorted(clause.values))
    else:
        yield clause
