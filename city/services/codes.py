"""One-time codes: six digits sent to a phone or mailbox, good once, for ten minutes and five tries.

Owns: that one code at a time is good for a target and purpose, that only a keyed hash is kept, how many are sent in a
while (OWASP ASVS 5.0 V6.5, V6.6). Called by `city.services.signing_in`.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import timedelta

from city.clock import Clock
from city.errors import InvalidInput, TooManyTries
from city.model import OneTimeCode
from city.sealing import derived_key
from city.services.couriers import Courier, Target
from city.services.guessing import Guessing, GuessLimit
from city.services.staff_words import code_words
from city.store.database import Database

GOOD_FOR = timedelta(minutes=10)
MOST_TRIES = 5
DIGITS = 6
SENT_SOON = GuessLimit(3, timedelta(minutes=10))
SENT_A_DAY = GuessLimit(10, timedelta(hours=23))
ASKED_FROM_ONE_ADDRESS = GuessLimit(30, timedelta(minutes=10))
"""Many people may sit at the computers of one library."""


class Codes:
    """Sends and checks codes."""

    def __init__(self, database: Database, clock: Clock, courier: Courier, guessing: Guessing, site_key: str) -> None:
        self._database = database
        self._clock = clock
        self._courier = courier
        self._guessing = guessing
        self._key = derived_key(site_key, "one-time codes")

    def send(self, target: Target, purpose: str, *, language: str, address: str) -> str:
        """Send a new code and return it, for a demonstration to show; the former one is good for nothing.

        Raises TooManyTries when too many were asked for, Unavailable when it cannot be sent.
        """
        self._guessing.note(f"codes from {address}", limit=ASKED_FROM_ONE_ADDRESS)
        self._guessing.note(f"codes a day to {target.address}", limit=SENT_A_DAY)
        self._guessing.note(f"codes to {target.address}", limit=SENT_SOON)
        code, now = f"{secrets.randbelow(10**DIGITS):0{DIGITS}d}", self._clock.now()
        self._courier.bring(target, code_words(language, code), language)
        with self._database.writing() as work:
            work.one_time_codes.forget_before(now - timedelta(days=1))
            work.one_time_codes.end_all(target.address, purpose, now)
            work.one_time_codes.add(
                OneTimeCode(
                    purpose=purpose,
                    target=target.address,
                    code_sha256=self._hash(target, code),
                    created_at=now,
                    expires_at=now + GOOD_FOR,
                )
            )
            work.commit()
        return code

    def take(self, target: Target, purpose: str, code: str) -> None:
        """Use the code up; raises InvalidInput when it is not right, TooManyTries when it is good for nothing."""
        with self._database.writing() as work:
            row = work.one_time_codes.newest(target.address, purpose)
            now = self._clock.now()
            if row is None or row.used_at is not None or row.expires_at <= now or row.tries >= MOST_TRIES:
                raise TooManyTries("This code is good for nothing any more. Let us send a new one.")
            row.tries += 1
            typed = "".join(code.split())
            right = hmac.compare_digest(row.code_sha256, self._hash(target, typed))
            row.used_at = now if right else None
            work.commit()
        if not right:
            raise InvalidInput("This code is not right.", field="code", remedy="the six digits of the last message")

    def _hash(self, target: Target, code: str) -> str:
        told = f"{target.address}\n{code}".encode("utf-8", "replace")
        return hmac.new(self._key, told, hashlib.sha256).hexdigest()
