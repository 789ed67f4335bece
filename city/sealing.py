"""What must be kept but read by nobody else: sealed with AES-256-GCM under a key of its own purpose.

Owns: how a key for one purpose is derived from the site's (HKDF-SHA-256, RFC 5869), and that something sealed for one
purpose and owner opens for no other. Called by the second factor (secrets in the database) and by the portal (a form
that comes back after signing in again).
"""

from __future__ import annotations

import base64
import binascii
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from city.errors import NotFound

KEY_BYTES, NONCE_BYTES = 32, 12


def derived_key(site_key: str, purpose: str) -> bytes:
    """Return the key of one purpose."""
    return HKDF(SHA256(), KEY_BYTES, salt=None, info=f"learncity {purpose}".encode()).derive(site_key.encode())


class Seal:
    """Seals and opens for one purpose."""

    def __init__(self, site_key: str, purpose: str) -> None:
        self._cipher = AESGCM(derived_key(site_key, purpose))

    def close(self, text: str, owner: str) -> str:
        """Return the text sealed for an owner, in letters that fit a form and a column."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        return base64.urlsafe_b64encode(nonce + self._cipher.encrypt(nonce, text.encode(), owner.encode())).decode()

    def open(self, sealed: str, owner: str) -> str:
        """Return the text; raises NotFound when it was not sealed here for this owner."""
        try:
            raw = base64.urlsafe_b64decode(sealed.encode("ascii", "strict"))
            return self._cipher.decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], owner.encode()).decode()
        except (InvalidTag, binascii.Error, ValueError):
            raise NotFound("This was not sealed here, or for somebody else.") from None
