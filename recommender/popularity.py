"""Popularity: how many took an offering, all told and of late; for offerings nobody tried, what their fields foretell.

Owns: the popularity order every list falls back to, and the offering's own features (line, haste, size of programme).
Refuses: nothing. Called by: pipeline (features), serving (strangers), baselines.
"""

from typing import Self

import numpy as np

from recommender.catalogue import Catalogue
from recommender.components import Arrays, Training
from recommender.interactions import Days, Interactions, Matrix, Profiles, Vector
from recommender.vocabulary import Rows

LIST_STAYS_DAYS = 14.0
HALF_LIVES = (3.0, 14.0)


class Popularity:
    """Counts (n_offerings,) float32, the same for every citizen, also for those without a profile."""

    name = "popularity"

    def fit(self, training: Training) -> Self:
        """Count the log."""
        self.counts = training.interactions.counts().astype(np.float32)
        return self

    def score(self, profiles: Profiles) -> Matrix:
        """The counts, once a citizen (n, n_offerings) float32."""
        return np.tile(self.counts, (len(profiles), 1))

    def arrays(self) -> Arrays:
        """The counts."""
        return {"counts": self.counts}

    def restore(self, arrays: Arrays) -> Self:
        """Read back what `arrays` said."""
        self.counts = np.asarray(arrays["counts"], dtype=np.float32)
        return self


def offering_features(training: Training) -> dict[str, Vector]:
    """What can be said of each offering without knowing the citizen: name → (n_offerings,) float32.

    Features the data cannot give (no moments, no starts, no single-valued fields) are left out.
    """
    log, catalogue = training.interactions, training.catalogue
    found = {"log_popularity": np.log1p(log.counts()).astype(np.float32)}
    found["cold"] = np.zeros(len(catalogue), dtype=np.float32)
    found["cold"][training.cold_rows] = 1
    found["expected_popularity"] = _expected(training, found["log_popularity"])
    if log.timed:
        found |= {f"popularity_{life:.0f}_days": recent(log, training.now_days, life) for life in HALF_LIVES}
    for name in catalogue.queues:
        found |= _programme(catalogue, name, training.now_days)
    if np.isfinite(catalogue.starts_days).any():
        found |= _haste(catalogue.starts_days, training.now_days)
    return found


def recent(log: Interactions, now_days: float, half_life: float) -> Vector:
    """log(1 + interactions, each halved every `half_life` days before now), (n_offerings,)."""
    fresh = np.exp2(-np.maximum(now_days - log.at_days, 0) / half_life)
    return np.log1p(np.bincount(log.offering_rows, weights=fresh, minlength=len(log.offerings))).astype(np.float32)


def _expected(training: Training, log_popularity: Vector) -> Vector:
    """For cold offerings the log popularity their fields foretell, 0 for warm ones."""
    expected = np.zeros(len(log_popularity), dtype=np.float32)
    expected[training.cold_rows] = log_popularity[training.warm_rows] @ training.extension.h
    return expected


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

    haz = log log((L + 1) / (max(L - h, 0) + 1)), L days to the start, h the days a list stays valid.
    Offerings without a start get the value of the median one.
    """
    ahead = starts_days - now_days
    left = np.maximum(ahead, 0.02)
    hazard = np.log(np.log((left + 1) / (np.maximum(left - LIST_STAYS_DAYS, 0) + 1)))
    found = {"haste": np.where(np.isfinite(hazard), hazard, np.nanmedian(hazard)).astype(np.float32)}
    found["over"] = (np.nan_to_num(ahead, nan=1) < 0).astype(np.float32)
    found["log_ahead"] = np.where(np.isfinite(ahead), np.log1p(left), np.nanmedian(np.log1p(left))).astype(np.float32)
    return found
