"""What was asked for and not found: counted by day, words and area, without persons, and shown without small numbers.

Owns: which words may be kept (nothing that looks like a telephone number, an address or an id), the buffer that keeps
counting off the page's way, what is hidden from whoever reads the table, and how long rows are kept. Called by the
search page, by `learncity demand` and by the worker's job.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta

from city.analysis import fold
from city.clock import Clock
from city.errors import DatabaseUnavailable
from city.services import small_numbers
from city.services.late_writing import FLUSH_SECONDS, LateWriter
from city.services.small_numbers import SMALLEST_SHOWN, rounded
from city.store.database import Database
from city.store.searching_repositories import Asked
from city.text import clean_line

MOST_WAITING = 2_000
LONGEST_TEXT = 100
LONGEST_FILTERS = 500
KEPT_DAYS = 365
NOT_KEPT = re.compile(
    r"@|://|www\.|(?:[0-9a-z]*[0-9][ ().+_-]*){6,}|[a-z]{1,2}[0-9]{5,}|微信|wechat|\bvx\b|\bqq\b|身份证|密码|password"
)
"""Six digits in one text, however they are grouped, are a number of somebody's before they are a wish to learn."""
OTHER = "…"
"""Stands for words that may not be kept."""


class DemandBuffer:
    """Counts on their way to the database, written by one thread at most a second late.

    Bounded: what does not fit is not counted (`lost_count`), and a page is never delayed.
    """

    def __init__(self, database: Database, clock: Clock, *, flush_seconds: float = FLUSH_SECONDS) -> None:
        self._database = database
        self._clock = clock
        self._counts: dict[tuple[date, str, str], Asked] = {}
        self._lock = threading.Lock()
        self._writer = LateWriter("demand-buffer", self.flush, flush_seconds)
        self.lost_count = 0

    def asked(self, text: str, area_id: str, filters: str, *, is_empty: bool) -> None:
        """Count a search; returns at once."""
        day, example = self._clock.today(), filters[:LONGEST_FILTERS] if is_storable(filters) else ""
        self._put(Asked(day, storable(text), area_id, example, asked_count=1, empty_count=int(is_empty)))

    def clicked(self, text: str, area_id: str) -> None:
        """Count that somebody opened a result of a search."""
        self._put(Asked(self._clock.today(), storable(text), area_id, clicked_count=1))

    def flush(self) -> None:
        """Write all counts taken so far."""
        with self._lock:
            rows, self._counts = list(self._counts.values()), {}
        if not rows:
            return
        try:
            with self._database.writing() as work:
                work.demand.add(rows)
                work.commit()
        except DatabaseUnavailable:
            self.lost_count += len(rows)

    def close(self) -> None:
        """Write what is left and end the thread."""
        self._writer.close()

    def _put(self, row: Asked) -> None:
        key = (row.asked_on, row.text, row.area_id)
        with self._lock:
            before = self._counts.get(key)
            if before is None and len(self._counts) >= MOST_WAITING:
                self.lost_count += 1
                return
            self._counts[key] = _sum(before, row) if before else row
        self._writer.ensure_running()


def storable(text: str) -> str:
    """Return the words in the form in which they are counted: folded, one line, nothing that points at a person."""
    folded = fold(clean_line(text[: LONGEST_TEXT * 4], longest=LONGEST_TEXT * 4)).strip()[:LONGEST_TEXT]
    return folded if is_storable(folded) else OTHER


def is_storable(text: str) -> bool:
    """False for what looks like a telephone number, an address of mail or web, an id, or a secret."""
    return NOT_KEPT.search(fold(text)) is None


@dataclass(frozen=True)
class DemandRow:
    """What was asked for in an area; counts are rounded to 5, None for one that is too small to be shown."""

    text: str
    area_id: str
    filters: str
    asked: int
    empty: int | None
    clicked: int | None

    def as_json(self) -> Mapping[str, object]:
        """Return the row for machines."""
        return self.__dict__


@dataclass(frozen=True)
class DemandTable:
    """What was asked for in so many days, what was found least first, and how much is not shown."""

    rows: tuple[DemandRow, ...]
    asked: int
    """Of all rows, shown or not, rounded."""
    hidden_rows: int
    """Rounded."""


def unmet_demand(database: Database, today: date, days: int, n: int) -> DemandTable:
    """Return the `n` rows of which most was asked in vain; rows asked fewer than ten times are hidden."""
    with database.reading() as work:
        totals = work.demand.totals(today - timedelta(days=days - 1))
    shown = [row for row in totals if row.asked_count >= SMALLEST_SHOWN]
    asked = sum(row.asked_count for row in totals)
    return DemandTable(tuple(map(_shown, shown[:n])), rounded(asked), rounded(len(totals) - len(shown)))


def erase_old_demand(database: Database, today: date) -> int:
    """Erase rows older than a year; return how many."""
    with database.writing() as work:
        gone = work.demand.forget_before(today - timedelta(days=KEPT_DAYS))
        work.commit()
    return gone


def _shown(row: Asked) -> DemandRow:
    return DemandRow(
        row.text,
        row.area_id,
        row.filters,
        rounded(row.asked_count),
        small_numbers.shown(row.empty_count),
        small_numbers.shown(row.clicked_count),
    )


def _sum(before: Asked, row: Asked) -> Asked:
    return replace(
        before,
        filters=before.filters or row.filters,
        asked_count=before.asked_count + row.asked_count,
        empty_count=before.empty_count + row.empty_count,
        clicked_count=before.clicked_count + row.clicked_count,
    )
