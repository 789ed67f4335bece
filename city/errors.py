"""Errors by meaning. Every message is a sentence a person can act on; whoever shows it adds nothing.

Raised everywhere above; imports nothing.
"""

from __future__ import annotations


class LearncityError(Exception):
    """Base of all errors this product raises on purpose."""


class ConfigurationError(LearncityError):
    """A setting is missing, contradictory or unusable; the sentence names the setting and what would be right."""


class InvalidInput(LearncityError):
    """Somebody sent a value that breaks a rule.

    `field` is the name of the form or record field, `value` what was sent (shortened by whoever shows it),
    `remedy` what would be right.
    """

    def __init__(self, message: str, *, field: str = "", value: object = None, remedy: str = "") -> None:
        super().__init__(message)
        self.field = field
        self.value = value
        self.remedy = remedy


class NotFound(LearncityError):
    """What was asked for does not exist or is not shown to the one who asks."""


class NotAllowed(LearncityError):
    """The actor has no permission for the operation (deny by default)."""


class Conflict(LearncityError):
    """The rule holds now and the request comes too late or twice; subclasses say which rule."""


class RunIsFull(Conflict):
    """No place is left on the Run."""


class EnrolmentClosed(Conflict):
    """The Run takes no enrolments now (not open yet, closed, over or cancelled)."""


class AlreadyEnrolled(Conflict):
    """The citizen has a live enrolment on the Run."""


class IdempotencyMismatch(Conflict):
    """An idempotency key came again with another request."""


class Unavailable(LearncityError):
    """A part the request needs does not answer; `retry_after_seconds` says when trying again makes sense."""

    def __init__(self, message: str, *, retry_after_seconds: int = 5) -> None:
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
