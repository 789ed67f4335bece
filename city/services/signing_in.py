"""Citizens coming in: by a code sent to a phone or mailbox, by a password, in demo mode as a sample citizen.

Owns: login sessions (14 days idle, 30 days in all), that a number leads to one file, and that two files of one person
may become one. Nobody needs any of it. Runs on real time, also when the catalogue's clock is fixed.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from city.clock import Clock
from city.errors import InvalidInput, NotAllowed, NotFound
from city.model import Citizen, LocalisedText, LoginSession
from city.passwords import Passwords, checked_password
from city.services.codes import Codes
from city.services.couriers import Target
from city.services.guessing import Guessing
from city.services.joining import Joined, join_files
from city.services.permissions import Actor, Operation, Subject, require
from city.store.database import Database
from city.store.unit_of_work import UnitOfWork
from city.tokens import Tokens

log = structlog.get_logger(__name__)

TOKEN_BYTES = 32
IDLE = timedelta(days=14)
ABSOLUTE = timedelta(days=30)
SEEN_STEP = timedelta(minutes=10)
"""`seen_at` is written at most this often."""
RECENTLY = timedelta(minutes=15)
"""So long after signing in the way to sign in may be changed; later one signs in again first (ASVS 7.5.1)."""
JOIN_WITHIN = timedelta(minutes=15)
HANDLE_LETTERS = 24
SIGN_IN, ADD = "sign in", "add"
JOIN = "join"


@dataclass(frozen=True)
class OwnSignIn:
    """One of somebody's sign-ins, by a handle that opens nothing."""

    handle: str
    began_at: datetime
    seen_at: datetime
    is_this: bool


@dataclass(frozen=True)
class Added:
    """A number or mailbox that was proved; `proof` is for joining when it has a file of its own, else ""."""

    target: Target
    proof: str = ""


