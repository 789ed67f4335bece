"""What our model must beat, fitted in the same run on the same log: peers that others would use.

Owns: popularity, BM25 item-kNN and ALS of `implicit`, EASE, content-kNN, and LightFM where it is installed; their
small grids, chosen on the same validation windows as our weights. Refuses: nothing. Called by: evaluate.
"""

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import Self

import numpy as np
from implicit.nearest_neighbours import BM25Recommender
from scipy import sparse

from recommender.als import Als
from recommender.components import Component, Training, unknown_rows
from recommender.content import Content
from recommender.ease import Ease, ease_weights
from recommender.extension import RidgeExtension
from recommender.interactions import Matrix, Profiles
from recommender.popularity import Popularity

LIGHTFM_INSTALLED = find_spec("lightfm") is not None


class Bm25:
    """Item-kNN on BM25-weighted co-occurrence, by `implicit`."""

    name = "bm25_item_knn"

    def __init__(self, neighbours: int = 100) -> None:
        self.neighbours = neighbours

    def fit(self, training: Training) -> Self:
        """Learn the similarities (n_offerings, n_offerings)."""
        model = BM25Recommender(K=self.neighbours)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it tells itself that it converts its own matrix
            model.fit(sparse.csr_matrix(training.x), show_progress=False)
        self.similarity = sparse.csr_array(model.similarity).astype(np.float32)
        return self

    def score(self, profiles: Profiles) -> Matrix:
        """x S (n, n_offerings); 0 where nobody took both."""
        return np.asarray((profiles.matrix @ self.similarity).toarray(), dtype=np.float32)


class PlainAls(Als):
    """ALS as it comes: no factors for offerings nobody took."""

    name = "als_plain"

    def fit(self, training: Training) -> Self:
        """Factorise; cold rows stay zero."""
        self.warm_rows = training.warm_rows
        factors = np.zeros((len(training.catalogue), self.factors), dtype=np.float32)
        factors[self.warm_rows] = self._factorise(training.warm_x, training.seed)
        return self.settle(factors)


class PlainEase(Ease):
    """EASE as published: zero columns for offerings nobody took."""

    name = "ease_plain"

    def fit(self, training: Training) -> Self:
        """Solve for B; no extension."""
        nothing = RidgeExtension()
        nothing.warm_rows, nothing.cold_rows = training.warm_rows, training.cold_rows
        nothing.size = len(training.catalogue)
        nothing.h = np.zeros((len(nothing.warm_rows), len(nothing.cold_rows)), dtype=np.float32)
        return self.keep(ease_weights(training.warm_gram, self.penalty or 200.0), nothing)


class LightFm:
    """LightFM hybrid (WARP) over citizens and fields; its citizens are trained, so a cut profile changes nothing."""

    name = "lightfm_hybrid"

    def __init__(self, epochs: int = 20, components: int = 64) -> None:
        self.epochs, self.components = epochs, components

    def fit(self, training: Training) -> Self:
        """Train on the log with an identity and all fields for each offering."""
        identity = sparse.identity(len(training.catalogue), format="csr", dtype=np.float32)
        about = sparse.csr_matrix(sparse.hstack([identity, training.catalogue.features]), dtype=np.float32)
        model = import_module("lightfm").LightFM(no_components=self.components, loss="warp", random_state=training.seed)
        model.fit(sparse.coo_matrix(training.x), item_features=about, epochs=self.epochs, num_threads=1)
        bias, self.offering_factors = model.get_item_representations(about)
        self.bias = np.asarray(bias, dtype=np.float32)
        self.citizen_factors = np.asarray(model.user_embeddings, dtype=np.float32)
        return self

    def score_citizens(self, rows: np.ndarray[tuple[int], np.dtype[np.int64]]) -> Matrix:
        """Scores (n, n_offerings) of citizens of the training log by their row."""
        return np.asarray(self.citizen_factors[rows] @ self.offering_factors.T + self.bias, dtype=np.float32)


@dataclass(frozen=True)
class Baseline:
    """A peer and the settings it may choose among; each setting is a name and a maker."""

    name: str
    grid: Sequence[tuple[dict[str, object], Callable[[], Component]]]


BASELINES = (
    Baseline("popularity", [({}, Popularity)]),
    Baseline(
        "bm25_item_knn",
        [({"neighbours": k}, lambda k=k: Bm25(k)) for k in (20, 100, 400)],  # type: ignore[misc]
    ),
    Baseline(
        "als",
        [
            ({"factors": k, "regularization": r, "alpha": a}, lambda k=k, r=r, a=a: PlainAls(k, r, a))  # type: ignore[misc]
            for k, r, a in ((64, 0.01, 1.0), (64, 20.0, 40.0), (128, 20.0, 40.0))
        ],
    ),
    Baseline("ease", [({"penalty": p}, lambda p=p: PlainEase(p)) for p in (20.0, 50.0, 200.0, 500.0)]),  # type: ignore[misc]
    Baseline("content_knn", [({}, Content)]),
)


def without_gaps(scores: Matrix) -> Matrix:
    """Scores with "cannot know" told as 0: a peer has no fallback of its own."""
    return np.nan_to_num(unknown_rows(scores, np.zeros(len(scores), dtype=bool)))
