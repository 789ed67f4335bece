"""Clauses, mapping and documents as Elasticsearch takes them: plain dictionaries, for 8.19 and 9, free features only.

Owns: one small translation a clause, the body of a search with its facets and its order, the mapping made of FIELDS.
Analysers are `whitespace` alone and nothing is scripted, so the plainest distribution serves.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any

from city.analysis import ANALYSIS_VERSION
from city.ports import Position, Sort
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
from indexer.engines.completing import MOST_COMPLETIONS
from indexer.fields import FIELDS, MAPPING_VERSION, TOMBSTONE_WORDS, FieldType
from indexer.query import EngineQuery, Facet, SuggestQuery

Body = dict[str, Any]

POSITION = "position"
MOST_VALUES = 10_000
FURTHEST_HIT = 60_000
TYPES: dict[FieldType, Body] = {
    FieldType.WORDS: {"type": "text", "analyzer": "whitespace", "index_options": "freqs"},
    FieldType.KEYS: {"type": "text", "analyzer": "whitespace", "index_options": "docs", "norms": False},
    FieldType.KEYWORD: {"type": "keyword"},
    FieldType.NUMBER: {"type": "long"},
}
BESIDE: dict[str, Body] = {
    "number": {"type": "long"},
    "version": {"type": "long"},
    POSITION: {"type": "geo_point"},
    "merit": {"type": "double"},
    "titles": {"type": "keyword", "index": False, "doc_values": False},
    "deleted": {"type": "boolean"},
    "deleted_at": {"type": "long"},
}
FIRST_OPEN: Body = {"has_seats": {"order": "desc", "unmapped_type": "keyword"}}
SORTED_BY: dict[Sort, Body] = {
    Sort.RELEVANCE: {"browse_order": "desc"},
    Sort.NEWEST: {"newest_order": "desc"},
    Sort.SOONEST: {"soonest_order": "asc"},
}


def index_body() -> Body:
    """Return settings and mapping of a new index: one shard, so that facet counts are exact."""
    return {
        "settings": {
            "number_of_shards": 1,
            "auto_expand_replicas": "0-1",
            "max_result_window": FURTHEST_HIT,
        },
        "mappings": {
            "dynamic": False,
            "_meta": {"analysis_version": ANALYSIS_VERSION, "mapping_version": MAPPING_VERSION},
            "properties": {name: TYPES[type_] for name, type_ in FIELDS.items()} | BESIDE,
        },
    }


def source_of(offering_id: int, version: int, document: Document | None, now_s: int) -> Body:
    """Return what is stored of an offering, a tombstone when it has no document."""
    identity: Body = {"number": offering_id, "version": version}
    if document is None:
        return {**identity, **TOMBSTONE_WORDS, "deleted": True, "deleted_at": now_s}
    position = (
        {} if document.position is None else {POSITION: {"lat": document.position[0], "lon": document.position[1]}}
    )
    return {
        **identity,
        **position,
        **{name: " ".join(tokens) for name, tokens in document.words.items()},
        **{name: list(values) for name, values in document.keywords.items() if values},
        **{name: list(numbers) for name, numbers in document.numbers.items() if numbers},
        "merit": document.merit,
        "titles": json.dumps(dict(document.titles), ensure_ascii=False),
        "deleted": False,
    }


# ── questions ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def search_body(query: EngineQuery) -> Body:
    """Return the arguments of one search.

    Filters that a facet leaves out are applied after counting, and inside the count of every other facet.
    """
    late = {facet.drops for facet in query.facets} & query.filters.keys()
    early = [clause for name, clause in query.filters.items() if name not in late]
    asked = {
        "bool": {
            "must": [translated(query.matching)],
            "filter": [translated(clause) for clause in (*early, query.listed)],
        }
    }
    return {
        "query": _times_merit(asked) if _is_scored(query) else asked,
        "post_filter": _all_filters(query.filters[name] for name in sorted(late)),
        "aggs": {facet.name: _facet(facet, query, late) for facet in query.facets},
        "sort": _order(query),
        "from_": query.offset,
        "size": query.size,
        "source": False,
        "track_total_hits": True,
    }


def suggest_body(query: SuggestQuery) -> Body:
    """Return the arguments of one search that counts completions and finds titles at once."""
    completed = {"prefix": {"completions": {"value": query.beginning}}}
    titles = translated(query.matching)
    return {
        "query": {
            "bool": {
                "filter": [translated(query.listed)],
                "should": [completed, titles],
                "minimum_should_match": 1,
            }
        },
        "post_filter": titles,
        "aggs": {
            "names": {
                "terms": {"field": "completions", "include": f"{query.beginning}.*", "size": MOST_COMPLETIONS},
            }
        },
        "sort": [{"browse_order": "desc"}],
        "size": query.n,
        "source": ["titles"],
        "track_total_hits": False,
    }


def _is_scored(query: EngineQuery) -> bool:
    return query.sort is Sort.RELEVANCE and query.is_scored


def _times_merit(asked: Body) -> Body:
    merit = {"field_value_factor": {"field": "merit", "missing": 1}}
    return {"function_score": {"query": asked, "functions": [merit], "boost_mode": "multiply"}}


def _order(query: EngineQuery) -> list[Body]:
    by_id: Body = {"number": "asc"}
    if query.sort is Sort.NEAREST and query.near is not None:
        return [FIRST_OPEN, _by_distance(query.near), by_id]
    if _is_scored(query):
        return [FIRST_OPEN, {"_score": "desc"}, by_id]
    return [SORTED_BY.get(query.sort, SORTED_BY[Sort.RELEVANCE])]


def _by_distance(near: Position) -> Body:
    point = {"lat": near.latitude, "lon": near.longitude}
    return {"_geo_distance": {POSITION: point, "order": "asc", "unit": "m", "distance_type": "arc"}}


def _facet(facet: Facet, query: EngineQuery, late: Iterable[str]) -> Body:
    kept = _all_filters(query.filters[name] for name in sorted(late) if name != facet.drops)
    if facet.field and not facet.sums:
        return {"filter": kept, "aggs": {"values": {"terms": {"field": facet.field, "size": MOST_VALUES}}}}
    clauses = facet.choices or {value: AnyOf(facet.field, tokens) for value, tokens in facet.sums.items()}
    choices = {value: translated(clause) for value, clause in clauses.items()}
    return {"filter": kept, "aggs": {"values": {"filters": {"filters": choices}}}}


def counted(answer: Body) -> dict[str, int]:
    """Return value → count of one facet's answer; what nothing has is left out."""
    buckets = answer["values"]["buckets"]
    if isinstance(buckets, dict):
        return {str(value): int(each["doc_count"]) for value, each in buckets.items() if each["doc_count"]}
    return {str(each["key"]): int(each["doc_count"]) for each in buckets}


