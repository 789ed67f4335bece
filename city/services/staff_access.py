"""Who works here and may come in: sign-ins of staff, kept on the server.

Owns: how long a sign-in holds (30 minutes idle, 12 hours in all), and who somebody with a token is. Runs on real time,
also when the catalogue's clock is fixed. What a member may do is `city.services.permissions`'s.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from city.clock import Clock
from city.errors import NotAllowed, NotFound
from city.localised import LocalisedText
from city.model import Staff, StaffLoginSession
from city.services.permissions import Actor, ActorRole
from city.store.database import Database
from city.store.unit_of_work import UnitOfWork

SAMPLE_MAILBOXES = "@staff.yundu.example"
"""How the mailboxes of sample staff end; nobody can have one (RFC 2606)."""
TOKEN_BYTES = 32
IDLE = timedelta(minutes=30)
ABSOLUTE = timedelta(hours=12)
SEEN_STEP = timedelta(minutes=1)
"""`seen_at` is written at most this often."""


@dataclass(frozen=True)
class StaffMember:
    """Somebody who works here, as far as a page needs it; `second_factor` is False until it was shown."""

    id: int
    email: str
    name: str
    role: ActorRole
    operator_id: int | None
    operator_name: LocalisedText
    district_id: str | None
    second_factor: bool
    has_second_factor: bool
    signed_in_at: datetime

    @property
    def actor(self) -> Actor:
        return Actor(self.role, staff_id=self.id, operator_id=self.operator_id, district_id=self.district_id)


class StaffAccess:
    """Use cases of coming in and staying out."""

    def __init__(self, database: Database, clock: Clock, *, demo: bool) -> None:
        self._database = database
        self._clock = clock
        self._demo = demo

    def member_of(self, token: str) -> StaffMember | None:
        """Return who is signed in with the token, None when nobody is (any more)."""
        if not token:
            return None
        with self._database.reading() as work:
            found = work.staff_login_sessions.find(hash_of(token))
            if found is None or self._has_ended(found):
                return None
            member = _member(found)
            stale = self._clock.now() - found.seen_at > SEEN_STEP
        if stale:
            self._mark_seen(token)
        return member

    def sample_staff(self) -> list[Staff]:
        """Return the sample staff one can sign in as, with their operators; none outside demo mode."""
        if not self._demo:
            return []
        with self._database.reading() as work:
            return [staff for staff in work.staff.all() if _is_sample(staff)]

    def sign_in_as_sample(self, staff_id: int, *, former_token: str = "") -> str:
        """Start a sign-in with the second factor taken as shown and return its token; the former one ends.

        Raises NotAllowed outside demo mode and NotFound for whoever is no sample.
        """
        if not self._demo:
            raise NotAllowed("Sample staff exist in demo mode only.")
        with self._database.writing() as work:
            staff = work.staff.find(staff_id)
            if staff is None or not _is_sample(staff) or not may_come_in(staff):
                raise NotFound("There is no such sample member of staff.")
            work.staff_login_sessions.end(hash_of(former_token))
            token = self._begin(work, staff, second_factor=True)
            work.commit()
            return token

    def sign_out(self, token: str) -> None:
        """End the sign-in of the token."""
        with self._database.writing() as work:
            work.staff_login_sessions.end(hash_of(token))
            work.commit()

    def _begin(self, work: UnitOfWork, staff: Staff, *, second_factor: bool) -> str:
        token, now = secrets.token_urlsafe(TOKEN_BYTES), self._clock.now()
        work.staff_login_sessions.add(
            StaffLoginSession(
                token_sha256=hash_of(token),
                staff_id=staff.id,
                created_at=now,
                seen_at=now,
                expires_at=now + ABSOLUTE,
                second_factor_at=now if second_factor else None,
            )
        )
        return token

    def _mark_seen(self, token: str) -> None:
        with self._database.writing() as work:
            if (found := work.staff_login_sessions.find(hash_of(token))) is not None:
                found.seen_at = self._clock.now()
            work.commit()

    def _has_ended(self, found: StaffLoginSession) -> bool:
        now = self._clock.now()
        timed_out = now >= found.expires_at or now >= found.seen_at + IDLE
        return timed_out or not may_come_in(found.staff)


def may_come_in(staff: Staff) -> bool:
    """True unless somebody's access was taken away or the operator was closed."""
    operator = staff.operator
    return staff.disabled_at is None and (operator is None or operator.closed_at is None)


def hash_of(token: str) -> str:
    """Return what is kept of a token: its SHA-256."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def _is_sample(staff: Staff) -> bool:
    return staff.email.endswith(SAMPLE_MAILBOXES)


def _member(found: StaffLoginSession) -> StaffMember:
    staff = found.staff
    return StaffMember(
        id=staff.id,
        email=staff.email,
        name=staff.name,
        role=ActorRole(staff.role),
        operator_id=staff.operator_id,
        operator_name=staff.operator.name if staff.operator is not None else LocalisedText(),
        district_id=staff.district_id,
        second_factor=found.second_factor_at is not None,
        has_second_factor=bool(staff.totp_secret),
        signed_in_at=found.created_at,
    )
