"""The catalogue as the mathematics sees it: fields of values, and when an offering starts.

Owns: which fields exist (given, derived from the start, crossed), their incidence matrices and the feature rows N.
Refuses: nothing; an offering without any value is a row of zeros.
Called by: every scoring component; built by folder (a benchmark) and by training (the city).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from scipy import sparse

from recommender.interactions import Days, Matrix, Vector
from recommender.vocabulary import Rows, Vocabulary

MAX_CROSSES = 4
SINGLE_VALUED_SHARE = 0.9
TEXT_FIELD, START_FIELD = "text", "start_hour"
TOKEN_MAX_SHARE = 0.3
CROSS_MARK = "\x1f"


@dataclass(frozen=True)
class Field:
    """One attribute of all offerings: `incidence` (n_offerings, n_values) CSR of ones, and the values' names.

    `parts` names the fields a cross is made of; `given_rarity` (n_values,) is set where the rarity of values was
    learned on another catalogue and must stay.
    """

    name: str
    values: tuple[str, ...]
    incidence: sparse.csr_array
    parts: tuple[str, ...] = ()
    given_rarity: Vector | None = None

    @cached_property
    def counts(self) -> Rows:
        """Values held by each offering (n_offerings,)."""
        held: Rows = np.diff(self.incidence.indptr).astype(np.int64)
        return held

    @property
    def single(self) -> bool:
        """Whether the field behaves like one name an offering: at most one value, nearly always given."""
        return bool(len(self.values) > 1 and self.counts.max() <= 1 and self.counts.mean() >= SINGLE_VALUED_SHARE)

    @cached_property
    def rarity(self) -> Vector:
        """log(1 + offerings / offerings that hold the value) of each value (n_values,) float32."""
        if self.given_rarity is not None:
            return self.given_rarity
        held = np.maximum(np.bincount(self.incidence.indices, minlength=len(self.values)), 1)
        rare: Vector = np.log1p(self.incidence.shape[0] / held).astype(np.float32)
        return rare

    @cached_property
    def unit(self) -> sparse.csr_array:
        """N_f: TF-IDF rows scaled to length 1 (n_offerings, n_values) float32; rows without a value stay zero."""
        weighted = self.incidence @ sparse.diags_array(self.rarity)
        length = np.sqrt(np.asarray(weighted.multiply(weighted).sum(axis=1)).ravel())
        return sparse.csr_array(sparse.diags_array(1 / np.maximum(length, 1e-9)) @ weighted).astype(np.float32)

    @cached_property
    def mean(self) -> sparse.csr_array:
        """rowmean(F_f): each row of ones divided by its count (n_offerings, n_values) float32."""
        scale = sparse.diags_array((1 / np.maximum(self.counts, 1)).astype(np.float32))
        return sparse.csr_array(scale @ self.incidence).astype(np.float32)

    def single_values(self) -> Rows:
        """Number of the value each offering holds (n_offerings,), -1 where none; only for a single-valued field."""
        value = np.full(self.incidence.shape[0], -1, dtype=np.int64)
        holds = self.counts > 0
        value[holds] = self.incidence.indices[self.incidence.indptr[:-1][holds]]
        return value

    def subset(self, rows: Rows) -> "Field":
        """The same values over fewer offerings."""
        return Field(self.name, self.values, self.incidence[rows], self.parts)


@dataclass(frozen=True)
class Catalogue:
    """All offerings with their fields; `starts_days` (n_offerings,) float64 days since 1970 UTC, NaN if always open.

    `queues` names the fields whose programmes an offering stands in line of (the two largest, and the series).
    """

    offerings: Vocabulary
    fields: tuple[Field, ...]
    starts_days: Days
    queues: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.offerings)

    @cached_property
    def features(self) -> sparse.csr_array:
        """N: the unit rows of all fields side by side (n_offerings, n_columns) float32."""
        if not self.fields:
            return sparse.csr_array((len(self), 1), dtype=np.float32)
        return sparse.csr_array(sparse.hstack([field.unit for field in self.fields], format="csr", dtype=np.float32))

    def field(self, name: str) -> Field:
        """The field of that name; KeyError if the catalogue has none."""
        for field in self.fields:
            if field.name == name:
                return field
        raise KeyError(name)

    def subset(self, rows: Rows) -> "Catalogue":
        """The catalogue cut to some of its offerings, renumbered in the order given."""
        ids = Vocabulary(self.offerings.ids[row] for row in rows)
        fields = tuple(field.subset(rows) for field in self.fields)
        return Catalogue(ids, fields, self.starts_days[rows], self.queues)


def field_of(name: str, values: Sequence[Sequence[str]]) -> Field:
    """A field from each offering's values; repeated values of one offering count once."""
    held = [sorted(set(each)) for each in values]
    names = sorted({value for each in held for value in each})
    number = {value: column for column, value in enumerate(names)}
    indptr = np.concatenate([[0], np.cumsum([len(each) for each in held])]).astype(np.int64)
    indices = np.asarray([number[value] for each in held for value in each], dtype=np.int64)
    ones = np.ones(len(indices), dtype=np.float32)
    incidence = sparse.csr_array((ones, indices, indptr), shape=(len(held), len(names)))
    return Field(name, tuple(names), incidence)


