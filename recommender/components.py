"""What every scoring component has in common: what it is fitted on, how it scores, how it is packed.

Owns: the Training bundle, the Component protocol, the split into warm and cold offerings, packing of sparse matrices.
Refuses: nothing. Called by: every component, and pipeline which stacks them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol, Self

import numpy as np
import numpy.typing as npt
from scipy import sparse

from recommender.catalogue import Catalogue
from recommender.extension import RidgeExtension
from recommender.interactions import Interactions, Mask, Matrix, Profiles
from recommender.vocabulary import Rows

Arrays = Mapping[str, npt.NDArray[np.generic]]
WARM_FROM = 2


@dataclass(frozen=True)
class Training:
    """What one fit may see: the log, the catalogue it is about, the day it ends, and the seed of all chance.

    `min_people` verified people must have taken an offering before its own columns are learned: two in a benchmark
    folder, five in the city's own log.
    """

    interactions: Interactions
    catalogue: Catalogue
    now_days: float
    seed: int = 0
    min_people: int = WARM_FROM

    @cached_property
    def x(self) -> sparse.csr_array:
        """X (n_citizens, n_offerings) float32."""
        return self.interactions.matrix()

    @cached_property
    def warm_rows(self) -> Rows:
        """Offerings enough people took for their own columns to be learned."""
        return np.flatnonzero(self.interactions.people() >= self.min_people)

    @cached_property
    def cold_rows(self) -> Rows:
        """The other offerings: what is known of them is carried over from their fields."""
        cold = np.ones(len(self.catalogue), dtype=bool)
        cold[self.warm_rows] = False
        return np.flatnonzero(cold)

    @cached_property
    def warm_x(self) -> sparse.csr_array:
        """X_W (n_citizens, n_warm) float32."""
        return self.x[:, self.warm_rows]

    @cached_property
    def warm_gram(self) -> Matrix:
        """G_WW = X_W' X_W (n_warm, n_warm) float32, dense."""
        gram: Matrix = np.asarray((self.warm_x.T @ self.warm_x).toarray(), dtype=np.float32)
        return gram

    @cached_property
    def extension(self) -> RidgeExtension:
        """H, which carries what is known of warm offerings over to cold ones."""
        return RidgeExtension().fit(self.catalogue.features, self.warm_rows, self.cold_rows)


class Component(Protocol):
    """A scoring component: fitted once, then a number for each citizen and offering, NaN where it cannot know."""

    name: str

    def fit(self, training: Training) -> Self:
        """Learn from the log; returns itself."""
        ...

    def score(self, profiles: Profiles) -> Matrix:
        """Scores (len(profiles), n_offerings) float32; a citizen without a profile it knows gets a row of NaN."""
        ...


def unknown_rows(scores: Matrix, unknown: Mask) -> Matrix:
    """The scores with the rows of citizens the component cannot know set to NaN (in place)."""
    if unknown.any():
        scores[unknown] = np.nan
    return scores


def empty_profiles(matrix: sparse.csr_array) -> Mask:
    """Which rows hold nothing (n,)."""
    empty: Mask = np.diff(matrix.indptr) == 0
    return empty


def pack(name: str, matrix: sparse.csr_array) -> dict[str, npt.NDArray[np.generic]]:
    """A CSR matrix as four plain arrays under names that start with `name`."""
    return {
        f"{name}.data": matrix.data.astype(np.float32),
        f"{name}.indices": matrix.indices.astype(np.int32),
        f"{name}.indptr": matrix.indptr.astype(np.int64),
        f"{name}.shape": np.asarray(matrix.shape, dtype=np.int64),
    }


def unpack(name: str, arrays: Arrays) -> sparse.csr_array:
    """The CSR matrix `pack` took apart; scipy checks that its indices fit its shape."""
    parts = (arrays[f"{name}.data"], arrays[f"{name}.indices"], arrays[f"{name}.indptr"])
    rows, columns = (int(size) for size in arrays[f"{name}.shape"])
    matrix = sparse.csr_array(parts, shape=(rows, columns))
    matrix.check_format(full_check=True)
    return matrix
