"""The ridge extension H: what is known of warm offerings, carried over to offerings nobody has tried.

Owns: kernel ridge regression from fields of warm offerings to cold ones. Refuses: nothing; without warm offerings
it extends to zeros. Called by: every component with columns or factors per offering.

K = Σ_f N_f N_f' + 1, H = (K_WW + 3 I)^-1 K_WC; any item-item or item-factor quantity of the warm offerings becomes
B_C = B_W H, V_C = H' V_W. No popularity weight in it.
"""

from typing import Self

import numpy as np
from scipy import linalg, sparse

from recommender.interactions import Matrix
from recommender.vocabulary import Rows

RIDGE = 3.0
DUAL_UP_TO = 10_000


class RidgeExtension:
    """H (n_warm, n_cold) float32, and the columns it belongs to."""

    def fit(self, features: sparse.csr_array, warm_rows: Rows, cold_rows: Rows) -> Self:
        """Learn H from the feature rows N (n_offerings, n_columns)."""
        self.warm_rows, self.cold_rows, self.size = warm_rows, cold_rows, int(features.shape[0])
        warm, cold = _with_constant(features[warm_rows]), _with_constant(features[cold_rows])
        solve = _dual if len(warm_rows) <= DUAL_UP_TO else _primal
        self.h: Matrix = solve(warm, cold)
        return self

    def columns(self, warm_columns: Matrix) -> Matrix:
        """Columns for all offerings (m, n_offerings) from those of the warm ones (m, n_warm): B_C = B_W H."""
        full = np.zeros((warm_columns.shape[0], self.size), dtype=np.float32)
        full[:, self.warm_rows] = warm_columns
        full[:, self.cold_rows] = warm_columns @ self.h
        return full

    def factors(self, warm_factors: Matrix) -> Matrix:
        """Factors of all offerings (n_offerings, k) from those of the warm ones (n_warm, k): V_C = H' V_W."""
        return np.ascontiguousarray(self.columns(np.ascontiguousarray(warm_factors.T)).T)


def _with_constant(features: sparse.csr_array) -> sparse.csr_array:
    """The features and a column of ones: the + 1 of the kernel."""
    ones = np.ones((features.shape[0], 1), dtype=np.float32)
    return sparse.csr_array(sparse.hstack([features, sparse.csr_array(ones)], format="csr"))


def _dual(warm: sparse.csr_array, cold: sparse.csr_array) -> Matrix:
    """(K_WW + 3 I)^-1 K_WC, by Cholesky in the space of warm offerings."""
    if not warm.shape[0] or not cold.shape[0]:
        return np.zeros((warm.shape[0], cold.shape[0]), dtype=np.float32)
    kernel = np.asarray((warm @ warm.T).toarray(), dtype=np.float32)
    kernel[np.diag_indices_from(kernel)] += RIDGE
    across = np.asarray((warm @ cold.T).toarray(), dtype=np.float32)
    solved: Matrix = linalg.solve(kernel, across, assume_a="pos", overwrite_a=True, overwrite_b=True)
    return solved


def _primal(warm: sparse.csr_array, cold: sparse.csr_array) -> Matrix:
    """N_W (N_W'N_W + 3 I)^-1 N_C', the same by the push-through identity, in the space of columns."""
    gram = np.asarray((warm.T @ warm).toarray(), dtype=np.float32)
    gram[np.diag_indices_from(gram)] += RIDGE
    solved = linalg.solve(gram, np.asarray(cold.T.toarray(), dtype=np.float32), assume_a="pos", overwrite_a=True)
    return np.asarray(warm @ solved, dtype=np.float32)