def _all_filters(clauses: Iterable[Clause]) -> Body:
    return {"bool": {"filter": [translated(clause) for clause in clauses]}}


# ── clauses ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def translated(clause: Clause) -> Body:
    """Return the clause as a query."""
    return WAYS[type(clause)](clause)


def _each(clauses: Iterable[Clause]) -> list[Body]:
    return [translated(clause) for clause in clauses]


def _between(clause: Between) -> Body:
    bounds = {"gte": clause.low, "lte": clause.high}
    stated = {name: bound for name, bound in bounds.items() if bound is not None}
    return {"range": {clause.field: stated}} if stated else {"exists": {"field": clause.field}}


def _misspelt(clause: Misspelt) -> Body:
    near = {"value": clause.token, "fuzziness": 1, "transpositions": True, "rewrite": "constant_score"}
    return {"fuzzy": {clause.field: near}}


def _around(clause: Around) -> Body:
    point = {"lat": clause.latitude, "lon": clause.longitude}
    return {"geo_distance": {"distance": f"{clause.metres!r}m", POSITION: point}}


def _at_least(clause: AtLeast) -> Body:
    return {"bool": {"should": _each(clause.clauses), "minimum_should_match": clause.count}}


def _boost(clause: Boost) -> Body:
    if isinstance(clause.clause, Word):
        return {"term": {clause.clause.field: {"value": clause.clause.token, "boost": clause.factor}}}
    return {"bool": {"must": [translated(clause.clause)], "boost": clause.factor}}


WAYS: dict[type, Callable[[Any], Body]] = {
    Everything: lambda _: {"match_all": {}},
    Nothing: lambda _: {"match_none": {}},
    Word: lambda clause: {"term": {clause.field: {"value": clause.token}}},
    AnyOf: lambda clause: {"terms": {clause.field: sorted(clause.values)}},
    Between: _between,
    Misspelt: _misspelt,
    BeginsWith: lambda clause: {"prefix": {clause.field: {"value": clause.beginning}}},
    Around: _around,
    Unplaced: lambda _: {"bool": {"must_not": [{"exists": {"field": POSITION}}]}},
    AllOf: lambda clause: {"bool": {"must": _each(clause.clauses)}},
    OneOf: lambda clause: {"bool": {"should": _each(clause.clauses), "minimum_should_match": 1}},
    AtLeast: _at_least,
    BestOf: lambda clause: {"dis_max": {"queries": _each(clause.clauses), "tie_breaker": TIE}},
    Lifted: lambda clause: {"bool": {"must": [translated(clause.matching)], "should": _each(clause.extras)}},
    Boost: _boost,
    Constant: lambda clause: {"constant_score": {"filter": translated(clause.clause), "boost": clause.score}},
}
