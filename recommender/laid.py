"""The model laid over what is live: the answer to `scorer.Scoring`.

Owns: summing weighed channels for one profile, and taking a score apart again. Refuses: nothing. Called by: laying,
which builds it; serving, which asks it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
from scipy import sparse

from recommender.channels import Channel, ContentChannel, Held
from recommender.features import SHIFT
from recommender.field_channels import FieldChannels, FieldEvidence, Part
from recommender.interactions import Mask, Matrix, Vector
from recommender.scorer import SPOKEN, Contribution, Profile
from recommender.vocabulary import Rows, Vocabulary

LOG_SHIFT = np.float32(np.log(SHIFT))
AVERSION = 3.0
"""What likeness 1 to something the citizen wants less of takes from a score; scores are log-odds."""
MOST_SPOKEN = 4


@dataclass(frozen=True)
class Bend:
    """How a channel's evidence s becomes score: linear · s + bent · (log(max(s / rms, 0) + .3) - log .3), (n_live,)."""

    linear: Vector
    bent: Vector
    rms: Vector

    def amount(self, evidence: Vector) -> Vector:
        """What it adds to the score; no evidence adds nothing."""
        bent = np.log(np.maximum(evidence / self.rms, 0) + np.float32(SHIFT)) - LOG_SHIFT
        amount: Vector = self.linear * evidence + self.bent * bent
        return amount


@dataclass(frozen=True)
class Weighed:
    """A global channel and what its evidence weighs."""

    name: str
    channel: Channel
    bend: Bend

    def amount(self, held: Held) -> Vector | None:
        """What it adds to the score of each live offering, None when it says nothing."""
        evidence = self.channel.evidence(held)
        return None if evidence is None else self.bend.amount(evidence)


@dataclass(frozen=True)
class LaidScored:
    """The answer for one profile; `held_ids` (k,) names the offerings behind `held`."""

    scorer: "LaidScorer"
    held: Held
    held_ids: npt.NDArray[np.int64]
    amounts: tuple[tuple[Weighed, Vector], ...]
    fields: FieldEvidence | None
    scores: Vector

    def contributions(self, column: int, n: int = SPOKEN) -> tuple[Contribution, ...]:
        """The n largest parts that speak for one live offering, largest share first."""
        if self.fields is None:
            return ()
        parts: list[tuple[float, str | Weighed | Part]] = []
        parts += [(float(vector[column]), name) for name, vector in self.scorer.own.items()]
        parts += [(float(vector[column]), weighed) for weighed, vector in self.amounts]
        parts += [(part.amount, part) for part in self.scorer.fields.parts(self.fields, column)]
        speaking = sorted((part for part in parts if part[0] > 0), key=lambda part: -part[0])
        total = sum(amount for amount, _ in speaking)
        told = (self._told(part, amount / total, column) for amount, part in speaking[:n])
        return tuple(each for each in told if each is not None)

    def _told(self, part: str | Weighed | Part, share: float, column: int) -> Contribution | None:
        """One part in words a reason can use; None for a part no single thing of the profile stands behind."""
        if isinstance(part, str):
            return Contribution(part, share)
        if isinstance(part, Weighed):
            term = part.channel.largest_term(self.held, column)
            if term is None:
                return None
            also = tuple(self.held_ids[list(term.also)].tolist())
            return Contribution(part.name, share, int(self.held_ids[term.place]), None, term.share, also)
        assert self.fields is not None
        explained = self.scorer.fields.explained(self.fields, part, column)
        if explained is None:
            return None
        value, term = explained
        name = part.prefix + self.scorer.fields.fields[part.number].field.name
        return Contribution(name, share, int(self.held_ids[term.place]), value, term.share)


