"""Moving everything that is under one Citizen's file to another's: two files of one person become one.

Owns: which tables hold something of a person; a test compares with the foreign keys of the schema. What clashes (two
places on one run, two entries of one draw) is settled by `city.services.joining` before.
"""

from __future__ import annotations

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from city.model import (
    Ballot,
    BallotEntry,
    BallotPerson,
    Enrolment,
    Interaction,
    LoginSession,
    RoomBooking,
    SavedSearch,
    ShownList,
)
from city.model.enrolment import LIVE

MOVED = (Enrolment, RoomBooking, Interaction, ShownList, SavedSearch)
"""Everything of these moves; entries of ballots move where none clashes, and sign-ins end."""


class Joining:
    """Rows of a person on their way to the person's other file."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def places_on_same_run(self, one_id: int, other_id: int) -> list[tuple[Enrolment, Enrolment]]:
        """Return pairs of live places, one of each file, on one run."""
        query = select(Enrolment).where(Enrolment.citizen_id.in_((one_id, other_id)), Enrolment.status.in_(LIVE))
        by_run: dict[int, list[Enrolment]] = {}
        for place in self._session.scalars(query.order_by(Enrolment.id)):
            by_run.setdefault(place.run_id, []).append(place)
        return [(first, second) for first, second, *_ in (two for two in by_run.values() if len(two) > 1)]

    def entries_in_same_ballot(self, one_id: int, other_id: int) -> list[tuple[BallotEntry, BallotEntry]]:
        """Return pairs of standing entries, one of each file, in one ballot, the earlier first."""
        standing = BallotEntry.citizen_id.in_((one_id, other_id)), BallotEntry.withdrawn_at.is_(None)
        by_ballot: dict[int, list[BallotEntry]] = {}
        for entry in self._session.scalars(select(BallotEntry).where(*standing).order_by(BallotEntry.id)):
            by_ballot.setdefault(entry.ballot_id, []).append(entry)
        return [(first, second) for first, second, *_ in (two for two in by_ballot.values() if len(two) > 1)]

    def ballot_of(self, entry: BallotEntry) -> Ballot:
        return self._session.get_one(Ballot, entry.ballot_id)

    def forget_people_of(self, entry: BallotEntry) -> None:
        """Let the people of a withdrawn entry be in the ballot by another one."""
        self._session.execute(delete(BallotPerson).where(BallotPerson.entry_id == entry.id))

    def move(self, old_id: int, into_id: int) -> None:
        """Put all rows of one file under the other; whoever is signed in to the old one is signed out."""
        self._session.flush()
        for kind in MOVED:
            self._session.execute(update(kind).where(kind.citizen_id == old_id).values(citizen_id=into_id))
        self._move_entries(old_id, into_id)
        self._session.execute(delete(LoginSession).where(LoginSession.citizen_id == old_id))
        self._session.expire_all()

    def _move_entries(self, old_id: int, into_id: int) -> None:
        """Move entries of ballots in which the other file has none that stands."""
        taken = select(BallotEntry.ballot_id).where(
            BallotEntry.citizen_id == into_id, BallotEntry.withdrawn_at.is_(None)
        )
        free = BallotEntry.withdrawn_at.is_not(None) | BallotEntry.ballot_id.not_in(taken)
        moving = list(self._session.scalars(select(BallotEntry.id).where(BallotEntry.citizen_id == old_id, free)))
        self._session.execute(update(BallotEntry).where(BallotEntry.id.in_(moving)).values(citizen_id=into_id))
        named = BallotPerson.entry_id.in_(moving), BallotPerson.person_key == f"citizen:{old_id}"
        self._session.execute(update(BallotPerson).where(*named).values(person_key=f"citizen:{into_id}"))
