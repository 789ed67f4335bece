"""From a log of who did what to weighted matrices of citizens × offerings.

Owns: the weights of the kinds of interaction, the cap on one account, the cut of a profile to its last clicks.
Refuses: rows without a citizen or an offering the vocabularies know (they are left out by the caller, by id).
Called by: pipeline (training), serving (fold-in), evaluate (profiles of the test citizens).
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse

from recommender.vocabulary import Rows, Vocabulary

Vector = npt.NDArray[np.float32]
Matrix = npt.NDArray[np.float32]
Days = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

KIND_WEIGHTS: Mapping[str, float] = {"attend": 1.0, "enrol": 0.8, "save": 0.5, "view": 0.1}
UNVERIFIED_SHARE = 0.1
ACCOUNT_CAP = 60.0


@dataclass(frozen=True)
class Interactions:
    """Who took which offering, when, and how much it counts.

    One entry a pair: `citizen_rows`, `offering_rows` (nnz,) int64; `weights` (nnz,) float32 > 0;
    `at_days` (nnz,) float64, days since 1970-01-01 UTC, NaN where the moment is not known.
    """

    citizens: Vocabulary
    offerings: Vocabulary
    citizen_rows: Rows
    offering_rows: Rows
    weights: Vector
    at_days: Days

    def __len__(self) -> int:
        return len(self.citizen_rows)

    @property
    def timed(self) -> bool:
        """Whether every moment is known, so that the log can be cut by time."""
        return len(self) > 0 and bool(np.isfinite(self.at_days).all())

    def matrix(self) -> sparse.csr_array:
        """The interactions matrix X (n_citizens, n_offerings) float32 in CSR form."""
        shape = (len(self.citizens), len(self.offerings))
        x = sparse.csr_array((self.weights, (self.citizen_rows, self.offering_rows)), shape=shape, dtype=np.float32)
        x.sum_duplicates()
        return x

    def only(self, keep: Mask) -> "Interactions":
        """The same citizens and offerings with the kept entries alone."""
        return Interactions(
            self.citizens,
            self.offerings,
            self.citizen_rows[keep],
            self.offering_rows[keep],
            self.weights[keep],
            self.at_days[keep],
        )

    def onto(self, offering_rows: Rows) -> "Interactions":
        """The log seen by a catalogue cut to `offering_rows` of this one, renumbered in that order."""
        new_row = np.full(len(self.offerings), -1, dtype=np.int64)
        new_row[offering_rows] = np.arange(len(offering_rows))
        kept = self.only(new_row[self.offering_rows] >= 0)
        cut = Vocabulary(self.offerings.ids[row] for row in offering_rows)
        return Interactions(
            kept.citizens, cut, kept.citizen_rows, new_row[kept.offering_rows], kept.weights, kept.at_days
        )

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


@dataclass(frozen=True)
class Profiles:
    """What a batch of citizens brings: `matrix` (n, n_offerings) CSR weights ≥ 0, and `lead` (n,) float32, the mean
    log of days between signing up and the start, NaN where no moment is known."""

    matrix: sparse.csr_array
    lead: Vector

    def __len__(self) -> int:
        return int(self.matrix.shape[0])

    def rows(self, rows: Rows | slice) -> "Profiles":
        """The profiles of some of the citizens."""
        return Profiles(self.matrix[rows], self.lead[rows])


def profiles_of(interactions: Interactions, starts_days: Days) -> Profiles:
    """One profile a citizen of the log (n_citizens rows); `starts_days` (n_offerings,) gives the usual lead."""
    ahead = starts_days[interactions.offering_rows] - interactions.at_days
    known = np.isfinite(ahead) & (ahead > 0)
    owners, size = interactions.citizen_rows[known], len(interactions.citizens)
    total = np.bincount(owners, weights=np.log1p(ahead[known]), minlength=size)
    count = np.bincount(owners, minlength=size)
    lead = np.where(count > 0, total / np.maximum(count, 1), np.nan).astype(np.float32)
    return Profiles(interactions.matrix(), lead)


def training_weights(kinds: list[str], verified: Mask, citizen_rows: Rows) -> Vector:
    """Weight of each log row for training: its kind's weight, a tenth for accounts nobody verified, one account capped.

    A row's kind outside KIND_WEIGHTS (dismiss) weighs 0. Two per cent of fake accounts thereby move no list:
    see docs/recommender.md.
    """
    kind_weight = np.asarray([KIND_WEIGHTS.get(kind, 0.0) for kind in kinds], dtype=np.float32)
    weight = kind_weight * np.where(verified, 1.0, UNVERIFIED_SHARE).astype(np.float32)
    if not len(weight):
        return weight
    total = np.bincount(citizen_rows, weights=weight)
    share = np.minimum(1.0, ACCOUNT_CAP / np.maximum(total, 1e-9))
    capped: Vector = (weight * share[citizen_rows]).astype(np.float32)
    return capped
