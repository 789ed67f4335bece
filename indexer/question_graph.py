"""Many questions asked of a batch of documents in one pass: clauses as bit masks, each different clause once.

Owns: `QuestionGraph`. A clause becomes a node; equal clauses of all questions are one node, so that 500 people who
look for calligraphy in one district cost one AND. A batch is turned round first, (field, token) → documents that have
it as the bits of one number; a leaf looks its tokens up, an inner node joins the numbers of its parts. It gives what an
engine's filters and strict matching give, and no score. Pure; called by `indexer.alerts`.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from math import cos, radians

from city.distances import great_circle_m
from indexer.clauses import (
    AllOf,
    AnyOf,
    Around,
    AtLeast,
    Between,
    Clause,
    Everything,
    Nothing,
    OneOf,
    Unplaced,
    Word,
)
from indexer.document import Document

METRES_PER_DEGREE = 111_195.0
EVERYTHING, NOTHING = 0, 1
"""The nodes that are always there."""
Leaf = AnyOf | Between | Around | Unplaced


class Batch:
    """Documents turned round: which of them (as bits) have a token, a number, a place."""

    def __init__(self, documents: Sequence[Document]) -> None:
        self.everything = (1 << len(documents)) - 1
        self.unplaced = sum(1 << at for at, each in enumerate(documents) if each.position is None)
        self._tokens: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
        numbers: dict[str, dict[int, int]] = defaultdict(lambda: defaultdict(int))
        for at, document in enumerate(documents):
            for name, tokens in (*document.words.items(), *document.keywords.items()):
                for token in tokens:
                    self._tokens[name][token] |= 1 << at
            for name, values in document.numbers.items():
                for value in values:
                    numbers[name][value] |= 1 << at
        self._numbers = {name: sorted(by_value.items()) for name, by_value in numbers.items()}
        self._placed = sorted((each.position, 1 << at) for at, each in enumerate(documents) if each.position)
        self._latitudes = [position[0] for position, _ in self._placed]

    def mask(self, leaf: Leaf) -> int:
        """Return the documents that match a leaf."""
        if isinstance(leaf, AnyOf):
            return self._any_of(leaf)
        if isinstance(leaf, Between):
            return self._between(leaf)
        return self.unplaced if isinstance(leaf, Unplaced) else self._around(leaf)

    def _any_of(self, leaf: AnyOf) -> int:
        there = self._tokens.get(leaf.field, {})
        fewer, other = (leaf.values, there) if len(leaf.values) < len(there) else (there, leaf.values)
        return _union(there[token] for token in fewer if token in other)

    def _between(self, leaf: Between) -> int:
        rows = self._numbers.get(leaf.field, [])
        low = 0 if leaf.low is None else bisect_left(rows, leaf.low, key=lambda row: row[0])
        high = len(rows) if leaf.high is None else bisect_right(rows, leaf.high, key=lambda row: row[0])
        return _union(mask for _, mask in rows[low:high])

    def _around(self, leaf: Around) -> int:
        """Only documents of the belt of latitudes are measured."""
        degrees = leaf.metres / METRES_PER_DEGREE * 1.001 + 1e-6
        low = bisect_left(self._latitudes, leaf.latitude - degrees)
        high = bisect_right(self._latitudes, leaf.latitude + degrees)
        wide = degrees / max(0.01, cos(radians(min(89.0, abs(leaf.latitude) + degrees))))
        centre, found = (leaf.latitude, leaf.longitude), 0
        for position, bit in self._placed[low:high]:
            if abs(position[1] - leaf.longitude) <= wide and great_circle_m(centre, position) <= leaf.metres:
                found |= bit
        return found


@dataclass
class QuestionGraph:
    """Nodes in an order in which parts stand before what they are parts of."""

    _leaves: list[tuple[int, Leaf]] = field(default_factory=list)
    _joints: list[tuple[int, int, tuple[int, ...]]] = field(default_factory=list)
    """(node, how many of the parts must match, parts)."""
    _known: dict[object, int] = field(default_factory=dict)
    _count: int = 2

    def add(self, clause: Clause) -> int:
        """Return the node of a clause that `bare` made plain; one that is there already is used again."""
        if isinstance(clause, Everything):
            return EVERYTHING
        if isinstance(clause, Nothing):
            return NOTHING
        if isinstance(clause, Word):
            clause = AnyOf(clause.field, frozenset({clause.token}))
        if isinstance(clause, AllOf):
            return self.all_of([self.add(each) for each in clause.clauses])
        if isinstance(clause, OneOf):
            return self.one_of([self.add(each) for each in clause.clauses])
        if isinstance(clause, AtLeast):
            return self._joint(tuple(self.add(each) for each in clause.clauses), clause.count)
        return self._leaf(clause)

    def all_of(self, nodes: Sequence[int]) -> int:
        """Return the node that all of the nodes make; without any it is everything."""
        distinct = tuple(sorted(set(nodes) - {EVERYTHING})) or (EVERYTHING,)
        return self._joint(distinct, len(distinct))

    def one_of(self, nodes: Sequence[int]) -> int:
        """Return the node that any of the nodes makes; without any it is nothing."""
        return EVERYTHING if EVERYTHING in nodes else self._joint(tuple(sorted(set(nodes))) or (NOTHING,), 1)

    def __len__(self) -> int:
        return self._count

    def answer(self, batch: Batch) -> list[int]:
        """Return for each node the documents of the batch that match it."""
        masks = [0] * self._count
        masks[EVERYTHING] = batch.everything
        for node, leaf in self._leaves:
            masks[node] = batch.mask(leaf)
        for node, needed, parts in self._joints:
            if needed == len(parts):
                found = masks[parts[0]]
                for part in parts:
                    if not (found := found & masks[part]):
                        break
                masks[node] = found
            else:
                met = [masks[part] for part in parts]
                masks[node] = _union(iter(met)) if needed == 1 else _at_least(needed, met)
        return masks

    def _leaf(self, clause: Clause) -> int:
        if not isinstance(clause, AnyOf | Between | Around | Unplaced):
            raise TypeError(f"{type(clause).__name__} is no part of a strict question")
        if clause not in self._known:
            self._leaves.append((self._new(clause), clause))
        return self._known[clause]

    def _joint(self, parts: tuple[int, ...], needed: int) -> int:
        if len(parts) == 1 and needed == 1:
            return parts[0]
        if (needed, parts) not in self._known:
            self._joints.append((self._new((needed, parts)), needed, parts))
        return self._known[(needed, parts)]

    def _new(self, key: object) -> int:
        self._known[key] = node = self._count
        self._count += 1
        return node


def _union(masks: Iterator[int]) -> int:
    found = 0
    for mask in masks:
        found |= mask
    return found


def _at_least(needed: int, masks: Sequence[int]) -> int:
    """The bits that are set in so many masks: layer n holds those set in n + 1 of them so far."""
    layers = [0] * needed
    for mask in masks:
        for above in range(needed - 1, 0, -1):
            layers[above] |= layers[above - 1] & mask
        layers[0] |= mask
    return layers[-1]


def bits(mask: int) -> Iterator[int]:
    """Yield the places of the bits that are set."""
    while mask:
        lowest = mask & -mask
        yield lowest.bit_length() - 1
        mask ^= lowest
