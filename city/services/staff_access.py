"""Staff coming in and staying out: password, second factor, sign-ins kept on the server, changes of one's own access.

Owns: how long a sign-in holds (30 minutes idle, 12 hours in all), a new token at each step up, that guesses are counted
and an unknown mailbox takes as long as a known one. Runs on real time, also when the catalogue's clock is fixed. Who is
let in at all is `city.services.staff_keeping`'s; what a member may do is `city.services.permissions`'s.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from city.clock import Clock
from city.errors import InvalidInput, NotAllowed, NotFound
from city.localised import LocalisedText
from city.model import Staff, StaffLoginSession
from city.passwords import SHORTEST_BESIDE_A_SECOND_FACTOR, Passwords, checked_password
from city.second_factor import SecondFactor
from city.services.auditing import audit
from city.services.guessing import CODES, Guessing
from city.services.permissions import Actor, ActorRole, Operation
from city.store.database import Database
from city.store.unit_of_work import UnitOfWork

log = structlog.get_logger(__name__)

SAMPLE_MAILBOXES = "@staff.yundu.example"
"""How the mailboxes of sample staff end; nobody can have one (RFC 2606)."""
TOKEN_BYTES = 32
IDLE = timedelta(minutes=30)
ABSOLUTE = timedelta(hours=12)
SEEN_STEP = timedelta(minutes=1)
"""`seen_at` is written at most this often."""
HANDLE_LETTERS = 24


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


@dataclass(frozen=True)
class Offer:
    """A second factor that is not set up yet: sealed for a form, as letters to type and as an address for a picture."""

    sealed: str
    letters: str
    address: str


@dataclass(frozen=True)
class SetUp:
    """A second factor that was set up: the token of the new sign-in and the recovery codes, shown this once."""

    token: str
    recovery_codes: list[str]


@dataclass(frozen=True)
class SignIn:
    """One of somebody's sign-ins, by a handle that opens nothing."""

    handle: str
    began_at: datetime
    seen_at: datetime
    is_this: bool


