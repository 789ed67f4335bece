"""From channels to features: the scores of all components put on one scale, split by what is known of an offering.

Owns: the list of features, their calibration on 300 training citizens of the same fit, and weighted sums of them.
Refuses: nothing; where a component cannot know (NaN) its feature stays at the value of no evidence.
Called by: stacking (rows to learn weights from), pipeline and serving (scores), reasons (shares).

A global channel s enters twice, as s/rms and log(max(s/rms, 0) + .3), each as one feature on warm and one on cold
offerings, each standardised on its own side: so the balance of warm against cold survives a refit.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Self

import numpy as np
from scipy import sparse

from recommender.affinity import CO_OCCURRENCE_UP_TO, Affinity, CoOccurrence
from recommender.als import Als
from recommender.catalogue import TEXT_FIELD
from recommender.components import Component, Training
from recommender.content import Content
from recommender.cosine import Cosine
from recommender.ease import Ease
from recommender.interactions import Mask, Matrix, Profiles, Vector
from recommender.popularity import offering_features
from recommender.vocabulary import Rows

CALIBRATION_CITIZENS = 300
SHIFT = 0.3
GATED = ("ease", "cosine", "als")
CHANNELS: Mapping[str, Callable[[], Component]] = {"ease": Ease, "cosine": Cosine, "als": Als, "content": Content}


@dataclass
class Scale:
    """How a feature is standardised: (value - mean) / deviation, on its own side only."""

    mean: float
    deviation: float
    side: str


@dataclass
class Rms:
    """The root mean square of a channel's scores over warm and over cold offerings."""

    warm: float = 1.0
    cold: float = 1.0

    def of(self, cold: Mask) -> Vector:
        """The one that holds for each offering (n_offerings,) float32."""
        return np.where(cold, self.cold, self.warm).astype(np.float32)


@dataclass
class FeatureSet:
    """All channels of one fit and the features made of them."""

    globals: dict[str, Component] = field(default_factory=dict)
    by_field: dict[str, Component] = field(default_factory=dict)
    static: dict[str, Vector] = field(default_factory=dict)
    rms: dict[str, Rms] = field(default_factory=dict)
    scales: dict[str, Scale] = field(default_factory=dict)

    def fit(self, training: Training, channels: Iterable[str] = CHANNELS) -> Self:
        """Fit the global channels named and those of every field, on the log."""
        self.globals = {name: CHANNELS[name]().fit(training) for name in channels}
        for each in training.catalogue.fields:
            if each.name == TEXT_FIELD:
                continue
            self.by_field[f"affinity:{each.name}"] = Affinity(each.name).fit(training)
            if len(each.values) <= CO_OCCURRENCE_UP_TO:
                self.by_field[f"together:{each.name}"] = CoOccurrence(each.name).fit(training)
        self.static = offering_features(training)
        self.cold: Mask = self.static["cold"] > 0
        return self

    def calibrate(self, profiles: Profiles, rng: np.random.Generator) -> Self:
        """Learn rms, mean and deviation of every feature from (at most 300 of) these citizens' profiles.

        Where nobody took anything yet, the offerings themselves stand in, each as the only click of a profile.
        """
        known = np.flatnonzero(np.diff(profiles.matrix.indptr) > 0)
        if not len(known):
            profiles = Profiles(sparse.csr_array(sparse.eye_array(len(self.cold), dtype=np.float32)))
            known = np.arange(len(self.cold))
        some = rng.choice(known, min(CALIBRATION_CITIZENS, len(known)), replace=False)
        sample = profiles.rows(np.sort(some))
        for name, component in self.globals.items():
            self.rms[name] = self._rms(np.nan_to_num(component.score(sample)))
        for name, side, values in self.raw(sample):
            self.scales[name] = self._scale(values, side)
        return self

    def _rms(self, scores: Matrix) -> Rms:
        square = np.square(scores, dtype=np.float64).mean(axis=0) if len(scores) else np.ones(scores.shape[1])
        warm, cold = (float(np.sqrt(square[side].mean())) if side.any() else 1.0 for side in (~self.cold, self.cold))
        return Rms(max(warm, 1e-9), max(cold, 1e-9))

    def _scale(self, values: Matrix, side: str) -> Scale:
        part = values if side == "all" else values[..., self.cold if side == "cold" else ~self.cold]
        if not part.size:
            return Scale(0.0, np.inf, side)
        deviation = float(part.std(dtype=np.float64))
        return Scale(float(part.mean(dtype=np.float64)), deviation if deviation > 1e-6 else np.inf, side)

    def raw(self, profiles: Profiles) -> Iterator[tuple[str, str, Matrix]]:
        """Every feature before standardising: name, side ("all", "warm", "cold"), values (n or 1, n_offerings)."""
        logs: dict[str, Matrix] = {}
        for name, component in self.globals.items():
            scaled: Matrix = np.nan_to_num(component.score(profiles)) / self.rms[name].of(self.cold)
            bent = np.log(np.maximum(scaled, 0) + np.float32(SHIFT))
            logs[name] = bent
            for side in ("warm", "cold"):
                yield f"{name}:{side}", side, scaled
                yield f"log {name}:{side}", side, bent
        for name in GATED:
            if name in logs:
                yield f"log {name} × log_popularity", "warm", logs[name] * self.static["log_popularity"]
        for name, component in self.by_field.items():
            known = np.nan_to_num(component.score(profiles))
            yield name, "all", known if name.startswith("together:") else np.log1p(known)
        for name, values in self.static.items():
            yield name, "all", values[None, :]

    def standardised(self, profiles: Profiles) -> Iterator[tuple[str, Matrix]]:
        """Every feature on its common scale, zero off its side: name, values (n or 1, n_offerings)."""
        for name, side, values in self.raw(profiles):
            scale = self.scales[name]
            on = 1.0 if side == "all" else (self.cold if side == "cold" else ~self.cold).astype(np.float32)
            yield name, (values - np.float32(scale.mean)) * (np.float32(1 / scale.deviation) * on)

    def gather(self, profiles: Profiles, owner: Rows, columns: Rows) -> tuple[list[str], Matrix]:
        """Feature rows of chosen pairs: names, and values (len(owner), n_features); owner is a row of profiles."""
        names, rows = [], []
        for name, values in self.standardised(profiles):
            names.append(name)
            rows.append(values[owner if len(values) > 1 or len(profiles) == 1 else 0, columns])
        return names, np.asarray(rows, dtype=np.float32).T

    def score(self, profiles: Profiles, weights: Mapping[str, float]) -> Matrix:
        """Weighted sum of the features (n, n_offerings) float32; features without a weight are not summed."""
        total = np.zeros((len(profiles), len(self.cold)), dtype=np.float32)
        offset = np.zeros(len(self.cold), dtype=np.float32)
        for name, side, values in self.raw(profiles):
            weight = weights.get(name, 0.0)
            scale = self.scales[name]
            if not weight or np.isinf(scale.deviation):
                continue
            on = 1.0 if side == "all" else (self.cold if side == "cold" else ~self.cold).astype(np.float32)
            factor = np.float32(weight / scale.deviation) * on
            total += values * factor
            offset -= np.float32(scale.mean) * factor
        return np.asarray(total + offset, dtype=np.float32)
