"""The addresses of a person's own pages, as messages carry them: whoever has the link holds the booking.

Owns: for which purpose a token of each page is signed, and where the page stands. Called by the services that write
messages, and by the views that read such a link.
"""

from __future__ import annotations

from city.tokens import Tokens

PLACE, ROOM, ENTRY = "place", "room", "entry"


class Links:
    """Makes the links of one site; `site` is its address without a slash at the end."""

    def __init__(self, tokens: Tokens, site: str) -> None:
        self.tokens = tokens
        self._site = site

    def place(self, enrolment_id: int, language: str) -> str:
        """Return the address of the page of an Enrolment."""
        return self._address(language, "places", PLACE, enrolment_id)

    def room(self, room_booking_id: int, language: str) -> str:
        """Return the address of the page of a RoomBooking."""
        return self._address(language, "room-bookings", ROOM, room_booking_id)

    def entry(self, ballot_entry_id: int, language: str) -> str:
        """Return the address of the page of a BallotEntry."""
        return self._address(language, "entries", ENTRY, ballot_entry_id)

    def offering(self, offering_id: int, language: str) -> str:
        """Return the address of an offering's page."""
        return f"{self._site}/{language}/offerings/{offering_id}"

    def _address(self, language: str, where: str, purpose: str, id_: int) -> str:
        return f"{self._site}/{language}/{where}/{self.tokens.make(purpose, str(id_))}"
