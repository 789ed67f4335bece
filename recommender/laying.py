"""Laying a published model over the live catalogue, so that it can be asked.

Owns: reading the artefact with its smoke queries, columns for offerings nobody tried or newer than the model, and the
arithmetic that turns calibrated weights into factors. Refuses: an artefact that is not sound (ArtefactRefused).
Called by: serving and its checks (`load_model`, `lay`), training (the smoke queries it publishes).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from city.errors import ArtefactRefused
from recommender.artefact import REMEDY, Artefact, ArtefactStore
from recommender.catalogue import TEXT_FIELD, Catalogue, Field
from recommender.channels import ContentChannel, ItemChannel
from recommender.content import Content
from recommender.extending import extended
from recommender.extension import RidgeExtension
from recommender.features import SHIFT
from recommender.field_channels import FieldChannels, ServedField
from recommender.interactions import Mask, Vector
from recommender.laid import Bend, LaidScorer, Weighed
from recommender.learned import Learned, learned_from
from recommender.offering_facts import OfferingFacts, days_of
from recommender.popularity import calendar_features, expected_popularity
from recommender.similarity import BLOCK, cut, side_by_side
from recommender.vocabulary import Rows

SMOKE_QUERIES, SMOKE_BEST, SMOKE_SEED = 50, 10, 20
SMOKE = "smoke"
OWN_NAMES: Mapping[str, str] = {
    "log_popularity": "popularity",
    "expected_popularity": "popularity",
    "popularity_3_days": "recent",
    "popularity_14_days": "recent",
    "haste": "soon",
}


@dataclass(frozen=True)
class LoadedModel:
    """A sound artefact with what it taught; `refusals` are sentences about newer ones that were not sound."""

    learned: Learned
    version: str
    manifest: Mapping[str, Any]
    refusals: tuple[str, ...] = ()


def load_model(store: ArtefactStore) -> LoadedModel:
    """Read the artefact in use, or the one before it; raises ArtefactRefused when neither is sound."""
    loaded = store.load(require_sound)
    artefact = loaded.artefact
    return LoadedModel(learned_from(artefact), artefact.version, artefact.manifest, loaded.refusals)


def lay(model: LoadedModel, facts: Sequence[OfferingFacts], now: datetime) -> LaidScorer:
    """The model over the live offerings, `facts` in the order in which all vectors shall stand."""
    catalogue = extended(model.learned.catalogue, facts)
    live_rows = catalogue.offerings.rows([str(each.offering_id) for each in facts])
    return _Laying(model, catalogue, live_rows, days_of(now)).scorer()


def smoke_answers(learned: Learned, now_days: float) -> npt.NDArray[np.float32]:
    """Scores of the ten best for each of 50 one-click profiles over the model's own catalogue (50, ≤ 10)."""
    model, rows = LoadedModel(learned, "", {}), np.arange(len(learned.catalogue))
    scorer = _Laying(model, learned.catalogue, rows, now_days).scorer()
    asked = np.random.default_rng(SMOKE_SEED).integers(0, max(len(rows), 1), SMOKE_QUERIES)
    best = [np.sort(scorer.score({int(scorer.offering_ids[row]): 1.0}).scores)[-SMOKE_BEST:] for row in asked]
    return np.asarray(best, dtype=np.float32)


def require_sound(artefact: Artefact) -> None:
    """Raise ArtefactRefused unless all parts fit and 50 queries are answered as when it was published."""
    learned = learned_from(artefact)
    expected = artefact.arrays.get(SMOKE)
    found = smoke_answers(learned, float(artefact.manifest["now_days"]))
    if expected is None or expected.shape != found.shape or not np.isfinite(found).all():
        raise ArtefactRefused(f"{artefact.folder}: its smoke queries are missing or give no numbers. {REMEDY}")
    if not np.allclose(found, expected, rtol=1e-3, atol=1e-3):
        raise ArtefactRefused(f"{artefact.folder}: it does not answer as it did when it was published. {REMEDY}")


