"""The named steps in order: cut the log into validation windows, fit channels, choose weights, fit for good, score.

Owns: the choice of settings and weights inside the training log, and the fitted Model. Refuses: nothing; a log too
small to validate on gets plain weights. Called by: evaluate (a benchmark folder), training (the city's artefact).
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
from scipy import sparse

from recommender.catalogue import Catalogue
from recommender.components import Training
from recommender.features import FeatureSet
from recommender.interactions import Interactions, Matrix, Profiles, profiles_of
from recommender.stacking import Choices, choices_of, fit_weights, joined, with_answers
from recommender.vocabulary import Vocabulary

WINDOW_DAYS, WINDOWS, MIN_RETURNING = 14.0, 4, 30
VALIDATION_CITIZENS = 2000
JOINT_SHARE, JOINT_SEED = 0.2, 43
PLAIN_WEIGHTS = {
    "content:warm": 1.0, "content:cold": 1.0, "ease:warm": 1.0, "ease:cold": 1.0, "log_popularity": 0.3,
}  # fmt: skip
Progress = Callable[[str, float], None]


@dataclass(frozen=True)
class Window:
    """One validation: a log to learn from, the catalogue as it was, the day it ended, and what was taken next."""

    training: Training
    answers: sparse.csr_array


@dataclass
class Model:
    """Fitted channels and the weights that stack them."""

    features: FeatureSet
    weights: dict[str, float]
    offerings: Vocabulary
    chosen: dict[str, object] = field(default_factory=dict)

    def score(self, profiles: Profiles) -> Matrix:
        """Scores (n, n_offerings) float32 for citizens with at least one click; higher is better."""
        return self.features.score(profiles, self.weights)

    def popularity(self) -> Matrix:
        """What citizens without any profile are ranked by (n_offerings,) float32."""
        return self.features.static["log_popularity"]


@dataclass
class Chooser:
    """Finds weights by validation inside the training log."""

    seed: int = 0
    progress: Progress = field(default=lambda _step, _share: None)

    def choose(self, log: Interactions, catalogue: Catalogue) -> dict[str, float]:
        """Weights of all features; plain ones when the log is too small to hold anything back."""
        found = list(validation_windows(log, catalogue, self.seed))
        parts = []
        for number, window in enumerate(found):
            self.progress("validation windows", number / max(len(found), 1))
            parts.append(self._choices(window))
        if not parts:
            return dict(PLAIN_WEIGHTS)
        choices = joined(parts)
        self.progress("weights", 0.9)
        weights = fit_weights(choices)
        return {name: float(weight) for name, weight in zip(choices.names, weights, strict=True)}

    def _choices(self, window: Window) -> Choices:
        rng = np.random.default_rng(self.seed)
        profiles = profiles_of(window.training.interactions, window.training.catalogue.starts_days)
        features = FeatureSet().fit(window.training).calibrate(profiles, rng)
        usable = np.flatnonzero(with_answers(window.answers, profiles))
        some = np.sort(rng.choice(usable, min(VALIDATION_CITIZENS, len(usable)), replace=False))
        short = profiles_of(window.training.interactions.last(1), window.training.catalogue.starts_days)
        again = some[::3]
        return joined(
            [
                choices_of(features, profiles.rows(some), window.answers[some], rng),
                choices_of(features, short.rows(again), window.answers[again], rng),
            ]
        )


def fit_model(log: Interactions, catalogue: Catalogue, weights: dict[str, float], seed: int = 0) -> Model:
    """The channels fitted on the whole log, calibrated, and stacked with weights chosen before."""
    training = Training(log, catalogue, end_of(log), seed)
    features = FeatureSet().fit(training)
    features.calibrate(profiles_of(log, catalogue.starts_days), np.random.default_rng(seed))
    return Model(features, weights, catalogue.offerings)


def end_of(log: Interactions) -> float:
    """The day the log ends; 0 when no moments are known."""
    known = log.at_days[np.isfinite(log.at_days)]
    return float(known.max()) if len(known) else 0.0


def validation_windows(log: Interactions, catalogue: Catalogue, seed: int = 0) -> Iterator[Window]:
    """Windows of 14 days at the end of a timed log, oldest last; for an untimed one a single joint split."""
    if not log.timed:
        yield from joint_split(log, catalogue, seed)
        return
    end = end_of(log)
    for number in range(WINDOWS):
        window = time_window(log, catalogue, end - (number + 1) * WINDOW_DAYS, end - number * WINDOW_DAYS, seed)
        if returning(window) < MIN_RETURNING:
            return
        yield window


def time_window(log: Interactions, catalogue: Catalogue, start: float, end: float, seed: int = 0) -> Window:
    """Learn before `start`, answer until `end`; the catalogue is cut to offerings someone had taken by `end`."""
    before, within = log.at_days <= start, (log.at_days > start) & (log.at_days <= end)
    published = np.unique(log.offering_rows[before | within])
    cut = catalogue.subset(published)
    training = Training(log.only(before).onto(published), cut, start, seed)
    return Window(training, log.only(within).onto(published).matrix())


def joint_split(log: Interactions, catalogue: Catalogue, seed: int = 0) -> Iterator[Window]:
    """A fifth of the taken offerings held out whole, and a fifth of the other pairs."""
    taken = np.unique(log.offering_rows)
    rng = np.random.default_rng(JOINT_SEED)
    held = rng.choice(taken, int(JOINT_SHARE * len(taken)), replace=False)
    out = np.isin(log.offering_rows, held) | (rng.random(len(log)) < JOINT_SHARE)
    cut = catalogue.subset(taken)
    window = Window(Training(log.only(~out).onto(taken), cut, 0.0, seed), log.only(out).onto(taken).matrix())
    if returning(window) >= MIN_RETURNING:
        yield window


def returning(window: Window) -> int:
    """How many citizens of a window were known before it."""
    profiles = Profiles(window.training.x, np.zeros(window.training.x.shape[0], dtype=np.float32))
    return int(with_answers(window.answers, profiles).sum())
