"""The order a person sees: variety, no operator alone, a floor for under-served districts, answers to fresh choices.

Owns: maximal marginal relevance (Carbonell and Goldstein 1998), the cap of an operator, the floor and its margin, the
promise that a choice is answered.
Refuses: nothing; where a rule would leave places empty it gives way. Called by: serving, after ranking.
"""

from collections import Counter
from dataclasses import dataclass
from math import ceil

import numpy as np

from recommender.interactions import Mask, Matrix, Vector
from recommender.live import LiveOfferings
from recommender.ranking import Ranked
from recommender.scorer import Scoring
from recommender.vocabulary import Rows

DISTRICT, ECHO = "district", "echo"
POOL, POOL_OF_UNDER_SERVED = 40, 10
POOL_A_PLACE = 2


@dataclass(frozen=True)
class Rules:
    """What a list obeys beside relevance.

    `relevance_share` is λ of maximal marginal relevance, the rest is variety. At most `operator_share` of a list is of
    one operator. At least `under_served_share` lies in under-served districts, when such a candidate's value, of
    relevances 0 to 1 over the pool, is at most `margin` below the best one's that is left. At least `echo_share`
    answers the two things chosen last, whatever a long history says: who chooses something sees it.
    """

    relevance_share: float = 0.9
    operator_share: float = 0.3
    under_served_share: float = 0.2
    margin: float = 0.5
    echo_share: float = 0.2

    def cap(self, n: int) -> int:
        """How many of a list of n may be of one operator: 3 of 10."""
        return max(1, ceil(self.operator_share * n))


RULES = Rules()


@dataclass(frozen=True)
class Chosen:
    """One place of a list; `lifted` says which rule put it there (DISTRICT, ECHO), "" when its score did."""

    column: int
    lifted: str = ""


def reranked(
    ranked: Ranked, live: LiveOfferings, n: int, scoring: Scoring | None, rules: Rules = RULES
) -> list[Chosen]:
    """Return at most `n` of the ranked candidates in the order they are shown."""
    if not len(ranked.columns) or n <= 0:
        return []
    promised = _promised(ranked, live.operators, rules, n)
    columns = _pool(ranked.columns, live, n, rules.cap(n))
    columns = np.concatenate([columns, promised[~np.isin(promised, columns)]])
    likeness = scoring.likeness(columns) if scoring is not None else np.eye(len(columns), dtype=np.float32)
    return _Choosing(live, columns, relevance(ranked.scores[columns]), likeness, promised, rules, n).choose()


def relevance(scores: Vector) -> Vector:
    """Scores brought to 1 (best) and 0 (worst of the first POOL); what has no score has no relevance: 0."""
    told = scores[:POOL][np.isfinite(scores[:POOL])]
    span = float(told.max() - told.min()) if len(told) else 0.0
    scaled = (scores - told.min()) / np.float32(span) if span > 0 else np.ones_like(scores)
    return np.where(np.isfinite(scores), scaled, 0).astype(np.float32)


def _promised(ranked: Ranked, operators: Rows, rules: Rules, n: int) -> Rows:
    """The answers to what was chosen last that will stand on the list: those that stand high anyway, else the best."""
    promised: list[int] = []
    high = set(ranked.columns[:n].tolist())
    for number in range(int(rules.echo_share * n) if ranked.echoes else 0):
        answers = [each for each in ranked.echoes[number % len(ranked.echoes)].columns.tolist() if each not in promised]
        counts = Counter(operators[promised].tolist())
        open_still = [each for each in answers if counts[operators[each]] < rules.cap(n)]
        promised += ([each for each in open_still if each in high] or open_still)[:1]
    return np.asarray(promised, dtype=np.int64)


def _pool(columns: Rows, live: LiveOfferings, n: int, cap: int) -> Rows:
    """The best candidates, not all of one operator while there are others, and further down the best under-served."""
    size = max(POOL, POOL_A_PLACE * n)
    few = _place_of_operator(live.operators[columns]) < POOL_A_PLACE * cap
    order = np.concatenate([columns[few], columns[~few]])
    further = order[size:]
    return np.concatenate([order[:size], further[live.under_served[further]][:POOL_OF_UNDER_SERVED]])


def _place_of_operator(operators: Rows) -> Rows:
    """How many of the same operator stand before each (n,)."""
    by_operator = np.argsort(operators, kind="stable")
    ordered = operators[by_operator]
    starts = np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]]))
    lengths = np.diff([*starts, len(ordered)])
    places = np.empty(len(operators), dtype=np.int64)
    places[by_operator] = np.arange(len(operators)) - np.repeat(starts, lengths)
    return places


class _Choosing:
    """One list being filled, place by place."""

    def __init__(
        self,
        live: LiveOfferings,
        columns: Rows,
        relevance: Vector,
        likeness: Matrix,
        promised: Rows,
        rules: Rules,
        n: int,
    ) -> None:
        self._columns, self._relevance, self._likeness, self._rules = columns, relevance, likeness, rules
        self._n, self._cap = min(n, len(columns)), rules.cap(n)
        self._floor = int(rules.under_served_share * n)
        self._operators = live.operators[columns]
        self._under_served = live.under_served[columns]
        self._promised = np.isin(columns, promised)
        self._free = np.ones(len(columns), dtype=bool)
        self._most_alike = np.zeros(len(columns), dtype=np.float32)
        self._of_its_operator = (self._operators[:, None] == live.operators[promised]).sum(axis=1)

    def choose(self) -> list[Chosen]:
        """Fill all places."""
        return [self._next(places_left=self._n - place) for place in range(self._n)]

    def _next(self, places_left: int) -> Chosen:
        value = np.where(self._open(), self._value(), -np.inf)
        best = int(value.argmax())
        place, why = self._lifted(value, places_left) or (best, "")
        self._take(place)
        return Chosen(int(self._columns[place]), why if place != best else "")

    def _value(self) -> Vector:
        """λ relevance - (1 - λ) likeness to the most alike that is chosen already."""
        share = np.float32(self._rules.relevance_share)
        marginal: Vector = share * self._relevance - (1 - share) * self._most_alike
        return marginal

    def _open(self) -> Mask:
        """Free ones that are promised or whose operator is below its cap; all free ones when that leaves none."""
        below: Mask = self._free & (self._promised | (self._of_its_operator < self._cap))
        return below if below.any() else self._free

    def _lifted(self, value: Vector, places_left: int) -> tuple[int, str] | None:
        """What must come now, for the places left are all that the promises and the floor still need."""
        got, left = (int(self._under_served[mask].sum()) for mask in (~self._free, self._free))
        missing = max(0, min(self._floor - got, left))
        if places_left > missing + int(self._promised.sum()):
            return None
        if self._promised.any():
            return int(np.where(self._promised, value, -np.inf).argmax()), ECHO
        under = np.where(self._under_served, value, -np.inf)
        found = int(under.argmax())
        close_enough = missing > 0 and np.isfinite(under[found]) and under[found] >= value.max() - self._rules.margin
        return (found, DISTRICT) if close_enough else None

    def _take(self, place: int) -> None:
        self._free[place] = False
        if not self._promised[place]:  # the place of a promised one is counted from the beginning
            self._of_its_operator += self._operators == self._operators[place]
        self._promised[place] = False
        self._most_alike = np.maximum(self._most_alike, self._likeness[place])
