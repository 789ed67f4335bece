"""The order a person sees: variety, no operator alone, and a floor for under-served districts.

Owns: maximal marginal relevance (Carbonell and Goldstein 1998), the cap of an operator, the floor and its margin.
Refuses: nothing; where a rule would leave places empty it gives way. Called by: serving, after ranking.
"""

from dataclasses import dataclass
from math import ceil

import numpy as np

from recommender.interactions import Mask, Matrix, Vector
from recommender.live import LiveOfferings
from recommender.ranking import Ranked
from recommender.scorer import Scoring
from recommender.vocabulary import Rows

POOL = 60
RELEVANCE_SHARE = 0.9
OPERATOR_SHARE = 0.3
FLOOR_SHARE = 0.2
MARGIN = 0.5
"""An under-served candidate takes a place of the floor when its relevance, 0 to 1 over the pool, is at most so much
below the best one's that is left."""


@dataclass(frozen=True)
class Chosen:
    """One place of a list; `lifted` says that the floor put it there."""

    column: int
    lifted: bool = False


def reranked(ranked: Ranked, live: LiveOfferings, n: int, scoring: Scoring | None) -> list[Chosen]:
    """Return at most `n` of the ranked candidates in the order they are shown."""
    columns = _pool(ranked, live)
    if not len(columns) or n <= 0:
        return []
    likeness = scoring.likeness(columns) if scoring is not None else np.eye(len(columns), dtype=np.float32)
    return _Choosing(live, columns, relevance(ranked.scores[columns]), likeness, n).choose()


def relevance(scores: Vector) -> Vector:
    """Scores brought to 0 (worst of the pool) to 1 (best)."""
    span = float(scores.max() - scores.min())
    scaled: Vector = (scores - scores.min()) / np.float32(span) if span > 0 else np.ones_like(scores)
    return scaled


def _pool(ranked: Ranked, live: LiveOfferings) -> Rows:
    """The best candidates, and the best under-served ones even when they stand further down."""
    best = ranked.columns[:POOL]
    further = ranked.columns[POOL:]
    return np.concatenate([best, further[live.under_served[further]][: POOL // 6]])


class _Choosing:
    """One list being filled, place by place."""

    def __init__(self, live: LiveOfferings, columns: Rows, relevance: Vector, likeness: Matrix, n: int) -> None:
        self._columns, self._relevance, self._likeness = columns, relevance, likeness
        self._n = min(n, len(columns))
        self._operators = live.operators[columns]
        self._under_served = live.under_served[columns]
        self._free = np.ones(len(columns), dtype=bool)
        self._most_alike = np.zeros(len(columns), dtype=np.float32)
        self._of_its_operator = np.zeros(len(columns), dtype=np.int64)
        self._cap = max(1, ceil(OPERATOR_SHARE * n))
        self._floor = int(FLOOR_SHARE * n)

    def choose(self) -> list[Chosen]:
        chosen: list[Chosen] = []
        for place in range(self._n):
            chosen.append(self._next(places_left=self._n - place))
        return chosen

    def _next(self, places_left: int) -> Chosen:
        value = np.where(self._open(), self._value(), -np.inf)
        best = int(value.argmax())
        lifted = self._lifted(value, places_left)
        place = best if lifted is None else lifted
        self._take(place)
        return Chosen(int(self._columns[place]), lifted is not None and lifted != best)

    def _value(self) -> Vector:
        """λ relevance - (1 - λ) likeness to the most alike that is chosen already."""
        marginal: Vector = RELEVANCE_SHARE * self._relevance - (1 - RELEVANCE_SHARE) * self._most_alike
        return marginal

    def _open(self) -> Mask:
        """Free ones whose operator is below its cap; all free ones when that leaves none."""
        below: Mask = self._free & (self._of_its_operator < self._cap)
        return below if below.any() else self._free

    def _lifted(self, value: Vector, places_left: int) -> int | None:
        """The under-served candidate that must come now, for the places left are all the floor still needs."""
        missing = self._floor - int(self._under_served[~self._free].sum())
        if missing <= 0 or places_left > missing:
            return None
        under = np.where(self._under_served, value, -np.inf)
        found = int(under.argmax())
        close_enough = under[found] >= value.max() - RELEVANCE_SHARE * MARGIN
        return found if np.isfinite(under[found]) and close_enough else None

    def _take(self, place: int) -> None:
        self._free[place] = False
        self._of_its_operator += self._operators == self._operators[place]
        self._most_alike = np.maximum(self._most_alike, self._likeness[place])
