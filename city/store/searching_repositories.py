"""Saved searches, what they met, and what was asked for, in the database."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, delete, func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from city.errors import NotFound
from city.model import SavedSearch, SavedSearchHit, UnmetDemand

PAGE = 5_000
MOST_IN_A_LIST = 500
"""Values of one IN list."""


def batched(ids: Iterable[int]) -> Iterator[list[int]]:
    """Yield the ids in order, as many at once as one statement names."""
    wanted = sorted(ids)
    for start in range(0, len(wanted), MOST_IN_A_LIST):
        yield wanted[start : start + MOST_IN_A_LIST]


class SavedQuestion(NamedTuple):
    """What matching needs of a saved search."""

    id: int
    citizen_id: int | None
    parameters: Mapping[str, Sequence[str]]


class DueSearch(NamedTuple):
    """A search of which something is to be mailed."""

    id: int
    every: str
    last_mailed_at: datetime | None


@dataclass(frozen=True)
class Asked:
    """How often something was asked for: on a day, in an area."""

    asked_on: date
    text: str
    area_id: str
    filters: str = ""
    asked_count: int = 0
    empty_count: int = 0
    clicked_count: int = 0


class SavedSearches:
    """Searches somebody keeps."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, saved: SavedSearch) -> None:
        self._session.add(saved)

    def find(self, saved_search_id: int) -> SavedSearch | None:
        return self._session.get(SavedSearch, saved_search_id)

    def get(self, saved_search_id: int) -> SavedSearch:
        """Return the search or raise NotFound."""
        if (saved := self.find(saved_search_id)) is None:
            raise NotFound("This search is no longer kept.")
        return saved

    def twin(self, saved: SavedSearch) -> SavedSearch | None:
        """Return the search that is kept already under the same name since the same instant, of the same person."""
        query = select(SavedSearch).where(
            SavedSearch.name == saved.name, SavedSearch.created_at == saved.created_at, _of_same_person(saved)
        )
        return self._session.scalars(query).first()

    def of_citizen(self, citizen_id: int) -> list[SavedSearch]:
        """Return a citizen's searches, the newest first."""
        query = select(SavedSearch).where(SavedSearch.citizen_id == citizen_id).order_by(SavedSearch.id.desc())
        return list(self._session.scalars(query))

    def count_of(self, *, citizen_id: int | None = None, email: str = "", confirmed: bool | None = None) -> int:
        """Count the searches of a citizen or of an address; confirmed ones, or those that wait for it."""
        query = select(func.count()).select_from(SavedSearch)
        if citizen_id is not None:
            query = query.where(SavedSearch.citizen_id == citizen_id)
        if email:
            query = query.where(SavedSearch.email == email)
        if confirmed is not None:
            is_confirmed = SavedSearch.confirmed_at.is_not(None)
            query = query.where(is_confirmed if confirmed else ~is_confirmed)
        return self._session.scalar(query) or 0

    def questions(self, *, after: int, n: int) -> list[SavedQuestion]:
        """Return the next `n` questions with an id above `after`."""
        query = select(SavedSearch.id, SavedSearch.citizen_id, SavedSearch.parameters)
        rows = self._session.execute(query.where(SavedSearch.id > after).order_by(SavedSearch.id).limit(n))
        return [SavedQuestion._make(row) for row in rows]

    def created_at(self, saved_search_ids: set[int]) -> dict[int, datetime]:
        """Return search → when it was saved, of those that are still kept."""
        found: dict[int, datetime] = {}
        for part in batched(saved_search_ids):
            rows = self._session.execute(select(SavedSearch.id, SavedSearch.created_at).where(SavedSearch.id.in_(part)))
            found.update((row[0], row[1]) for row in rows)
        return found

    def unconfirmed_unmailed(self, *, n: int) -> list[SavedSearch]:
        """Return searches whose address has not been asked yet."""
        query = (
            select(SavedSearch)
            .where(SavedSearch.email != "", SavedSearch.confirmed_at.is_(None), SavedSearch.last_mailed_at.is_(None))
            .order_by(SavedSearch.id)
            .limit(n)
        )
        return list(self._session.scalars(query))

    def with_news(self) -> list[DueSearch]:
        """Return the confirmed searches with an address that met something not mailed yet, in order of id."""
        unmailed = select(SavedSearchHit.saved_search_id).where(SavedSearchHit.mailed_at.is_(None))
        query = (
            select(SavedSearch.id, SavedSearch.every, SavedSearch.last_mailed_at)
            .where(SavedSearch.email != "", SavedSearch.confirmed_at.is_not(None), SavedSearch.id.in_(unmailed))
            .order_by(SavedSearch.id)
        )
        return [DueSearch._make(row) for row in self._session.execute(query)]

    def forget(self, saved_search_id: int) -> None:
        self._session.execute(delete(SavedSearch).where(SavedSearch.id == saved_search_id))

    def forget_unconfirmed_before(self, instant: datetime) -> int:
        """Erase searches whose address did not confirm in time; a citizen's own stays, without the address."""
        waiting = (SavedSearch.confirmed_at.is_(None), SavedSearch.email != "", SavedSearch.created_at < instant)
        self._session.execute(update(SavedSearch).where(*waiting, SavedSearch.citizen_id.is_not(None)).values(email=""))
        done = self._session.execute(delete(SavedSearch).where(*waiting, SavedSearch.citizen_id.is_(None)))
        return int(done.rowcount)  # type: ignore[attr-defined]


