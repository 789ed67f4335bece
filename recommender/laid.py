"""The model laid over what is live: the answer to `scorer.Scoring`.

Owns: summing weighed channels for one profile, and taking a score apart again. Refuses: nothing. Called by: laying,
which builds it; serving, which asks it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
from scipy import sparse

from recommender.channels import Channel, ContentChannel, FieldEvidence, Held, Term
from recommender.features import SHIFT
from recommender.interactions import Mask, Matrix, Vector
from recommender.scorer import Contribution, Profile
from recommender.vocabulary import Rows, Vocabulary

LOG_SHIFT = np.float32(np.log(SHIFT))
AVERSION = 3.0
"""What likeness 1 to something the citizen wants less of takes from a score; scores are log-odds."""
SPOKEN_SHARE = 0.02
"""Parts smaller than this are not told apart."""


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
class Factor:
    """Evidence times one number."""

    factor: float

    def amount(self, evidence: Vector) -> Vector:
        """What it adds to the score."""
        return evidence * np.float32(self.factor)


@dataclass(frozen=True)
class Weighed:
    """A channel and what its evidence weighs."""

    name: str
    channel: Channel
    weight: Bend | Factor
    about: FieldEvidence | None = None

    def amount(self, held: Held) -> Vector | None:
        """What it adds to the score of each live offering, None when it says nothing."""
        evidence = self.channel.evidence(held)
        return None if evidence is None else self.weight.amount(evidence)

    def value(self, term: Term) -> str | None:
        """The name of the value a term is about."""
        return None if term.value is None or self.about is None else self.about.field.values[term.value]


@dataclass(frozen=True)
class LaidScored:
    """The answer for one profile; `held_ids` (k,) names the offerings behind `held`."""

    scorer: "LaidScorer"
    held: Held
    held_ids: npt.NDArray[np.int64]
    amounts: tuple[tuple[Weighed, Vector], ...]
    scores: Vector

    def contributions(self, column: int) -> tuple[Contribution, ...]:
        """What speaks for one live offering, largest share first."""
        if not np.isfinite(self.scores[column]):
            return ()
        own = {name: float(vector[column]) for name, vector in self.scorer.own.items()}
        personal = [(weighed, float(vector[column])) for weighed, vector in self.amounts]
        total = sum(each for each in own.values() if each > 0) + sum(each for _, each in personal if each > 0)
        found = [Contribution(name, each / total) for name, each in own.items() if each > SPOKEN_SHARE * total]
        found += self._spoken(personal, total, column)
        return tuple(sorted(found, key=lambda each: -each.share))

    def _spoken(self, personal: list[tuple[Weighed, float]], total: float, column: int) -> Iterator[Contribution]:
        for weighed, amount in personal:
            if amount > SPOKEN_SHARE * total and (term := weighed.channel.largest_term(self.held, column)):
                offering = int(self.held_ids[term.place])
                yield Contribution(weighed.name, amount / total, offering, weighed.value(term), term.share)


@dataclass(frozen=True)
class LaidScorer:
    """All channels over the live offerings. `bias` (n_live,) is the score of no evidence; `own` its parts by name."""

    artefact_version: str
    manifest: Mapping[str, object]
    rows: Vocabulary
    live_rows: Rows
    weighed: tuple[Weighed, ...]
    content: ContentChannel
    bias: Vector
    own: Mapping[str, Vector]
    warm: Mask
    popularity: Vector

    @cached_property
    def offering_ids(self) -> npt.NDArray[np.int64]:
        """Ids of the live offerings (n_live,)."""
        return np.asarray([int(self.rows.ids[row]) for row in self.live_rows], dtype=np.int64)

    @cached_property
    def _column(self) -> dict[int, int]:
        return {offering_id: column for column, offering_id in enumerate(self.offering_ids.tolist())}

    def column(self, offering_id: int) -> int | None:
        """Place of a live offering in all vectors, None when it is not live."""
        return self._column.get(offering_id)

    def score(self, profile: Profile) -> LaidScored:
        """Fold in a profile and score all that is live."""
        held, ids = self._held({each: weight for each, weight in profile.items() if weight > 0})
        if not len(held):
            return LaidScored(self, held, ids, (), np.full(len(self.live_rows), np.nan, dtype=np.float32))
        amounts = tuple(self._amounts(held))
        scores = self.bias.copy()
        for _, amount in amounts:
            scores += amount
        if disliked := [each for each, weight in profile.items() if weight < 0]:
            scores -= self.aversion(disliked)
        return LaidScored(self, held, ids, amounts, scores)

    def _held(self, weights: Mapping[int, float]) -> tuple[Held, npt.NDArray[np.int64]]:
        known = [(row, each) for each in weights if (row := self.rows.row(str(each))) is not None]
        rows = np.asarray([row for row, _ in known], dtype=np.int64)
        values = np.asarray([weights[each] for _, each in known], dtype=np.float32)
        return Held(rows, values), np.asarray([each for _, each in known], dtype=np.int64)

    def _amounts(self, held: Held) -> Iterator[tuple[Weighed, Vector]]:
        for weighed in self.weighed:
            if (amount := weighed.amount(held)) is not None:
                yield weighed, amount

    def aversion(self, offering_ids: Sequence[int]) -> Vector:
        """What likeness to these offerings takes from any score (n_live,) ≥ 0: the most alike counts."""
        most = np.zeros(len(self.live_rows), dtype=np.float32)
        for offering_id in offering_ids:
            held, _ = self._held({offering_id: 1.0})
            alike = self.content.evidence(held) if len(held) else None
            if alike is not None:
                most = np.maximum(most, alike)
        return most * np.float32(AVERSION)

    def similar(self, offering_id: int) -> Vector:
        """How well each live offering goes with this one: what a profile of it alone adds to a score (n_live,)."""
        held, _ = self._held({offering_id: 1.0})
        total = np.full(len(self.live_rows), np.nan if not len(held) else 0, dtype=np.float32)
        for _, amount in self._amounts(held) if len(held) else ():
            total += amount
        if (own := self.column(offering_id)) is not None:
            total[own] = np.nan
        return total

    def likeness(self, columns: Rows) -> Matrix:
        """Cosine of content between chosen live offerings (m, m) float32."""
        chosen = self.content.unit[columns]
        alike: Matrix = np.asarray((chosen @ sparse.csr_array(chosen.T)).toarray(), dtype=np.float32)
        np.fill_diagonal(alike, 1)
        return np.clip(alike, 0, 1)