@dataclass
class _Laying:
    """One laying; its parts are made in the order in which they need each other."""

    model: LoadedModel
    catalogue: Catalogue
    live_rows: Rows
    now_days: float

    def scorer(self) -> LaidScorer:
        """Put everything together."""
        learned = self.learned = self.model.learned
        is_warm = np.zeros(len(self.catalogue), dtype=bool)
        is_warm[learned.warm_rows] = True
        self.warm: Mask = is_warm[self.live_rows]
        cold = self.live_rows[~self.warm]
        self.extension = RidgeExtension().fit(self.catalogue.features, learned.warm_rows, cold)
        self.static = self._static()
        self.bias, own = self._biased()
        content = Content().take(self.catalogue.features)
        served = ContentChannel(content.raw, content.unit[self.live_rows])
        popularity = np.maximum(self.static["log_popularity"], np.maximum(self.static["expected_popularity"], 0))
        weighed = tuple(self._global_channels(served))
        return LaidScorer(
            self.model.version, self.model.manifest, self.catalogue.offerings, self.live_rows, weighed, served,
            self._field_channels(), self.bias, own, self.warm, popularity,
        )  # fmt: skip

    def _static(self) -> dict[str, Vector]:
        """Features of the live offerings themselves (n_live,); what is newer than the log was taken by nobody."""
        known = len(self.learned.catalogue)
        taken = {}
        for name, each in self.learned.taken.items():
            taken[name] = np.zeros(len(self.catalogue), dtype=np.float32)
            taken[name][:known] = each
        expected = expected_popularity(taken["log_popularity"], self.extension)
        all_rows = taken | {"expected_popularity": expected} | calendar_features(self.catalogue, self.now_days)
        live = {name: each[self.live_rows] for name, each in all_rows.items()}
        return live | {"cold": (~self.warm).astype(np.float32)}

    def _factor(self, name: str) -> float:
        """Weight over deviation: what one unit of a feature is worth; 0 for a feature without weight or variation."""
        scale = self.learned.scales.get(name)
        return self.learned.weights.get(name, 0.0) / scale.deviation if scale is not None else 0.0

    def _biased(self) -> tuple[Vector, dict[str, Vector]]:
        """The score of an offering for a profile that says nothing of it, and the parts that can be told as reasons."""
        bias = np.zeros(len(self.live_rows), dtype=np.float32)
        own: dict[str, Vector] = {}
        for name, scale in self.learned.scales.items():
            factor = np.float32(self._factor(name)) * self._side(scale.side)
            values = self.static.get(name, self._of_no_evidence(name))
            part = (values - np.float32(scale.mean)) * factor
            bias += part
            if (told := own_name(name)) is not None:
                own[told] = own[told] + part if told in own else part
        return bias, own

    def _of_no_evidence(self, name: str) -> Vector | np.float32:
        """The value of a channel's feature where the profile says nothing."""
        if not name.startswith("log "):
            return np.float32(0)
        gated = name.endswith("log_popularity")
        least = np.float32(np.log(SHIFT))
        return least * self.static["log_popularity"] if gated else least

    def _side(self, side: str) -> Vector:
        on = np.ones_like(self.warm) if side == "all" else (self.warm if side == "warm" else ~self.warm)
        return on.astype(np.float32)

    def _by_side(self, warm: str, cold: str) -> Vector:
        """The factor of one feature on warm offerings, of the other on cold ones (n_live,)."""
        return np.where(self.warm, self._factor(warm), self._factor(cold)).astype(np.float32)

    def _bend(self, name: str) -> Bend:
        """The factors of a global channel on each live offering."""
        linear = self._by_side(f"{name}:warm", f"{name}:cold")
        bent = self._by_side(f"log {name}:warm", f"log {name}:cold")
        gate = np.float32(self._factor(f"log {name} × log_popularity")) * self._side("warm")
        rms = self.learned.rms[name].of(~self.warm)
        return Bend(linear / rms, bent + gate * self.static["log_popularity"], rms)

    def _global_channels(self, content: ContentChannel) -> Iterator[Weighed]:
        place = np.full(len(self.catalogue), -1, dtype=np.int64)
        place[self.learned.warm_rows] = np.arange(len(self.learned.warm_rows))
        for name, matrix in self.learned.item_item.items():
            channel = ItemChannel(self._columns(matrix), place, by_length=name == "cosine")
            yield Weighed(name, channel, self._bend(name))
        if Content.name in self.learned.rms:
            yield Weighed(Content.name, content, self._bend(Content.name))

    def _columns(self, warm: sparse.csr_array) -> sparse.csr_array:
        """B of the live offerings (n_warm, n_live): learned columns, and by B_W H those of the others, in blocks."""
        place = np.full(len(self.catalogue), -1, dtype=np.int64)
        place[self.learned.warm_rows] = np.arange(len(self.learned.warm_rows))
        known = warm[:, place[self.live_rows[self.warm]]]
        h = self.extension.h
        blocks = [cut(warm @ h[:, start : start + BLOCK]) for start in range(0, h.shape[1], BLOCK)]
        both = sparse.csc_array(side_by_side([known, *blocks]))
        order = np.argsort(np.concatenate([np.flatnonzero(self.warm), np.flatnonzero(~self.warm)]), kind="stable")
        columns = sparse.csr_array(both[:, order])
        columns.sort_indices()
        return columns

    def _field_channels(self) -> FieldChannels:
        fields = [field for field in self.catalogue.fields if field.name != TEXT_FIELD]
        starts = np.cumsum([0, *(len(field.values) for field in fields)])
        served = tuple(self._served(field, int(start)) for field, start in zip(fields, starts, strict=False))
        live = [field.subset(self.live_rows).mean for field in fields]
        return FieldChannels(served, _stacked([field.incidence for field in fields]), _stacked(live))

    def _served(self, field: Field, start: int) -> ServedField:
        """A field with what its two channels weigh; one whose channel weighs nothing is left out of that channel."""
        affinity, together = (self._factor(f"{channel}:{field.name}") for channel in ("affinity", "together"))
        several = bool(len(field.counts) and field.counts.max() > 1)
        return ServedField(field, start, affinity, together, self.learned.together.get(field.name), several)


def _stacked(parts: Sequence[sparse.csr_array]) -> sparse.csr_array:
    """Matrices side by side; an empty column where a catalogue has no field at all."""
    return sparse.csr_array(sparse.hstack(parts, format="csr", dtype=np.float32))


def own_name(feature: str) -> str | None:
    """How an offering's own feature is told, None when it is no reason to go."""
    return "programme" if feature.startswith("programme:") else OWN_NAMES.get(feature)
