"""How a question is put to an engine: as it stands, and more weakly when too little is found.

Owns: the floor below which typos, sounds and most of the words count as well. Called by `indexer.search`.
"""

from __future__ import annotations

from indexer.engines.protocol import EngineAnswer, SearchEngine
from indexer.query import FLOOR, EngineQuery


def ask(engine: SearchEngine, query: EngineQuery) -> tuple[EngineAnswer, bool]:
    """Return the answer, and whether the weaker question gave it; every page of a request is answered alike."""
    answer = engine.search(query)
    if query.weaker is None or answer.total >= FLOOR:
        return answer, False
    weaker = engine.search(query.weakened())
    return (weaker, True) if weaker.total > answer.total else (answer, False)
