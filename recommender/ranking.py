"""The order of candidates, and who gave it: the citizen's taste, else what goes with it, else the neighbours, else age.

Owns: the line of fallbacks; the next in line fills what the one before cannot tell. A list made by any of them obeys
the same rules of candidates. Refuses: nothing. Called by: serving, before re-ranking.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date

import numpy as np

from recommender.candidates import Asker, allowed
from recommender.following import NOBODY, Following
from recommender.history import NOTHING, History
from recommender.interactions import Mask, Vector
from recommender.live import LiveOfferings
from recommender.scorer import Scored, Scoring
from recommender.vocabulary import Rows

NONE, PERSONAL, SIMILAR, POPULAR, NEWEST = "none", "personal", "similar", "popular_near", "newest"
DEPTH = 400
"""So many candidates are ordered; nobody reads further, and re-ranking chooses among the first of them."""
LATEST = 5
"""So many of the latest things stand for a session when taste itself cannot be scored."""
FRESH, ECHOES = 2, 5
"""So many things chosen last are answered for, however long the history before them; so many answers are looked at."""
ALIKE, NEARLY = 0.2, 0.5
"""Likeness from which on an offering answers another, when there is none that does so much better."""
AVERSION = 2.0
"""What sharing all topics with something unwanted takes from a score, beside what the model takes for its content."""


@dataclass(frozen=True)
class LiveState:
    """What lists are made of at one moment: the offerings, the model laid over them (None without one), the counts."""

    live: LiveOfferings
    scoring: Scoring | None = None
    following: Following = NOBODY
    _popular: dict[str | None, Vector] = field(default_factory=dict, compare=False, repr=False)

    def popular(self, district_id: str | None) -> Vector:
        """Popularity as it is in a district (n_live,), NaN for what nobody took; counted once a district."""
        if district_id not in self._popular:
            self._popular[district_id] = self.following.scores(self.live, district_id)
        return self._popular[district_id]

    def similar(self, offering_id: int) -> Vector:
        """How well each goes with an offering (n_live,), NaN where nobody can tell: the model, else shared topics."""
        scores = self.scoring.similar(offering_id) if self.scoring is not None else None
        return scores if scores is not None and np.isfinite(scores).any() else self.live.sharing_topics([offering_id])

    def echo(self, offering_id: int, mask: Mask) -> Vector:
        """How much each in the mask answers an offering somebody chose (n_live,) ≥ 0: by topics, the main one first.

        Of equal ones those more like it in content answer more; content alone decides where no topic tells.
        """
        topics = self.live.topics_of(offering_id)
        found = np.zeros(len(self.live), dtype=np.float32)
        if topics:
            found = (self.live.sharing_topics([offering_id], 0.0) + self.live.about(topics[0])) / np.float32(2)
            found[~mask] = 0
        columns = np.flatnonzero(found if topics else mask)
        if self.scoring is not None:
            found[columns] += self.scoring.alike(offering_id, columns) / (4 if topics else 1)
        return found

    def aversion(self, offering_ids: list[int]) -> Vector:
        """What sharing topics with unwanted offerings takes from any score (n_live,) ≥ 0, in log-odds."""
        if not offering_ids:
            return np.zeros(len(self.live), dtype=np.float32)
        return self.live.sharing_topics(offering_ids, 0.0) * np.float32(AVERSION)


@dataclass(frozen=True)
class Question:
    """Who asks, what the person did, from which district, when (days since 1970 UTC), and the local day of that."""

    asker: Asker
    now_days: float
    history: History = NOTHING
    district_id: str | None = None
    today: date | None = None


@dataclass(frozen=True)
class Echo:
    """The candidates (≤ ECHOES,) that answer something chosen best, the best answers first."""

    offering_id: int
    columns: Rows


@dataclass(frozen=True)
class Ranked:
    """The best candidates in order: `columns` (≤ DEPTH,) places of live offerings, `scores` (n_live,) by which.

    `source` is the first in line that could tell; what the others filled in has no score: NaN. `echoes` answer the
    things chosen last, the latest first.
    """

    source: str
    columns: Rows
    scores: Vector
    scored: Scored | None = None
    echoes: tuple[Echo, ...] = ()


@dataclass(frozen=True)
class _Opinion:
    """What one in line says of all that is live; NaN where it cannot tell."""

    source: str
    scores: Vector
    scored: Scored | None = None


def ranked(state: LiveState, question: Question) -> Ranked:
    """Return the candidates in the order of the first in line that can tell one, filled up by those behind."""
    mask = allowed(state.live, question.asker, question.now_days)
    left = mask.copy()
    found = Ranked(NONE, np.empty(0, dtype=np.int64), np.full(len(state.live), np.nan, dtype=np.float32))
    disliked = state.aversion(question.history.unwanted)
    for opinion in _line(state, question, disliked):
        columns = best_first(state.live, opinion.scores, left)[: DEPTH - len(found.columns)]
        left[columns] = False
        if found.source != NONE:
            found = replace(found, columns=np.concatenate([found.columns, columns]))
        elif len(columns):
            latest = question.history.chosen[: -FRESH - 1 : -1] if opinion.source == PERSONAL else []
            echoes = tuple(_echo(state, each, mask & (disliked == 0), opinion.scores) for each in latest)
            scores = _only(opinion.scores, np.concatenate([columns, *(each.columns for each in echoes)]))
            found = Ranked(opinion.source, columns, scores, opinion.scored, echoes)
        if len(found.columns) >= DEPTH or not left.any():
            break  # before the next in line is even asked
    return found


def best_first(live: LiveOfferings, scores: Vector, mask: Mask) -> Rows:
    """Places of the best of those in the mask that have a score, at most DEPTH; equal ones by their fixed number."""
    columns = np.flatnonzero(mask & np.isfinite(scores))
    if len(columns) > DEPTH:
        least = np.partition(scores[columns], -DEPTH)[-DEPTH]
        columns = columns[scores[columns] >= least]
    return columns[np.lexsort((live.ties[columns], -scores[columns]))][:DEPTH]


def _line(state: LiveState, question: Question, disliked: Vector) -> Iterator[_Opinion]:
    history = question.history
    if history.has_taste:
        if state.scoring is not None:
            scored = state.scoring.score(history.profile)
            yield _Opinion(PERSONAL, scored.scores - disliked, scored)
        yield _Opinion(SIMILAR, _session(state, history))
    yield _Opinion(POPULAR, state.popular(question.district_id) * np.exp(-disliked))
    yield _Opinion(NEWEST, state.live.published_days.astype(np.float32))


def _echo(state: LiveState, offering_id: int, mask: Mask, scores: Vector) -> Echo:
    """Those in the mask that answer a choice, the best answers first, equal ones by score."""
    answers = state.echo(offering_id, mask)
    columns = np.flatnonzero(answers >= max(ALIKE, NEARLY * float(answers.max(initial=0))))
    return Echo(offering_id, columns[np.lexsort((-scores[columns], -answers[columns]))][:ECHOES])


def _session(state: LiveState, history: History) -> Vector:
    """How well offerings go with the latest things of the profile, on average; NaN where none can tell."""
    each = np.asarray([state.similar(offering_id) for offering_id in list(history.actions)[-LATEST:]])
    known = np.isfinite(each)
    total: Vector = np.where(known, each, 0).sum(axis=0, dtype=np.float32)
    total[~known.any(axis=0)] = np.nan
    return total / np.float32(len(each))


def _only(scores: Vector, columns: Rows) -> Vector:
    """The scores of these places, NaN elsewhere."""
    kept = np.full(len(scores), np.nan, dtype=np.float32)
    kept[columns] = scores[columns]
    return kept
