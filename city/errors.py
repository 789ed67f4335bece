"""Errors by meaning. Every message is a sentence a person can act on; whoever shows it adds nothing.

Raised everywhere above; imports nothing of the house.
"""

from __future__ import annotations

from collections.abc import Mapping


class LearncityError(Exception):
    """Base of all errors this product raises on purpose."""


class ConfigurationError(LearncityError):
    """A setting is missing, contradictory or unusable; the sentence names the setting and what would be right."""


class InvalidInput(LearncityError):
    """Somebody sent a value that breaks a rule.

    `field` is the name of the form or record field, `value` what was sent (shortened by whoever shows it),
    `remedy` what would be right. `said` is the whole sentence by BCP 47 tag, where a rule words itself.
    """

    def __init__(
        self,
        message: str,
        *,
        field: str = "",
        value: object = None,
        remedy: str = "",
        said: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.field = field
        self.value = value
        self.remedy = remedy
        self.said = said or {}


class NotFound(LearncityError):
    """What was asked for does not exist or is not shown to the one who asks."""


class NotAllowed(LearncityError):
    """The actor has no permission for the operation (deny by default)."""


class Conflict(LearncityError):
    """The rule holds now and the request comes too late or twice; subclasses say which rule."""


class PlaceRefused(Conflict):
    """A rule of a Run keeps somebody from a place.

    `rule` names it, `said` is the sentence by BCP 47 tag (zh-Hans and en), which a page shows as it is.
    """

    def __init__(self, message: str, *, rule: str = "", said: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.rule = rule
        self.said = said or {}


class RunIsFull(PlaceRefused):
    """Not enough places are left on the Run; `can_wait` says whether a waiting list is kept."""

    def __init__(
        self, message: str, *, rule: str = "", said: Mapping[str, str] | None = None, can_wait: bool = False
    ) -> None:
        super().__init__(message, rule=rule, said=said)
        self.can_wait = can_wait


class EnrolmentClosed(PlaceRefused):
    """The Run takes no enrolments now (not open yet, closed, over, cancelled, drawn by a Ballot or for walking in)."""


class AlreadyEnrolled(PlaceRefused):
    """The citizen has a live enrolment on the Run."""


class LimitReached(PlaceRefused):
    """A limit of the Run: age, residents first, places a term, people in one booking."""


class TooLate(PlaceRefused):
    """What was offered for a time can be taken no more: a place to say yes to, a day in which to undo."""


class IdempotencyMismatch(Conflict):
    """An idempotency key came again with another request."""


class Unavailable(LearncityError):
    """A part the request needs does not answer; `retry_after_seconds` says when trying again makes sense."""

    def __init__(self, message: str, *, retry_after_seconds: int = 5) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds


class TooManyTries(LearncityError):
    """More guesses at a password or code came than are checked; `retry_after_seconds` says when to try again."""

    def __init__(self, message: str, *, retry_after_seconds: int = 300) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds


class DatabaseUnavailable(Unavailable):
    """The database refuses, is locked too long or has another schema version than the code."""


class SearchUnavailable(Unavailable):
    """The search engine refuses, is too slow, or its index is missing or damaged."""


class IndexLocked(LearncityError):
    """Another process writes the embedded index already."""


class ArtefactRefused(LearncityError):
    """A model artefact is missing, damaged or of another schema; the former one stays in use."""


class FeedRefused(LearncityError):
    """A feed as a whole cannot be used; the sentence names file, line and what would be right."""

    def __init__(self, message: str, *, file: str = "", line: int | None = None, remedy: str = "") -> None:
        super().__init__(message)
        self.file = file
        self.line = line
        self.remedy = remedy


class FeedNotThere(FeedRefused):
    """Nothing stands at a feed's address; the server said so."""
