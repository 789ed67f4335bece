"""Bringing a code to whoever asks for it, at once: by text message to a mobile, by mail to a mailbox.

Owns: what a target is (a phone number or a mailbox, in the form in which it is kept) and which way it is reached. A
code is handed over in the request that asks for it and written nowhere else.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from city.errors import InvalidInput
from city.mail import Mail, Mailer, mailbox
from city.phones import can_get_messages, phone_number, written


class Texter(Protocol):
    """Sends one text message; raises Unavailable when it could not."""

    def send(self, number: str, text: str) -> None: ...


@dataclass(frozen=True)
class Target:
    """Where a code goes, and by what a person signs in."""

    address: str
    is_phone: bool

    @property
    def shown(self) -> str:
        """The address as people write it."""
        return written(self.address) if self.is_phone else self.address


def target_of(text: str, *, field: str = "who") -> Target:
    """Return the phone number or mailbox that was typed; raises InvalidInput."""
    if "@" in text:
        return Target(mailbox(text, field=field).lower(), is_phone=False)
    if not text.strip():
        raise InvalidInput("Enter your phone number or your e-mail address.", field=field)
    return Target(phone_number(text, field=field), is_phone=True)


class Courier:
    """Brings words to a target."""

    def __init__(self, mailer: Mailer, texter: Texter) -> None:
        self._mailer = mailer
        self._texter = texter

    def bring(self, target: Target, words: tuple[str, str, str], language: str) -> None:
        """Send (subject, text, HTML); raises Unavailable when the way is shut, InvalidInput for a landline."""
        subject, text, html = words
        if not target.is_phone:
            self._mailer.send(Mail(target.address, subject, text, html, language))
        elif can_get_messages(target.address):
            self._texter.send(target.address, text)
        else:
            raise InvalidInput("This telephone gets no text messages.", field="who", remedy="a mobile, or a mailbox")