class SigningIn:
    """Use cases of login sessions."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        *,
        demo: bool,
        passwords: Passwords,
        guessing: Guessing,
        codes: Codes,
        tokens: Tokens,
    ) -> None:
        self._database = database
        self._clock = clock
        self._demo = demo
        self._passwords = passwords
        self._guessing = guessing
        self._codes = codes
        self._tokens = tokens

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
            token = self._begin(work, citizen.id, former_token)
            work.commit()
            return token

    def send_code(self, target: Target, *, purpose: str = SIGN_IN, language: str, address: str) -> str:
        """Send a code to a phone or mailbox, whether it has a file or not; returns it, for a demonstration to show."""
        return self._codes.send(target, purpose, language=language, address=address)

    def sign_in_with_code(self, target: Target, code: str, *, address: str, former_token: str = "") -> str:
        """Take the code and return the token of a login session to the file of that number, made when there is none.

        Raises InvalidInput for a wrong code, TooManyTries for one that is good for nothing.
        """
        noted = self._guessing.note(f"citizen {target.address}", f"address {address}")
        self._codes.take(target, SIGN_IN, code)
        self._guessing.forget(noted)
        with self._database.writing() as work:
            citizen = self._file(work, target)
            token = self._begin(work, citizen.id, former_token)
            work.commit()
        log.info("citizen_signed_in", way="code")
        return token

    def sign_in_with_password(self, target: Target, password: str, *, address: str, former_token: str = "") -> str:
        """Check number and password and return the token of a login session.

        Raises InvalidInput in the same words, after the same time, for an unknown number, one without a password and
        a wrong password; TooManyTries after ten guesses in five minutes at one number or from one address.
        """
        noted = self._guessing.note(f"citizen {target.address}", f"address {address}")
        with self._database.reading() as work:
            citizen = _by_target(work, target)
        kept = citizen.password_hash if citizen is not None else ""
        if not self._passwords.fits(kept, password) or citizen is None:
            log.warning("citizen_sign_in_refused", address=address)
            raise InvalidInput("The number or mailbox and the password do not belong together.", field="password")
        self._guessing.forget(noted)
        outdated = self._passwords.hash(password) if self._passwords.is_outdated(kept) else ""
        with self._database.writing() as work:
            held = work.citizens.get(citizen.id)
            held.password_hash = outdated or held.password_hash
            token = self._begin(work, held.id, former_token)
            work.commit()
        return token

    def set_password(self, actor: Actor, token: str, password: str) -> str:
        """Give oneself a password soon after signing in; every login session ends, a new one begins."""
        citizen_id = self._just_signed_in(actor, token)
        with self._database.writing() as work:
            citizen = work.citizens.locked(citizen_id)
            about = (*citizen.name.values(), citizen.email or "", citizen.phone or "")
            citizen.password_hash = self._passwords.hash(checked_password(password, about=about))
            work.login_sessions.end_all_of(citizen_id)
            new = self._begin(work, citizen_id, "")
            work.commit()
        return new

    def add_contact(self, actor: Actor, token: str, target: Target, code: str) -> Added:
        """Take a code that was sent to another number or mailbox, soon after signing in, and add that to one's file.

        Where it has a file of its own nothing is changed: the answer's proof lets `join` make one of the two.
        """
        citizen_id = self._just_signed_in(actor, token)
        self._codes.take(target, ADD, code)
        with self._database.writing() as work:
            citizen, other = work.citizens.locked(citizen_id), _by_target(work, target)
            if other is not None and other.id != citizen_id:
                return Added(target, self._proof(citizen_id, other.id))
            _confirm(citizen, target, self._clock.now(), instead=True)
            work.commit()
        return Added(target)

    def joins_what(self, actor: Actor, proof: str) -> int:
        """Return how many places the file holds that would be joined; raises NotFound for a proof of somebody else."""
        other_id = self._read_proof(actor, proof)
        with self._database.reading() as work:
            return len(work.enrolments.live_of_citizen(other_id))

    def join(self, actor: Actor, proof: str) -> Joined:
        """Make one file of two that are the person's own, by the proof of `add_contact`."""
        other_id = self._read_proof(actor, proof)
        if actor.citizen_id is None:
            raise NotAllowed("Sign in first.")
        with self._database.writing() as work:
            joined = join_files(work, actor, other_id, actor.citizen_id, self._clock.now())
            work.commit()
        return joined

    def signed_in_recently(self, token: str) -> bool:
        """True within a quarter of an hour after signing in: the way to sign in may be changed then."""
        with self._database.reading() as work:
            found = work.login_sessions.find(_hash(token))
            return found is not None and self._clock.now() < found.created_at + RECENTLY

    def own_sign_ins(self, actor: Actor, token: str) -> list[OwnSignIn]:
        """Return one's own login sessions that hold, the last seen first."""
        with self._database.reading() as work:
            rows = [row for row in work.login_sessions.of_citizen(_own_id(actor)) if not self._has_ended(row)]
            this = _hash(token)
            return [OwnSignIn(_handle(r), r.created_at, r.seen_at, r.token_sha256 == this) for r in rows]

    def end_sign_in(self, actor: Actor, handle: str) -> None:
        """End one of one's own login sessions; raises NotFound for anybody else's."""
        with self._database.writing() as work:
            found = [row for row in work.login_sessions.of_citizen(_own_id(actor)) if _handle(row) == handle]
            if not found:
                raise NotFound("There is no such sign-in.")
            work.login_sessions.end(found[0].token_sha256)
            work.commit()

    def sign_out_everywhere(self, actor: Actor) -> None:
        """End all of one's own login sessions."""
        with self._database.writing() as work:
            work.login_sessions.end_all_of(_own_id(actor))
            work.commit()

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

    def _file(self, work: UnitOfWork, target: Target) -> Citizen:
        """Return the file of a number that was proved just now."""
        now = self._clock.now()
        citizen = _by_target(work, target)
        if citizen is None:
            citizen = Citizen(name=LocalisedText(), created_at=now)
            work.citizens.add(citizen)
        _confirm(citizen, target, now)
        work.flush()
        return citizen

    def _just_signed_in(self, actor: Actor, token: str) -> int:
        require(actor, Operation.CHANGE_PROFILE, Subject(citizen_id=actor.citizen_id))
        if not self.signed_in_recently(token):
            raise NotAllowed("Sign in again first: this changes how you come in.")
        return _own_id(actor)

    def _proof(self, citizen_id: int, other_id: int) -> str:
        ends = int((self._clock.now() + JOIN_WITHIN).timestamp())
        return self._tokens.make(JOIN, f"{citizen_id} {other_id} {ends}")

    def _read_proof(self, actor: Actor, proof: str) -> int:
        """Return the other file of a proof that is this citizen's and not too old."""
        require(actor, Operation.MERGE_CITIZENS, Subject(citizen_id=actor.citizen_id))
        own, other, ends = (int(part) for part in self._tokens.read(JOIN, proof).split())
        if own != actor.citizen_id or self._clock.now().timestamp() > ends:
            raise NotFound("This was too long ago. Let us send a new code.")
        return other

    def _mark_seen(self, token: str) -> None:
        with self._database.writing() as work:
            if (found := work.login_sessions.find(_hash(token))) is not None:
                found.seen_at = self._clock.now()
            work.commit()

    def _begin(self, work: UnitOfWork, citizen_id: int, former_token: str) -> str:
        """Begin a login session under a new token; the former one ends."""
        work.login_sessions.end(_hash(former_token))
        token, now = secrets.token_urlsafe(TOKEN_BYTES), self._clock.now()
        work.login_sessions.add(
            LoginSession(
                token_sha256=_hash(token), citizen_id=citizen_id, created_at=now, seen_at=now, expires_at=now + ABSOLUTE
            )
        )
        return token

    def _has_ended(self, found: LoginSession) -> bool:
        now = self._clock.now()
        return now >= found.expires_at or now >= found.seen_at + IDLE


def _by_target(work: UnitOfWork, target: Target) -> Citizen | None:
    find = work.citizens.by_phone if target.is_phone else work.citizens.by_email
    return find(target.address)


def _confirm(citizen: Citizen, target: Target, now: datetime, *, instead: bool = False) -> None:
    """Note that the person holds the number; where the file has another one that stays, unless it comes `instead`."""
    if target.is_phone:
        citizen.phone = target.address if instead else citizen.phone or target.address
        citizen.phone_confirmed_at = now
    else:
        citizen.email = target.address if instead else citizen.email or target.address
        citizen.email_confirmed_at = now
    citizen.contact_confirmed = True


def _own_id(actor: Actor) -> int:
    if actor.citizen_id is None:
        raise NotAllowed("Sign in first.")
    return actor.citizen_id


def _handle(row: LoginSession) -> str:
    return row.token_sha256[:HANDLE_LETTERS]


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
