"""Seats of study rooms by the hour, in the database."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from city.model import RoomBooking


class RoomBookings:
    """Bookings of study rooms, and the counters of their hours."""

    def __init__(self, session: Session) -> None:
        self._session = session

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