@dataclass(frozen=True)
class LaidScorer:
    """All channels over the live offerings. `bias` (n_live,) is the score of no evidence; `own` its parts by name."""

    artefact_version: str
    manifest: Mapping[str, object]
    rows: Vocabulary
    live_rows: Rows
    weighed: tuple[Weighed, ...]
    content: ContentChannel
    fields: FieldChannels
    bias: Vector
    own: Mapping[str, Vector]
    warm: Mask
    popularity: Vector

    @cached_property
    def offering_ids(self) -> npt.NDArray[np.int64]:
        """Ids of the live offerings (n_live,)."""
        return np.asarray([int(self.rows.ids[row]) for row in self.live_rows], dtype=np.int64)

    @cached_property
    def _row_of(self) -> dict[int, int]:
        return {int(each): row for row, each in enumerate(self.rows.ids)}

    @cached_property
    def _column(self) -> dict[int, int]:
        return {offering_id: column for column, offering_id in enumerate(self.offering_ids.tolist())}

    def column(self, offering_id: int) -> int | None:
        """Place of a live offering in all vectors, None when it is not live."""
        return self._column.get(offering_id)

    def score(self, profile: Profile) -> LaidScored:
        """Fold in a profile and score all that is live."""
        held, ids = self.fold_in({each: weight for each, weight in profile.items() if weight > 0})
        if not len(held):
            return LaidScored(self, held, ids, (), None, np.full(len(self.live_rows), np.nan, dtype=np.float32))
        amounts, fields = self._amounts(held), self.fields.evidence(held)
        scores = self.bias + self._sum(amounts, fields)
        if disliked := [each for each, weight in profile.items() if weight < 0]:
            scores -= self.aversion(disliked)
        return LaidScored(self, held, ids, amounts, fields, scores)

    def fold_in(self, weights: Mapping[int, float]) -> tuple[Held, npt.NDArray[np.int64]]:
        """Rows and weights of what is known of a profile, and the ids behind them; what was never seen is left out."""
        row_of = self._row_of
        known = [each for each in weights if each in row_of]
        rows = np.asarray([row_of[each] for each in known], dtype=np.int64)
        values = np.asarray([weights[each] for each in known], dtype=np.float32)
        return Held(rows, values), np.asarray(known, dtype=np.int64)

    def _amounts(self, held: Held) -> tuple[tuple[Weighed, Vector], ...]:
        found = ((weighed, weighed.amount(held)) for weighed in self.weighed)
        return tuple((weighed, amount) for weighed, amount in found if amount is not None)

    def _sum(self, amounts: tuple[tuple[Weighed, Vector], ...], fields: FieldEvidence) -> Vector:
        total = fields.scores.copy()
        for _, amount in amounts:
            total += amount
        return total

    def aversion(self, offering_ids: Sequence[int]) -> Vector:
        """What likeness to these offerings takes from any score (n_live,) ≥ 0: the most alike counts."""
        most = np.zeros(len(self.live_rows), dtype=np.float32)
        for offering_id in offering_ids:
            held, _ = self.fold_in({offering_id: 1.0})
            if len(held) and (alike := self.content.evidence(held)) is not None:
                most = np.maximum(most, alike)
        return most * np.float32(AVERSION)

    def alike(self, offering_id: int, columns: Rows) -> Vector:
        """Cosine of content between an offering and some live ones (len(columns),); 0 when it was never seen."""
        held, _ = self.fold_in({offering_id: 1.0})
        return self.content.evidence_of(held, columns)

    def similar(self, offering_id: int) -> Vector:
        """How well each live offering goes with this one: what a profile of it alone adds to a score (n_live,)."""
        held, _ = self.fold_in({offering_id: 1.0})
        if not len(held):
            return np.full(len(self.live_rows), np.nan, dtype=np.float32)
        total = self._sum(self._amounts(held), self.fields.evidence(held))
        if (own := self.column(offering_id)) is not None:
            total[own] = np.nan
        return total

    def likeness(self, columns: Rows) -> Matrix:
        """Cosine of content between chosen live offerings (m, m) float32."""
        chosen = self.content.unit[columns]
        alike: Matrix = np.asarray((chosen @ sparse.csr_array(chosen.T)).toarray(), dtype=np.float32)
        np.fill_diagonal(alike, 1)
        return np.clip(alike, 0, 1)
