"""Codes, counted guesses, invitations and sign-ins of staff, in the database."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session, joinedload

from city.model import OneTimeCode, SignInAttempt, Staff, StaffInvitation, StaffLoginSession


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

    def end_all(self, target: str, purpose: str, now: datetime) -> None:
        """Make every code that was sent to an address good for nothing."""
        live = (OneTimeCode.target == target, OneTimeCode.purpose == purpose, OneTimeCode.used_at.is_(None))
        self._session.execute(update(OneTimeCode).where(*live).values(used_at=now))

    def forget_before(self, moment: datetime) -> None:
        self._session.execute(delete(OneTimeCode).where(OneTimeCode.created_at < moment))


class SignInAttempts:
    """Guesses by the hash of whom or what they count against."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add_all(self, attempts: Sequence[SignInAttempt]) -> list[int]:
        """Keep the guesses and return their numbers."""
        self._session.add_all(attempts)
        self._session.flush()
        return [attempt.id for attempt in attempts]

    def count(self, subject_sha256: str, since: datetime) -> int:
        query = select(func.count()).select_from(SignInAttempt)
        counted = SignInAttempt.subject_sha256 == subject_sha256, SignInAttempt.attempted_at > since
        return self._session.scalar(query.where(*counted)) or 0

    def remove(self, ids: Sequence[int]) -> None:
        self._session.execute(delete(SignInAttempt).where(SignInAttempt.id.in_(list(ids))))

    def forget_before(self, moment: datetime) -> None:
        self._session.execute(delete(SignInAttempt).where(SignInAttempt.attempted_at < moment))


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

    def find(self, invitation_id: int) -> StaffInvitation | None:
        return self._session.get(StaffInvitation, invitation_id, with_for_update=True)

    def open_ones(self, now: datetime) -> list[StaffInvitation]:
        """Return what can still be taken up, the newest first."""
        is_open = (
            StaffInvitation.accepted_at.is_(None),
            StaffInvitation.withdrawn_at.is_(None),
            StaffInvitation.expires_at > now,
        )
        return list(self._session.scalars(select(StaffInvitation).where(*is_open).order_by(StaffInvitation.id.desc())))


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

    def end_all_of_operator(self, operator_id: int) -> None:
        members = select(Staff.id).where(Staff.operator_id == operator_id)
        self._session.execute(delete(StaffLoginSession).where(StaffLoginSession.staff_id.in_(members)))

    def of_staff(self, staff_id: int) -> list[StaffLoginSession]:
        """Return somebody's sign-ins, the last seen first."""
        query = select(StaffLoginSession).where(StaffLoginSession.staff_id == staff_id)
        return list(self._session.scalars(query.order_by(StaffLoginSession.seen_at.desc())))

    def forget_expired(self, now: datetime) -> None:
        self._session.execute(delete(StaffLoginSession).where(StaffLoginSession.expires_at <= now))
