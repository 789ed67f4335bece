"""Item-item matrices: how they are kept (dense while small, else the largest terms) and how a profile meets them.

Owns: the form of B (n_warm × n_offerings). Refuses: nothing. Called by: ease, cosine.
"""

from collections.abc import Iterable
from typing import Self

import numpy as np
from scipy import sparse

from recommender.components import empty_profiles, unknown_rows
from recommender.extension import RidgeExtension
from recommender.interactions import Matrix, Profiles
from recommender.vocabulary import Rows

KEPT_TERMS = 200
DENSE_UP_TO = 40_000_000
BLOCK = 512


class ItemItem:
    """B: what having taken warm offering i says of offering j; kept dense up to 40 million cells, else cut."""

    warm_rows: Rows
    weights: sparse.csr_array | Matrix
    size: int

    def keep(self, warm_columns: Matrix, extension: RidgeExtension) -> Self:
        """Take B_WW (n_warm, n_warm) and carry its columns over to the cold offerings."""
        self.warm_rows, self.size = extension.warm_rows, extension.size
        if warm_columns.shape[0] * extension.size <= DENSE_UP_TO:
            self.weights = extension.columns(warm_columns)
        else:
            self.weights = largest_terms(warm_columns, extension)
        return self

    def score(self, profiles: Profiles) -> Matrix:
        """x_W B (n, n_offerings) float32; NaN rows where the profile holds no warm offering."""
        mine = profiles.matrix[:, self.warm_rows]
        scores = mine @ self.weights
        full: Matrix = np.asarray(scores if isinstance(scores, np.ndarray) else scores.toarray(), dtype=np.float32)
        return unknown_rows(full, empty_profiles(mine))

    def pruned(self) -> sparse.csr_array:
        """B with the largest 200 terms of each column (n_warm, n_offerings), as it is published."""
        if not isinstance(self.weights, np.ndarray):
            return self.weights
        return side_by_side(cut(self.weights[:, start : start + BLOCK]) for start in range(0, self.size, BLOCK))


def largest_terms(warm_columns: Matrix, extension: RidgeExtension) -> sparse.csr_array:
    """The extended matrix cut to its largest 200 terms a column, made block by block so that it never stands whole."""
    warm = side_by_side(cut(warm_columns[:, start : start + BLOCK]) for start in range(0, warm_columns.shape[1], BLOCK))
    cold = side_by_side(
        cut(warm_columns @ extension.h[:, start : start + BLOCK]) for start in range(0, extension.h.shape[1], BLOCK)
    )
    both = sparse.csc_array(sparse.hstack([warm, cold], format="csc"))
    place = np.empty(extension.size, dtype=np.int64)
    place[np.concatenate([extension.warm_rows, extension.cold_rows])] = np.arange(extension.size)
    return sparse.csr_array(both[:, place])


def cut(block: Matrix) -> sparse.csc_array:
    """A block of columns with all but its largest terms (by size, either sign) dropped."""
    if block.shape[0] > KEPT_TERMS:
        bound = np.partition(np.abs(block), -KEPT_TERMS, axis=0)[-KEPT_TERMS]
        block = np.where(np.abs(block) >= bound, block, 0)
    return sparse.csc_array(block)


def side_by_side(blocks: Iterable[sparse.csc_array]) -> sparse.csr_array:
    """Blocks of columns side by side."""
    parts = list(blocks)
    return sparse.csr_array(sparse.hstack(parts, format="csr", dtype=np.float32))
