"""Links that prove something by themselves: a payload signed for one purpose with the site's key, kept nowhere.

Owns: the form of a token. A token for one purpose opens nothing else; a changed one counts as none. HMAC-SHA-256 over
purpose and payload, compared in constant time.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac

from city.errors import NotFound

LONGEST_TOKEN = 8_000


class Tokens:
    """Makes and reads tokens with one key."""

    def __init__(self, key: str) -> None:
        self._key = key.encode()

    def make(self, purpose: str, payload: str) -> str:
        """Return the token, in letters that need no escaping in an address."""
        return f"{_encoded(payload.encode())}.{_encoded(self._signature(purpose, payload))}"

    def read(self, purpose: str, token: str) -> str:
        """Return the payload; raises NotFound for a token that was not made here for this purpose."""
        body, _, signature = token.partition(".")
        try:
            payload, given = _decoded(body).decode(), _decoded(signature)
        except (binascii.Error, ValueError):
            payload, given = "", b""
        if len(token) > LONGEST_TOKEN or not hmac.compare_digest(given, self._signature(purpose, payload)):
            raise NotFound("This link is not complete. Open it from the mail once more.")
        return payload

    def digits(self, purpose: str, payload: str, *, n: int) -> str:
        """Return `n` digits that stand for the payload and can be typed; short, so they need a limit of tries."""
        return str(int.from_bytes(self._signature(purpose, payload)) % 10**n).zfill(n)

    def _signature(self, purpose: str, payload: str) -> bytes:
        return hmac.new(self._key, f"{purpose}\n{payload}".encode(), hashlib.sha256).digest()


def _encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _decoded(text: str) -> bytes:
    if not text.isascii():
        raise ValueError(text)
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