class StaffAccess:
    """Use cases of coming in and staying out."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        *,
        demo: bool,
        passwords: Passwords,
        factor: SecondFactor,
        guessing: Guessing,
    ) -> None:
        self._database = database
        self._clock = clock
        self._demo = demo
        self._passwords = passwords
        self._factor = factor
        self._guessing = guessing

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

    def owner_of(self, token: str) -> int | None:
        """Return whose sign-in it is or was, also when its time is up; None when it is not known any more."""
        with self._database.reading() as work:
            found = work.staff_login_sessions.find(hash_of(token)) if token else None
            return found.staff_id if found is not None else None

    def sign_in(self, email: str, password: str, *, address: str, former_token: str = "") -> str:
        """Check mailbox and password and return the token of a sign-in that still wants the second factor.

        Raises InvalidInput in the same words, after the same time, for a wrong mailbox and a wrong password;
        TooManyTries after ten guesses in five minutes at one mailbox or from one address.
        """
        name = email.strip().lower()
        noted = self._guessing.note(f"staff {name}", f"address {address}")
        with self._database.reading() as work:
            staff = work.staff.by_email(name)
        kept = staff.password_hash if staff is not None and may_come_in(staff) else ""
        if not self._passwords.fits(kept, password) or staff is None:
            log.warning("staff_sign_in_refused", address=address)
            raise InvalidInput("The mailbox and the password do not belong together.", field="password")
        self._guessing.forget(noted)
        outdated = self._passwords.hash(password) if self._passwords.is_outdated(kept) else ""
        with self._database.writing() as work:
            held = work.staff.get(staff.id)
            held.password_hash = outdated or held.password_hash
            work.staff_login_sessions.end(hash_of(former_token))
            token = self._begin(work, held, second_factor=False)
            work.commit()
        return token

    def show_second_factor(self, token: str, code: str) -> str:
        """Take the six digits, or a recovery code, and return the token of the full sign-in; the former one ends."""
        staff_id = self._half_signed_in(token)
        noted = self._guessing.note(f"second factor {staff_id}", limit=CODES)
        with self._database.writing() as work:
            staff = work.staff.locked(staff_id)
            self._take_code(staff, code)
            new = self._step_up(work, staff, token)
            work.commit()
        self._guessing.forget(noted)
        log.info("staff_signed_in", staff_id=staff_id)
        return new

    def offer_second_factor(self, token: str) -> Offer:
        """Return a new second factor for whoever has none yet; raises NotAllowed for whoever has one."""
        staff_id = self._half_signed_in(token)
        with self._database.reading() as work:
            staff = work.staff.get(staff_id)
        if staff.totp_secret:
            raise NotAllowed("There is a second factor already; show it.")
        return self._offer(staff)

    def renewed_offer(self, actor: Actor) -> Offer:
        """Return a new second factor for somebody who is signed in and wants another one."""
        with self._database.reading() as work:
            return self._offer(work.staff.get(_own_id(actor)))

    def offered_again(self, staff_id: int, sealed: str, email: str) -> Offer:
        """Return the same offer, for a form that comes back; raises NotFound when it was not sealed for them."""
        return Offer(sealed, self._factor.letters(sealed, staff_id), self._factor.address(sealed, staff_id, email))

    def set_up_second_factor(self, token: str, sealed: str, code: str) -> SetUp:
        """Keep the offered second factor once its first code was shown, and return the full sign-in."""
        staff_id = self._half_signed_in(token)
        noted = self._guessing.note(f"second factor {staff_id}", limit=CODES)
        with self._database.writing() as work:
            staff = work.staff.locked(staff_id)
            if staff.totp_secret:
                raise NotAllowed("There is a second factor already; show it.")
            done = self._keep_factor(work, staff, sealed, code)
            work.commit()
        self._guessing.forget(noted)
        return done

    def change_password(self, actor: Actor, current: str, code: str, new: str) -> str:
        """Set a new password after the present one and a code were shown; every sign-in ends, a new one begins."""
        staff_id = self._proved(actor, current, code)
        with self._database.writing() as work:
            staff = work.staff.locked(staff_id)
            self.set_password(staff, new, field="new")
            _note(work, actor, staff, "password", self._clock.now())
            token = self._begin_alone(work, staff)
            work.commit()
        return token

    def renew_second_factor(self, actor: Actor, current: str, code: str, sealed: str, new: str) -> SetUp:
        """Put another second factor in the place of the present one; every sign-in ends, a new one begins."""
        staff_id = self._proved(actor, current, code)
        with self._database.writing() as work:
            staff = work.staff.locked(staff_id)
            done = self._keep_factor(work, staff, sealed, new, field="new_code")
            work.commit()
        return done

    def renew_recovery_codes(self, actor: Actor, current: str, code: str) -> list[str]:
        """Return new recovery codes; the former ones are good for nothing."""
        staff_id = self._proved(actor, current, code)
        codes = self._factor.recovery_codes()
        with self._database.writing() as work:
            staff = work.staff.locked(staff_id)
            staff.recovery_hashes = [self._factor.recovery_hash(each) for each in codes]
            _note(work, actor, staff, "recovery codes", self._clock.now())
            work.commit()
        return codes

    def recovery_codes_left(self, actor: Actor) -> int:
        """Return how many recovery codes were not used yet."""
        with self._database.reading() as work:
            return len(work.staff.get(_own_id(actor)).recovery_hashes)

    def sign_ins(self, actor: Actor, token: str) -> list[SignIn]:
        """Return one's own sign-ins that hold, the last seen first."""
        with self._database.reading() as work:
            rows = [row for row in work.staff_login_sessions.of_staff(_own_id(actor)) if not self._has_ended(row)]
            this = hash_of(token)
            return [SignIn(_handle(r), r.created_at, r.seen_at, r.token_sha256 == this) for r in rows]

    def end_sign_in(self, actor: Actor, handle: str) -> None:
        """End one of one's own sign-ins; raises NotFound for anybody else's."""
        with self._database.writing() as work:
            found = [row for row in work.staff_login_sessions.of_staff(_own_id(actor)) if _handle(row) == handle]
            if not found:
                raise NotFound("There is no such sign-in.")
            work.staff_login_sessions.end(found[0].token_sha256)
            work.commit()

    def sign_out_everywhere(self, actor: Actor) -> None:
        """End all of one's own sign-ins."""
        with self._database.writing() as work:
            work.staff_login_sessions.end_all_of(_own_id(actor))
            work.commit()

    def sample_staff(self) -> list[Staff]:
        """Return the sample staff one can sign in as, with their operators; none outside demo mode."""
        if not self._demo:
            return []
        with self._database.reading() as work:
            return [staff for staff in work.staff.all() if _is_sample(staff) and may_come_in(staff)]

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
            token = self._step_up(work, staff, former_token)
            work.commit()
            return token

    def sign_out(self, token: str) -> None:
        """End the sign-in of the token."""
        with self._database.writing() as work:
            work.staff_login_sessions.end(hash_of(token))
            work.staff_login_sessions.forget_expired(self._clock.now() - ABSOLUTE)
            work.commit()

    def set_password(self, staff: Staff, password: str, *, field: str = "password") -> None:
        """Give somebody a password; raises InvalidInput when it may not be chosen."""
        about = (staff.name, staff.email)
        checked_password(password, shortest=SHORTEST_BESIDE_A_SECOND_FACTOR, about=about, field=field)
        staff.password_hash = self._passwords.hash(password)

    def begin_half(self, work: UnitOfWork, staff: Staff) -> str:
        """End all sign-ins of somebody and begin one that wants the second factor, in the caller's transaction."""
        work.staff_login_sessions.end_all_of(staff.id)
        return self._begin(work, staff, second_factor=False)

    def _offer(self, staff: Staff) -> Offer:
        return self.offered_again(staff.id, self._factor.new_secret(staff.id), staff.email)

    def _half_signed_in(self, token: str) -> int:
        """Return who showed the password and not yet the second factor."""
        member = self.member_of(token)
        if member is None or member.second_factor:
            raise NotAllowed("Show mailbox and password first.")
        return member.id

    def _take_code(self, staff: Staff, code: str, *, field: str = "code") -> None:
        step = None
        if staff.totp_secret:
            now = self._clock.now()
            step = self._factor.step_of(staff.totp_secret, staff.id, code, now, after=staff.totp_last_step)
        recovery = self._factor.recovery_hash(code)
        if step is not None:
            staff.totp_last_step = step
        elif recovery in staff.recovery_hashes:
            staff.recovery_hashes = [each for each in staff.recovery_hashes if each != recovery]
        else:
            log.warning("second_factor_refused", staff_id=staff.id)
            raise InvalidInput("This code is not right, or it was used already.", field=field, remedy="the next code")

    def _keep_factor(self, work: UnitOfWork, staff: Staff, sealed: str, code: str, *, field: str = "code") -> SetUp:
        step = self._factor.step_of(sealed, staff.id, code, self._clock.now(), after=0)
        if step is None:
            raise InvalidInput("This code is not right.", field=field, remedy="the six digits of the new entry")
        codes = self._factor.recovery_codes()
        staff.totp_secret, staff.totp_last_step = sealed, step
        staff.recovery_hashes = [self._factor.recovery_hash(each) for each in codes]
        _note(work, Actor(ActorRole(staff.role), staff_id=staff.id), staff, "second factor", self._clock.now())
        return SetUp(self._begin_alone(work, staff), codes)

    def _proved(self, actor: Actor, current: str, code: str) -> int:
        """Return whose access it is once password and code were shown again; raises InvalidInput otherwise."""
        staff_id = _own_id(actor)
        noted = self._guessing.note(f"second factor {staff_id}", limit=CODES)
        with self._database.reading() as work:
            kept = work.staff.get(staff_id).password_hash
        if not self._passwords.fits(kept, current):
            raise InvalidInput("This is not your present password.", field="current")
        with self._database.writing() as work:
            self._take_code(work.staff.locked(staff_id), code)
            work.commit()
        self._guessing.forget(noted)
        return staff_id

    def _step_up(self, work: UnitOfWork, staff: Staff, former_token: str) -> str:
        work.staff_login_sessions.end(hash_of(former_token))
        return self._begin(work, staff, second_factor=True)

    def _begin_alone(self, work: UnitOfWork, staff: Staff) -> str:
        work.staff_login_sessions.end_all_of(staff.id)
        return self._begin(work, staff, second_factor=True)

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


def _handle(row: StaffLoginSession) -> str:
    return row.token_sha256[:HANDLE_LETTERS]


def _own_id(actor: Actor) -> int:
    if actor.staff_id is None:
        raise NotAllowed("Only staff have such an access.")
    return actor.staff_id


def _note(work: UnitOfWork, actor: Actor, staff: Staff, what: str, now: datetime) -> None:
    audit(work, actor, Operation.CHANGE_OWN_ACCESS, ("staff", staff.id), now, after={"renewed": what})


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
