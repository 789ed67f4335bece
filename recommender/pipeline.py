"""The named steps in order: cut the log into validation windows, fit channels, choose weights, fit for good, score.

Owns: the choice of settings and weights inside the training log, and the fitted Model. Refuses: nothing; a log too
small to validate on gets plain weights. Called by: evaluate (a benchmark folder), training (the city's artefact).
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
from scipy import sparse

from recommender.catalogue import Catalogue
from recommender.components import WARM_FROM, Training
from recommender.features import CHANNELS, FeatureSet
from recommender.interactions import Interactions, Matrix, Profiles
from recommender.stacking import HEAD_RIDGE, choices_of, fit_weights, head_of, joined, with_answers

WINDOW_DAYS, MIN_RETURNING = 14.0, 30
JOINT_SHARE, JOINT_SEED = 0.2, 43
PLAIN_WEIGHTS = {
    "content:warm": 1.0, "content:cold": 1.0, "ease:warm": 1.0, "ease:cold": 1.0, "log_popularity": 0.3,
    "affinity:topic": 0.5,
}  # fmt: skip
"""What counts while a log is too small to learn it from; a feature the data do not give counts nothing."""
Progress = Callable[[str, float], None]


@dataclass(frozen=True)
class Recipe:
    """What is fitted: the global channels, how many verified people make an offering warm, the seed of all chance;
    and on how many windows of how many citizens the weights are found."""

    channels: tuple[str, ...] = tuple(CHANNELS)
    min_people: int = WARM_FROM
    seed: int = 0
    windows: int = 4
    citizens: int = 2000

    def training(self, log: Interactions, catalogue: Catalogue, now_days: float) -> Training:
        """The bundle a fit sees."""
        return Training(log, catalogue, now_days, self.seed, self.min_people)


BENCHMARK = Recipe()
CITY = Recipe(("ease", "cosine", "content"), min_people=5, windows=3, citizens=600)
"""Leaner than a benchmark's: ALS brings nothing on dated events and would double the time to score 20,000 offerings."""


@dataclass(frozen=True)
class Window:
    """One validation: a log to learn from, the catalogue as it was, the day it ended, and what was taken next."""

    training: Training
    answers: sparse.csr_array


@dataclass(frozen=True)
class FittedWindow:
    """The channels of a window and those it is asked for: profiles, all they took before, what they took next."""

    features: FeatureSet
    profiles: Profiles
    taken: sparse.csr_array
    answers: sparse.csr_array


@dataclass
class Model:
    """Fitted channels and the weights that stack them."""

    features: FeatureSet
    weights: dict[str, float]
    catalogue: Catalogue

    def score(self, profiles: Profiles) -> Matrix:
        """Scores (n, n_offerings) float32 for citizens with at least one click; higher is better."""
        return self.features.score(profiles, self.weights)

    def popularity(self) -> Matrix:
        """What citizens without any profile are ranked by (n_offerings,) float32."""
        return self.features.static["log_popularity"]


@dataclass
class Chooser:
    """Finds weights by validation inside the training log."""

    recipe: Recipe = BENCHMARK
    progress: Progress = field(default=lambda _step, _share: None)

    def choose(self, log: Interactions, catalogue: Catalogue) -> dict[str, float]:
        """Weights of all features; plain ones when the log is too small to hold anything back."""
        found = list(validation_windows(log, catalogue, self.recipe))
        fitted = []
        for number, window in enumerate(found):
            self.progress("validation windows", number / len(found))
            fitted.append(self._fitted(window))
        if not fitted:
            return dict(PLAIN_WEIGHTS)
        self.progress("weights", 0.8)
        return weights_of(fitted, np.random.default_rng(self.recipe.seed))

    def _fitted(self, window: Window) -> FittedWindow:
        """The channels of one window; its citizens as they are, and a third again with their last click alone."""
        rng = np.random.default_rng(self.recipe.seed)
        log = window.training.interactions
        profiles, short = log.profiles(), log.last(1).profiles()
        features = FeatureSet().fit(window.training, self.recipe.channels).calibrate(profiles, rng)
        usable = np.flatnonzero(with_answers(window.answers, profiles))
        some = np.sort(rng.choice(usable, min(self.recipe.citizens, len(usable)), replace=False))
        again = some[::3]
        profiles_of_both = (profiles.rows(some), short.rows(again))
        return FittedWindow(
            features,
            Profiles(sparse.csr_array(sparse.vstack([each.matrix for each in profiles_of_both], format="csr"))),
            profiles.matrix[np.concatenate([some, again])],
            window.answers[np.concatenate([some, again])],
        )


