"""Counting facets in the embedded index in as few walks over what was met as can be.

Owns: which facets are counted together. All that leave no set filter out are one walk; each set filter that a facet
leaves out is a walk of its own, but for one of them: where most offerings pass it, both are counted in one, and what
the filter lets pass stands in buckets of its own. Called by `indexer.engines.tantivy` alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeGuard

from tantivy import Query, Searcher

from indexer.clauses import AnyOf, Clause
from indexer.engines.tantivy_shortcuts import PACKED, column_of, unpacked
from indexer.query import Facet

MOST_VALUES = 10_000
"""Distinct values of a facet, and distinct places, that are counted exactly."""
SEATS = Facet("(open or full)", "", "has_seats")
PASSED = "(passed)"
SINGLE = frozenset({"kind", "attendance", "is_free", "has_seats"})
"""Fields of which an offering has one value at most."""
MOST_PASS = 0.5
"""Share of the index that a filter must let pass, so that walking also over the rest is less than a walk of its own."""
Counts = dict[str, dict[str, int]]
"""Facet → value → how many documents."""


@dataclass(frozen=True)
class Counting:
    """Counts the facets of one question; `left` makes the query of all that was asked but one filter ("": but none)."""

    searcher: Searcher
    filters: Mapping[str, Clause]
    left: Callable[[str], Query]

    def counts(self, facets: Iterable[Facet]) -> Counts:
        """Count the facets that are fields, and who is open or full."""
        walks: dict[str, list[Facet]] = {"": [SEATS]}
        for facet in facets:
            walks.setdefault(facet.drops if facet.drops in self.filters else "", []).append(facet)
        found: Counts = {}
        if (widest := self._widest(walks)) is not None:
            name, passing = widest
            found = self._together(name, passing, walks.pop(name), walks.pop(""))
        for name, some in walks.items():
            found |= _read(self.searcher.aggregate(self.left(name), _asked(some)), some)
        return found

    def _widest(self, names: Iterable[str]) -> tuple[str, AnyOf] | None:
        """Return the filter that lets most documents pass, if these are many; None when none does."""
        filters = [(name, clause) for name in names if _is_single(clause := self.filters.get(name))]
        widest = max(filters, key=lambda each: self._share(each[1]), default=None)
        return widest if widest and self._share(widest[1]) > MOST_PASS else None

    def _share(self, clause: AnyOf) -> float:
        passing = sum(self.searcher.doc_freq(clause.field, value) for value in clause.values)
        return passing / max(1, self.searcher.num_docs)

    def _together(self, name: str, passing: AnyOf, without: Sequence[Facet], within: Sequence[Facet]) -> Counts:
        """Count facets that leave the filter out, and others that keep it, in one walk."""
        passed = _terms(passing.field, sorted(passing.values)) | {"aggs": _asked(within)}
        answer = self.searcher.aggregate(self.left(name), _asked(without) | {PASSED: passed})
        return _read(answer, without) | _added(_read(each, within) for each in answer[PASSED]["buckets"])


def _is_single(clause: Clause | None) -> TypeGuard[AnyOf]:
    """True when the clause is about a field of one value."""
    return isinstance(clause, AnyOf) and clause.field in SINGLE


def _asked(facets: Iterable[Facet]) -> dict[str, Any]:
    return {facet.name: _terms(facet.field) for facet in facets}


def _terms(field: str, values: Sequence[str] = ()) -> dict[str, Any]:
    included = {"include": values} if values else {}
    return {"terms": {"field": column_of(field), "size": MOST_VALUES, **included}}


def _read(answer: Mapping[str, Any], facets: Iterable[Facet]) -> Counts:
    return {facet.name: _summed(facet, _values(facet.field, answer[facet.name])) for facet in facets}


def _values(field: str, aggregation: Mapping[str, Any]) -> dict[str, int]:
    counts = buckets(aggregation)
    return unpacked(counts) if field in PACKED else counts


def _added(several: Iterable[Counts]) -> Counts:
    total: Counts = {}
    for counts in several:
        for name, values in counts.items():
            known = total.setdefault(name, {})
            for value, count in values.items():
                known[value] = known.get(value, 0) + count
    return total


def _summed(facet: Facet, counts: dict[str, int]) -> dict[str, int]:
    """Return the counts as they are, or added up by choice."""
    if not facet.sums:
        return counts
    summed = {
        value: sum(counts.get(token, 0) for token in counts.keys() & tokens) for value, tokens in facet.sums.items()
    }
    return {value: count for value, count in summed.items() if count}


def buckets(aggregation: Mapping[str, Any]) -> dict[str, int]:
    """Return value → count of a terms aggregation."""
    return {str(bucket["key"]): int(bucket["doc_count"]) for bucket in aggregation["buckets"]}
