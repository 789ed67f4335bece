"""What every search engine does for us, in words that name no engine.

Owns: the protocol `SearchEngine`, its messages (`Change`, `Applied`) and its answers. Knows neither tantivy nor
Elasticsearch. Called by sync, rebuild and search; held by one contract suite for all engines.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Protocol

from indexer.document import Document
from indexer.query import EngineQuery, SuggestQuery


@dataclass(frozen=True)
class Change:
    """An offering as it is now: its document, or None when nobody may find it (any more).

    `version` is the row's version. An engine that keeps versions refuses one older than it holds, also after a delete.
    """

    offering_id: int
    version: int
    document: Document | None


@dataclass(frozen=True)
class Applied:
    """What became of a batch: ids that are in (or were superseded, which is as good), and ids that failed and why."""

    done: frozenset[int]
    failed: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True)
class EngineHit:
    """One offering with its score."""

    offering_id: int
    score: float


@dataclass(frozen=True)
class EngineAnswer:
    """One page of hits in order, the exact total, and facet → value → count."""

    hits: tuple[EngineHit, ...] = ()
    total: int = 0
    facets: Mapping[str, Mapping[str, int]] = field(default_factory=dict)


@dataclass(frozen=True)
class EngineSuggestion:
    """One completion: `type` is offering, topic or venue, `key` its id or slug, `text` as shown, BCP 47 language."""

    type: str
    key: str
    text: str
    language: str


@dataclass(frozen=True)
class EngineHealth:
    """Whether the engine can answer, how many offerings can be found, and which analysis its tokens were made by.

    `analysis_version` differs from `city.analysis.ANALYSIS_VERSION` → rebuild. `sentence` says what is wrong.
    """

    ok: bool
    documents: int = 0
    analysis_version: str = ""
    sentence: str = ""


class Rebuild(Protocol):
    """An index being built beside the one that answers; nothing of it is seen before `commit`."""

    def add(self, changes: Sequence[Change]) -> Applied:
        """Write a batch, as `SearchEngine.apply` does."""
        ...

    def versions(self) -> dict[int, int]:
        """Return offering id → version of what can be found in the new index."""
        ...

    def alone(self) -> AbstractContextManager[None]:
        """Keep others from writing the index that answers, where an engine has one writer: for the last replay and
        the commit, never for the whole build. Raises IndexLocked when the writer's batch does not end."""
        ...

    def commit(self) -> None:
        """Let the new index answer from now on, in one step; the former one is kept, older ones are removed."""
        ...

    def abandon(self) -> None:
        """Remove what was built; the index that answers is untouched."""
        ...


class SearchEngine(Protocol):
    """One index of offerings. Raises `city.errors.SearchUnavailable` when it cannot do what is asked,
    `IndexLocked` when another process writes the embedded index; never anything else."""

    name: str

    def ensure(self) -> None:
        """Make an empty index when there is none; keep one that is there."""
        ...

    def apply(self, changes: Sequence[Change]) -> Applied:
        """Write a batch; when this returns, `search` sees it. Only the one indexer process may call it."""
        ...

    def search(self, query: EngineQuery) -> EngineAnswer: ...

    def suggest(self, query: SuggestQuery) -> Sequence[EngineSuggestion]: ...

    def versions(self) -> dict[int, int]:
        """Return offering id → version of all that can be found (no tombstones), for reconciling."""
        ...

    def forget(self, offering_ids: Iterable[int]) -> None:
        """Drop documents of offerings the catalogue no longer knows at all (drift found by `index check --repair`)."""
        ...

    def begin_rebuild(self) -> Rebuild: ...

    def health(self) -> EngineHealth: ...

    def close(self) -> None: ...
