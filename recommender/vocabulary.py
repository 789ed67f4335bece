"""Which id stands in which row: ids of citizens and offerings on one side, rows of matrices on the other.

Owns: the one-to-one map between text ids and row numbers. Refuses: an id that stands twice.
Called by: everything in this package that turns ids into rows or back.
"""

from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

Rows = npt.NDArray[np.int64]


class Vocabulary:
    """An ordered set of text ids; the place of an id is its row in every matrix built on this vocabulary."""

    def __init__(self, ids: Iterable[str]) -> None:
        self.ids: tuple[str, ...] = tuple(ids)
        self._row_of = {each: row for row, each in enumerate(self.ids)}
        if len(self._row_of) != len(self.ids):
            raise ValueError(f"an id stands twice: {self._first_twin()!r}; each id needs one row")

    def _first_twin(self) -> str:
        seen: set[str] = set()
        return next(each for each in self.ids if each in seen or seen.add(each))  # type: ignore[func-returns-value]

    def __len__(self) -> int:
        return len(self.ids)

    def __contains__(self, each: object) -> bool:
        return each in self._row_of

    def row(self, each: str) -> int | None:
        """The row of an id, or None for an id this vocabulary never saw."""
        return self._row_of.get(each)

    def rows(self, ids: Sequence[str]) -> Rows:
        """Rows of those ids that are known, in the order given; unknown ids are left out."""
        found = (self._row_of.get(each) for each in ids)
        return np.asarray([row for row in found if row is not None], dtype=np.int64)
