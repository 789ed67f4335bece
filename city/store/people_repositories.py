"""Citizens, staff and login sessions in the database."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import bindparam, delete, select, update
from sqlalchemy.orm import Session, joinedload

from city.errors import NotFound
from city.model import Citizen, LoginSession, Staff


class TraitsRow(NamedTuple):
    """What figures by group need of a citizen, and no more."""

    id: int
    area_id: str | None
    birth_year_from: int | None
    audiences: list[str]


class SuggestionSettings(NamedTuple):
    """What suggesting asks of a citizen before it reads what the citizen did."""

    personal_suggestions: bool
    birth_year_from: int | None


_SUGGESTION_SETTINGS = select(Citizen.personal_suggestions, Citizen.birth_year_from).where(
    Citizen.id == bindparam("citizen_id")
)
"""Built once: it is asked before every list."""


class Citizens:
    """Citizens by id and, for sample citizens, by slug."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def homes(self, citizen_ids: set[int]) -> dict[int, tuple[float, float] | None]:
        """Return citizen → own point, else the middle of the citizen's area, else None."""
        wanted, found = sorted(citizen_ids), dict[int, tuple[float, float] | None]()
        for start in range(0, len(wanted), 500):
            query = select(Citizen).where(Citizen.id.in_(wanted[start : start + 500])).options(joinedload(Citizen.area))
            found.update((citizen.id, citizen.home()) for citizen in self._session.scalars(query))
        return found

    def add(self, citizen: Citizen) -> None:
        self._session.add(citizen)

    def find(self, citizen_id: int) -> Citizen | None:
        return self._session.get(Citizen, citizen_id)

    def get(self, citizen_id: int) -> Citizen:
        """Return the citizen or raise NotFound."""
        if (citizen := self.find(citizen_id)) is None:
            raise NotFound("There is no such citizen.")
        return citizen

    def locked(self, citizen_id: int) -> Citizen:
        """Return the citizen as the file stands now, locked for this transaction; raises NotFound."""
        query = select(Citizen).where(Citizen.id == citizen_id).execution_options(populate_existing=True)
        if (citizen := self._session.scalar(query.with_for_update())) is None:
            raise NotFound("There is no such citizen.")
        return citizen

    def suggestion_settings(self, citizen_id: int) -> SuggestionSettings | None:
        """Return the switch and the band of birth, by columns: they are read before every list."""
        row = self._session.execute(_SUGGESTION_SETTINGS, {"citizen_id": citizen_id}).one_or_none()
        return SuggestionSettings(row[0], row[1]) if row is not None else None

    def samples(self) -> list[Citizen]:
        """Return the sample citizens one can sign in as, in the order they were laid."""
        return list(self._session.scalars(select(Citizen).where(Citizen.slug.is_not(None)).order_by(Citizen.id)))

    def lock(self, citizen_id: int) -> None:
        """Keep others from deciding about the same citizen until the commit.

        An UPDATE that changes nothing: where an administrator has set a stricter isolation level, whoever comes second
        is told to try again, which a lock alone does not do.
        """
        unchanged = update(Citizen).where(Citizen.id == citizen_id).values(created_at=Citizen.created_at)
        self._session.execute(unchanged, execution_options={"synchronize_session": False})

    def by_slug(self, slug: str) -> Citizen | None:
        return self._session.scalar(select(Citizen).where(Citizen.slug == slug))

    def by_phone(self, phone: str) -> Citizen | None:
        """Return whose file a phone number (E.164) leads to; of a file that was joined to another, that one."""
        return self._followed(self._session.scalar(select(Citizen).where(Citizen.phone == phone)))

    def by_email(self, email: str) -> Citizen | None:
        """Return whose file a mailbox leads to; of a file that was joined to another, that one."""
        return self._followed(self._session.scalar(select(Citizen).where(Citizen.email == email)))

    def _followed(self, citizen: Citizen | None) -> Citizen | None:
        while citizen is not None and citizen.merged_into_id is not None:
            citizen = self.find(citizen.merged_into_id)
        return citizen

    def all(self) -> list[Citizen]:
        return list(self._session.scalars(select(Citizen).order_by(Citizen.id)))

    def traits(self) -> Iterator[TraitsRow]:
        """Yield area, decade of birth and audiences of every citizen, streamed."""
        query = select(Citizen.id, Citizen.area_id, Citizen.birth_year_from, Citizen.audiences).order_by(Citizen.id)
        for row in self._session.execute(query.execution_options(yield_per=5_000)):
            yield TraitsRow._make(row)


class StaffMembers:
    """People who work for an operator or the city."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, staff: Staff) -> None:
        self._session.add(staff)

    def all(self) -> list[Staff]:
        """Return everybody with the operator each works for."""
        return list(self._session.scalars(select(Staff).options(joinedload(Staff.operator)).order_by(Staff.id)))

    def find(self, staff_id: int) -> Staff | None:
        return self._session.get(Staff, staff_id, options=[joinedload(Staff.operator)])

    def get(self, staff_id: int) -> Staff:
        """Return the member or raise NotFound."""
        if (staff := self.find(staff_id)) is None:
            raise NotFound("There is no such member of staff.")
        return staff

    def locked(self, staff_id: int) -> Staff:
        """Return the member as it stands now, locked for this transaction; raises NotFound."""
        query = select(Staff).where(Staff.id == staff_id).execution_options(populate_existing=True)
        if (staff := self._session.scalar(query.with_for_update())) is None:
            raise NotFound("There is no such member of staff.")
        return staff

    def by_email(self, email: str) -> Staff | None:
        """Return who has a mailbox, with the operator."""
        query = select(Staff).where(Staff.email == email).options(joinedload(Staff.operator))
        return self._session.scalar(query)


class LoginSessions:
    """Sign-ins, found by the hash of their token."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, login_session: LoginSession) -> None:
        self._session.add(login_session)

    def find(self, token_sha256: str) -> LoginSession | None:
        return self._session.get(LoginSession, token_sha256)

    def end(self, token_sha256: str) -> None:
        self._session.execute(delete(LoginSession).where(LoginSession.token_sha256 == token_sha256))

    def of_citizen(self, citizen_id: int) -> list[LoginSession]:
        """Return somebody's sign-ins, the last seen first."""
        query = select(LoginSession).where(LoginSession.citizen_id == citizen_id)
        return list(self._session.scalars(query.order_by(LoginSession.seen_at.desc())))

    def end_all_of(self, citizen_id: int) -> None:
        self._session.execute(delete(LoginSession).where(LoginSession.citizen_id == citizen_id))

    def forget_expired(self, now: datetime) -> None:
        self._session.execute(delete(LoginSession).where(LoginSession.expires_at <= now))