def token_field(tokens: Sequence[Sequence[str]]) -> Field:
    """The field of text tokens: those of at least two offerings and at most 30 % of them."""
    field = field_of(TEXT_FIELD, tokens)
    held = np.bincount(field.incidence.indices, minlength=len(field.values))
    most = max(2.0, TOKEN_MAX_SHARE * len(tokens))
    keep = np.flatnonzero((held >= 2) & (held <= most))
    return Field(field.name, tuple(field.values[column] for column in keep), field.incidence[:, keep])


def crossed(name: str, parts: Sequence[Field]) -> Field:
    """The field whose value is the combination of the parts' single values."""
    return replace(field_of(name, crossed_values(parts)), parts=tuple(part.name for part in parts))


def crossed_values(parts: Sequence[Field]) -> list[list[str]]:
    """The combination of the parts' single values of each offering, nothing where a part has none."""
    columns = [part.single_values().tolist() for part in parts]
    combined = []
    for numbers in zip(*columns, strict=True):
        names = [part.values[number] for part, number in zip(parts, numbers, strict=True)]
        combined.append([] if min(numbers) < 0 else [CROSS_MARK.join(names)])
    return combined


def build_catalogue(
    ids: Sequence[str],
    attributes: Mapping[str, Sequence[Sequence[str]]],
    starts_days: Days,
    tokens: Sequence[Sequence[str]] | None = None,
) -> Catalogue:
    """A catalogue with its given fields, the hour of the start, crosses of the largest fields, and the series.

    `attributes`: field name → one list of values an offering, in the order of `ids`. Fields nobody fills are left out.
    """
    derived = {START_FIELD: start_hours(starts_days), **attributes}
    fields = [field_of(name, values) for name, values in sorted(derived.items())]
    fields = [field for field in fields if len(field.values) > 1]
    singles = sorted((field for field in fields if field.single), key=lambda field: -len(field.values))
    extra = _crosses(singles)
    if tokens is not None and any(tokens):
        fields.append(token_field(tokens))
    queues = tuple(field.name for field in singles[:2]) + (("series",) if len(singles) > 1 else ())
    kept = tuple(field for field in [*fields, *extra] if len(field.values) > 1)
    return Catalogue(Vocabulary(ids), kept, starts_days, tuple(q for q in queues if any(f.name == q for f in kept)))


def start_hours(starts_days: Days) -> list[list[str]]:
    """Hour of the day of each start in UTC, no value where it is unknown; who knows the zone gives hours of its own."""
    return [[] if np.isnan(day) else [f"{int(day % 1 * 24 + 1e-6):02d}"] for day in starts_days]


def _crosses(singles: Sequence[Field]) -> list[Field]:
    """Crosses of the two largest single-valued fields with the smallest ones, and the series of all of them."""
    if len(singles) < 2:
        return []
    large, small = singles[:2], singles[2:][::-1]
    pairs = [*[(a, b) for b in small for a in large][: MAX_CROSSES - 1], (large[0], large[1])]
    return [*(crossed(f"{a.name} × {b.name}", [a, b]) for a, b in pairs), crossed("series", singles)]


def dense(matrix: sparse.csr_array) -> Matrix:
    """A sparse matrix as a plain float32 array."""
    full: Matrix = np.asarray(matrix.toarray(), dtype=np.float32)
    return full
