"""Looking after a venue: its name, hours, holidays, access, position, and its study rooms.

Owns: who may, that its offerings and the index follow a change, that what a person wrote stands against the next
import, and that no seat somebody booked disappears. Called by the portal.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from city.clock import Clock
from city.errors import Conflict, NotFound
from city.model import RoomBooking, StudyRoom, Venue
from city.services.auditing import audit
from city.services.doubts import same_name
from city.services.findings import Finding, NotComplete, NotConfirmed, mark_of, message
from city.services.permissions import Actor, Operation, Subject, require
from city.services.placing import AreaMap
from city.services.room_hours import DAYS_AHEAD
from city.services.venue_form import VENUE_FIELDS, FormReader
from city.store.database import Database
from city.store.unit_of_work import UnitOfWork

LOCKABLE = frozenset({"name", "type", "address", "latitude", "longitude", "phone", "opening_hours", "special_hours",
                      "access_features"})  # fmt: skip
"""Columns that a source's record of a venue states too."""
SEATS_BOOKED = message("On %(day)s %(taken)s seats are booked at one hour. Write %(taken)s or more.")
LOOKS_ALIKE = message('There is a place called "%(name)s" already, at %(address)s. Is this another one?')
BOOKED_OUTSIDE = message(
    "%(count)s bookings of study rooms lie outside these hours, the first on %(day)s. Call these people."
)


@dataclass(frozen=True)
class VenueForm:
    """A form as it came; `venue_id` None adds a venue. `confirmed` is the mark of the doubts that are meant so."""

    operator_id: int
    values: Mapping[str, Any]
    venue_id: int | None = None
    confirmed: str = ""


