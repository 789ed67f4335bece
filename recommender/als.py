"""Implicit alternating least squares (Hu, Koren, Volinsky 2008), by the library `implicit`; fold-in by our own algebra.

Owns: the factors V, their ridge extension to cold offerings, and a citizen's vector from any profile.
Refuses: nothing; a profile without known offerings scores NaN. Called by: pipeline, as one channel.

The citizen's vector is always folded in, also for citizens of the training log:
u = (V'V + 20 I + V_x' (C - I) V_x)^-1 V_x' c, with confidence c = 40 x. By the push-through identity this is
M V_x' (I + (C - I) V_x M V_x')^-1 c with M = (V'V + 20 I)^-1: a system the size of the profile.
"""

from typing import Self

import numpy as np
from implicit.cpu.als import AlternatingLeastSquares
from scipy import sparse
from threadpoolctl import threadpool_limits

from recommender.components import Training, empty_profiles, unknown_rows
from recommender.interactions import Matrix, Profiles, Vector
from recommender.vocabulary import Rows

FACTORS, REGULARIZATION, ALPHA, ITERATIONS = 128, 20.0, 40.0, 8


class Als:
    """Factors V (n_offerings, k) float32; scores u V' for the folded-in citizen."""

    name = "als"

    def __init__(
        self,
        factors: int = FACTORS,
        regularization: float = REGULARIZATION,
        alpha: float = ALPHA,
        iterations: int = ITERATIONS,
    ) -> None:
        self.factors, self.regularization, self.alpha, self.iterations = factors, regularization, alpha, iterations

    def fit(self, training: Training) -> Self:
        """Factorise the warm part of the log; cold offerings get V_C = H' V_W."""
        self.warm_rows = training.warm_rows
        return self.settle(training.extension.factors(self._factorise(training.warm_x, training.seed)))

    def _factorise(self, warm_x: sparse.csr_array, seed: int) -> Matrix:
        """V_W (n_warm, k); `implicit` wants a single BLAS thread and at most as many factors as there is data for."""
        if not warm_x.nnz:
            return np.zeros((warm_x.shape[1], self.factors), dtype=np.float32)
        taken = warm_x[np.diff(warm_x.indptr) > 0]
        with threadpool_limits(1, "blas"):
            model = AlternatingLeastSquares(
                factors=self.factors,
                regularization=self.regularization,
                alpha=self.alpha,
                iterations=self.iterations,
                random_state=seed,
            )
            model.fit(sparse.csr_matrix(taken), show_progress=False)
        return np.asarray(model.item_factors, dtype=np.float32)

    def settle(self, factors: Matrix) -> Self:
        """Keep V and M V', from which every fold-in is made."""
        self.v = factors
        warm = factors[self.warm_rows].astype(np.float64)
        gram = warm.T @ warm + self.regularization * np.eye(factors.shape[1])
        self.folding: Matrix = np.linalg.solve(gram, factors.T.astype(np.float64)).T.astype(np.float32)
        self._is_warm = np.zeros(len(factors), dtype=bool)
        self._is_warm[self.warm_rows] = True
        return self

    def fold_in(self, rows: Rows, weights: Vector) -> Vector:
        """A citizen's vector (k,) from offering rows and their weights; needs no earlier knowledge of the citizen."""
        return self._solve(self.v[rows], self.folding[rows], weights)

    def _solve(self, mine: Matrix, folded: Matrix, weights: Vector) -> Vector:
        confidence = np.maximum(self.alpha * weights, 1.0).astype(np.float32)
        system = (confidence - 1)[:, None] * (mine @ folded.T)
        system[np.diag_indices_from(system)] += 1
        vector: Vector = folded.T @ np.linalg.solve(system, confidence)
        return vector

    def vectors(self, profiles: Profiles) -> Matrix:
        """The vectors (n, k) of a batch of citizens."""
        mine = profiles.matrix @ sparse.diags_array(self._is_warm.astype(np.float32))
        mine.eliminate_zeros()
        vectors = np.zeros((len(profiles), self.v.shape[1]), dtype=np.float32)
        for row in range(len(profiles)):
            part = slice(mine.indptr[row], mine.indptr[row + 1])
            if part.start < part.stop:
                vectors[row] = self.fold_in(mine.indices[part], mine.data[part])
        return vectors

    def score(self, profiles: Profiles) -> Matrix:
        """Scores (n, n_offerings) float32; NaN rows where the profile holds no warm offering."""
        scores: Matrix = self.vectors(profiles) @ self.v.T
        return unknown_rows(scores, empty_profiles(profiles.matrix[:, self.warm_rows]))
