"""The channels as they are served: one profile against everything live, each with the exact terms of its scores.

Owns: evidence of a profile for each live offering, and which part of it each thing in the profile gave.
Refuses: nothing. Called by: scorer, which weighs the evidence.

All of it is linear in the profile until the last step, so a term is what one offering of the profile adds, exactly.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
from scipy import sparse

from recommender.catalogue import Field
from recommender.interactions import Matrix, Vector
from recommender.vocabulary import Rows


@dataclass(frozen=True)
class Held:
    """A profile as rows of the extended catalogue: `rows` (k,) and what each weighs, `weights` (k,) float32 > 0."""

    rows: Rows
    weights: Vector

    def __len__(self) -> int:
        return len(self.rows)


@dataclass(frozen=True)
class Term:
    """The largest part of a channel's evidence: the place in the profile that gave it, its share, the field's value."""

    place: int
    share: float
    value: int | None = None


class Channel(Protocol):
    """Evidence of one kind."""

    def evidence(self, held: Held) -> Vector | None:
        """What the profile says of each live offering (n_live,) float32; None when it says nothing."""
        ...

    def largest_term(self, held: Held, column: int) -> Term | None:
        """Which part of the profile said most for one live offering."""
        ...


@dataclass(frozen=True)
class ItemChannel:
    """Ease or cosine: x_W B (divided by √Σx for cosine), B (n_warm, n_live) CSR; `warm_place` (n_rows,) or -1."""

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
        if (places < 0).all():
            return None
        total = np.zeros(self.weights.shape[1], dtype=np.float32)
        indptr, indices, data = self.weights.indptr, self.weights.indices, self.weights.data
        for place, weight in zip(places.tolist(), held.weights, strict=True):
            if place >= 0:
                part = slice(indptr[place], indptr[place + 1])
                total[indices[part]] += weight * data[part]
        return total * np.float32(1 / np.sqrt(max(float(held.weights.sum()), 1e-6))) if self.by_length else total

    def largest_term(self, held: Held, column: int) -> Term | None:
        """The largest x_i B_ij; sparse columns are sorted by place, so each is found by bisection."""
        part = slice(self.columns.indptr[column], self.columns.indptr[column + 1])
        there, values = self.columns.indices[part], self.columns.data[part]
        places = self.warm_place[held.rows]
        found = np.searchsorted(there, places)
        found[found == len(there)] = 0
        hit = (places >= 0) & (there[found] == places) if len(there) else np.zeros(len(places), dtype=bool)
        return _largest(np.where(hit, values[found] if len(there) else 0, 0) * held.weights)


@dataclass(frozen=True)
class ContentChannel:
    """Content: cos(x N, N_j); `features` N (n_rows, n_columns) CSR, `unit` (n_live, n_columns) CSR of length 1."""

    features: sparse.csr_array
    unit: sparse.csr_array

    def evidence(self, held: Held) -> Vector | None:
        """Cosines with all that is live; None for a profile without any feature."""
        taken = self._taken(held)
        length = float(np.linalg.norm(taken))
        if length == 0:
            return None
        alike: Vector = self.unit @ (taken / np.float32(length))
        return alike

    def _taken(self, held: Held) -> Vector:
        """x N (n_columns,)."""
        total = np.zeros(self.features.shape[1], dtype=np.float32)
        indptr, indices, data = self.features.indptr, self.features.indices, self.features.data
        for row, weight in zip(held.rows.tolist(), held.weights, strict=True):
            part = slice(indptr[row], indptr[row + 1])
            total[indices[part]] += weight * data[part]
        return total

    def largest_term(self, held: Held, column: int) -> Term | None:
        """The largest x_i N_i · N_j."""
        part = slice(self.unit.indptr[column], self.unit.indptr[column + 1])
        mine = np.zeros(self.unit.shape[1], dtype=np.float32)
        mine[self.unit.indices[part]] = self.unit.data[part]
        return _largest((self.features[held.rows] @ mine) * held.weights)


@dataclass(frozen=True)
class FieldEvidence:
    """What a field's channels share: the extended field, and the values of what is live.

    `single` (n_live,) number of the one value each holds (-1 none), or None where several may be held; then `mean`
    (n_live, n_values) CSR spreads amounts by value over offerings.
    """

    field: Field
    mean: sparse.csr_array
    single: Rows | None

    def amounts(self, held: Held) -> Vector:
        """x F: what the profile holds of each value (n_values,) float32."""
        total = np.zeros(len(self.field.values), dtype=np.float32)
        indptr, indices = self.field.incidence.indptr, self.field.incidence.indices
        for row, weight in zip(held.rows.tolist(), held.weights, strict=True):
            total[indices[indptr[row] : indptr[row + 1]]] += weight
        return total

    def spread(self, by_value: Vector) -> Vector:
        """Amounts by value as the mean over the values each live offering holds (n_live,)."""
        if self.single is None:
            spread: Vector = self.mean @ by_value
            return spread
        return np.append(by_value, np.float32(0))[self.single]

    def values_of(self, column: int) -> Rows:
        """Numbers of the values one live offering holds."""
        values: Rows = self.mean.indices[self.mean.indptr[column] : self.mean.indptr[column + 1]]
        return values

    def holder(self, held: Held, value: int) -> Term | None:
        """Which offering of the profile gave most of a value."""
        holds = np.asarray(self.field.incidence[held.rows][:, [value]].toarray(), dtype=np.float32).ravel()
        term = _largest(holds * held.weights)
        return term and Term(term.place, term.share, value)


@dataclass(frozen=True)
class AffinityChannel:
    """How often the profile holds what an offering holds: x F rowmean(F)', bent by log(1 + A) when it is weighed."""

    about: FieldEvidence

    def evidence(self, held: Held) -> Vector | None:
        """log(1 + A) of each live offering; None when the profile holds no value of the field."""
        amounts = self.about.amounts(held)
        if not amounts.any():
            return None
        if self.about.single is None:
            return np.log1p(self.about.spread(amounts))
        return self.about.spread(np.log1p(amounts))

    def largest_term(self, held: Held, column: int) -> Term | None:
        """The value the profile holds most of among the offering's, and who holds most of that."""
        values = self.about.values_of(column)
        if not len(values):
            return None
        amounts = self.about.amounts(held)[values]
        return self.about.holder(held, int(values[amounts.argmax()])) if amounts.any() else None