def weights_of(fitted: list[FittedWindow], rng: np.random.Generator) -> dict[str, float]:
    """Weights that make what was taken next the likely choice, then moved a little towards the first 100 places."""
    choices = joined([choices_of(each.features, each.profiles, each.taken, each.answers, rng) for each in fitted])
    first = fit_weights(choices)
    named = dict(zip(choices.names, first.tolist(), strict=True))
    head = [p for each in fitted for p in head_of(each.features, each.profiles, each.taken, each.answers, named)]
    weights = fit_weights(joined(head), HEAD_RIDGE, first) if head else first
    return dict(zip(choices.names, weights.tolist(), strict=True))


def fit_model(
    log: Interactions,
    catalogue: Catalogue,
    weights: dict[str, float],
    recipe: Recipe = BENCHMARK,
    now_days: float | None = None,
) -> Model:
    """The channels fitted on the whole log, calibrated, and stacked with weights chosen before; now: the log's end."""
    today = end_of(log) if now_days is None else now_days
    features = FeatureSet().fit(recipe.training(log, catalogue, today), recipe.channels)
    features.calibrate(log.profiles(), np.random.default_rng(recipe.seed))
    return Model(features, weights, catalogue)


def end_of(log: Interactions) -> float:
    """The day the log ends; 0 when no moments are known."""
    known = log.at_days[np.isfinite(log.at_days)]
    return float(known.max()) if len(known) else 0.0


def validation_windows(log: Interactions, catalogue: Catalogue, recipe: Recipe = BENCHMARK) -> Iterator[Window]:
    """Windows of 14 days at the end of a timed log, oldest last; for an untimed one a single joint split."""
    if not log.timed:
        yield from joint_split(log, catalogue, recipe)
        return
    end = end_of(log)
    for number in range(recipe.windows):
        window = time_window(log, catalogue, end - (number + 1) * WINDOW_DAYS, end - number * WINDOW_DAYS, recipe)
        if returning(window) < MIN_RETURNING:
            return
        yield window


def time_window(
    log: Interactions, catalogue: Catalogue, start: float, end: float, recipe: Recipe = BENCHMARK
) -> Window:
    """Learn before `start`, answer until `end`; the catalogue is cut to offerings someone had taken by `end`."""
    before, within = log.at_days <= start, (log.at_days > start) & (log.at_days <= end)
    published = np.unique(log.offering_rows[before | within])
    cut = catalogue.subset(published)
    training = recipe.training(log.only(before).onto(published), cut, start)
    return Window(training, log.only(within).onto(published).matrix())


def joint_split(log: Interactions, catalogue: Catalogue, recipe: Recipe = BENCHMARK) -> Iterator[Window]:
    """A fifth of the taken offerings held out whole, and a fifth of the other pairs."""
    taken = np.unique(log.offering_rows)
    rng = np.random.default_rng(JOINT_SEED)
    held = rng.choice(taken, int(JOINT_SHARE * len(taken)), replace=False)
    out = np.isin(log.offering_rows, held) | (rng.random(len(log)) < JOINT_SHARE)
    cut = catalogue.subset(taken)
    window = Window(recipe.training(log.only(~out).onto(taken), cut, 0.0), log.only(out).onto(taken).matrix())
    if returning(window) >= MIN_RETURNING:
        yield window


def returning(window: Window) -> int:
    """How many citizens of a window were known before it."""
    return int(with_answers(window.answers, window.training.interactions.profiles()).sum())
