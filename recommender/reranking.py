"""The order a person sees: variety, no operator alone, a floor for under-served districts and one for fresh interests.

Owns: maximal marginal relevance (Carbonell and Goldstein 1998), the cap of an operator, the floors and their margin.
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

DISTRICT, ECHO = "district", "echo"
POOL, POOL_OF_UNDER_SERVED = 40, 10
POOL_A_PLACE = 2


@dataclass(frozen=True)
class Rules:
    """What a list obeys beside relevance.

    `relevance_share` is λ of maximal marginal relevance, the rest is variety. At most `operator_share` of a list is of
    one operator. At least `under_served_share` lies in under-served districts, when such a candidate's value, of
    relevances 0 to 1 over the pool, is at most `margin` below the best one's that is left. At least `echo_share`
    answers what was chosen last, whatever a long history says: who chooses something sees it.
    """

    relevance_share: float = 0.9
    operator_share: float = 0.3
    under_served_share: float = 0.2
    margin: float = 0.5
    echo_share: float = 0.1

    def cap(self, n: int) -> int:
        """How many of a list of n may be of one operator: 3 of 10."""
        return max(1, ceil(self.operator_share * n))


RULES = Rules()


@dataclass(frozen=True)
class Chosen:
    """One place of a list; `lifted` names the floor that put it there, "" when its score did."""

    column: int
    lifted: str = ""


def reranked(
    ranked: Ranked, live: LiveOfferings, n: int, scoring: Scoring | None, rules: Rules = RULES
) -> list[Chosen]:
    """Return at most `n` of the ranked candidates in the order they are shown."""
    if not len(ranked.columns) or n <= 0:
        return []
    columns = _pool(ranked, live, n, rules.cap(n))
    likeness = scoring.likeness(columns) if scoring is not None else np.eye(len(columns), dtype=np.float32)
    floors = (
        _Floor(ECHO, _echoing(columns, ranked.echoes), ceil(rules.echo_share * n) if n > 1 else 0),
        _Floor(
            DISTRICT, np.where(live.under_served[columns], 0, np.nan), int(rules.under_served_share * n), rules.margin
        ),
    )
    return _Choosing(live, columns, relevance(ranked.scores[columns]), likeness, rules, floors, n).choose()


def relevance(scores: Vector) -> Vector:
    """Scores brought to 1 (best) and 0 (worst of the first POOL); what has no score has no relevance: 0."""
    told = scores[:POOL][np.isfinite(scores[:POOL])]
    span = float(told.max() - told.min()) if len(told) else 0.0
    scaled = (scores - told.min()) / np.float32(span) if span > 0 else np.ones_like(scores)
    return np.where(np.isfinite(scores), scaled, 0).astype(np.float32)


def _pool(ranked: Ranked, live: LiveOfferings, n: int, cap: int) -> Rows:
    """The best candidates, not all of one operator while there are others; further down those the floors may need."""
    size, columns = max(POOL, POOL_A_PLACE * n), ranked.columns
    few = _place_of_operator(live.operators[columns]) < POOL_A_PLACE * cap
    order = np.concatenate([columns[few], columns[~few]])
    further = order[size:]
    pool = np.concatenate([order[:size], further[live.under_served[further]][:POOL_OF_UNDER_SERVED]])
    return np.concatenate([pool, ranked.echoes[~np.isin(ranked.echoes, pool)]])


def _echoing(columns: Rows, echoes: Rows) -> Vector:
    """The preference of echoes by their order (n_pool,), NaN for all else."""
    place = {int(each): -number for number, each in enumerate(echoes)}
    return np.asarray([place.get(int(each), np.nan) for each in columns], dtype=np.float32)


def _place_of_operator(operators: Rows) -> Rows:
    """How many of the same operator stand before each (n,)."""
    by_operator = np.argsort(operators, kind="stable")
    ordered = operators[by_operator]
    starts = np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]]))
    lengths = np.diff([*starts, len(ordered)])
    places = np.empty(len(operators), dtype=np.int64)
    places[by_operator] = np.arange(len(operators)) - np.repeat(starts, lengths)
    return places


@dataclass(frozen=True)
class _Floor:
    """At least `places` of a list for those of the pool with a `preference` (n_pool,), NaN for the others.

    The largest preference comes first, equal ones by value, when one is at most `margin` below the best left.
    """

    name: str
    preference: Vector
    places: int
    margin: float = np.inf

    @property
    def mask(self) -> Mask:
        """For whom it is."""
        return np.isfinite(self.preference)


class _Choosing:
    """One list being filled, place by place."""

    def __init__(
        self,
        live: LiveOfferings,
        columns: Rows,
        relevance: Vector,
        likeness: Matrix,
        rules: Rules,
        floors: tuple[_Floor, ...],
        n: int,
    ) -> None:
        self._columns, self._relevance, self._likeness = columns, relevance, likeness
        self._rules, self._floors = rules, floors
        self._n = min(n, len(columns))
        self._operators = live.operators[columns]
        self._free = np.ones(len(columns), dtype=bool)
        self._most_alike = np.zeros(len(columns), dtype=np.float32)
        self._of_its_operator = np.zeros(len(columns), dtype=np.int64)
        self._cap = rules.cap(n)

    def choose(self) -> list[Chosen]:
        """Fill all places."""
        return [self._next(places_left=self._n - place) for place in range(self._n)]

    def _next(self, places_left: int) -> Chosen:
        value = np.where(self._open(), self._value(), -np.inf)
        best = int(value.argmax())
        place, floor = self._lifted(value, places_left) or (best, "")
        self._take(place)
        return Chosen(int(self._columns[place]), floor if place != best else "")

    def _value(self) -> Vector:
        """λ relevance - (1 - λ) likeness to the most alike that is chosen already."""
        share = np.float32(self._rules.relevance_share)
        marginal: Vector = share * self._relevance - (1 - share) * self._most_alike
        return marginal

    def _open(self) -> Mask:
        """Free ones whose operator is below its cap; all free ones when that leaves none."""
        below: Mask = self._free & (self._of_its_operator < self._cap)
        return below if below.any() else self._free

    def _lifted(self, value: Vector, places_left: int) -> tuple[int, str] | None:
        """The candidate of a floor that must come now, for the places left are all that the floors still need."""
        needy = [(floor, missing) for floor in self._floors if (missing := self._missing(floor)) > 0]
        if places_left > sum(missing for _, missing in needy):
            return None
        for floor, _ in needy:
            within = np.flatnonzero(floor.mask & np.isfinite(value) & (value >= value.max() - floor.margin))
            if len(within):
                return int(within[np.lexsort((-value[within], -floor.preference[within]))[0]]), floor.name
        return None

    def _missing(self, floor: _Floor) -> int:
        """Places it still needs and has candidates for."""
        taken, left = floor.mask & ~self._free, floor.mask & self._free
        return min(floor.places - int(taken.sum()), int(left.sum()))

    def _take(self, place: int) -> None:
        self._free[place] = False
        self._of_its_operator += self._operators == self._operators[place]
        self._most_alike = np.maximum(self._most_alike, self._likeness[place])
