"""Affinity by field: how often a citizen chose this operator, this place, this hour; and who goes where besides.

Owns: per field, A = x F rowmean(F)' and the value co-occurrence q C rowmean(F)'. Refuses: fields of more than 3,000
values for the co-occurrence (too sparse to learn). Called by: pipeline, three or four features a field.
"""

from typing import Self

import numpy as np
from scipy import sparse

from recommender.components import Training, empty_profiles, unknown_rows
from recommender.cosine import cosine_of
from recommender.interactions import Matrix, Profiles

CO_OCCURRENCE_UP_TO = 3000


class Affinity:
    """A_ui: the (weighted) number of times citizen u chose a value offering i holds, averaged over its values."""

    def __init__(self, field: str) -> None:
        self.field, self.name = field, f"affinity:{field}"

    def fit(self, training: Training) -> Self:
        """Take the field's values from the catalogue."""
        field = training.catalogue.field(self.field)
        self.incidence, self.mean = field.incidence, field.mean
        return self

    def score(self, profiles: Profiles) -> Matrix:
        """A (n, n_offerings) float32; NaN rows for profiles without a value of the field."""
        taken = profiles.matrix @ self.incidence
        return unknown_rows(spread(taken, self.mean), empty_profiles(taken))


class CoOccurrence:
    """Those who go to operator A go to B: Q = [X F > 0], cosine of Q'Q with zero diagonal, q C rowmean(F)'."""

    def __init__(self, field: str) -> None:
        self.field, self.name = field, f"together:{field}"

    def fit(self, training: Training) -> Self:
        """Count which values the same citizens chose."""
        field = training.catalogue.field(self.field)
        chosen = binary(training.x @ field.incidence)
        gram = np.asarray((chosen.T @ chosen).toarray(), dtype=np.float32)
        self.incidence, self.mean = field.incidence, field.mean
        self.together: Matrix = cosine_of(gram)
        return self

    def score(self, profiles: Profiles) -> Matrix:
        """Scores (n, n_offerings) float32; NaN rows for profiles without a value of the field."""
        chosen = binary(profiles.matrix @ self.incidence)
        others = np.asarray(chosen @ self.together, dtype=np.float32)
        return unknown_rows(np.ascontiguousarray((self.mean @ others.T).T), empty_profiles(chosen))


def spread(taken: sparse.csr_array, mean: sparse.csr_array) -> Matrix:
    """Amounts by value (n, n_values) brought to offerings (n, n_offerings) as the mean over their values."""
    full = np.asarray(taken.toarray(), dtype=np.float32)
    return np.ascontiguousarray((mean @ full.T).T)


def binary(matrix: sparse.csr_array) -> sparse.csr_array:
    """The same cells with ones."""
    ones = sparse.csr_array(matrix)
    ones.eliminate_zeros()
    ones.data = np.ones_like(ones.data, dtype=np.float32)
    return ones
