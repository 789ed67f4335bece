"""The words in which a question is put to an engine: a small tree of frozen clauses that names no engine.

Owns: what each clause means. A clause matches documents and gives each a score; `Constant` replaces the score, `Boost`
multiplies it. Built by `indexer.query`, translated by each engine in `indexer/engines`, and evaluated word by word by
the slow reference in the tests.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Everything:
    """Matches every document with score 1."""


@dataclass(frozen=True, slots=True)
class Nothing:
    """Matches no document."""


@dataclass(frozen=True, slots=True)
class Word:
    """A token in a text field; scored by BM25 (k1 1.2, b .75)."""

    field: str
    token: str


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one of the values in a keyword field; score 1."""

    field: str
    values: frozenset[str]


@dataclass(frozen=True, slots=True)
class Between:
    """A whole number of the field from `low` to `high`, both included, None = open; score 1."""

    field: str
    low: int | None = None
    high: int | None = None


@dataclass(frozen=True, slots=True)
class Misspelt:
    """A token of a text field one edit (insert, delete, replace, swap of neighbours) away at most; score 1."""

    field: str
    token: str


@dataclass(frozen=True, slots=True)
class BeginsWith:
    """A token of a text field that begins so; score 1."""

    field: str
    beginning: str


@dataclass(frozen=True, slots=True)
class Around:
    """A position at most `metres` from a point in WGS84 degrees, straight over ground; score 1."""

    latitude: float
    longitude: float
    metres: float


@dataclass(frozen=True, slots=True)
class Unplaced:
    """No position is known; score 1."""


@dataclass(frozen=True, slots=True)
class AllOf:
    """Every clause; the scores are added."""

    clauses: tuple[Clause, ...]


@dataclass(frozen=True, slots=True)
class OneOf:
    """At least one clause; the scores of those that match are added."""

    clauses: tuple[Clause, ...]


@dataclass(frozen=True, slots=True)
class AtLeast:
    """So many of the clauses; the scores of those that match are added."""

    clauses: tuple[Clause, ...]
    count: int


@dataclass(frozen=True, slots=True)
class BestOf:
    """At least one clause; the best score counts, the others by a tenth (disjunction max)."""

    clauses: tuple[Clause, ...]


@dataclass(frozen=True, slots=True)
class Lifted:
    """All that `matching` matches; scores of the `extras` that match as well are added."""

    matching: Clause
    extras: tuple[Clause, ...]


@dataclass(frozen=True, slots=True)
class Boost:
    """What the clause matches, its score multiplied."""

    clause: Clause
    factor: float


@dataclass(frozen=True, slots=True)
class Constant:
    """What the clause matches, with this score."""

    clause: Clause
    score: float


Clause = (
    Everything
    | Nothing
    | Word
    | AnyOf
    | Between
    | Misspelt
    | BeginsWith
    | Around
    | Unplaced
    | AllOf
    | OneOf
    | AtLeast
    | BestOf
    | Lifted
    | Boost
    | Constant
)

TIE = 0.1
"""What the clauses of a BestOf that are not the best add to the score."""


def all_of(clauses: Iterable[Clause]) -> Clause:
    """Return the clauses as one; a single one stays itself, none at all is Everything."""
    found = tuple(clauses)
    return found[0] if len(found) == 1 else AllOf(found) if found else Everything()


def one_of(clauses: Iterable[Clause]) -> Clause:
    """Return the clauses as alternatives; a single one stays itself, none at all is Nothing."""
    found = tuple(clauses)
    return found[0] if len(found) == 1 else OneOf(found) if found else Nothing()


def best_of(clauses: Iterable[Clause]) -> Clause:
    """Return the best of the clauses; a single one stays itself, none at all is Nothing."""
    found = tuple(clauses)
    return found[0] if len(found) == 1 else BestOf(found) if found else Nothing()


def bare(clause: Clause) -> Clause:
    """Return a clause that matches the same and scores nothing in particular, as plainly as can be: for counting."""
    if isinstance(clause, Lifted):
        return bare(clause.matching)
    if isinstance(clause, Boost | Constant):
        return bare(clause.clause)
    if isinstance(clause, AllOf):
        return all_of(map(bare, clause.clauses))
    if isinstance(clause, OneOf | BestOf):
        return one_of(map(bare, clause.clauses))
    return AtLeast(tuple(map(bare, clause.clauses)), clause.count) if isinstance(clause, AtLeast) else clause


def split_lifted(clause: Clause) -> tuple[float, tuple[Clause, ...]] | None:
    """Return the constant score of all that matches and what lifts it; None when the clause is not made so.

    `bare(clause)` tells what matches; so an engine may look for that first and score only what is left.
    """
    if isinstance(clause, Constant):
        return clause.score, ()
    if isinstance(clause, Lifted):
        split = split_lifted(clause.matching)
        return split and (split[0], (*split[1], *clause.extras))
    if isinstance(clause, AllOf):
        parts = [split_lifted(each) for each in clause.clauses]
        found = [part for part in parts if part is not None]
        if len(found) == len(parts):
            return sum(score for score, _ in found), tuple(extra for _, extras in found for extra in extras)
    return None
