"""The embedded engine: tantivy in a folder of the data folder, one writer process, any number of readers.

Owns: reading (every reader looks whether the index was swapped or written to, then answers from a snapshot), the order
of hits, counting facets, suggestions. Refuses to answer from a folder that is gone, damaged or made by another
mapping: SearchUnavailable, with what to type. Writing is in `tantivy_writing`, the folder in `tantivy_folder`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tantivy import Index, Occur, Order, Query, Searcher

from city.clock import Clock
from city.distances import great_circle_m
from city.errors import SearchUnavailable
from city.ports import Position, Sort
from indexer.clauses import AnyOf, split_lifted
from indexer.document import ID_BITS, LARGEST_ID
from indexer.engines.batches import newest_of
from indexer.engines.completing import BETWEEN, MOST_COMPLETIONS, mixed, names_completed, title_completed
from indexer.engines.protocol import (
    Applied,
    Change,
    EngineAnswer,
    EngineHealth,
    EngineHit,
    EngineSuggestion,
    Rebuild,
)
from indexer.engines.tantivy_counting import MOST_VALUES, SEATS, Counting, buckets
from indexer.engines.tantivy_folder import REMEDY, IndexFolder, Made, explained, noted_versions
from indexer.engines.tantivy_query import ALIVE, PLACE, UNPLACED, Places, Translator
from indexer.engines.tantivy_writing import (
    NAMES,
    TITLES,
    TantivyRebuild,
    Writer,
    new_index,
    registered,
    versions_in,
)
from indexer.fields import ALWAYS_THERE
from indexer.query import EngineQuery, SuggestQuery

SPARE_HITS = 20
"""Fetched beyond the page, so that offerings of the same score are put in order of their ids."""
FULL = AnyOf("has_seats", frozenset({"false"}))
Tier = Occur | None
"""Whether an offering must be full, must not be, or may."""
SORTED_BY = {
    Sort.RELEVANCE: ("browse_order", Order.Desc),
    Sort.NEWEST: ("newest_order", Order.Desc),
    Sort.SOONEST: ("soonest_order", Order.Asc),
}


class TantivyEngine:
    """The embedded index in `folder`; `clock` is real time, by which tombstones grow old."""

    name = "tantivy"

    def __init__(self, folder: Path, clock: Clock) -> None:
        self._folder = IndexFolder(folder)
        self._clock = clock
        self._opening = threading.Lock()
        self._snapshot: _Snapshot | None = None

    def ensure(self) -> None:
        if not self._folder.exists():
            with explained(self._folder.root), self._folder.rebuilding(), self._folder.writing():
                if not self._folder.exists():
                    folder = self._folder.new()
                    new_index(folder)
                    self._folder.swap(folder)

    def apply(self, changes: Sequence[Change]) -> Applied:
        newest = newest_of(changes)
        with self._writer() as writer:
            applied = writer.write(newest.values(), writer.held(newest))
            writer.purge()
            writer.commit()
        return applied

    def forget(self, offering_ids: Iterable[int]) -> None:
        with self._writer() as writer:
            writer.forget(offering_ids)
            writer.commit()

    @contextmanager
    def _writer(self) -> Iterator[Writer]:
        """Open a writer for one batch, holding the lock no longer than that."""
        with (
            explained(self._folder.root),
            self._folder.writing(),
            Writer(self._answering().folder, self._clock) as writer,
        ):
            yield writer

    def begin_rebuild(self) -> Rebuild:
        with explained(self._folder.root):
            return TantivyRebuild(self._folder, self._clock)

    def search(self, query: EngineQuery) -> EngineAnswer:
        with explained(self._folder.root):
            return _Search(self._answering(), query).answer()

    def suggest(self, query: SuggestQuery) -> Sequence[EngineSuggestion]:
        if not query.beginning or query.n < 1:
            return ()
        with explained(self._folder.root):
            return self._answering().suggest(query)

    def versions(self) -> dict[int, int]:
        with explained(self._folder.root):
            return versions_in(self._answering().index)

    def health(self) -> EngineHealth:
        try:
            with explained(self._folder.root):
                opened = self._open()
                opened.require_mapping()
                return EngineHealth(True, opened.count(), opened.made.analysis_version)
        except SearchUnavailable as fault:
            return EngineHealth(False, sentence=str(fault))

    def close(self) -> None:
        with self._opening:
            self._snapshot = None

    def _answering(self) -> _Snapshot:
        opened = self._open()
        opened.require_mapping()
        return opened

    def _open(self) -> _Snapshot:
        """Return a snapshot of the index as it is now; the former one as long as nothing was written."""
        folder = self._folder.current()
        state = _state(folder)
        if (known := self._snapshot) is not None and known.folder == folder and known.state == state:
            return known
        with self._opening:
            self._snapshot = _Snapshot(folder, state)
            return self._snapshot


def _state(folder: Path) -> tuple[int, int]:
    """Return what changes with every commit."""
    found = (folder / "meta.json").stat()
    return found.st_mtime_ns, found.st_ino


class _Snapshot:
    """One state of one index, for reading."""

    def __init__(self, folder: Path, state: tuple[int, int]) -> None:
        self.folder = folder
        self.state = state
        self.made = noted_versions(folder)
        self.index = registered(Index.open(str(folder)))
        self.searcher: Searcher = self.index.searcher()
        self._translator: Translator | None = None

    def require_mapping(self) -> None:
        """Raise SearchUnavailable when the fields are not those the code knows."""
        if self.made.mapping_version != Made().mapping_version:
            raise SearchUnavailable(f"The search index in {self.folder.parent} is of another version; {REMEDY}.")

    @property
    def translator(self) -> Translator:
        if self._translator is None:
            tokens = (token for token, _ in self.searcher.terms_with_prefix(PLACE, ""))
            self._translator = Translator(self.index.schema, Places.of(tokens), self._has)
        return self._translator

    def _has(self, field: str, token: str) -> bool:
        return self.searcher.doc_freq(field, token) > 0

    def _alive(self) -> Query:
        return Query.term_query(self.index.schema, ALIVE, "true", "basic")

    def count(self) -> int:
        """Return how many offerings are in the index, without tombstones."""
        return int(
            self.searcher.aggregate(self._alive(), {"ids": {"value_count": {"field": "number"}}})["ids"]["value"]
        )

    def suggest(self, query: SuggestQuery) -> tuple[EngineSuggestion, ...]:
        """Return names and titles that go on as typed."""
        translate, excluded = self.translator, (Occur.MustNot, self.translator.excluded(query.listed))
        terms = self.searcher.terms_with_prefix("completions", query.beginning, limit=MOST_COMPLETIONS)
        wanted = Query.boolean_query([(Occur.Must, translate.query(query.matching)), excluded])
        found = self.searcher.search(wanted, query.n, count=False, order_by_field="browse_order").hits
        titles = (self._title(address, key, query.language) for key, address in found)
        names = names_completed(terms, self._names, query.language, self._is_listed(excluded))
        return mixed(names, titles, query.n)

    def _names(self, type_: str, key: str) -> str:
        """Return what most documents call a topic or venue."""
        begun = f"{type_}{BETWEEN}{key}{BETWEEN}"
        return self.searcher.terms_with_prefix(NAMES, begun, limit=1)[0][0].removeprefix(begun)

    def _is_listed(self, excluded: tuple[Occur, Query]) -> Callable[[str], bool]:
        """Tell of a completion whether something listed has it; what more have than are unlisted needs no look."""
        unlisted = self._unlisted(excluded[1])

        def has_some(term: str) -> bool:
            if self.searcher.doc_freq("completions", term) > unlisted:
                return True
            having = Query.term_query(self.index.schema, "completions", term, "basic")
            asked = Query.boolean_query([(Occur.Must, having), excluded])
            return bool(self.searcher.search(asked, 1, count=False, order_by_field="number").hits)

        return has_some

    def _unlisted(self, excluded: Query) -> int:
        """Return how many documents are not listed, with those deleted whose terms are counted until segments merge."""
        written = self.searcher.doc_freq("bigrams", ALWAYS_THERE)
        below = self.searcher.search(excluded, 1, count=True, order_by_field="number").count  # type: ignore[attr-defined]
        return written - self.searcher.num_docs + int(below or 0)

    def _title(self, address: Any, order: int, language: str) -> EngineSuggestion:
        titles = bytes(self.searcher.doc(address).get_first(TITLES) or b"{}").decode()
        return title_completed(LARGEST_ID - (order & LARGEST_ID), titles, language)


@dataclass(frozen=True)
class _Counts:
    """How many of those that match are open, how many full, and how many have each value, by facet."""

    open: int
    full: int
    facets: dict[str, dict[str, int]]


class _Search:
    """One question to one snapshot."""

    def __init__(self, snapshot: _Snapshot, query: EngineQuery) -> None:
        self._searcher = snapshot.searcher
        self._schema = snapshot.index.schema
        self._translate = snapshot.translator
        self._asked = query
        self._counted_matching = self._translate.plain(query.matching)
        self._filters = {name: self._translate.filter(clause) for name, clause in query.filters.items()}
        over = self._translate.excluded(query.listed)
        self._excluded = [(Occur.MustNot, over)] if self._counted(over) else []

    def answer(self) -> EngineAnswer:
        """Count first, then order what the page shows."""
        counts = self._counts()
        total = counts.open + counts.full
        facets = {facet.name: counts.facets.get(facet.name, {}) for facet in self._asked.facets}
        needed = self._asked.size > 0 and self._asked.offset < total
        return EngineAnswer(tuple(self._page(counts)) if needed else (), total, facets)

    def _query(self, tier: Tier) -> Query:
        """All that was asked in one tier, with scores; where it can be, what is left after all filters is scored."""
        if (split := split_lifted(self._asked.matching)) is None:
            return self._all_of([self._translate.query(self._asked.matching), *self._filters.values()], tier)
        score, extras = split
        return self._translate.lifted(Query.const_score_query(self._plain_query(tier=tier), score), extras)

    def _plain_query(self, *more: Query, without: str = "", tier: Tier = None) -> Query:
        """All that was asked but perhaps one filter, for counting and for orders that need no score."""
        kept = [query for name, query in self._filters.items() if name != without]
        return self._all_of([self._counted_matching, *kept, *more], tier)

    def _all_of(self, queries: Iterable[Query], tier: Tier = None) -> Query:
        asked = [*((Occur.Must, each) for each in queries), *self._excluded]
        if tier is not None:  # few are full: leaving them out is less work than asking for all the others
            asked.append((tier, self._translate.filter(FULL)))
        return Query.boolean_query(asked)

    # ── counting ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def _counts(self) -> _Counts:
        counting = Counting(self._searcher, self._asked.filters, lambda without: self._plain_query(without=without))
        facets = counting.counts(facet for facet in self._asked.facets if facet.field)
        seats = facets.pop(SEATS.name, {})
        return _Counts(seats.get("true", 0), seats.get("false", 0), facets | self._chosen())

    def _chosen(self) -> dict[str, dict[str, int]]:
        """Count the facets whose choices are clauses of their own."""
        return {
            facet.name: {
                value: count
                for value, clause in facet.choices.items()
                if (count := self._counted(self._plain_query(self._translate.filter(clause), without=facet.drops)))
            }
            for facet in self._asked.facets
            if facet.choices
        }

    def _counted(self, query: Query) -> int:
        found = self._searcher.search(query, 1, count=True, order_by_field="number")  # an order that needs no score
        return int(found.count or 0)  # type: ignore[attr-defined]

    # ── ordering ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def _page(self, counts: _Counts) -> Iterator[EngineHit]:
        if self._asked.sort is Sort.NEAREST and self._asked.near is not None:
            yield from self._tiers(counts, self._nearest)
        elif self._asked.sort is Sort.RELEVANCE and self._asked.is_scored:
            yield from self._tiers(counts, self._best)
        else:
            yield from self._sorted()

    def _tiers(self, counts: _Counts, ordered: Any) -> Iterator[EngineHit]:
        """Open offerings first, then full ones; the second tier is asked only for a page that reaches it."""
        first, last = self._asked.offset, self._asked.offset + self._asked.size
        if first < counts.open:
            yield from ordered(Occur.MustNot if counts.full else None, first, min(last, counts.open))
        if last > counts.open and counts.full:
            yield from ordered(Occur.Must, max(0, first - counts.open), last - counts.open)

    def _sorted(self) -> Iterator[EngineHit]:
        """By a number that holds tier, value and id in one, so that no two are alike."""
        field, order = SORTED_BY.get(self._asked.sort, SORTED_BY[Sort.RELEVANCE])
        found = self._searcher.search(
            self._plain_query(), self._asked.size, False, order_by_field=field, offset=self._asked.offset, order=order
        )
        for key, _ in found.hits:
            low = key & ((1 << ID_BITS) - 1)
            yield EngineHit(low if order is Order.Asc else LARGEST_ID - low, 0.0)

    def _best(self, tier: Tier, first: int, last: int) -> list[EngineHit]:
        """By relevance × merit; offerings of one score by id, however many share it."""
        query, limit = self._query(tier), last + SPARE_HITS
        while True:
            hits = self._searcher.search(query, limit, False, weight_by_field="merit").hits
            if len(hits) < limit or hits[-1][0] < hits[last - 1][0]:
                break
            limit *= 4
        ids = self._ids(hits)
        ordered = sorted((-score, id_) for (score, _), id_ in zip(hits, ids, strict=True))
        return [EngineHit(id_, -score) for score, id_ in ordered[first:last]]

    def _nearest(self, tier: Tier, first: int, last: int) -> list[EngineHit]:
        """By distance: count the offerings of each place, then fetch those of the places the page reaches."""
        near = self._asked.near or Position(0, 0)
        passes = {"places": {"terms": {"field": PLACE, "size": MOST_VALUES}}}
        counted = buckets(self._searcher.aggregate(self._plain_query(tier=tier), passes)["places"])
        found: list[EngineHit] = []
        skipped = 0
        for places in _by_distance(counted, near):
            many = sum(counted[place] for place in places)
            if skipped + len(found) >= last:
                break
            if skipped + many <= first and not found:
                skipped += many
                continue
            found += self._at(places, tier, many)
        return found[first - skipped : last - skipped]

    def _at(self, places: list[str], tier: Tier, many: int) -> list[EngineHit]:
        at_places = Query.const_score_query(Query.term_set_query(self._schema, PLACE, places), 0.0)
        query = self._plain_query(at_places, tier=tier)
        hits = self._searcher.search(query, many, False, order_by_field="number", order=Order.Asc).hits
        return [EngineHit(int(id_), 0.0) for id_, _ in hits]

    def _ids(self, hits: Sequence[tuple[Any, Any]]) -> list[int]:
        return self._searcher.fast_field_values("number", [address for _, address in hits])  # type: ignore[return-value]


def _by_distance(places: Iterable[str], near: Position) -> list[list[str]]:
    """Return the places from near to far, those equally far together; the unplaced come last."""
    centre, groups = (near.latitude, near.longitude), dict[float, list[str]]()
    for place in places:
        far = float("inf") if place == UNPLACED else great_circle_m(centre, _position(place))
        groups.setdefault(far, []).append(place)
    return [groups[far] for far in sorted(groups)]


def _position(token: str) -> tuple[float, float]:
    latitude, _, longitude = token.partition(",")
    return float(latitude), float(longitude)
