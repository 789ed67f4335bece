"""An engine that keeps documents in a dictionary: versions, tombstones and faults like a real one, and no search.

For tests of sync, rebuild and reconcile, where what is stored matters and not how it is found.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field

from city.analysis import ANALYSIS_VERSION
from city.errors import SearchUnavailable
from indexer.document import Document
from indexer.engines.protocol import Applied, Change, EngineAnswer, EngineHealth, EngineSuggestion
from indexer.query import EngineQuery, SuggestQuery

Kept = dict[int, tuple[int, Document | None]]


def write(kept: Kept, changes: Sequence[Change], refused: set[int]) -> Applied:
    """Keep each change unless it is older than what is kept, or its id is refused."""
    for change in changes:
        newer = change.version >= kept.get(change.offering_id, (0, None))[0]
        if newer and change.offering_id not in refused:
            kept[change.offering_id] = (change.version, change.document)
    ids = {change.offering_id for change in changes}
    return Applied(frozenset(ids - refused), dict.fromkeys(ids & refused, "the engine refused it"))


@dataclass
class KeptEngine:
    """One index in memory. `dead` makes every call fail; `refused` are ids it will not take."""

    kept: Kept = field(default_factory=dict)
    former: Kept | None = None
    dead: bool = False
    missing: bool = False
    analysis_version: str = ANALYSIS_VERSION
    refused: set[int] = field(default_factory=set)
    extra_documents: int = 0
    name: str = "kept"
    batches: list[list[int]] = field(default_factory=list)

    def ensure(self) -> None:
        self._answer()
        self.missing = False

    def apply(self, changes: Sequence[Change]) -> Applied:
        self._answer()
        self.batches.append([change.offering_id for change in changes])
        return write(self.kept, changes, self.refused)

    def search(self, query: EngineQuery) -> EngineAnswer:
        raise NotImplementedError

    def suggest(self, query: SuggestQuery) -> Sequence[EngineSuggestion]:
        raise NotImplementedError

    def versions(self) -> dict[int, int]:
        self._answer()
        return {id_: version for id_, (version, document) in self.kept.items() if document is not None}

    def forget(self, offering_ids: Iterable[int]) -> None:
        self._answer()
        for id_ in offering_ids:
            self.kept.pop(id_, None)

    def begin_rebuild(self) -> KeptRebuild:
        if self.dead:
            raise SearchUnavailable("The engine does not answer.")
        return KeptRebuild(self)

    def health(self) -> EngineHealth:
        if self.dead:
            return EngineHealth(False, sentence="The engine does not answer.")
        if self.missing:
            return EngineHealth(False, sentence="The index is missing; type: learncity index rebuild.")
        return EngineHealth(True, len(self.versions()) + self.extra_documents, self.analysis_version)

    def close(self) -> None:
        pass

    def _answer(self) -> None:
        if self.dead or self.missing:
            raise SearchUnavailable("The engine does not answer.")


@dataclass
class KeptRebuild:
    """An index being built beside."""

    engine: KeptEngine
    kept: Kept = field(default_factory=dict)
    abandoned: bool = False

    def add(self, changes: Sequence[Change]) -> Applied:
        return write(self.kept, changes, self.engine.refused)

    def versions(self) -> dict[int, int]:
        return {id_: version for id_, (version, document) in self.kept.items() if document is not None}

    def alone(self) -> AbstractContextManager[None]:
        return nullcontext()

    def commit(self) -> None:
        self.engine.former, self.engine.kept = self.engine.kept, self.kept
        self.engine.missing, self.engine.extra_documents = False, 0
        self.engine.analysis_version = ANALYSIS_VERSION

    def abandon(self) -> None:
        self.abandoned = True
