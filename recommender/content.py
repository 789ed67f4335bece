"""Content: what an offering is, compared with what the citizen took; knows nothing of other citizens.

Owns: the cosine of a profile's feature sum with each offering's features, never behind a compression.
Refuses: nothing; a profile without any feature scores NaN. Called by: features, as one channel; laying.
"""

from typing import Self

import numpy as np
from scipy import sparse

from recommender.components import Training, unknown_rows
from recommender.interactions import Matrix, Profiles


class Content:
    """`unit` (n_offerings, n_columns) CSR float32, rows of length 1 (or zero): scores cos(x N, N)."""

    name = "content"

    def fit(self, training: Training) -> Self:
        """Take the catalogue's feature rows and scale them to length 1."""
        return self.take(training.catalogue.features)

    def take(self, features: sparse.csr_array) -> Self:
        """Use these feature rows (n_offerings, n_columns)."""
        length = np.sqrt(np.asarray(features.multiply(features).sum(axis=1)).ravel())
        scale = sparse.diags_array((1 / np.maximum(length, 1e-9)).astype(np.float32))
        self.raw = features
        self.unit = sparse.csr_array(scale @ features).astype(np.float32)
        return self

    def score(self, profiles: Profiles) -> Matrix:
        """Cosines (n, n_offerings) float32; NaN rows for profiles without any feature."""
        taken = np.asarray((profiles.matrix @ self.raw).toarray(), dtype=np.float32)
        length = np.linalg.norm(taken, axis=1)
        scores = np.ascontiguousarray((self.unit @ (taken / np.maximum(length, 1e-9)[:, None]).T).T)
        return unknown_rows(scores, length == 0)
