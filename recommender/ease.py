"""EASE: the linear item-item model in closed form (Steck 2019, "Embarrassingly Shallow Autoencoders for Sparse Data").

Owns: B = I - P diag(P)^-1 with P = (G + λ I)^-1, and its ridge-extended cold columns. Refuses: nothing.
Called by: pipeline, as one channel. Costs n_warm³: 3.3k offerings about a second, 10k about 14.
"""

from typing import Self

import numpy as np
from scipy.linalg import lapack

from recommender.components import Training
from recommender.interactions import Matrix
from recommender.similarity import ItemItem

DENSE_PENALTY, SPARSE_PENALTY, DENSE_FROM = 200.0, 50.0, 50.0


class Ease(ItemItem):
    """Scores x B; exact terms x_i B_ij, so each score can be told apart into what the citizen did."""

    name = "ease"

    def __init__(self, penalty: float | None = None) -> None:
        self.penalty = penalty

    def fit(self, training: Training) -> Self:
        """Solve for B on the warm offerings; λ = 200 where they average over 50 interactions, else 50.

        λ is meant for entries of weight 1: it is scaled by the mean square of the weights, so that B does not depend
        on their unit.
        """
        used = training.interactions.counts()[training.warm_rows]
        average = float(used.mean()) if len(used) else 0.0
        self.penalty = self.penalty or (DENSE_PENALTY if average > DENSE_FROM else SPARSE_PENALTY)
        scale = float(np.square(training.warm_x.data).mean()) if training.warm_x.nnz else 1.0
        return self.keep(ease_weights(training.warm_gram, self.penalty * scale), training.extension)


def ease_weights(gram: Matrix, penalty: float) -> Matrix:
    """B (n, n) float32 with zero diagonal from G = X'X (n, n); equation 8 of the paper."""
    if not len(gram):
        return np.zeros((0, 0), dtype=np.float32)
    p = _inverse(gram, penalty)
    diagonal = p.diagonal().copy()
    p /= -diagonal[None, :]
    np.fill_diagonal(p, 0)
    return np.asarray(p, dtype=np.float32)


def _inverse(gram: Matrix, penalty: float) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """(G + λ I)^-1 in double precision by Cholesky, in place of one copy."""
    a = np.asfortranarray(gram, dtype=np.float64)
    a[np.diag_indices_from(a)] += penalty
    factor, failed = lapack.dpotrf(a, lower=1, overwrite_a=1)
    if failed:
        raise ValueError("the co-occurrence matrix is not positive definite: are there negative weights in the log?")
    inverse, _ = lapack.dpotri(factor, lower=1, overwrite_c=1)
    lower = np.tril(inverse, -1)
    return np.asarray(inverse * np.tri(len(gram)) + lower.T)