def _of_same_person(saved: SavedSearch) -> ColumnElement[bool]:
    if saved.citizen_id is not None:
        return SavedSearch.citizen_id == saved.citizen_id
    return SavedSearch.citizen_id.is_(None) & (SavedSearch.email == saved.email)


class SavedSearchHits:
    """What saved searches met."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add_new(self, pairs: Iterable[tuple[int, int]], now: datetime) -> None:
        """Keep (search, offering) pairs met now; what was met before, or belongs to a search now gone, stays out."""
        rows = [
            {"saved_search_id": search, "offering_id": offering, "matched_at": now, "mailed_at": None}
            for search, offering in pairs
        ]
        for start in range(0, len(rows), PAGE):
            self._add(rows[start : start + PAGE])

    def _add(self, rows: list[dict[str, Any]]) -> None:
        searches = self._existing(SavedSearch.id, {row["saved_search_id"] for row in rows})
        live = [row for row in rows if row["saved_search_id"] in searches]
        if live:
            self._session.execute(self._insert(SavedSearchHit).on_conflict_do_nothing(), live)

    def _existing(self, column: Any, ids: set[int]) -> set[int]:
        return {id_ for part in batched(ids) for id_ in self._session.scalars(select(column).where(column.in_(part)))}

    def _insert(self, table: Any) -> Any:
        is_postgresql = self._session.get_bind().dialect.name == "postgresql"
        return postgresql.insert(table) if is_postgresql else sqlite.insert(table)

    def unmailed(self, saved_search_id: int) -> list[int]:
        """Return offerings not mailed yet, in the order in which they were met."""
        query = (
            select(SavedSearchHit.offering_id)
            .where(SavedSearchHit.saved_search_id == saved_search_id, SavedSearchHit.mailed_at.is_(None))
            .order_by(SavedSearchHit.matched_at, SavedSearchHit.offering_id)
        )
        return list(self._session.scalars(query))

    def mark_mailed(self, saved_search_id: int, offering_ids: Sequence[int], instant: datetime | None) -> None:
        """Say when hits were mailed; None takes it back."""
        for part in batched(offering_ids):
            self._session.execute(
                update(SavedSearchHit)
                .where(SavedSearchHit.saved_search_id == saved_search_id)
                .where(SavedSearchHit.offering_id.in_(part))
                .values(mailed_at=instant)
            )

    def counts_since(self, saved_search_ids: Sequence[int], since: datetime) -> dict[int, int]:
        """Return search → how much it met since an instant."""
        query = (
            select(SavedSearchHit.saved_search_id, func.count())
            .where(SavedSearchHit.saved_search_id.in_(saved_search_ids), SavedSearchHit.matched_at >= since)
            .group_by(SavedSearchHit.saved_search_id)
        )
        return {row[0]: row[1] for row in self._session.execute(query)}

    def forget_before(self, instant: datetime) -> int:
        """Erase hits that are old; an offering is new only once, so nothing is mailed again."""
        done = self._session.execute(delete(SavedSearchHit).where(SavedSearchHit.matched_at < instant))
        return int(done.rowcount)  # type: ignore[attr-defined]


class Demand:
    """What was asked for, counted by day, words and area."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, rows: Sequence[Asked]) -> None:
        """Add counts to those of the same day, words and area; two processes may do so at once."""
        for row in sorted(rows, key=lambda each: (each.asked_on, each.text, each.area_id)):
            insertion = self._insertion(row)
            added = {
                name: getattr(UnmetDemand, name) + getattr(insertion.excluded, name)
                for name in ("asked_count", "empty_count", "clicked_count")
            }
            self._session.execute(
                insertion.on_conflict_do_update(index_elements=["asked_on", "text", "area_id"], set_=added)
            )

    def _insertion(self, row: Asked) -> Any:
        is_postgresql = self._session.get_bind().dialect.name == "postgresql"
        statement = postgresql.insert(UnmetDemand) if is_postgresql else sqlite.insert(UnmetDemand)
        return statement.values(**row.__dict__)

    def totals(self, since: date) -> list[Asked]:
        """Return what was asked since a day, by words and area, what was found least first."""
        query = (
            select(
                func.min(UnmetDemand.asked_on),
                UnmetDemand.text,
                UnmetDemand.area_id,
                func.max(UnmetDemand.filters),
                func.sum(UnmetDemand.asked_count),
                func.sum(UnmetDemand.empty_count),
                func.sum(UnmetDemand.clicked_count),
            )
            .where(UnmetDemand.asked_on >= since)
            .group_by(UnmetDemand.text, UnmetDemand.area_id)
            .order_by(func.sum(UnmetDemand.empty_count).desc(), UnmetDemand.text, UnmetDemand.area_id)
        )
        return [Asked(*row) for row in self._session.execute(query)]

    def forget_before(self, day: date) -> int:
        """Erase rows of days before `day`."""
        done = self._session.execute(delete(UnmetDemand).where(UnmetDemand.asked_on < day))
        return int(done.rowcount)  # type: ignore[attr-defined]
