"""What was learned, as plain arrays and numbers: everything a score needs, and nothing of any one citizen.

Owns: which parts of a fitted Model are published and under which names, and whether parts read back belong together.
Refuses: parts whose shapes do not fit (ArtefactRefused). Called by: training (publishes it), scorer (lays it over what
is live).

Only warm columns are kept: those of all other offerings, also of ones newer than the artefact, are made from their
fields by the ridge extension when the scorer is laid, in one and the same way.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from city.errors import ArtefactRefused
from recommender.affinity import CoOccurrence
from recommender.artefact import REMEDY, Artefact
from recommender.catalogue import Catalogue, Field
from recommender.components import Arrays, pack, unpack
from recommender.features import Rms, Scale
from recommender.interactions import Matrix, Vector
from recommender.pipeline import Model
from recommender.popularity import TAKEN_FEATURES
from recommender.similarity import ItemItem
from recommender.vocabulary import Rows, Vocabulary

MODEL = "model"


@dataclass(frozen=True)
class Learned:
    """A fitted model without its citizens.

    `item_item` maps ease and cosine to B_WW (n_warm, n_warm) CSR; `together` maps a field to its value × value
    matrix; `taken` maps log_popularity, popularity_3_days, … to (n_known,) float32.
    """

    catalogue: Catalogue
    warm_rows: Rows
    item_item: Mapping[str, sparse.csr_array]
    together: Mapping[str, Matrix]
    taken: Mapping[str, Vector]
    rms: Mapping[str, Rms]
    scales: Mapping[str, Scale]
    weights: Mapping[str, float]

    @property
    def offering_ids(self) -> npt.NDArray[np.int64]:
        """Ids of all offerings it knows (n_known,)."""
        return np.asarray([int(each) for each in self.catalogue.offerings.ids], dtype=np.int64)


def learned_of(model: Model) -> Learned:
    """Take from a fitted model what is to be published."""
    features, catalogue = model.features, model.catalogue
    together = [each for each in features.by_field.values() if isinstance(each, CoOccurrence)]
    items = {name: each for name, each in features.globals.items() if isinstance(each, ItemItem)}
    warm = next(iter(items.values())).warm_rows if items else np.flatnonzero(~features.cold)
    return Learned(
        catalogue,
        warm,
        {name: sparse.csr_array(each.pruned()[:, warm]) for name, each in items.items()},
        {each.field: each.together for each in together},
        {name: features.static[name] for name in TAKEN_FEATURES if name in features.static},
        features.rms,
        features.scales,
        model.weights,
    )


def published(learned: Learned) -> tuple[Arrays, dict[str, Any]]:
    """The arrays and documents of an artefact."""
    catalogue = learned.catalogue
    arrays: dict[str, npt.NDArray[np.generic]] = {
        "offering_ids": learned.offering_ids,
        "starts_days": np.nan_to_num(catalogue.starts_days),
        "always_open": np.isnan(catalogue.starts_days),
        "warm_rows": learned.warm_rows,
    }
    for number, field in enumerate(catalogue.fields):
        arrays |= pack(f"field-{number}", field.incidence) | {f"field-{number}.rarity": field.rarity}
    for name, matrix in learned.item_item.items():
        arrays |= pack(name, matrix)
    arrays |= {f"together-{name_number(catalogue, name)}": each for name, each in learned.together.items()}
    arrays |= {f"taken-{name}": each for name, each in learned.taken.items()}
    return arrays, {MODEL: _document(learned)}


def name_number(catalogue: Catalogue, name: str) -> int:
    """The place of a field: files are numbered, field names may hold anything."""
    return [field.name for field in catalogue.fields].index(name)


def _document(learned: Learned) -> dict[str, Any]:
    catalogue = learned.catalogue
    return {
        "fields": [{"name": f.name, "values": f.values, "parts": f.parts} for f in catalogue.fields],
        "queues": catalogue.queues,
        "item_item": list(learned.item_item),
        "together": list(learned.together),
        "taken": list(learned.taken),
        "rms": {name: [each.warm, each.cold] for name, each in learned.rms.items()},
        "scales": {name: [each.mean, min(each.deviation, NEVER), each.side] for name, each in learned.scales.items()},
        "weights": dict(learned.weights),
    }


NEVER = 1e30
"""Stands for the infinite deviation of a feature that never varies: JSON has no infinity, and x / 1e30 adds nothing."""


def learned_from(artefact: Artefact) -> Learned:
    """Read it back; ArtefactRefused when its parts do not fit, KeyError or ValueError when one is missing."""
    return _fitting(_read(artefact), artefact)


def _refused(artefact: Artefact, why: str) -> ArtefactRefused:
    return ArtefactRefused(f"{artefact.folder}: {why}. {REMEDY}")


def _read(artefact: Artefact) -> Learned:
    told, arrays = artefact.documents[MODEL], artefact.arrays
    fields = tuple(
        Field(
            each["name"],
            tuple(each["values"]),
            unpack(f"field-{number}", arrays),
            tuple(each["parts"]),
            np.asarray(arrays[f"field-{number}.rarity"], dtype=np.float32),
        )
        for number, each in enumerate(told["fields"])
    )
    starts = np.where(arrays["always_open"], np.nan, arrays["starts_days"])
    ids = Vocabulary(str(each) for each in arrays["offering_ids"].tolist())
    catalogue = Catalogue(ids, fields, starts, tuple(told["queues"]))
    return Learned(
        catalogue,
        np.asarray(arrays["warm_rows"], dtype=np.int64),
        {name: unpack(name, arrays) for name in told["item_item"]},
        {name: np.asarray(arrays[f"together-{name_number(catalogue, name)}"]) for name in told["together"]},
        {name: np.asarray(arrays[f"taken-{name}"]) for name in told["taken"]},
        {name: Rms(*each) for name, each in told["rms"].items()},
        {name: Scale(*each) for name, each in told["scales"].items()},
        told["weights"],
    )


def _fitting(learned: Learned, artefact: Artefact) -> Learned:
    """The same, when all shapes fit each other."""
    known, warm = len(learned.catalogue), len(learned.warm_rows)
    wrong = [f"field {f.name!r}" for f in learned.catalogue.fields if f.incidence.shape != (known, len(f.values))]
    wrong += [f"rarity of {f.name!r}" for f in learned.catalogue.fields if f.rarity.shape != (len(f.values),)]
    wrong += [name for name, matrix in learned.item_item.items() if matrix.shape != (warm, warm)]
    wrong += [
        f"values of {name!r} together" for name, each in learned.together.items() if not _square(learned, name, each)
    ]
    wrong += [name for name, each in learned.taken.items() if each.shape != (known,)]
    if len(learned.catalogue.starts_days) != known:
        wrong.append("starts_days")
    if warm and not (learned.warm_rows.min() >= 0 and learned.warm_rows.max() < known):
        wrong.append("warm_rows")
    if wrong:
        raise _refused(artefact, f"these parts do not fit {known} offerings, {warm} of them warm: {', '.join(wrong)}")
    return learned


def _square(learned: Learned, name: str, together: Matrix) -> bool:
    size = len(learned.catalogue.field(name).values)
    return together.shape == (size, size)