@dataclass(frozen=True)
class TogetherChannel:
    """Those who choose value a choose b: [x F > 0] C rowmean(F)', C (n_values, n_values) for the values learned."""

    about: FieldEvidence
    together: Matrix

    def evidence(self, held: Held) -> Vector | None:
        """Spread co-occurrence of each live offering; None when the profile holds no value that was learned."""
        chosen = self._chosen(held)
        if not len(chosen):
            return None
        by_value = np.zeros(len(self.about.field.values), dtype=np.float32)
        by_value[: len(self.together)] = self.together[chosen].sum(axis=0)
        return self.about.spread(by_value)

    def _chosen(self, held: Held) -> Rows:
        return np.flatnonzero(self.about.amounts(held)[: len(self.together)] > 0)

    def largest_term(self, held: Held, column: int) -> Term | None:
        """The value of the profile that goes best with the offering's own, and who holds most of it."""
        values, chosen = self.about.values_of(column), self._chosen(held)
        values = values[values < len(self.together)]
        if not len(values) or not len(chosen):
            return None
        pull = self.together[np.ix_(chosen, values)].sum(axis=1)
        return self.about.holder(held, int(chosen[pull.argmax()])) if pull.any() else None


def _largest(terms: Vector) -> Term | None:
    """The largest positive term and its share of all positive ones."""
    place = int(terms.argmax()) if len(terms) else 0
    if not len(terms) or terms[place] <= 0:
        return None
    return Term(place, float(terms[place] / terms[terms > 0].sum()))
