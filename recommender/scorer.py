"""What serving may know of the model: scores of what is live now for any profile, exact reasons, likeness.

Owns: the contract between the model and the lists made of it. Refuses: nothing at question time; an id it never saw is
left out of a profile, what cannot be known is NaN. Called by: ranking, reranking, reasons and serving.

It is answered by `laying.lay(laying.load_model(store), facts, now)`; the result never changes, so threads may share it.

A profile is {offering_id: weight} with the kind weights of the city (attend 1, enrol .8, save .5, view .1), from one
click on; it may hold offerings that are over and offerings newer than the artefact. A negative weight is "less like
this". All vectors have one cell a live offering, in the order of `offering_ids`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from recommender.interactions import Mask, Matrix, Vector
from recommender.vocabulary import Rows

Profile = Mapping[int, float]
SPOKEN = 6
"""Parts of a score that are told apart when nobody asks for more."""


@dataclass(frozen=True)
class Contribution:
    """One part of a score that speaks for the offering, largest first in `Scored.contributions`.

    `channel` says what speaks:
    - "ease", "cosine", "als": people who took `offering_id` of the profile take this too; "content": it is like
      `offering_id`. `offering_id` is the largest term x_ui B_ij of the channel, `term_share` its part of the channel.
    - a field ("operator", "venue", "district", "cell", "when", "topic", "audience", "kind", "start_hour"; or a cross of
      them like "kind × venue", "series"): the profile holds this `value` (operator id, venue id, topic slug … as text),
      most of it by `offering_id`.
    - "together:" and a field: those who choose `value` (which the profile holds, most of it by `offering_id`) choose
      what this offering holds too.
    - of the offering itself, whoever asks: "popularity" (many took it), "recent" (many took it of late),
      "soon" (it starts soon), "programme" (of a large programme).
    `share` is the channel's part of all that speaks for the offering, 0 to 1. `also` are other offerings of the profile
    of which the same is true, whose terms are at least 60 % of the largest; the largest of them first.
    """

    channel: str
    share: float
    offering_id: int | None = None
    value: str | None = None
    term_share: float = 1.0
    also: tuple[int, ...] = ()

    @property
    def personal(self) -> bool:
        """Whether it rests on the citizen's profile."""
        return self.offering_id is not None


class Scored(Protocol):
    """The answer for one profile."""

    @property
    def scores(self) -> Vector:
        """(n_live,) float32, higher is better; all NaN when the profile holds nothing known with a weight > 0."""
        ...

    def contributions(self, column: int, n: int = 4) -> tuple[Contribution, ...]:
        """What speaks for one live offering, largest share first; empty where the score is NaN.

        Of what rests on the profile the `n` largest parts are told, of the offering itself all.
        """
        ...


class Scoring(Protocol):
    """Everything serving may ask of a model laid over the live catalogue."""

    @property
    def artefact_version(self) -> str:
        """Name of the artefact, for lists and logs."""
        ...

    @property
    def manifest(self) -> Mapping[str, object]:
        """The artefact's manifest.json as plain data: "version", "trained_at", "training_window", "metrics", …"""
        ...

    @property
    def offering_ids(self) -> npt.NDArray[np.int64]:
        """Ids of the live offerings (n_live,), in the order they were given."""
        ...

    @property
    def warm(self) -> Mask:
        """Which of them enough people took to be known by the log (n_live,); the others are known by their fields."""
        ...

    @property
    def popularity(self) -> Vector:
        """log(1 + people) of each (n_live,), for those nobody tried what their fields foretell; never NaN."""
        ...

    def column(self, offering_id: int) -> int | None:
        """Place of a live offering in all vectors, None when it is not live."""
        ...

    def score(self, profile: Profile) -> Scored:
        """Fold in a profile and score all that is live; offerings of the profile itself are scored too."""
        ...

    def aversion(self, offering_ids: Sequence[int]) -> Vector:
        """How much likeness to these "less like this" offerings takes from any score (n_live,) ≥ 0, in score units.

        `score` has already taken it for negative weights of the profile; for lists made without a profile.
        """
        ...

    def alike(self, offering_id: int, columns: Rows) -> Vector:
        """Cosine of content between an offering and some live ones (len(columns),) 0..1; 0 when it was never seen."""
        ...

    def similar(self, offering_id: int) -> Vector:
        """How well each live offering goes with this one (n_live,); NaN at itself, and everywhere if never seen."""
        ...

    def likeness(self, columns: Rows) -> Matrix:
        """Cosine of content between chosen live offerings (m, m) float32 in 0..1, for variety; 1 on the diagonal."""
        ...
