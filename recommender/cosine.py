"""Cosine co-occurrence: offerings taken by the same people, measured without any fit.

Owns: S_ij = G_ij / √(G_ii G_jj) with zero diagonal, scores x S / √n_u. Refuses: nothing. Called by: pipeline.
"""

from typing import Self

import numpy as np

from recommender.components import Training
from recommender.interactions import Matrix, Profiles
from recommender.similarity import ItemItem


class Cosine(ItemItem):
    """Scores x S / √(sum of x); cold columns by the ridge extension."""

    name = "cosine"

    def fit(self, training: Training) -> Self:
        """Normalise the co-occurrence counts of the warm offerings."""
        return self.keep(cosine_of(training.warm_gram), training.extension)

    def score(self, profiles: Profiles) -> Matrix:
        """Scores (n, n_offerings) float32; NaN rows where the profile holds no warm offering."""
        total = np.asarray(profiles.matrix.sum(axis=1), dtype=np.float32)
        return np.asarray(super().score(profiles) / np.sqrt(np.maximum(total, 1e-6))[:, None], dtype=np.float32)


def cosine_of(gram: Matrix) -> Matrix:
    """Cosine similarities (n, n) float32 with zero diagonal from co-occurrence counts (n, n)."""
    length = 1 / np.sqrt(np.maximum(gram.diagonal(), 1e-9))
    similar = gram * length[:, None] * length[None, :]
    np.fill_diagonal(similar, 0)
    return np.asarray(similar, dtype=np.float32)