class VenueKeeping:
    """Use cases of venues, on one database and clock."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def all(self, actor: Actor, operator_id: int) -> list[Venue]:
        """Return the venues an operator looks after, with their rooms; raises NotAllowed."""
        require(actor, Operation.EDIT_VENUE, Subject(operator_id=operator_id))
        with self._database.reading() as work:
            return work.venues.of_operator(operator_id)

    def one(self, actor: Actor, venue_id: int) -> Venue:
        """Return one venue with its rooms; raises NotFound, NotAllowed."""
        with self._database.reading() as work:
            venue = _own(work, actor, venue_id)
            work.venues.read_rooms(venue)
            return venue

    def save(self, actor: Actor, form: VenueForm) -> int:
        """Write what the form says and return the venue's id; sent twice it changes nothing more.

        Raises NotComplete with all errors, NotConfirmed with all doubts, NotFound, NotAllowed.
        """
        require(actor, Operation.EDIT_VENUE, Subject(operator_id=form.operator_id))
        return self._database.retrying(lambda work: self._save(work, actor, form))

    def save_room(self, actor: Actor, venue_id: int, room_id: int | None, values: Mapping[str, Any]) -> int:
        """Add a study room, or change one; raises NotComplete, NotFound, NotAllowed."""
        return self._database.retrying(lambda work: self._save_room(work, actor, venue_id, room_id, values))

    def remove_room(self, actor: Actor, venue_id: int, room_id: int) -> None:
        """Remove a room that nobody ever booked; raises Conflict for another one, NotFound, NotAllowed."""
        with self._database.writing() as work:
            venue = _own(work, actor, venue_id)
            room = _room(venue, room_id)
            if ahead := work.room_bookings.ahead([room_id], self._clock.now()):
                raise RoomInUse(len(ahead))
            if work.room_bookings.ever_booked(room_id):
                raise RoomInUse(0)
            venue.study_rooms.remove(room)
            self._followed(work, actor, venue, {"study_rooms": (room.name, None)})
            work.commit()

    def close_room(self, actor: Actor, venue_id: int, room_id: int) -> None:
        """Let a room take no bookings any more: it has no hours on any day. Bookings that are there stay."""
        with self._database.writing() as work:
            venue = _own(work, actor, venue_id)
            room = _room(venue, room_id)
            before, room.opening_hours = room.opening_hours, {"0": []}
            self._followed(work, actor, venue, {"room_hours": (before, room.opening_hours)})
            work.commit()

    def _save(self, work: UnitOfWork, actor: Actor, form: VenueForm) -> int:
        venue = _own(work, actor, form.venue_id) if form.venue_id is not None else None
        areas = {area.id: area for area in work.areas.all()}
        reader = FormReader(form.values, self._clock.today())
        columns = reader.venue(tuple(areas))
        if reader.found:
            raise NotComplete(sorted(reader.found, key=lambda each: VENUE_FIELDS.index(each.field)))
        if columns["area_id"] is None and columns["latitude"] is not None:
            found = AreaMap(areas.values()).area_of((columns["latitude"], columns["longitude"]))
            columns["area_id"] = found.id if found is not None else None
        is_new = venue is None
        if venue is None:
            venue = self._twin_of_a_moment(work, form.operator_id, columns) or Venue(operator_id=form.operator_id)
        different = _write(venue, columns)
        if different:
            self._refuse_doubtful(work, venue, different, form.confirmed)
        if venue.id is None:
            work.venues.add(venue)
            work.flush()
        if different:
            self._followed(work, actor, venue, {"name": (None, venue.name)} if is_new else different)
        venue_id = venue.id
        work.commit()
        return venue_id

    def _twin_of_a_moment(self, work: UnitOfWork, operator_id: int, columns: Mapping[str, Any]) -> Venue | None:
        """Return the venue that the same form added a moment ago: a button pressed twice adds one."""
        same = ("name", "address", "latitude", "longitude")
        own = work.venues.of_operator(operator_id)
        return next((each for each in own if all(getattr(each, name) == columns[name] for name in same)), None)

    def _refuse_doubtful(self, work: UnitOfWork, venue: Venue, different: Mapping[str, Any], confirmed: str) -> None:
        doubts = [*self._alike(work, venue, different), *self._outside(work, venue, different)]
        if doubts and confirmed != mark_of(doubts):
            raise NotConfirmed(doubts)

    def _alike(self, work: UnitOfWork, venue: Venue, different: Mapping[str, Any]) -> list[Finding]:
        twin = same_name(venue.name, work.venues.all(), venue.id) if "name" in different else None
        return [Finding("name", LOOKS_ALIKE, {"name": twin.name, "address": twin.address})] if twin else []

    def _outside(self, work: UnitOfWork, venue: Venue, different: Mapping[str, Any]) -> list[Finding]:
        if venue.id is None or not {"opening_hours", "special_hours"} & different.keys():
            return []
        ahead = work.room_bookings.ahead([room.id for room in venue.study_rooms], self._clock.now())
        outside = [booking for booking in ahead if self._is_outside(booking)]
        if not outside:
            return []
        day = outside[0].starts_at.astimezone(self._clock.zone).date()
        return [Finding("h0", BOOKED_OUTSIDE, {"count": len(outside), "day": day})]

    def _is_outside(self, booking: RoomBooking) -> bool:
        starts, ends = (each.astimezone(self._clock.zone) for each in (booking.starts_at, booking.ends_at))
        opening = booking.study_room.hours_on(starts.date())
        inside = any(o <= starts.time() and (c <= o or ends.time() <= c) for o, c in opening or ())
        return opening is not None and not inside

    def _save_room(
        self, work: UnitOfWork, actor: Actor, venue_id: int, room_id: int | None, values: Mapping[str, Any]
    ) -> int:
        venue = _own(work, actor, venue_id)
        reader = FormReader(values, self._clock.today())
        columns = reader.room()
        if room_id is not None and not reader.found:
            reader.found += self._too_few_seats(work, room_id, columns["seat_count"])
        if reader.found:
            raise NotComplete(reader.found)
        room = _room(venue, room_id) if room_id is not None else self._same_room(venue, columns)
        different = _write(room, columns)
        work.flush()
        if different:
            self._followed(work, actor, venue, {f"room_{name}": pair for name, pair in different.items()})
        room_id = room.id
        work.commit()
        return room_id

    def _same_room(self, venue: Venue, columns: Mapping[str, Any]) -> StudyRoom:
        """Return the room of that name, or a new one: a button pressed twice adds one."""
        known = next((room for room in venue.study_rooms if room.name == columns["name"]), None)
        if known is None:
            known = StudyRoom(special_hours={})
            venue.study_rooms.append(known)
        return known

    def _too_few_seats(self, work: UnitOfWork, room_id: int, seats: int) -> list[Finding]:
        now = self._clock.now()
        taken = work.room_bookings.taken(room_id, now - timedelta(hours=1), now + timedelta(days=DAYS_AHEAD + 1))
        over = sorted((hour, count) for hour, count in taken.items() if count > seats)
        if not over:
            return []
        hour, most = max(over, key=lambda each: each[1])
        return [Finding("seats", SEATS_BOOKED, {"day": hour.astimezone(self._clock.zone).date(), "taken": most})]

    def _followed(self, work: UnitOfWork, actor: Actor, venue: Venue, different: Mapping[str, tuple[Any, Any]]) -> None:
        """Let offerings and index follow, keep the fields against the next import, note who did it."""
        now: datetime = self._clock.now()
        if venue.source is not None:
            venue.locked_fields = sorted({*(venue.locked_fields or ()), *(LOCKABLE & different.keys())})
        work.flush()
        work.changed_all(work.offerings.many(work.offerings.ids_around(venue_id=venue.id)), now)
        before = {name: _told(pair[0]) for name, pair in different.items()}
        after = {name: _told(pair[1]) for name, pair in different.items()}
        audit(work, actor, Operation.EDIT_VENUE, ("venue", venue.id), now, before=before, after=after)


class RoomInUse(Conflict):
    """A study room that people booked cannot be removed; `ahead` counts the bookings that are still to come."""

    def __init__(self, ahead: int) -> None:
        said = f"{ahead} bookings of this room are still to come" if ahead else "People booked this room before"
        super().__init__(f"{said}: close it instead, then nobody can book it any more.")
        self.ahead = ahead


def _own(work: UnitOfWork, actor: Actor, venue_id: int) -> Venue:
    venue = work.venues.get(venue_id)
    if venue.operator_id is None and not actor.is_staff:
        raise NotFound("There is no such venue.")
    require(actor, Operation.EDIT_VENUE, Subject(operator_id=venue.operator_id))
    return venue


def _room(venue: Venue, room_id: int) -> StudyRoom:
    room = next((room for room in venue.study_rooms if room.id == room_id), None)
    if room is None:
        raise NotFound("There is no such room.")
    return room


def _write(row: Venue | StudyRoom, columns: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Write the columns; return column → (before, after) of what became different. Texts in other scripts stay."""
    different: dict[str, tuple[Any, Any]] = {}
    for name, value in columns.items():
        before = getattr(row, name)
        if isinstance(before, Mapping) and name in ("name", "address"):
            value = type(value)(
                {**{tag: text for tag, text in before.items() if tag not in ("zh-Hans", "en")}, **value}
            )
        if before != value:
            setattr(row, name, value)
            different[name] = (before, value)
    return different


def _told(value: Any) -> Any:
    if isinstance(value, Mapping):
        return dict(value)
    return list(value) if isinstance(value, Sequence) and not isinstance(value, str) else value
