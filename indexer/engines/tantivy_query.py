"""Clauses → tantivy queries, and the places an index knows, by which distances are filtered and sorted.

Owns: one small translation a clause. tantivy has no notion of a point on the earth: every document holds its position
as one token, an index knows a few thousand of them, and a circle becomes the set of those inside, exactly.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator
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

PLACE = "place"
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
    """Clauses → queries for one schema and the places of one index."""

    def __init__(self, schema: Schema, places: Places) -> None:
        self._schema = schema
        self._places = places
        self._ways: dict[type, Callable[[Any], Query]] = {
            Everything: lambda _: Query.all_query(),
            Nothing: lambda _: Query.empty_query(),
            Word: self._word,
            AnyOf: self._any_of,
            Between: self._between,
            Misspelt: self._misspelt,
            BeginsWith: self._begins_with,
            Around: self._around,
            Unplaced: lambda _: self._terms(PLACE, [UNPLACED]),
            AllOf: self._all_of,
            OneOf: self._one_of,
            AtLeast: self._at_least,
            BestOf: self._best_of,
            Lifted: self._lifted,
            Boost: lambda clause: Query.boost_query(self.query(clause.clause), clause.factor),
            Constant: lambda clause: Query.const_score_query(self.query(clause.clause), clause.score),
        }

    def query(self, clause: Clause) -> Query:
        """Return the clause as a scored query."""
        return self._ways[type(clause)](clause)

    def filter(self, clause: Clause) -> Query:
        """Return the clause as a query that adds nothing to a score."""
        return Query.const_score_query(self.query(clause), 0.0)

    def plain(self, clause: Clause) -> Query:
        """Return what matches the same, its scores of no meaning, alternatives in one row: a nested row costs again."""
        return self._flat(bare(clause))

    def _flat(self, clause: Clause) -> Query:
        if isinstance(clause, AllOf):
            return Query.boolean_query([(Occur.Must, self._flat(each)) for each in clause.clauses])
        if isinstance(clause, Word):
            return Query.term_query(self._schema, clause.field, clause.token, "basic")
        if not isinstance(clause, OneOf):
            return self.query(clause)
        alternatives = dict.fromkeys(_alternatives(clause))
        return Query.boolean_query([(Occur.Should, self._flat(each)) for each in alternatives])

    def excluded(self, listed: Between) -> Query:
        """Return what is below: few documents are over (tombstones among them), so they are left out by their terms."""
        return self._range(listed.field, 0, (listed.low or 1) - 1, use_inverted_index=True)

    def _word(self, clause: Word) -> Query:
        return Query.term_query(self._schema, clause.field, clause.token, "freq")

    def _any_of(self, clause: AnyOf) -> Query:
        return self._terms(clause.field, sorted(clause.values))

    def _terms(self, name: str, values: list[str]) -> Query:
        """One of the values with score 1: few by their own lists of documents, many through the dictionary of terms."""
        if len(values) > FEW:
            return Query.term_set_query(self._schema, name, values)
        terms = [Query.term_query(self._schema, name, value, "basic") for value in values]
        found = terms[0] if len(terms) == 1 else Query.boolean_query([(Occur.Should, term) for term in terms])
        return Query.const_score_query(found, 1.0) if terms else Query.empty_query()

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

    def _begins_with(self, clause: BeginsWith) -> Query:
        return Query.fuzzy_term_query(self._schema, clause.field, clause.beginning, 0, prefix=True)

    def _around(self, clause: Around) -> Query:
        return self._terms(PLACE, self._places.around(clause))

    def _all_of(self, clause: AllOf) -> Query:
        return Query.boolean_query([(Occur.Must, self.query(each)) for each in clause.clauses])

    def _one_of(self, clause: OneOf) -> Query:
        return Query.boolean_query([(Occur.Should, self.query(each)) for each in clause.clauses])

    def _at_least(self, clause: AtLeast) -> Query:
        alternatives = [(Occur.Should, self.query(each)) for each in clause.clauses]
        return Query.boolean_query(alternatives, minimum_number_should_match=clause.count)

    def _best_of(self, clause: BestOf) -> Query:
        return Query.disjunction_max_query([self.query(each) for each in clause.clauses], TIE)

    def _lifted(self, clause: Lifted) -> Query:
        extras = [(Occur.Should, self.query(each)) for each in clause.extras]
        return Query.boolean_query([(Occur.Must, self.query(clause.matching)), *extras])


def _alternatives(clause: Clause) -> Iterator[Clause]:
    """Yield what is one way to be met each: a few values of a field singly."""
    if isinstance(clause, OneOf):
        for each in clause.clauses:
            yield from _alternatives(each)
    elif isinstance(clause, AnyOf) and len(clause.values) <= FEW:
        yield from (Word(clause.field, value) for value in sorted(clause.values))
    else:
        yield clause
