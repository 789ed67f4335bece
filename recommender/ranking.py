"""The order of candidates, and who gave it: the citizen's taste, else what goes with it, else the neighbours, else age.

Owns: the line of fallbacks. A list made by one of them obeys the same rules of candidates as every other.
Refuses: nothing. Called by: serving, before re-ranking.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

import numpy as np

from recommender.candidates import Asker, allowed
from recommender.following import NOBODY, Following
from recommender.history import NOTHING, History
from recommender.interactions import Mask, Vector
from recommender.live import LiveOfferings
from recommender.scorer import Scored, Scoring
from recommender.vocabulary import Rows

PERSONAL, SIMILAR, POPULAR, NEWEST = "personal", "similar", "popular_near", "newest"
LATEST = 5
"""So many of the latest things stand for a session when taste itself cannot be scored."""
TIE_FACTOR = 2654435761
"""Knuth's multiplicative hash: equal scores are ordered by a fixed number of the offering, not by its age."""


@dataclass(frozen=True)
class LiveState:
    """What lists are made of at one moment: the offerings, the model laid over them (None without one), the counts."""

    live: LiveOfferings
    scoring: Scoring | None = None
    following: Following = NOBODY


@dataclass(frozen=True)
class Question:
    """Who asks, what the person did, from which district, when (days since 1970 UTC), and the local day of that."""

    asker: Asker
    now_days: float
    history: History = NOTHING
    district_id: str | None = None
    today: date | None = None


@dataclass(frozen=True)
class Ranked:
    """Candidates in order: `columns` (n_candidates,) places of live offerings, `scores` (n_live,) by which."""

    source: str
    columns: Rows
    scores: Vector
    scored: Scored | None = field(default=None)


def ranked(state: LiveState, question: Question) -> Ranked:
    """Return the candidates in the order of the first in line that can tell one."""
    mask = allowed(state.live, question.asker, question.now_days)
    if not mask.any():
        return Ranked("none", np.empty(0, dtype=np.int64), np.empty(0, dtype=np.float32))
    return next(found for found in _line(state, question, mask) if len(found.columns))


def _line(state: LiveState, question: Question, mask: Mask) -> Iterator[Ranked]:
    if state.scoring is not None and question.history.has_taste:
        scored = state.scoring.score(question.history.profile)
        yield ordered(PERSONAL, state.live, scored.scores, mask, scored)
        yield ordered(SIMILAR, state.live, _session(state.scoring, question.history), mask)
    near = state.following.scores(state.live, question.district_id)
    disliked = _disliked(state, question.history)
    if near.any():
        yield ordered(POPULAR, state.live, near * np.exp(-disliked), mask)
    yield ordered(NEWEST, state.live, state.live.published_days.astype(np.float32), mask)


def ordered(source: str, live: LiveOfferings, scores: Vector, mask: Mask, scored: Scored | None = None) -> Ranked:
    """Order the candidates that have a score, best first."""
    columns = np.flatnonzero(mask & np.isfinite(scores))
    ties = (live.ids[columns] * TIE_FACTOR) % 2**32
    return Ranked(source, columns[np.lexsort((ties, -scores[columns]))], scores, scored)


def _session(scoring: Scoring, history: History) -> Vector:
    """Mean of how well offerings go with the latest things of the profile; NaN where none can tell."""
    each = np.asarray([scoring.similar(offering_id) for offering_id in list(history.actions)[-LATEST:]])
    known = np.isfinite(each)
    total = np.where(known, each, 0).sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(total / np.where(known.any(axis=0), known.sum(axis=0), np.nan), dtype=np.float32)


def _disliked(state: LiveState, history: History) -> Vector:
    """What is taken from lists that no profile makes, for likeness to unwanted things (n_live,)."""
    if state.scoring is None or not history.dismissed:
        return np.zeros(len(state.live), dtype=np.float32)
    return state.scoring.aversion(sorted(history.dismissed))
