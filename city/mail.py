"""The way out for mail: by SMTP, or into a folder of files while no server is named.

Owns: `Mail`, what an address may look like, how a message is built (plain text, simple HTML, one-click unsubscribe),
and that no text of somebody's can become a header. Refuses an address with anything but one mailbox. Called by
`city.services.mailing`; tests pass a list.
"""

from __future__ import annotations

import re
import smtplib
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, EmailPolicy
from email.utils import format_datetime, make_msgid
from pathlib import Path
from typing import Protocol
from urllib.parse import parse_qs, unquote, urlsplit

from city.clock import Clock
from city.config import Settings
from city.errors import ConfigurationError, InvalidInput, Unavailable
from city.text import clean_line

LONGEST_ADDRESS = 254
ADDRESS = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,63}"
)
PORTS = {"smtp": 25, "smtps": 465}
SUBMISSION_PORT = 587
TIMEOUT_SECONDS = 20
SENDER_NAME = "Learncity 学城"
READABLE = SMTP.clone(cte_type="8bit", utf8=True)
"""A mail in a file can be read as it is, Chinese too."""


class MailUnsent(Unavailable):
    """The mail server refuses or does not answer; the mail is tried again later."""


@dataclass(frozen=True)
class Mail:
    """One message to one address; `unsubscribe_url` answers a POST (RFC 8058)."""

    to: str
    subject: str
    text: str
    html: str
    language: str
    unsubscribe_url: str = ""


class Mailer(Protocol):
    """Sends one mail; raises MailUnsent when it could not."""

    def send(self, mail: Mail) -> None: ...


def mailbox(text: str, *, field: str = "email") -> str:
    """Return the address of one mailbox; raises InvalidInput for anything else."""
    address = clean_line(text, field=field, longest=LONGEST_ADDRESS)
    local = address.partition("@")[0]
    if not ADDRESS.fullmatch(address) or len(address) > LONGEST_ADDRESS or len(local) > 64:
        raise InvalidInput(
            "That is no e-mail address.", field=field, value=address[:80], remedy="an address like name@example.org"
        )
    return address


def message_of(mail: Mail, *, sender: str, clock: Clock, policy: EmailPolicy[EmailMessage] = SMTP) -> EmailMessage:
    """Build the message; line breaks in a subject become blanks, and an address is one mailbox or nothing."""
    message = EmailMessage(policy=policy)
    local, _, domain = sender.rpartition("@")
    message["From"] = Address(SENDER_NAME, local, domain)
    message["To"] = mailbox(mail.to)
    message["Subject"] = clean_line(mail.subject, longest=900)
    message["Date"] = format_datetime(clock.now())
    message["Message-ID"] = make_msgid(domain=domain)
    message["Content-Language"] = {"zh": "zh-Hans"}.get(mail.language, mail.language)
    message["Auto-Submitted"] = "auto-generated"
    if mail.unsubscribe_url:
        message["List-Unsubscribe"] = f"<{mail.unsubscribe_url}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(mail.text)
    message.add_alternative(mail.html, subtype="html")
    return message


class FileOutbox:
    """Mails as files of a folder, in the order of their names: for a demonstration, and to read them in tests."""

    def __init__(self, folder: Path, *, sender: str, clock: Clock) -> None:
        self._folder = folder
        self._sender = sender
        self._clock = clock

    def send(self, mail: Mail) -> None:
        """Write the mail; a half-written one is never seen under its name."""
        message = message_of(mail, sender=self._sender, clock=self._clock, policy=READABLE)
        name = re.sub(r"[^A-Za-z0-9.-]", "", str(message["Message-ID"]))
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            half = self._folder / f".{name}.part"
            half.write_bytes(message.as_bytes())
            half.replace(self._folder / f"{self._clock.now():%Y%m%dT%H%M%S%f}-{name}.eml")
        except OSError as fault:
            raise MailUnsent(f"The mail could not be written into {self._folder}: {fault.strerror}.") from fault


class SmtpMailer:
    """Sends through a server: `smtps://` speaks TLS at once, `smtp://` as soon as the server offers it.

    A name and a password are sent over TLS only. `connect` is for tests.
    """

    def __init__(
        self, url: str, *, sender: str, clock: Clock, connect: Callable[..., smtplib.SMTP] | None = None
    ) -> None:
        self._server = _server_of(url)
        self._sender = sender
        self._clock = clock
        self._connect = connect or (smtplib.SMTP_SSL if self._server.is_tls else smtplib.SMTP)

    def send(self, mail: Mail) -> None:
        """Send the mail in a connection of its own."""
        message = message_of(mail, sender=self._sender, clock=self._clock)
        server = self._server
        try:
            with self._connect(server.host, server.port, timeout=TIMEOUT_SECONDS) as connection:
                self._secure(connection)
                if server.name:
                    connection.login(server.name, server.password)
                connection.send_message(message)
        except (OSError, smtplib.SMTPException) as fault:
            kind = type(fault).__name__
            raise MailUnsent(f"The mail server {server.host}:{server.port} did not take the mail ({kind}).") from fault

    def _secure(self, connection: smtplib.SMTP) -> None:
        if self._server.is_tls:
            return
        connection.ehlo()
        if connection.has_extn("starttls"):
            connection.starttls(context=ssl.create_default_context())
            connection.ehlo()
        elif self._server.name:
            raise smtplib.SMTPNotSupportedError("no TLS is offered, and a password goes over TLS only")


@dataclass(frozen=True)
class _Server:
    host: str
    port: int
    name: str
    password: str
    is_tls: bool


def _server_of(url: str) -> _Server:
    split = urlsplit(url)
    try:
        port = split.port
    except ValueError:
        port = -1
    if split.scheme not in PORTS or not split.hostname or port == -1:
        raise ConfigurationError("LEARNCITY_MAIL_URL: write it like smtp://name:password@host:587.")
    fallback = SUBMISSION_PORT if split.scheme == "smtp" and split.username else PORTS[split.scheme]
    name, password = unquote(split.username or ""), unquote(split.password or "")
    return _Server(split.hostname, port or fallback, name, password, split.scheme == "smtps")


def build_mailer(settings: Settings) -> Mailer:
    """Return the way out that the settings name; the sender is its `?from=`, else learncity@ the first host."""
    asked = parse_qs(urlsplit(settings.mail_url).query).get("from", [""])[0]
    host = settings.hosts[0] if "." in settings.hosts[0] else "learncity.invalid"
    sender, clock = mailbox(asked or f"learncity@{host}", field="from"), settings.system_clock
    if not settings.mail_url:
        return FileOutbox(settings.data_dir / "mail", sender=sender, clock=clock)
    return SmtpMailer(settings.mail_url, sender=sender, clock=clock)
