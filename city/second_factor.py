"""The second factor of staff: six digits that change every half minute (RFC 6238), and codes for a lost telephone.

Owns: secrets sealed for one member of staff, that a code is good once, that a recovery code is kept as a keyed hash.
Keeps nothing itself; how many tries there are is `city.services.guessing`'s.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import datetime

import pyotp

from city.sealing import Seal, derived_key

ISSUER = "Learncity"
STEP_SECONDS = 30
TOLERATED_STEPS = (0, -1, 1)
"""A telephone's clock may be half a minute off."""
RECOVERY_CODES, RECOVERY_LETTERS = 10, 10
LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"
"""No 0, 1, i, l, o: they are mistaken for each other on paper."""


class SecondFactor:
    """Makes and checks what is shown beside a password."""

    def __init__(self, site_key: str) -> None:
        self._seal = Seal(site_key, "second factor")
        self._recovery_key = derived_key(site_key, "recovery codes")

    def new_secret(self, staff_id: int) -> str:
        """Return a new secret, sealed for that member of staff."""
        return self._seal.close(pyotp.random_base32(), str(staff_id))

    def address(self, sealed: str, staff_id: int, email: str) -> str:
        """Return the otpauth: address that a telephone reads from a picture."""
        return pyotp.TOTP(self._seal.open(sealed, str(staff_id))).provisioning_uri(name=email, issuer_name=ISSUER)

    def letters(self, sealed: str, staff_id: int) -> str:
        """Return the secret as it is typed by hand, in groups of four."""
        plain = self._seal.open(sealed, str(staff_id))
        return " ".join(plain[start : start + 4] for start in range(0, len(plain), 4))

    def step_of(self, sealed: str, staff_id: int, code: str, now: datetime, *, after: int) -> int | None:
        """Return the time step to which a code belongs, None when to none after the last one that was taken."""
        totp, present = pyotp.TOTP(self._seal.open(sealed, str(staff_id))), int(now.timestamp()) // STEP_SECONDS
        typed = "".join(code.split())
        for step in (present + shift for shift in TOLERATED_STEPS):
            if step > after and hmac.compare_digest(totp.generate_otp(step).encode(), typed.encode("utf-8", "replace")):
                return step
        return None

    def code(self, sealed: str, staff_id: int, now: datetime) -> str:
        """Return the code that a telephone shows at an instant."""
        return pyotp.TOTP(self._seal.open(sealed, str(staff_id))).at(now)

    def recovery_codes(self) -> list[str]:
        """Return new codes, each good once, in two groups of five letters."""
        drawn = ("".join(secrets.choice(LETTERS) for _ in range(RECOVERY_LETTERS)) for _ in range(RECOVERY_CODES))
        return [f"{letters[:5]}-{letters[5:]}" for letters in drawn]

    def recovery_hash(self, code: str) -> str:
        """Return what is kept of a recovery code, however it was typed."""
        typed = "".join(letter for letter in code.casefold() if letter.isalnum())
        return hmac.new(self._recovery_key, typed.encode("utf-8", "replace"), hashlib.sha256).hexdigest()
