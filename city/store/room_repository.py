"""Seats of study rooms by the hour, in the database. The count of taken seats changes here only, hour by hour."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, and_, case, exists, func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session, joinedload

from city.model import RoomBooking, RoomBookingStatus, RoomHour, StudyRoom

USES_SEATS = (RoomBookingStatus.CONFIRMED, RoomBookingStatus.ATTENDED)


class RoomBookings:
    """Bookings of study rooms, and the counters of their hours."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def room(self, study_room_id: int) -> StudyRoom | None:
        """Return the room with its venue."""
        return self._session.get(StudyRoom, study_room_id, options=[joinedload(StudyRoom.venue)])

    def add(self, booking: RoomBooking) -> None:
        """Add and send the row, so that its id is known."""
        self._session.add(booking)
        self._session.flush()

    def find(self, booking_id: int) -> RoomBooking | None:
        """Return the booking with its row locked for this transaction."""
        return self._session.scalar(
            select(RoomBooking).where(RoomBooking.id == booking_id).with_for_update(of=RoomBooking)
        )

    def by_number(self, number: str) -> RoomBooking | None:
        return self._session.scalar(select(RoomBooking).where(RoomBooking.number == number))

    def many(self, booking_ids: Sequence[int]) -> list[RoomBooking]:
        """Return the bookings with these ids, with room and venue."""
        if not booking_ids:
            return []
        query = select(RoomBooking).where(RoomBooking.id.in_(booking_ids)).order_by(RoomBooking.id.desc())
        return list(self._session.scalars(query.options(_WITH_VENUE)))

    def take_hour(self, study_room_id: int, starts_at: datetime, seats: int, *, seat_count: int) -> bool:
        """Count `seats` more as taken in one hour if they are free; True when they were got.

        The hour's row is made when it is missing, follows the room's present `seat_count` (never below what is taken),
        and stays locked until the commit. Whoever takes several hours takes them in order.
        """
        self._keep_hour(study_room_id, starts_at, seat_count)
        free = RoomHour.taken_count + seats <= RoomHour.seat_count
        got = self._session.execute(
            update(RoomHour)
            .where(_hour(study_room_id, starts_at), free)
            .values(taken_count=RoomHour.taken_count + seats),
            execution_options={"synchronize_session": False},
        )
        return bool(got.rowcount)  # type: ignore[attr-defined]

    def free_hour(self, study_room_id: int, starts_at: datetime, seats: int) -> None:
        """Count `seats` less as taken in one hour."""
        self._session.execute(
            update(RoomHour)
            .where(_hour(study_room_id, starts_at), RoomHour.taken_count >= seats)
            .values(taken_count=RoomHour.taken_count - seats),
            execution_options={"synchronize_session": False},
        )

    def taken(self, study_room_id: int, since: datetime, until: datetime) -> dict[datetime, int]:
        """Return hour → taken seats of the hours that begin in [since, until) and have any."""
        query = select(RoomHour.starts_at, RoomHour.taken_count).where(
            RoomHour.study_room_id == study_room_id, RoomHour.starts_at >= since, RoomHour.starts_at < until
        )
        return {row[0]: row[1] for row in self._session.execute(query)}

    def of_citizen_between(self, citizen_id: int, since: datetime, until: datetime) -> list[RoomBooking]:
        """Return the citizen's bookings that hold seats and overlap [since, until)."""
        query = select(RoomBooking).where(
            RoomBooking.citizen_id == citizen_id,
            RoomBooking.status.in_(USES_SEATS),
            RoomBooking.starts_at < until,
            RoomBooking.ends_at > since,
        )
        return list(self._session.scalars(query.order_by(RoomBooking.starts_at)))

    def of_citizen(self, citizen_id: int) -> list[RoomBooking]:
        """Return all bookings of a citizen, newest first, with room and venue."""
        query = select(RoomBooking).where(RoomBooking.citizen_id == citizen_id).order_by(RoomBooking.id.desc())
        return list(self._session.scalars(query.options(_WITH_VENUE)))

    def ahead(self, study_room_ids: Sequence[int], now: datetime) -> list[RoomBooking]:
        """Return the bookings of rooms that hold seats and are not over, the soonest first: whom a change concerns."""
        query = select(RoomBooking).where(
            RoomBooking.study_room_id.in_(study_room_ids), RoomBooking.status.in_(USES_SEATS), RoomBooking.ends_at > now
        )
        return list(self._session.scalars(query.order_by(RoomBooking.starts_at).options(_WITH_VENUE)))

    def ever_booked(self, study_room_id: int) -> bool:
        """True when somebody has a booking of the room, or had one: its row has to stay."""
        return self._session.scalar(select(exists().where(RoomBooking.study_room_id == study_room_id))) or False

    def unclaimed(self, begun_before: datetime, *, n: int) -> list[int]:
        """Return bookings that nobody came to, begun and made before then, the oldest first."""
        query = select(RoomBooking.id).where(
            RoomBooking.status == RoomBookingStatus.CONFIRMED,
            RoomBooking.starts_at <= begun_before,
            RoomBooking.created_at <= begun_before,
        )
        return list(self._session.scalars(query.order_by(RoomBooking.id).limit(n)))

    def miscounted(self, since: datetime) -> int:
        """Return how many hours from then on have a counter that differs from the bookings; 0 when all is well."""
        seats = (
            select(func.coalesce(func.sum(RoomBooking.party_size), 0))
            .where(
                RoomBooking.study_room_id == RoomHour.study_room_id,
                RoomBooking.starts_at <= RoomHour.starts_at,
                RoomBooking.ends_at > RoomHour.starts_at,
                RoomBooking.status.in_(USES_SEATS),
            )
            .scalar_subquery()
        )
        query = select(func.count()).select_from(RoomHour)
        return self._session.scalar(query.where(RoomHour.starts_at >= since, seats != RoomHour.taken_count)) or 0

    def _keep_hour(self, study_room_id: int, starts_at: datetime, seat_count: int) -> None:
        is_postgresql = self._session.get_bind().dialect.name == "postgresql"
        insertion = (postgresql.insert if is_postgresql else sqlite.insert)(RoomHour).values(
            study_room_id=study_room_id, starts_at=starts_at, seat_count=seat_count, taken_count=0
        )
        wanted = insertion.excluded.seat_count
        kept = case((RoomHour.taken_count > wanted, RoomHour.taken_count), else_=wanted)
        self._session.execute(
            insertion.on_conflict_do_update(index_elements=["study_room_id", "starts_at"], set_={"seat_count": kept})
        )


_WITH_VENUE = joinedload(RoomBooking.study_room).joinedload(StudyRoom.venue)


def _hour(study_room_id: int, starts_at: datetime) -> ColumnElement[bool]:
    return and_(RoomHour.study_room_id == study_room_id, RoomHour.starts_at == starts_at)
