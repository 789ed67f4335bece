"""Areas and Venues in the database."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import func, select
from sqlalchemy.orm import Session, selectinload

from city.errors import NotFound
from city.model import Area, LocalisedText, Offering, Venue


class Areas:
    """The Area tree; small enough to be read whole."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, area: Area) -> None:
        self._session.add(area)

    def all(self) -> list[Area]:
        """Return every area by id; afterwards `parent` and `lineage()` cost no query."""
        return list(self._session.scalars(select(Area).order_by(Area.id)))

    def find(self, area_id: str) -> Area | None:
        return self._session.get(Area, area_id)

    def get(self, area_id: str) -> Area:
        """Return the area or raise NotFound."""
        if (area := self.find(area_id)) is None:
            raise NotFound(f"There is no area called {area_id[:64]!r}.")
        return area

    def below(self, area_id: str) -> set[str]:
        """Return the ids of the area and of everything in it."""
        children: dict[str | None, list[str]] = {}
        for child, parent in self._session.execute(select(Area.id, Area.parent_id)):
            children.setdefault(parent, []).append(child)
        found, queue = set(), [area_id]
        while queue:
            found.add(current := queue.pop())
            queue.extend(children.get(current, []))
        return found


class Venues:
    """Venues by id, by source and by area."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, venue: Venue) -> None:
        self._session.add(venue)

    def all(self) -> list[Venue]:
        return list(self._session.scalars(select(Venue).order_by(Venue.id)))

    def with_rooms(self) -> list[Venue]:
        """Return every venue that is still there, with its study rooms."""
        query = select(Venue).where(Venue.gone_at.is_(None)).options(selectinload(Venue.study_rooms))
        return list(self._session.scalars(query.order_by(Venue.id)))

    def find(self, venue_id: int) -> Venue | None:
        return self._session.get(Venue, venue_id)

    def get(self, venue_id: int) -> Venue:
        """Return the venue or raise NotFound."""
        if (venue := self.find(venue_id)) is None:
            raise NotFound("There is no such venue.")
        return venue

    def of_operator(self, operator_id: int) -> list[Venue]:
        """Return the venues an operator looks after and that are still there, with their study rooms."""
        query = select(Venue).where(Venue.operator_id == operator_id, Venue.gone_at.is_(None))
        return list(self._session.scalars(query.options(selectinload(Venue.study_rooms)).order_by(Venue.id)))

    def read_rooms(self, venue: Venue) -> None:
        """Read a venue's rooms and area, so that they can be asked for when the transaction is over."""
        self._session.refresh(venue, ["study_rooms", "area"])

    def used_by(self, operator_id: int, n: int) -> list[Venue]:
        """Return the venues of an operator's offerings, the last used first."""
        last = select(Offering.venue_id, func.max(Offering.id).label("last")).where(Offering.operator_id == operator_id)
        used = last.where(Offering.venue_id.is_not(None)).group_by(Offering.venue_id).subquery()
        query = select(Venue).join(used, used.c.venue_id == Venue.id).where(Venue.gone_at.is_(None))
        return list(self._session.scalars(query.order_by(used.c.last.desc()).limit(n)))

    def by_source(self, source: str) -> dict[str, Venue]:
        """Return the venues one source brought in, by the source's own id."""
        rows = self._session.scalars(select(Venue).where(Venue.source == source))
        return {venue.source_id: venue for venue in rows if venue.source_id is not None}

    def known_positions(self, but_source: str) -> list[tuple[LocalisedText, tuple[float, float]]]:
        """Return name and position of every venue that has one and is not of the source."""
        rows = self._session.execute(
            select(Venue.name, Venue.latitude, Venue.longitude).where(
                Venue.latitude.is_not(None), Venue.longitude.is_not(None), Venue.source.is_distinct_from(but_source)
            )
        )
        return [(name, (latitude or 0.0, longitude or 0.0)) for name, latitude, longitude in rows]

    def in_areas(self, area_ids: Iterable[str]) -> list[Venue]:
        return list(self._session.scalars(select(Venue).where(Venue.area_id.in_(list(area_ids))).order_by(Venue.id)))
