"""The way out for text messages: through a gateway that is asked by HTTP, or into a folder of files.

Owns: `TextMessage`, how it is put into what a gateway wants (`LEARNCITY_SMS_BODY`, names filled from a fixed list), and
when the gateway took it. Redirects are not followed, certificates are checked, and what the gateway answers stands in
no error but for its status. Called by `city.services.sending` and by whoever sends a code at once.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import parse_qsl, urlencode

import httpx
import phonenumbers

from city.clock import Clock
from city.config import Settings
from city.errors import ConfigurationError, Unavailable

TIMEOUT_SECONDS = 10
MOST_BYTES = 65_536
PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")


class TextUnsent(Unavailable):
    """The gateway refuses or does not answer; the message is tried again later."""


@dataclass(frozen=True)
class TextMessage:
    """One message to one phone (E.164); the same `reference` is the same message sent again."""

    to: str
    text: str
    reference: str

    @classmethod
    def of(cls, number: str, text: str, reference: str) -> TextMessage:
        """Return the message, with a reference of its own when it has none."""
        return cls(number, text, reference or secrets.token_hex(8))


class Texter(Protocol):
    """Sends one text message; raises TextUnsent when it could not."""

    def send(self, number: str, text: str, reference: str = "") -> None: ...


class FileTexts:
    """Text messages as files of a folder, in the order of their names: for a demonstration, and to read them."""

    def __init__(self, folder: Path, *, clock: Clock) -> None:
        self._folder = folder
        self._clock = clock

    def send(self, number: str, text: str, reference: str = "") -> None:
        """Write the message; a half-written one is never seen under its name."""
        message = TextMessage.of(number, text, reference)
        name = re.sub(r"[^A-Za-z0-9-]", "", message.reference)
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            half = self._folder / f".{name}.part"
            half.write_text(f"To: {message.to}\n\n{message.text}\n", encoding="utf-8")
            half.replace(self._folder / f"{self._clock.now():%Y%m%dT%H%M%S%f}-{name}.txt")
        except OSError as fault:
            raise TextUnsent(f"The message could not be written into {self._folder}: {fault.strerror}.") from fault


class GatewayTexter:
    """Sends through a gateway: one POST a message, with the body and the headers that the settings name."""

    def __init__(
        self, url: str, *, body: str, headers: Mapping[str, str], accepted: str = "", client: httpx.Client | None = None
    ) -> None:
        self._url = url
        self._form = Form.of(body)
        self._headers = dict(headers)
        self._accepted = accepted
        self._client = client or httpx.Client(timeout=TIMEOUT_SECONDS, follow_redirects=False, trust_env=False)

    def send(self, number: str, text: str, reference: str = "") -> None:
        """Hand the message over; raises TextUnsent unless the gateway says that it took it."""
        content, kind = self._form.filled(TextMessage.of(number, text, reference))
        host = httpx.URL(self._url).host
        try:
            with self._client.stream(
                "POST", self._url, content=content, headers={"Content-Type": kind} | self._headers
            ) as answer:
                said = _beginning(answer)
        except (httpx.HTTPError, OSError) as fault:
            raise TextUnsent(f"The gateway {host} does not answer ({type(fault).__name__}).") from fault
        if not answer.is_success:
            raise TextUnsent(f"The gateway {host} answered {answer.status_code}.")
        if self._accepted and self._accepted not in said:
            raise TextUnsent(f"The gateway {host} answered without {self._accepted!r}, so it did not take it.")


@dataclass(frozen=True)
class Form:
    """What a gateway wants to be sent: JSON when it begins with a brace, else the fields of a web form."""

    is_json: bool
    fields: Any

    @classmethod
    def of(cls, body: str) -> Form:
        """Read a template; raises ConfigurationError when it is no JSON and no form, or names something unknown."""
        text = body.strip()
        try:
            form = (
                cls(True, json.loads(text))
                if text.startswith("{")
                else cls(False, parse_qsl(text, strict_parsing=True))
            )
        except ValueError as wrong:
            raise ConfigurationError(f"LEARNCITY_SMS_BODY is neither JSON nor a form ({wrong}).") from wrong
        unknown = sorted(set(PLACEHOLDER.findall(text)) - set(_values(TextMessage("+8613800138000", "", ""))))
        if unknown:
            raise ConfigurationError(
                f"LEARNCITY_SMS_BODY names {{{unknown[0]}}}: the names are phone, digits, national, text and reference."
            )
        return form

    def filled(self, message: TextMessage) -> tuple[bytes, str]:
        """Return body and content type with the message's values put into the template's texts."""
        values = _values(message)
        if self.is_json:
            return json.dumps(_put(self.fields, values), ensure_ascii=False).encode(), "application/json; charset=utf-8"
        pairs = [(name, _put(value, values)) for name, value in self.fields]
        return urlencode(pairs).encode(), "application/x-www-form-urlencoded; charset=utf-8"


def build_texter(settings: Settings) -> Texter:
    """Return the way out that the settings name."""
    if not settings.sms_url:
        return FileTexts(settings.data_dir / "sms", clock=settings.system_clock)
    return GatewayTexter(
        settings.sms_url, body=settings.sms_body, headers=settings.sms_headers, accepted=settings.sms_accepted
    )


def _values(message: TextMessage) -> dict[str, str]:
    number = phonenumbers.parse(message.to)
    return {
        "phone": message.to,
        "digits": message.to.removeprefix("+"),
        "national": phonenumbers.national_significant_number(number),
        "text": message.text,
        "reference": message.reference,
    }


def _put(value: Any, values: Mapping[str, str]) -> Any:
    """Fill the texts of a JSON value; each name once, so that a text with braces stays as it is."""
    if isinstance(value, str):
        return PLACEHOLDER.sub(lambda found: values[found[1]], value)
    if isinstance(value, list):
        return [_put(each, values) for each in value]
    if isinstance(value, dict):
        return {name: _put(each, values) for name, each in value.items()}
    return value


def _beginning(answer: httpx.Response) -> str:
    """Return the beginning of an answer as text; no gateway has more to say."""
    read = b""
    for part in answer.iter_bytes():
        read += part
        if len(read) >= MOST_BYTES:
            break
    return read[:MOST_BYTES].decode("utf-8", "replace")
