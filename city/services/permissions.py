"""Who may do what: one table, deny by default. The first line of every use case asks here.

Owns: `Actor` and the role × operation matrix. Refuses any operation that is not in the table.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum

from city.errors import NotAllowed


class ActorRole(StrEnum):
    """In which capacity somebody acts.

    A `holder` showed a booking number with its phone, or the unguessable link of a booking, and acts for that one
    booking. `system` is a command typed by whoever runs the machine, or the worker.
    """

    VISITOR = "visitor"
    CITIZEN = "citizen"
    HOLDER = "holder"
    EDITOR = "editor"
    PUBLISHER = "publisher"
    DESK = "desk"
    MODERATOR = "moderator"
    PLANNER = "planner"
    ADMINISTRATOR = "administrator"
    SYSTEM = "system"


STAFF_ROLES = frozenset(ActorRole) - {ActorRole.VISITOR, ActorRole.CITIZEN, ActorRole.HOLDER, ActorRole.SYSTEM}


@dataclass(frozen=True)
class Actor:
    """Who acts: ids where the role has them, and the request by which it is done, for the audit log."""

    role: ActorRole
    citizen_id: int | None = None
    staff_id: int | None = None
    operator_id: int | None = None
    district_id: str | None = None
    request_id: str = ""

    @classmethod
    def visitor(cls) -> Actor:
        return cls(ActorRole.VISITOR)

    @classmethod
    def citizen(cls, citizen_id: int) -> Actor:
        return cls(ActorRole.CITIZEN, citizen_id=citizen_id)

    @classmethod
    def holder(cls, citizen_id: int) -> Actor:
        """Whoever proved to hold a booking of that citizen; the caller checked the proof."""
        return cls(ActorRole.HOLDER, citizen_id=citizen_id)

    @classmethod
    def publisher(cls, operator_id: int, staff_id: int | None = None) -> Actor:
        return cls(ActorRole.PUBLISHER, operator_id=operator_id, staff_id=staff_id)

    @classmethod
    def system(cls) -> Actor:
        return cls(ActorRole.SYSTEM)

    def within(self, request_id: str) -> Actor:
        """Return the same actor, acting by that request."""
        return replace(self, request_id=request_id)

    @property
    def is_staff(self) -> bool:
        return self.role in STAFF_ROLES


@dataclass(frozen=True)
class Subject:
    """Whose thing it is: the citizen, the operator or the district it belongs to."""

    citizen_id: int | None = None
    operator_id: int | None = None
    district_id: str | None = None


class Operation(StrEnum):
    """Everything that changes something, and every look at what concerns persons; a use case names its own."""

    TAKE_PLACE = "take a place"
    CANCEL_PLACE = "cancel a place"
    ACCEPT_PLACE = "say yes to an offered place"
    SEE_PLACE = "see a place"
    BOOK_ROOM = "book a seat in a study room"
    CANCEL_ROOM = "cancel a seat in a study room"
    ENTER_BALLOT = "enter a ballot"
    WITHDRAW_ENTRY = "withdraw an entry of a ballot"
    CHECK_IN = "check in with a code on the spot"
    LOG_INTERACTION = "log what was done with an offering"
    CHANGE_PROFILE = "change a profile"
    MERGE_CITIZENS = "join two files of one person"
    SAVE_SEARCH = "save a search"
    SIGN_IN_AS_SAMPLE = "sign in as a sample citizen"
    WRITE_DRAFT = "write a draft"
    PUBLISH_OFFERING = "publish an offering"
    CHANGE_RUN = "change the seats of a run or call it off"
    MODERATE = "decide whether an offering is shown"
    EDIT_VENUE = "edit a venue"
    IMPORT_FEED = "import a feed"
    MERGE_OFFERINGS = "merge offerings"
    RUN_BALLOT = "announce and draw a ballot"
    SEE_PEOPLE = "see who takes part"
    MARK_ATTENDANCE = "mark who came"
    TELL_PEOPLE = "tell people of a change"
    SEE_NUMBERS = "see an operator's numbers"
    INVITE_STAFF = "invite staff"
    DISABLE_STAFF = "take somebody's access away"
    CHANGE_OWN_ACCESS = "change one's own password or second factor"
    ADD_OPERATOR = "add an operator"
    ADD_STAFF = "add staff"
    CHANGE_TOPICS = "change the list of topics"
    SEE_AUDIT_LOG = "read the audit log"
    SIGN_IN = "sign in"
    USE_PORTAL = "use the operators' portal"


Rule = Callable[[Actor, Subject], bool]


def _own(actor: Actor, subject: Subject) -> bool:
    return actor.role == ActorRole.CITIZEN and actor.citizen_id is not None and actor.citizen_id == subject.citizen_id


def _held(actor: Actor, subject: Subject) -> bool:
    return actor.role == ActorRole.HOLDER and actor.citizen_id is not None and actor.citizen_id == subject.citizen_id


def _nobodys(actor: Actor, subject: Subject) -> bool:
    return actor.role == ActorRole.VISITOR and subject.citizen_id is None


def _visits(actor: Actor, subject: Subject) -> bool:
    return actor.role == ActorRole.VISITOR


def _works_as(*roles: ActorRole) -> Rule:
    """Return the rule: staff in one of the roles, of the operator it belongs to."""

    def rule(actor: Actor, subject: Subject) -> bool:
        return actor.role in roles and actor.operator_id is not None and actor.operator_id == subject.operator_id

    return rule


def _of_the_district(actor: Actor, subject: Subject) -> bool:
    return (
        actor.role == ActorRole.MODERATOR and actor.district_id is not None and actor.district_id == subject.district_id
    )


def _runs_the_city(actor: Actor, subject: Subject) -> bool:
    return actor.role in (ActorRole.ADMINISTRATOR, ActorRole.SYSTEM)


def _not_signed_in_or_citizen(actor: Actor, subject: Subject) -> bool:
    return actor.role in (ActorRole.VISITOR, ActorRole.CITIZEN)


def _is_staff(actor: Actor, subject: Subject) -> bool:
    return actor.is_staff


def _anybody(actor: Actor, subject: Subject) -> bool:
    return True


def _any(*rules: Rule) -> Rule:
    return lambda actor, subject: any(rule(actor, subject) for rule in rules)


_publishes = _any(_works_as(ActorRole.PUBLISHER), _runs_the_city)
_writes = _any(_works_as(ActorRole.EDITOR, ActorRole.PUBLISHER), _runs_the_city)
_serves = _any(_works_as(ActorRole.DESK, ActorRole.PUBLISHER), _runs_the_city)
_works_there = _any(_works_as(ActorRole.EDITOR, ActorRole.PUBLISHER, ActorRole.DESK), _runs_the_city)

MATRIX: dict[Operation, Rule] = {
    Operation.TAKE_PLACE: _any(_own, _visits, _serves),
    Operation.CANCEL_PLACE: _any(_own, _held, _serves),
    Operation.ACCEPT_PLACE: _any(_own, _held, _serves),
    Operation.SEE_PLACE: _any(_own, _held, _serves),
    Operation.BOOK_ROOM: _any(_own, _visits, _serves),
    Operation.CANCEL_ROOM: _any(_own, _held, _serves),
    Operation.ENTER_BALLOT: _any(_own, _visits, _serves),
    Operation.WITHDRAW_ENTRY: _any(_own, _held, _serves),
    Operation.CHECK_IN: _any(_own, _held),
    Operation.LOG_INTERACTION: _any(_own, _nobodys),
    Operation.CHANGE_PROFILE: _own,
    Operation.MERGE_CITIZENS: _own,
    Operation.SAVE_SEARCH: _any(_own, _nobodys),
    Operation.SIGN_IN_AS_SAMPLE: _not_signed_in_or_citizen,
    Operation.WRITE_DRAFT: _writes,
    Operation.PUBLISH_OFFERING: _publishes,
    Operation.CHANGE_RUN: _publishes,
    Operation.MODERATE: _any(_of_the_district, _runs_the_city),
    Operation.EDIT_VENUE: _writes,
    Operation.IMPORT_FEED: _publishes,
    Operation.MERGE_OFFERINGS: _publishes,
    Operation.RUN_BALLOT: _publishes,
    Operation.SEE_PEOPLE: _serves,
    Operation.MARK_ATTENDANCE: _serves,
    Operation.TELL_PEOPLE: _serves,
    Operation.SEE_NUMBERS: _works_there,
    Operation.INVITE_STAFF: _publishes,
    Operation.DISABLE_STAFF: _publishes,
    Operation.CHANGE_OWN_ACCESS: _is_staff,
    Operation.ADD_OPERATOR: _runs_the_city,
    Operation.ADD_STAFF: _runs_the_city,
    Operation.CHANGE_TOPICS: _runs_the_city,
    Operation.SEE_AUDIT_LOG: _runs_the_city,
    Operation.SIGN_IN: _anybody,
    Operation.USE_PORTAL: _is_staff,
}


def may(actor: Actor, operation: Operation, subject: Subject | None = None) -> bool:
    """True when the actor may do it to what belongs to the subject."""
    return MATRIX[operation](actor, subject or Subject())


def may_ever(role: ActorRole, operation: Operation) -> bool:
    """True when somebody in the role may do it to anything at all, if it is the own, or of the own operator."""
    actor = Actor(role, citizen_id=1, staff_id=1, operator_id=1, district_id="1")
    whose = (Subject(), Subject(citizen_id=1, operator_id=1, district_id="1"))
    return any(may(actor, operation, subject) for subject in whose)


def require(actor: Actor, operation: Operation, subject: Subject | None = None) -> None:
    """Return when the actor may do it, else raise NotAllowed with a sentence."""
    if not may(actor, operation, subject):
        raise NotAllowed(f"Nobody acting as {actor.role} may {operation} here.")
