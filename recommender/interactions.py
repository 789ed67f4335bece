"""From a log of who did what to weighted matrices of citizens × offerings.

Owns: what an account nobody verified counts, the cap on one account, the cut of a profile to its last clicks.
Refuses: rows without a citizen or an offering the vocabularies know (they are left out by the caller, by id).
Called by: pipeline (training), serving (fold-in), evaluate (profiles of the test citizens).
"""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy import sparse

from recommender.vocabulary import Rows, Vocabulary

Vector = npt.NDArray[np.float32]
Matrix = npt.NDArray[np.float32]
Days = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

UNVERIFIED_SHARE = 0.1
ACCOUNT_CAP = 60.0


@dataclass(frozen=True)
class Interactions:
    """Who took which offering, when, and how much it counts.

    One entry a pair: `citizen_rows`, `offering_rows` (nnz,) int64; `weights` (nnz,) float32 > 0, for training;
    `at_days` (nnz,) float64, days since 1970-01-01 UTC, NaN where the moment is not known; `fold_in` (nnz,) float32
    > 0, what the entry weighs in a profile; `verified` (nnz,) whether a person somebody verified stands behind it.
    """

    citizens: Vocabulary
    offerings: Vocabulary
    citizen_rows: Rows
    offering_rows: Rows
    weights: Vector
    at_days: Days
    fold_in: Vector
    verified: Mask

    @classmethod
    def plain(
        cls, citizens: Vocabulary, offerings: Vocabulary, citizen_rows: Rows, offering_rows: Rows, at_days: Days
    ) -> "Interactions":
        """A log in which every pair counts the same and nobody is in doubt."""
        ones = np.ones(len(citizen_rows), dtype=np.float32)
        return cls(citizens, offerings, citizen_rows, offering_rows, ones, at_days, ones, ones > 0)

    def __len__(self) -> int:
        return len(self.citizen_rows)

    @property
    def timed(self) -> bool:
        """Whether every moment is known, so that the log can be cut by time."""
        return len(self) > 0 and bool(np.isfinite(self.at_days).all())

    def matrix(self) -> sparse.csr_array:
        """The interactions matrix X (n_citizens, n_offerings) float32 in CSR form, with training weights."""
        return self._matrix(self.weights)

    def profiles(self) -> "Profiles":
        """One profile a citizen (n_citizens rows) as it is folded in: own weights, whoever verified what."""
        return Profiles(self._matrix(self.fold_in))

    def _matrix(self, values: Vector) -> sparse.csr_array:
        shape = (len(self.citizens), len(self.offerings))
        x = sparse.csr_array((values, (self.citizen_rows, self.offering_rows)), shape=shape, dtype=np.float32)
        x.sum_duplicates()
        return x

    def only(self, keep: Mask) -> "Interactions":
        """The same citizens and offerings with the kept entries alone."""
        return replace(
            self,
            citizen_rows=self.citizen_rows[keep],
            offering_rows=self.offering_rows[keep],
            weights=self.weights[keep],
            at_days=self.at_days[keep],
            fold_in=self.fold_in[keep],
            verified=self.verified[keep],
        )

    def onto(self, offering_rows: Rows) -> "Interactions":
        """The log seen by a catalogue cut to `offering_rows` of this one, renumbered in that order."""
        new_row = np.full(len(self.offerings), -1, dtype=np.int64)
        new_row[offering_rows] = np.arange(len(offering_rows))
        kept = self.only(new_row[self.offering_rows] >= 0)
        cut = Vocabulary(self.offerings.ids[row] for row in offering_rows)
        return replace(kept, offerings=cut, offering_rows=new_row[kept.offering_rows])

    def last(self, k: int) -> "Interactions":
        """Each citizen's last k entries: by moment, and among equal or unknown moments by place in the log."""
        order = np.lexsort((np.arange(len(self)), np.nan_to_num(self.at_days), self.citizen_rows))
        owners = self.citizen_rows[order]
        ends = np.searchsorted(owners, owners, side="right")
        keep = np.zeros(len(self), dtype=bool)
        keep[order[ends - np.arange(len(owners)) <= k]] = True
        return self.only(keep)

    def counts(self) -> npt.NDArray[np.int64]:
        """Number of entries of each offering (n_offerings,), whatever their weight."""
        return np.bincount(self.offering_rows, minlength=len(self.offerings))

    def people(self) -> npt.NDArray[np.int64]:
        """Number of verified people who took each offering (n_offerings,)."""
        return np.bincount(self.offering_rows[self.verified], minlength=len(self.offerings))

    def takings(self) -> Days:
        """Sum of the training weights of each offering (n_offerings,) float64."""
        total = np.bincount(self.offering_rows, weights=self.weights, minlength=len(self.offerings))
        return total.astype(np.float64)


@dataclass(frozen=True)
class Profiles:
    """What a batch of citizens brings: `matrix` (n, n_offerings) CSR weights ≥ 0."""

    matrix: sparse.csr_array

    def __len__(self) -> int:
        return int(self.matrix.shape[0])

    def rows(self, rows: Rows | slice) -> "Profiles":
        """The profiles of some of the citizens."""
        return Profiles(self.matrix[rows])


def training_weights(kind_weights: Vector, verified: Mask, citizen_rows: Rows) -> Vector:
    """Weight of each entry for training: its kind's weight, a tenth for accounts nobody verified, one account capped.

    Two per cent of fake accounts thereby move no list: see docs/recommender.md.
    """
    weight = kind_weights * np.where(verified, 1.0, UNVERIFIED_SHARE).astype(np.float32)
    if not len(weight):
        return weight
    total = np.bincount(citizen_rows, weights=weight)
    share = np.minimum(1.0, ACCOUNT_CAP / np.maximum(total, 1e-9))
    capped: Vector = (weight * share[citizen_rows]).astype(np.float32)
    return capped
