"""Who works here: operators that are admitted and closed, colleagues who are invited, and access that is taken away.

Owns: that an invitation goes to one mailbox, is good once and for seven days, and can be withdrawn; that whoever is
shut out is out within a second (each page asks); that all of it stands in the audit log. An invitation for somebody
who works here already sets a new password and a new second factor: the way back for whoever lost them.
"""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from datetime import timedelta

import structlog

from city.clock import Clock
from city.errors import Conflict, InvalidInput, NotAllowed, NotFound
from city.localised import LocalisedText
from city.mail import Mail, Mailer, MailUnsent, mailbox
from city.model import AreaLevel, Operator, Staff, StaffInvitation
from city.model.people import OPERATOR_ROLES, Role
from city.services.auditing import audit
from city.services.permissions import Actor, ActorRole, Operation, Subject, may, require
from city.services.staff_access import TOKEN_BYTES, StaffAccess, hash_of
from city.services.staff_words import invitation_words
from city.store.database import Database
from city.store.unit_of_work import UnitOfWork
from city.text import clean_line

log = structlog.get_logger(__name__)

GOOD_FOR = timedelta(days=7)
LONGEST_NAME = 80
SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")


@dataclass(frozen=True)
class Invitation:
    """Whom to invite, as what and for whom."""

    email: str
    role: str
    operator_id: int | None = None
    district_id: str | None = None
    language: str = "zh"


@dataclass(frozen=True)
class Invited:
    """An invitation that was made; `link` is known here only, `mailed` is False when the server did not take it."""

    id: int
    link: str
    mailed: bool


@dataclass(frozen=True)
class NewOperator:
    """What is asked of an operator that is admitted."""

    slug: str
    name_zh: str
    name_en: str = ""
    phone: str = ""
    email: str = ""
    district_id: str = ""
    reviewed: bool = True


