"""Live offerings and a scoring for tests of lists, made without a database.

Owns: `a_live`, `live_of`, `FakeScoring`. Days are counted from `NOW_DAYS`; positions lie around `HOME`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from fixtures.factories import NOW
from recommender.interactions import Mask, Matrix, Vector
from recommender.live import LiveOffering, LiveOfferings
from recommender.offering_facts import OfferingFacts, days_of
from recommender.scorer import Contribution, Profile
from recommender.vocabulary import Rows

NOW_DAYS = days_of(NOW)
HOME = (30.51, 120.87)


def a_live(offering_id: int, **values: Any) -> LiveOffering:
    """An offering for everyone near home, with places left, that begins in a week; any field may be named."""
    defaults: dict[str, Any] = {
        "facts": OfferingFacts(offering_id, {"topic": values.get("topics", ("calligraphy",))}, (), NOW_DAYS + 7),
        "kind": "course",
        "operator_id": offering_id,
        "venue_id": 1,
        "topics": ("calligraphy",),
        "audiences": frozenset({"everyone"}),
        "age_min": 0,
        "age_max": 200,
        "position": HOME,
        "district_id": "hubin",
        "under_served": False,
        "attendance": "in_person",
        "has_seats": True,
        "starts_on": None,
        "over_days": NOW_DAYS + 7,
        "published_days": NOW_DAYS - 60,
    }
    return LiveOffering(**(defaults | values))


def live_of(*offerings: LiveOffering) -> LiveOfferings:
    """These in order of id."""
    return LiveOfferings(tuple(sorted(offerings, key=lambda each: each.offering_id)))


@dataclass(frozen=True)
class FakeScored:
    """Scores as told, and contributions by live column."""

    scores: Vector
    parts: Mapping[int, tuple[Contribution, ...]] = field(default_factory=dict)

    def contributions(self, column: int, n: int = 4) -> tuple[Contribution, ...]:
        return self.parts.get(column, ())[:n]


@dataclass(frozen=True)
class FakeScoring:
    """A model that gives the scores it was made with to any profile that holds one of `known`."""

    live: LiveOfferings
    scores: Sequence[float]
    known: frozenset[int] = frozenset()
    likenesses: Matrix | None = None
    parts: Mapping[int, tuple[Contribution, ...]] = field(default_factory=dict)
    artefact_version: str = "a-model"
    manifest: Mapping[str, object] = field(default_factory=dict)

    @property
    def offering_ids(self) -> npt.NDArray[np.int64]:
        return self.live.ids

    @property
    def warm(self) -> Mask:
        return np.ones(len(self.live), dtype=bool)

    @property
    def popularity(self) -> Vector:
        return np.zeros(len(self.live), dtype=np.float32)

    def column(self, offering_id: int) -> int | None:
        return self.live.column.get(offering_id)

    def score(self, profile: Profile) -> FakeScored:
        knows = any(each in self.known and weight > 0 for each, weight in profile.items())
        return FakeScored(np.asarray(self.scores, np.float32) if knows else self._unknown(), self.parts)

    def aversion(self, offering_ids: Sequence[int]) -> Vector:
        return np.zeros(len(self.live), dtype=np.float32)

    def alike(self, offering_id: int, columns: Rows) -> Vector:
        return self.live.sharing_topics([offering_id], 0.0)[columns]

    def similar(self, offering_id: int) -> Vector:
        return np.asarray(self.scores, np.float32) if offering_id in self.known else self._unknown()

    def likeness(self, columns: Rows) -> Matrix:
        if self.likenesses is None:
            return np.eye(len(columns), dtype=np.float32)
        return np.asarray(self.likenesses[np.ix_(columns, columns)], dtype=np.float32)

    def _unknown(self) -> Vector:
        return np.full(len(self.live), np.nan, dtype=np.float32)
