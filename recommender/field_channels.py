"""The channels of all fields as they are served: affinity (what one chose before) and values chosen together.

Owns: one pass over the fields of a profile and one over the fields of all that is live, and what each value gave.
Refuses: nothing. Called by: laid. The same arithmetic as affinity.py, laid out for one profile at a time.

Fields stand side by side as columns. What a value of a field is worth for a profile is one number a column; the score
of an offering is their mean over the values it holds, one sparse product for all fields. Only the affinity of fields
with several values an offering is bent after the mean, so it is spread by itself.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import sparse

from recommender.catalogue import Field
from recommender.channels import Cells, Held, Term, cells_of, largest
from recommender.interactions import Matrix, Vector
from recommender.vocabulary import Rows

AFFINITY, TOGETHER = "", "together:"


@dataclass(frozen=True)
class ServedField:
    """One field: its columns start at `start`; what affinity and togetherness weigh; C for the values learned."""

    field: Field
    start: int
    affinity: float
    together_weight: float
    together: Matrix | None
    several: bool

    @property
    def columns(self) -> slice:
        """Its part of all columns."""
        return slice(self.start, self.start + len(self.field.values))


@dataclass(frozen=True)
class Part:
    """What one field's channel adds to one offering's score: `prefix` and field name it, `column` is its best value."""

    prefix: str
    number: int
    amount: float


@dataclass(frozen=True)
class FieldEvidence:
    """What a profile says by fields: worth of each column by affinity and togetherness (n_columns,), and the sums."""

    held: Held
    cells: Cells
    amounts: Vector
    affinity: Vector
    together: Vector
    bent: Sequence[tuple[int, Vector]]
    scores: Vector


@dataclass(frozen=True)
class FieldChannels:
    """All fields: `incidence` (n_rows, n_columns) CSR of ones; `mean` (n_live, n_columns) CSR, 1 in sum for a field."""

    fields: tuple[ServedField, ...]
    incidence: sparse.csr_array
    mean: sparse.csr_array

    @cached_property
    def _field_of(self) -> Rows:
        """Number of the field of each column."""
        sizes = [len(each.field.values) for each in self.fields]
        return np.repeat(np.arange(len(self.fields)), sizes)

    @cached_property
    def _several(self) -> dict[int, sparse.csr_array]:
        """rowmean(F) of fields with several values an offering, by number."""
        found = {n: each for n, each in enumerate(self.fields) if each.several and each.affinity}
        return {number: sparse.csr_array(self.mean[:, each.columns]) for number, each in found.items()}

    def evidence(self, held: Held) -> FieldEvidence:
        """What the profile adds to each score."""
        cells = cells_of(self.incidence, held)
        amounts = cells.total(self.incidence.shape[1])
        affinity, together = np.zeros_like(amounts), np.zeros_like(amounts)
        for each in self.fields:
            mine = amounts[each.columns]
            if each.affinity and not each.several:
                affinity[each.columns] = np.log1p(mine) * np.float32(each.affinity)
            self._add_together(each, mine, together)
        scores: Vector = self.mean @ (affinity + together)
        bent = [(number, self._bent(number, mean, amounts)) for number, mean in self._several.items()]
        for _, part in bent:
            scores += part
        return FieldEvidence(held, cells, amounts, affinity, together, bent, scores)

    def _add_together(self, each: ServedField, mine: Vector, together: Vector) -> None:
        """Write [x F > 0] C, weighed, into the field's columns; values nobody learned stay 0."""
        if each.together is None or not each.together_weight:
            return
        known = len(each.together)
        chosen = np.flatnonzero(mine[:known] > 0)
        if len(chosen):
            pull = each.together[chosen].sum(axis=0) * np.float32(each.together_weight)
            together[each.start : each.start + known] = pull

    def _bent(self, number: int, mean: sparse.csr_array, amounts: Vector) -> Vector:
        each = self.fields[number]
        spread: Vector = mean @ amounts[each.columns]
        return np.log1p(spread) * np.float32(each.affinity)

    def parts(self, evidence: FieldEvidence, column: int) -> Iterator[Part]:
        """What each field's channels add to one offering's score."""
        there = slice(self.mean.indptr[column], self.mean.indptr[column + 1])
        at, share = self.mean.indices[there], self.mean.data[there]
        for prefix, worth in ((AFFINITY, evidence.affinity), (TOGETHER, evidence.together)):
            by_field = np.bincount(self._field_of[at], weights=share * worth[at], minlength=len(self.fields))
            yield from (Part(prefix, int(n), float(by_field[n])) for n in np.flatnonzero(by_field > 0))
        for number, bent in evidence.bent:
            if bent[column] > 0:
                yield Part(AFFINITY, number, float(bent[column]))

    def explained(self, evidence: FieldEvidence, part: Part, column: int) -> tuple[str, Term] | None:
        """The value behind a part (as text), and which thing in the profile holds most of it."""
        there = slice(self.mean.indptr[column], self.mean.indptr[column + 1])
        at = self.mean.indices[there]
        own = at[self._field_of[at] == part.number]
        value = self._most_held(evidence, own) if part.prefix == AFFINITY else self._best_friend(evidence, part, own)
        if value is None:
            return None
        term, each = largest(evidence.cells.of_column(value, len(evidence.held))), self.fields[part.number]
        return (each.field.values[value - each.start], term) if term is not None else None

    def _most_held(self, evidence: FieldEvidence, own: Rows) -> int | None:
        """The column among the offering's own that the profile holds most of."""
        held = evidence.amounts[own]
        return int(own[held.argmax()]) if len(own) and held.any() else None

    def _best_friend(self, evidence: FieldEvidence, part: Part, own: Rows) -> int | None:
        """The column the profile holds whose value goes best with the offering's own."""
        each = self.fields[part.number]
        if each.together is None:
            return None
        values = own[own < each.start + len(each.together)] - each.start
        chosen = np.flatnonzero(evidence.amounts[each.columns][: len(each.together)] > 0)
        pull = each.together[:, values].sum(axis=1)[chosen]
        return each.start + int(chosen[pull.argmax()]) if len(chosen) and pull.any() else None
