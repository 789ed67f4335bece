"""The global channels as they are served: one profile against everything live, each with the exact terms of its scores.

Owns: evidence of a profile for each live offering by EASE, cosine and content, and which thing in the profile gave
most of it. Refuses: nothing. Called by: laid, which weighs the evidence.

All of it is linear in the profile until it is weighed, so a term is what one offering of the profile adds, exactly.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
from scipy import sparse

from recommender.interactions import Vector
from recommender.vocabulary import Rows

COMPARABLE = 0.6
"""A part that is at least so large beside the largest speaks nearly as loud."""
FEW_FEATURES = 100
"""Up to so many features it is quicker to look only at what holds one of them than at everything live."""


@dataclass(frozen=True)
class Held:
    """A profile as rows of the extended catalogue: `rows` (k,) and what each weighs, `weights` (k,) float32 > 0."""

    rows: Rows
    weights: Vector

    def __len__(self) -> int:
        return len(self.rows)


@dataclass(frozen=True)
class Cells:
    """The cells of some rows of a matrix, one after another: place in the profile, column, value × weight (t,)."""

    places: Rows
    columns: Rows
    values: Vector

    def total(self, n_columns: int) -> Vector:
        """Their sum by column (n_columns,) float32."""
        return np.bincount(self.columns, weights=self.values, minlength=n_columns).astype(np.float32)

    def by_place(self, factors: Vector, n_places: int) -> Vector:
        """Their sum by place in the profile, each times the factor of its column (n_places,)."""
        weights = self.values * factors[self.columns]
        return np.bincount(self.places, weights=weights, minlength=n_places).astype(np.float32)

    def of_column(self, column: int, n_places: int) -> Vector:
        """The values of one column by place in the profile (n_places,), at most one cell each."""
        found = np.zeros(n_places, dtype=np.float32)
        here = self.columns == column
        found[self.places[here]] = self.values[here]
        return found


def cells_of(matrix: sparse.csr_array, held: Held) -> Cells:
    """The cells of the profile's rows, each times its weight."""
    starts = matrix.indptr[held.rows]
    lengths = matrix.indptr[held.rows + 1] - starts
    before = np.cumsum(lengths) - lengths
    at = np.arange(int(lengths.sum())) + np.repeat(starts - before, lengths)
    values = matrix.data[at] * np.repeat(held.weights, lengths)
    return Cells(np.repeat(np.arange(len(held)), lengths), matrix.indices[at], values)


@dataclass(frozen=True)
class Term:
    """The largest part of a channel's evidence: the place in the profile that gave it, and its share.

    `also` are the places that gave nearly as much, largest first.
    """

    place: int
    share: float
    also: tuple[int, ...] = ()


class Channel(Protocol):
    """Evidence of one kind."""

    def evidence(self, held: Held) -> Vector | None:
        """What the profile says of each live offering (n_live,) float32; None when it says nothing."""
        ...

    def largest_term(self, held: Held, column: int) -> Term | None:
        """Which thing in the profile said most for one live offering."""
        ...


@dataclass(frozen=True)
class ItemChannel:
    """EASE or cosine: x_W B (divided by √Σx for cosine), B (n_warm, n_live) CSR; `warm_place` (n_rows,) or -1."""

    weights: sparse.csr_array
    warm_place: Rows
    by_length: bool

    @cached_property
    def columns(self) -> sparse.csc_array:
        """The same by offering, for terms."""
        return sparse.csc_array(self.weights)

    def evidence(self, held: Held) -> Vector | None:
        """x_W B; None when no offering of the profile is warm."""
        places = self.warm_place[held.rows]
        warm = places >= 0
        if not warm.any():
            return None
        total: Vector = self.weights[places[warm]].T @ held.weights[warm]
        return total / np.float32(np.sqrt(max(float(held.weights.sum()), 1e-6))) if self.by_length else total

    def largest_term(self, held: Held, column: int) -> Term | None:
        """The largest x_i B_ij."""
        part = slice(self.columns.indptr[column], self.columns.indptr[column + 1])
        by_warm = np.zeros(self.weights.shape[0] + 1, dtype=np.float32)
        by_warm[self.columns.indices[part]] = self.columns.data[part]
        return largest(by_warm[self.warm_place[held.rows]] * held.weights)


@dataclass(frozen=True)
class ContentChannel:
    """Content: cos(x N, N_j); `features` N (n_rows, n_columns) CSR, `unit` (n_live, n_columns) CSR of length 1."""

    features: sparse.csr_array
    unit: sparse.csr_array

    @cached_property
    def by_feature(self) -> sparse.csr_array:
        """N of what is live by feature (n_columns, n_live), for profiles that hold few."""
        return sparse.csr_array(self.unit.T)

    def evidence(self, held: Held) -> Vector | None:
        """Cosines with all that is live; None for a profile without any feature."""
        taken = cells_of(self.features, held).total(self.features.shape[1])
        length = float(np.linalg.norm(taken))
        if length == 0:
            return None
        taken /= np.float32(length)
        held_features = np.flatnonzero(taken)
        if len(held_features) <= FEW_FEATURES:
            return cells_of(self.by_feature, Held(held_features, taken[held_features])).total(self.unit.shape[0])
        alike: Vector = self.unit @ taken
        return alike

    def evidence_of(self, held: Held, columns: Rows) -> Vector:
        """Cosines with some live offerings (len(columns),); 0 for a profile without any feature."""
        taken = cells_of(self.features, held).total(self.features.shape[1])
        alike: Vector = self.unit[columns] @ (taken / np.float32(max(float(np.linalg.norm(taken)), 1e-9)))
        return alike

    def largest_term(self, held: Held, column: int) -> Term | None:
        """The largest x_i N_i · N_j."""
        part = slice(self.unit.indptr[column], self.unit.indptr[column + 1])
        mine = np.zeros(self.unit.shape[1], dtype=np.float32)
        mine[self.unit.indices[part]] = self.unit.data[part]
        return largest(cells_of(self.features, held).by_place(mine, len(held)))


def largest(terms: Vector) -> Term | None:
    """The largest positive term and its share of all positive ones."""
    if not len(terms):
        return None
    place = int(terms.argmax())
    if terms[place] <= 0:
        return None
    near = np.flatnonzero(terms >= COMPARABLE * terms[place])
    also = tuple(each for each in near[np.argsort(-terms[near], kind="stable")].tolist() if each != place)
    return Term(place, float(terms[place] / np.maximum(terms, 0).sum()), also)
