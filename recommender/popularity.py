"""Popularity: how many took an offering, all told and of late; for offerings nobody tried, what their fields foretell.

Owns: the popularity order every list falls back to, and the offering's own features (line, haste, size of programme).
Refuses: nothing. Called by: pipeline (features), serving (strangers), baselines.
"""

from typing import Self

import numpy as np

from recommender.catalogue import Catalogue
from recommender.components import Training
from recommender.extension import RidgeExtension
from recommender.interactions import Days, Interactions, Matrix, Profiles, Vector
from recommender.vocabulary import Rows

LIST_STAYS_DAYS = 14.0
HALF_LIVES = (3.0, 14.0)
TAKEN_FEATURES = ("log_popularity", *(f"popularity_{life:.0f}_days" for life in HALF_LIVES))


class Popularity:
    """Counts (n_offerings,) float32, the same for every citizen, also for those without a profile."""

    name = "popularity"

    def fit(self, training: Training) -> Self:
        """Count the log, each entry by its training weight."""
        self.counts = training.interactions.takings().astype(np.float32)
        return self

    def score(self, profiles: Profiles) -> Matrix:
        """The counts, once a citizen (n, n_offerings) float32."""
        return np.tile(self.counts, (len(profiles), 1))


def offering_features(training: Training) -> dict[str, Vector]:
    """What can be said of each offering without knowing the citizen: name → (n_offerings,) float32.

    Features the data cannot give (no moments, no starts, no single-valued fields) are left out.
    """
    taken = taken_features(training.interactions, training.now_days)
    cold = np.zeros(len(training.catalogue), dtype=np.float32)
    cold[training.cold_rows] = 1
    expected = expected_popularity(taken["log_popularity"], training.extension)
    about = {"cold": cold, "expected_popularity": expected}
    return taken | about | calendar_features(training.catalogue, training.now_days)


def taken_features(log: Interactions, now_days: float) -> dict[str, Vector]:
    """How much each offering was taken, all told and of late, by training weight."""
    found = {"log_popularity": np.log1p(log.takings()).astype(np.float32)}
    if log.timed:
        found |= {f"popularity_{life:.0f}_days": recent(log, now_days, life) for life in HALF_LIVES}
    return found


def expected_popularity(log_popularity: Vector, extension: RidgeExtension) -> Vector:
    """For cold offerings the log popularity their fields foretell, 0 for warm ones (n_offerings,)."""
    expected = np.zeros(extension.size, dtype=np.float32)
    expected[extension.cold_rows] = log_popularity[extension.warm_rows] @ extension.h
    return expected


def calendar_features(catalogue: Catalogue, now_days: float) -> dict[str, Vector]:
    """Size and line of the programmes an offering belongs to, and how soon it starts."""
    found: dict[str, Vector] = {}
    for name in catalogue.queues:
        found |= _programme(catalogue, name, now_days)
    if np.isfinite(catalogue.starts_days).any():
        found |= _haste(catalogue.starts_days, now_days)
    return found


def recent(log: Interactions, now_days: float, half_life: float) -> Vector:
    """log(1 + interactions, each halved every `half_life` days before now), (n_offerings,)."""
    fresh = log.weights * np.exp2(-np.maximum(now_days - log.at_days, 0) / half_life)
    return np.log1p(np.bincount(log.offering_rows, weights=fresh, minlength=len(log.offerings))).astype(np.float32)


def _programme(catalogue: Catalogue, name: str, now_days: float) -> dict[str, Vector]:
    """Size of the programme an offering belongs to, and its place in the line of what comes next there."""
    value = catalogue.field(name).single_values()
    size = np.bincount(value + 1, minlength=len(catalogue.field(name).values) + 1)[value + 1]
    found = {f"programme:{name}": np.log1p(size).astype(np.float32)}
    if np.isfinite(catalogue.starts_days).any():
        found[f"line:{name}"] = -np.log1p(places_in_line(value, catalogue.starts_days, now_days)).astype(np.float32)
    return found


def places_in_line(value: Rows, starts_days: Days, now_days: float) -> Days:
    """How many upcoming offerings of the same value start earlier (n_offerings,); past and always open count none."""
    upcoming = np.where(starts_days >= now_days, starts_days, np.inf)
    order = np.lexsort((upcoming, value))
    group = value[order]
    first = np.searchsorted(group, group, side="left")
    place = np.empty(len(value), dtype=np.float64)
    place[order] = np.arange(len(value)) - first
    return np.where(np.isfinite(upcoming), place, 0)


def _haste(starts_days: Days, now_days: float) -> dict[str, Vector]:
    """The integral of a 1/L rate of signing up over the days a list stays valid; and whether it is over.

    haz = log log((L + 1) / (max(L - h, 0) + 1)), L days to the start, h the days a list stays valid. What is always
    open gets the value of the median of what is to come.
    """
    ahead = starts_days - now_days
    left = np.maximum(ahead, 0.02)
    hazard = np.log(np.log((left + 1) / (np.maximum(left - LIST_STAYS_DAYS, 0) + 1)))
    coming = hazard[ahead >= 0]
    middle = float(np.median(coming)) if len(coming) else 0.0
    over = np.nan_to_num(ahead, nan=1) < 0
    return {
        "haste": np.where(np.isfinite(hazard), hazard, middle).astype(np.float32),
        "over": over.astype(np.float32),
    }
