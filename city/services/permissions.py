"""Who may do what: one table, deny by default. The first line of every use case asks here.

Owns: `Actor` and the role × operation matrix. Refuses any operation that is not in the table.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from city.errors import NotAllowed


class ActorRole(StrEnum):
    """In which capacity somebody acts. `system` is a command typed by whoever runs the machine."""

    VISITOR = "visitor"
    CITIZEN = "citizen"
    OPERATOR = "operator"
    PLANNER = "planner"
    ADMINISTRATOR = "administrator"
    SYSTEM = "system"


@dataclass(frozen=True)
class Actor:
    """Who acts; a citizen's id or an operator's id where the role has one."""

    role: ActorRole
    citizen_id: int | None = None
    operator_id: int | None = None

    @classmethod
    def visitor(cls) -> Actor:
        return cls(ActorRole.VISITOR)

    @classmethod
    def citizen(cls, citizen_id: int) -> Actor:
        return cls(ActorRole.CITIZEN, citizen_id=citizen_id)

    @classmethod
    def operator(cls, operator_id: int) -> Actor:
        return cls(ActorRole.OPERATOR, operator_id=operator_id)

    @classmethod
    def system(cls) -> Actor:
        return cls(ActorRole.SYSTEM)


@dataclass(frozen=True)
class Subject:
    """Whose thing it is: the citizen or the operator it belongs to."""

    citizen_id: int | None = None
    operator_id: int | None = None


class Operation(StrEnum):
    """Everything that changes something; a use case names its own."""

    TAKE_PLACE = "take a place"
    CANCEL_PLACE = "cancel a place"
    LOG_INTERACTION = "log what was done with an offering"
    CHANGE_PROFILE = "change a profile"
    SAVE_SEARCH = "save a search"
    SIGN_IN_AS_SAMPLE = "sign in as a sample citizen"
    PUBLISH_OFFERING = "publish an offering"
    IMPORT_FEED = "import a feed"
    ADD_OPERATOR = "add an operator"
    ADD_STAFF = "add staff"
    CHANGE_TOPICS = "change the list of topics"
    MERGE_OFFERINGS = "merge offerings"


Rule = Callable[[Actor, Subject], bool]


def _own(actor: Actor, subject: Subject) -> bool:
    return actor.role == ActorRole.CITIZEN and actor.citizen_id is not None and actor.citizen_id == subject.citizen_id


def _own_or_nobodys(actor: Actor, subject: Subject) -> bool:
    return _own(actor, subject) or (actor.role == ActorRole.VISITOR and subject.citizen_id is None)


def _own_operator_or_above(actor: Actor, subject: Subject) -> bool:
    own = (
        actor.role == ActorRole.OPERATOR and actor.operator_id is not None and actor.operator_id == subject.operator_id
    )
    return own or _runs_the_city(actor, subject)


def _runs_the_city(actor: Actor, subject: Subject) -> bool:
    return actor.role in (ActorRole.ADMINISTRATOR, ActorRole.SYSTEM)


def _not_signed_in_or_citizen(actor: Actor, subject: Subject) -> bool:
    return actor.role in (ActorRole.VISITOR, ActorRole.CITIZEN)


MATRIX: dict[Operation, Rule] = {
    Operation.TAKE_PLACE: _own,
    Operation.CANCEL_PLACE: _own,
    Operation.LOG_INTERACTION: _own_or_nobodys,
    Operation.CHANGE_PROFILE: _own,
    Operation.SAVE_SEARCH: _own_or_nobodys,
    Operation.SIGN_IN_AS_SAMPLE: _not_signed_in_or_citizen,
    Operation.PUBLISH_OFFERING: _own_operator_or_above,
    Operation.IMPORT_FEED: _own_operator_or_above,
    Operation.ADD_OPERATOR: _runs_the_city,
    Operation.ADD_STAFF: _runs_the_city,
    Operation.CHANGE_TOPICS: _runs_the_city,
    Operation.MERGE_OFFERINGS: _runs_the_city,
}


def require(actor: Actor, operation: Operation, subject: Subject | None = None) -> None:
    """Return when the actor may do it, else raise NotAllowed with a sentence."""
    if not MATRIX[operation](actor, subject or Subject()):
        raise NotAllowed(f"Nobody acting as {actor.role} may {operation} here.")
