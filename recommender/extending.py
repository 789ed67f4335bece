"""The catalogue the model was trained on, brought up to date: what is live now as it is now, what is over as it was.

Owns: how offerings newer than the artefact join the fields it learned, with the rarity of values kept. Refuses: words
it never saw (nothing was learned of them). Called by: scorer.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from scipy import sparse

from recommender.catalogue import TEXT_FIELD, Catalogue, Field, crossed_values
from recommender.interactions import Days
from recommender.offering_facts import OfferingFacts
from recommender.vocabulary import Vocabulary


def extended(trained: Catalogue, facts: Sequence[OfferingFacts]) -> Catalogue:
    """The trained offerings in their old rows and the new ones behind; those in `facts` as `facts` tells them."""
    told = {str(each.offering_id): each for each in facts}
    ids = Vocabulary([*trained.offerings.ids, *(each for each in told if each not in trained.offerings)])
    fields: dict[str, Field] = {}
    for field in trained.fields:
        if not field.parts:
            fields[field.name] = _brought(field, _values(field, ids, told))
    for field in trained.fields:
        if field.parts:
            fields[field.name] = _brought(field, crossed_values([fields[part] for part in field.parts]))
    return Catalogue(ids, tuple(fields[f.name] for f in trained.fields), _starts(trained, ids, told), trained.queues)


def _values(field: Field, ids: Vocabulary, told: Mapping[str, OfferingFacts]) -> list[Sequence[str]]:
    """The values each offering holds now."""
    return [_told(field, told[each]) if each in told else _kept(field, row) for row, each in enumerate(ids.ids)]


def _told(field: Field, facts: OfferingFacts) -> Sequence[str]:
    return facts.tokens if field.name == TEXT_FIELD else facts.attributes.get(field.name, ())


def _kept(field: Field, row: int) -> Sequence[str]:
    indptr = field.incidence.indptr
    return [field.values[column] for column in field.incidence.indices[indptr[row] : indptr[row + 1]]]


def _brought(field: Field, values: Sequence[Sequence[str]]) -> Field:
    """The field over these offerings: known values keep their columns and rarity, new ones stand behind."""
    column = {value: number for number, value in enumerate(field.values)}
    if field.name != TEXT_FIELD:
        for held in values:
            for value in held:
                column.setdefault(value, len(column))
    rows = [sorted({column[value] for value in held if value in column}) for held in values]
    indptr = np.concatenate([[0], np.cumsum([len(row) for row in rows])]).astype(np.int64)
    indices = np.asarray([number for row in rows for number in row], dtype=np.int64)
    ones = np.ones(len(indices), dtype=np.float32)
    incidence = sparse.csr_array((ones, indices, indptr), shape=(len(rows), len(column)))
    new = np.full(len(column) - len(field.values), np.log1p(len(rows)), dtype=np.float32)
    return Field(field.name, tuple(column), incidence, field.parts, np.concatenate([field.rarity, new]))


def _starts(trained: Catalogue, ids: Vocabulary, told: Mapping[str, OfferingFacts]) -> Days:
    """When each starts: as told now, else as it was."""
    before = dict(zip(trained.offerings.ids, trained.starts_days.tolist(), strict=True))
    return np.asarray([told[each].starts_days if each in told else before[each] for each in ids.ids], dtype=np.float64)
