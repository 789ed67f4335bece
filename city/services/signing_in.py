"""Login sessions: who is signed in, kept on the server; in demo mode one signs in as a sample citizen.

Owns: token making, idle and absolute ends. Runs on real time, also when the catalogue's clock is fixed.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta

from city.clock import Clock
from city.errors import NotAllowed, NotFound
from city.model import Citizen, LoginSession
from city.services.permissions import Actor, Operation, require
from city.store.database import Database

TOKEN_BYTES = 32
IDLE = timedelta(days=14)
ABSOLUTE = timedelta(days=30)
SEEN_STEP = timedelta(minutes=10)  # `seen_at` is written at most this often


class SigningIn:
    """Use cases of login sessions."""

    def __init__(self, database: Database, clock: Clock, *, demo: bool) -> None:
        self._database = database
        self._clock = clock
        self._demo = demo

    def sample_citizens(self) -> list[Citizen]:
        """Return the sample citizens one can sign in as; none outside demo mode."""
        if not self._demo:
            return []
        with self._database.reading() as work:
            work.areas.all()
            return work.citizens.samples()

    def sign_in_as_sample(self, actor: Actor, slug: str, *, former_token: str = "") -> str:
        """Start a login session and return its token; the former one ends, so that the id is always new.

        Raises NotAllowed outside demo mode and NotFound for an unknown slug.
        """
        require(actor, Operation.SIGN_IN_AS_SAMPLE)
        if not self._demo:
            raise NotAllowed("Sample citizens exist in demo mode only.")
        with self._database.writing() as work:
            citizen = work.citizens.by_slug(slug)
            if citizen is None:
                raise NotFound("There is no such sample citizen.")
            work.login_sessions.end(_hash(former_token))
            token = secrets.token_urlsafe(TOKEN_BYTES)
            work.login_sessions.add(self._new_session(token, citizen.id))
            work.commit()
            return token

    def citizen_of(self, token: str) -> Citizen | None:
        """Return who is signed in with the token, None when nobody is (any more)."""
        if not token:
            return None
        with self._database.reading() as work:
            found = work.login_sessions.find(_hash(token))
            if found is None or self._has_ended(found):
                return None
            work.areas.all()
            citizen = work.citizens.find(found.citizen_id)
            stale = self._clock.now() - found.seen_at > SEEN_STEP
        if stale:
            self._mark_seen(token)
        return citizen

    def sign_out(self, token: str) -> None:
        """End the login session of the token."""
        with self._database.writing() as work:
            work.login_sessions.end(_hash(token))
            work.login_sessions.forget_expired(self._clock.now())
            work.commit()

    def _mark_seen(self, token: str) -> None:
        with self._database.writing() as work:
            if (found := work.login_sessions.find(_hash(token))) is not None:
                found.seen_at = self._clock.now()
            work.commit()

    def _new_session(self, token: str, citizen_id: int) -> LoginSession:
        now = self._clock.now()
        return LoginSession(
            token_sha256=_hash(token), citizen_id=citizen_id, created_at=now, seen_at=now, expires_at=now + ABSOLUTE
        )

    def _has_ended(self, found: LoginSession) -> bool:
        now = self._clock.now()
        return now >= found.expires_at or now >= found.seen_at + IDLE


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
