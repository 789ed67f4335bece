"""LTT, the linear two-tower model: from the fields of what a citizen took to the fields of what comes next.

Owns: W (k × k) over the feature rows F, in closed form. Refuses: nothing. Called by: pipeline, as one channel.

Scores x F W F'. With users weighted 1/n, G = X' diag(1/n) X, D = diag(G), p = 0.5, and s the mean diagonal of what
it regularises: W = (F'(pG + (1-p)D)F + .01 s I)^-1 F'(G - D)F (F'F + .1 s I)^-1.
"""

from typing import Self

import numpy as np
from scipy import linalg, sparse
from sklearn.utils.extmath import randomized_svd

from recommender.components import Arrays, Training, empty_profiles, unknown_rows
from recommender.interactions import Matrix, Profiles, Vector

COMPONENTS, DENSE_COLUMNS = 256, 2500
SELF_SHARE, LEFT_RIDGE, RIGHT_RIDGE = 0.5, 0.01, 0.1
CHUNK = 4096


class Towers:
    """`features` F (n_offerings, k) float32 and `into` F W' (n_offerings, k): scores (x F) (F W')'."""

    name = "towers"

    def fit(self, training: Training) -> Self:
        """Compress the feature rows when they are wide, then solve for W."""
        self.features = compressed(training.catalogue.features, training.seed)
        x = training.x
        total = np.maximum(np.asarray(x.sum(axis=1), dtype=np.float32), 1e-6)
        weighted = sparse.csr_array(sparse.diags_array(1 / np.sqrt(total)) @ x).astype(np.float32)
        own = np.asarray(weighted.multiply(weighted).sum(axis=0), dtype=np.float32).ravel()
        self.into: Matrix = self.features @ _solve(self.features, _second_moment(weighted, self.features), own).T
        return self

    def score(self, profiles: Profiles) -> Matrix:
        """Scores (n, n_offerings) float32; NaN rows for empty profiles."""
        scores: Matrix = (profiles.matrix @ self.features) @ self.into.T
        return unknown_rows(scores, empty_profiles(profiles.matrix))

    def arrays(self) -> Arrays:
        """Both towers."""
        return {"features": self.features, "into": self.into}

    def restore(self, arrays: Arrays) -> Self:
        """Read back what `arrays` said."""
        self.features = np.asarray(arrays["features"], dtype=np.float32)
        self.into = np.asarray(arrays["into"], dtype=np.float32)
        return self


def compressed(features: sparse.csr_array, seed: int) -> Matrix:
    """The feature rows as they are up to 2,500 columns, else their 256 strongest directions (n_offerings, k)."""
    if features.shape[1] <= min(DENSE_COLUMNS, features.shape[0]):
        return np.asarray(features.toarray(), dtype=np.float32)
    k = min(COMPONENTS, min(features.shape))
    left, strength, _ = randomized_svd(features, n_components=k, n_iter=3, random_state=seed)
    return np.asarray(left * strength, dtype=np.float32)


def _second_moment(weighted: sparse.csr_array, features: Matrix) -> Matrix:
    """F'GF (k, k), a slice of citizens at a time."""
    moment = np.zeros((features.shape[1],) * 2, dtype=np.float32)
    for start in range(0, weighted.shape[0], CHUNK):
        part = weighted[start : start + CHUNK] @ features
        moment += part.T @ part
    return moment


def _solve(features: Matrix, moment: Matrix, own: Vector) -> Matrix:
    """W (k, k) of the equation above; `own` (n_offerings,) is the diagonal of G."""
    diagonal: Matrix = features.T @ (own[:, None] * features)
    left = _ridged(np.float32(SELF_SHARE) * moment + np.float32(1 - SELF_SHARE) * diagonal, LEFT_RIDGE)
    right = _ridged(features.T @ features, RIGHT_RIDGE)
    half = linalg.solve(left, moment - diagonal, assume_a="sym")
    return np.asarray(linalg.solve(right, half.T, assume_a="sym").T, dtype=np.float32)


def _ridged(matrix: Matrix, share: float) -> Matrix:
    """The matrix with a share of its mean diagonal added to the diagonal."""
    ridged = matrix.copy()
    ridged[np.diag_indices_from(ridged)] += share * max(float(matrix.diagonal().mean()), 1e-6)
    return ridged