class StaffKeeping:
    """Use cases of inviting, shutting out, admitting and closing."""

    def __init__(self, database: Database, clock: Clock, access: StaffAccess, mailer: Mailer, *, site: str) -> None:
        self._database = database
        self._clock = clock
        self._access = access
        self._mailer = mailer
        self._site = site

    def invite(self, actor: Actor, asked: Invitation) -> Invited:
        """Make an invitation, mail its link and return it; a former one to the same mailbox is withdrawn.

        Raises InvalidInput naming the field, NotAllowed beyond the own operator.
        """
        email = mailbox(asked.email).lower()
        token = secrets.token_urlsafe(TOKEN_BYTES)
        now = self._clock.now()
        with self._database.writing() as work:
            body = self._checked(work, actor, asked, email)
            self._withdraw_former(work, email)
            row = StaffInvitation(
                token_sha256=hash_of(token),
                email=email,
                role=asked.role,
                operator_id=asked.operator_id,
                district_id=asked.district_id,
                invited_by_id=actor.staff_id,
                created_at=now,
                expires_at=now + GOOD_FOR,
            )
            work.staff_invitations.add(row)
            told = {"role": asked.role, "operator": asked.operator_id, "district": asked.district_id}
            audit(work, actor, Operation.INVITE_STAFF, ("invitation", row.id), now, after=told)
            number = row.id
            work.commit()
        link = f"{self._site}/{asked.language}/o/invitation/{token}"
        return Invited(number, link, self._mailed(email, asked, body, link))

    def withdraw(self, actor: Actor, invitation_id: int) -> None:
        """Make an invitation good for nothing; raises Conflict when it was taken up."""
        now = self._clock.now()
        with self._database.writing() as work:
            row = work.staff_invitations.find(invitation_id)
            if row is None:
                raise NotFound("There is no such invitation.")
            self._require_over(actor, row.operator_id)
            if row.accepted_at is not None:
                raise Conflict("The invitation was taken up already.")
            row.withdrawn_at = now
            audit(work, actor, Operation.INVITE_STAFF, ("invitation", row.id), now, after={"withdrawn": True})
            work.commit()

    def invitation_of(self, token: str) -> StaffInvitation:
        """Return the invitation of a link; raises NotFound when it is used, withdrawn, too old or none."""
        with self._database.reading() as work:
            return self._open_one(work.staff_invitations.by_token(hash_of(token)))

    def take_up(self, token: str, name: str, password: str) -> str:
        """Make the member of staff with a name and a password; return a sign-in that still wants the second factor."""
        called = clean_line(name, field="name", longest=LONGEST_NAME)
        if not called:
            raise InvalidInput("Enter the name by which colleagues know you.", field="name")
        now = self._clock.now()
        with self._database.writing() as work:
            row = self._open_one(work.staff_invitations.by_token(hash_of(token)))
            staff = work.staff.by_email(row.email) or Staff(email=row.email, role=row.role, created_at=now)
            self._admit(staff, row, called)
            self._access.set_password(staff, password)
            work.staff.add(staff)
            work.flush()
            row.accepted_at = now
            actor = Actor(ActorRole(staff.role), staff_id=staff.id)
            audit(work, actor, Operation.ADD_STAFF, ("staff", staff.id), now, after={"role": row.role})
            session = self._access.begin_half(work, staff)
            work.commit()
        return session

    def disable(self, actor: Actor, staff_id: int) -> None:
        """Shut somebody out at once: all sign-ins end. Raises Conflict for oneself."""
        if actor.staff_id == staff_id:
            raise Conflict("Nobody shuts out themselves: ask a colleague.")
        now = self._clock.now()
        with self._database.writing() as work:
            staff = self._over(work, actor, staff_id)
            staff.disabled_at = staff.disabled_at or now
            work.staff_login_sessions.end_all_of(staff.id)
            audit(work, actor, Operation.DISABLE_STAFF, ("staff", staff.id), now, after={"disabled": True})
            work.commit()
        log.info("staff_disabled", staff_id=staff_id)

    def let_in_again(self, actor: Actor, staff_id: int) -> None:
        """Give access back to somebody who was shut out, with the former password and second factor."""
        now = self._clock.now()
        with self._database.writing() as work:
            staff = self._over(work, actor, staff_id)
            staff.disabled_at = None
            audit(work, actor, Operation.DISABLE_STAFF, ("staff", staff.id), now, after={"disabled": False})
            work.commit()

    def colleagues(self, actor: Actor) -> list[Staff]:
        """Return the staff over whom the actor may decide."""
        with self._database.reading() as work:
            return [row for row in work.staff.all() if self._is_over(actor, row.operator_id)]

    def invitations(self, actor: Actor) -> list[StaffInvitation]:
        """Return the invitations that can still be taken up and over which the actor may decide."""
        with self._database.reading() as work:
            found = work.staff_invitations.open_ones(self._clock.now())
            return [row for row in found if self._is_over(actor, row.operator_id)]

    def operators(self, actor: Actor) -> list[Operator]:
        """Return all operators, those that were closed too."""
        require(actor, Operation.ADD_OPERATOR)
        with self._database.reading() as work:
            return work.operators.all()

    def admit_operator(self, actor: Actor, asked: NewOperator) -> int:
        """Add an operator and return its id; raises InvalidInput naming the field, Conflict for a key in use."""
        require(actor, Operation.ADD_OPERATOR)
        now = self._clock.now()
        row = _operator_of(asked)
        with self._database.writing() as work:
            if row.district_id and _district(work, row.district_id) is None:
                raise InvalidInput("There is no such district.", field="district")
            if work.operators.by_slug(row.slug) is not None:
                raise InvalidInput("Another operator has this key.", field="slug", remedy="another key")
            work.operators.add(row)
            work.flush()
            audit(work, actor, Operation.ADD_OPERATOR, ("operator", row.id), now, after={"slug": row.slug})
            number = row.id
            work.commit()
        return number

    def close_operator(self, actor: Actor, operator_id: int, *, closed: bool = True) -> None:
        """Close an operator, so that nobody works for it any more, or open it again; what it published stays."""
        require(actor, Operation.ADD_OPERATOR)
        now = self._clock.now()
        with self._database.writing() as work:
            row = work.operators.get(operator_id)
            before = row.closed_at is not None
            row.closed_at = (row.closed_at or now) if closed else None
            if closed:
                work.staff_login_sessions.end_all_of_operator(row.id)
            thing, after = ("operator", row.id), {"closed": closed}
            audit(work, actor, Operation.ADD_OPERATOR, thing, now, before={"closed": before}, after=after)
            work.commit()

    def _checked(self, work: UnitOfWork, actor: Actor, asked: Invitation, email: str) -> LocalisedText:
        """Return the name of whom the person will work for, once all of it was found right."""
        if asked.role not in list(Role):
            raise InvalidInput("Choose a role.", field="role", remedy=", ".join(Role))
        self._require_over(actor, asked.operator_id)
        if (Role(asked.role) in OPERATOR_ROLES) != (asked.operator_id is not None):
            raise InvalidInput(
                "Editors, publishers and desks work for an operator, the others for the city.", field="role"
            )
        if (asked.role == Role.MODERATOR) != bool(asked.district_id):
            raise InvalidInput("A moderator has a district, and nobody else has one.", field="district")
        existing = work.staff.by_email(email)
        if existing is not None and not self._is_over(actor, existing.operator_id):
            raise InvalidInput("Somebody with this mailbox works here already, for another operator.", field="email")
        return self._whom_for(work, asked)

    def _whom_for(self, work: UnitOfWork, asked: Invitation) -> LocalisedText:
        if asked.operator_id is not None:
            body = work.operators.get(asked.operator_id)
            if body.closed_at is not None:
                raise InvalidInput("This operator is closed.", field="operator", remedy="one that is open")
            return body.name
        if asked.district_id:
            if (name := _district(work, asked.district_id)) is None:
                raise InvalidInput("There is no such district.", field="district")
            return name
        return LocalisedText({"zh-Hans": "学城", "en": "Learncity"})

    def _withdraw_former(self, work: UnitOfWork, email: str) -> None:
        now = self._clock.now()
        for row in work.staff_invitations.open_ones(now):
            if row.email == email:
                row.withdrawn_at = now

    def _mailed(self, email: str, asked: Invitation, body: LocalisedText, link: str) -> bool:
        subject, text, html = invitation_words(asked.language, asked.role, body, link)
        try:
            self._mailer.send(Mail(email, subject, text, html, asked.language))
        except MailUnsent as fault:
            log.warning("invitation_unsent", error=str(fault))
            return False
        return True

    def _open_one(self, row: StaffInvitation | None) -> StaffInvitation:
        now = self._clock.now()
        if row is None or row.accepted_at is not None or row.withdrawn_at is not None or row.expires_at <= now:
            raise NotFound("This invitation was used, withdrawn, or is older than seven days. Ask for a new one.")
        return row

    @staticmethod
    def _admit(staff: Staff, row: StaffInvitation, name: str) -> None:
        staff.name, staff.role = name, row.role
        staff.operator_id, staff.district_id = row.operator_id, row.district_id
        staff.totp_secret, staff.totp_last_step, staff.recovery_hashes = "", 0, []
        staff.disabled_at = None

    def _over(self, work: UnitOfWork, actor: Actor, staff_id: int) -> Staff:
        staff = work.staff.locked(staff_id)
        require(actor, Operation.DISABLE_STAFF, Subject(operator_id=staff.operator_id))
        return staff

    @staticmethod
    def _is_over(actor: Actor, operator_id: int | None) -> bool:
        return may(actor, Operation.INVITE_STAFF, Subject(operator_id=operator_id))

    def _require_over(self, actor: Actor, operator_id: int | None) -> None:
        if not self._is_over(actor, operator_id):
            raise NotAllowed("Only staff of that operator, or the city's administrators, decide who works there.")


def _district(work: UnitOfWork, district_id: str) -> LocalisedText | None:
    area = work.areas.find(district_id)
    return area.name if area is not None and area.level == AreaLevel.DISTRICT else None


def _operator_of(asked: NewOperator) -> Operator:
    slug = asked.slug.strip().lower()
    if not SLUG.fullmatch(slug):
        raise InvalidInput(
            "The key is not right.", field="slug", value=slug[:64], remedy="small letters, digits and dashes"
        )
    named = (("zh-Hans", asked.name_zh, "name_zh"), ("en", asked.name_en, "name_en"))
    names = {tag: clean_line(text, field=field, longest=200) for tag, text, field in named}
    if not names["zh-Hans"]:
        raise InvalidInput("Enter the operator's name.", field="name_zh")
    return Operator(
        slug=slug,
        name=LocalisedText({tag: text for tag, text in names.items() if text}),
        phone=clean_line(asked.phone, field="phone", longest=40),
        email=mailbox(asked.email) if asked.email.strip() else "",
        district_id=asked.district_id or None,
        reviewed=asked.reviewed,
    )
