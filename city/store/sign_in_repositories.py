"""Codes, counted guesses, invitations and sign-ins of staff, in the database."""

from __future__ import annotations

from sqlalchemy import delete, select
from sqlalchemy.orm import Session, joinedload

from city.model import OneTimeCode, Staff, StaffInvitation, StaffLoginSession


class OneTimeCodes:
    """Codes that were sent."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, code: OneTimeCode) -> None:
        self._session.add(code)

    def newest(self, target: str, purpose: str) -> OneTimeCode | None:
        """Return the last code sent to an address, its row locked for this transaction."""
        query = select(OneTimeCode).where(OneTimeCode.target == target, OneTimeCode.purpose == purpose)
        return self._session.scalar(query.order_by(OneTimeCode.id.desc()).limit(1).with_for_update())


class StaffInvitations:
    """Invitations by the hash of their token."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, invitation: StaffInvitation) -> None:
        self._session.add(invitation)
        self._session.flush()

    def by_token(self, token_sha256: str) -> StaffInvitation | None:
        query = select(StaffInvitation).where(StaffInvitation.token_sha256 == token_sha256)
        return self._session.scalar(query.with_for_update())


class StaffLoginSessions:
    """Sign-ins of staff by the hash of their token."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, login_session: StaffLoginSession) -> None:
        self._session.add(login_session)

    def find(self, token_sha256: str) -> StaffLoginSession | None:
        """Return the sign-in with who it is and for whom that person works."""
        who = joinedload(StaffLoginSession.staff).joinedload(Staff.operator)
        return self._session.get(StaffLoginSession, token_sha256, options=[who])

    def end(self, token_sha256: str) -> None:
        self._session.execute(delete(StaffLoginSession).where(StaffLoginSession.token_sha256 == token_sha256))

    def end_all_of(self, staff_id: int) -> None:
        self._session.execute(delete(StaffLoginSession).where(StaffLoginSession.staff_id == staff_id))
