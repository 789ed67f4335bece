"""Guesses at passwords and codes, counted in the database against a name and against the address they come from.

Owns: that no more than so many are checked in a while, however many processes serve the site (reliability.md A12), and
that a right guess does not count: thirty colleagues behind one address may all come in at nine. Names and addresses
are kept as keyed hashes. Called by `staff_access` and `signing_in`.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from city.clock import Clock
from city.errors import TooManyTries
from city.model import SignInAttempt
from city.sealing import derived_key
from city.store.database import Database


@dataclass(frozen=True)
class GuessLimit:
    """So many guesses within so long."""

    count: int = 10
    within: timedelta = timedelta(minutes=5)


CODES = GuessLimit(5)
"""Tries at a second factor."""


class Guessing:
    """Counts guesses. A guess is noted and kept before it is checked, so that none goes uncounted."""

    def __init__(self, database: Database, clock: Clock, site_key: str, limit: GuessLimit | None = None) -> None:
        self._database = database
        self._clock = clock
        self._key = derived_key(site_key, "guesses")
        self.limit = limit or GuessLimit()

    def note(self, *subjects: str, limit: GuessLimit | None = None) -> list[int]:
        """Count one guess against each subject and return the rows; raises TooManyTries beyond the limit.

        A guess that is refused leaves no row: whoever keeps trying shuts nobody out for longer.
        """
        held, hashes = limit or self.limit, [self._hash(subject) for subject in subjects]
        self._refuse_beyond(held, hashes, held.count - 1)
        ids = self._add(hashes)
        try:
            self._refuse_beyond(held, hashes, held.count)  # others may have been noted at the same moment
        except TooManyTries:
            self.forget(ids)
            raise
        return ids

    def forget(self, ids: Sequence[int]) -> None:
        """The guess was right: it does not count."""
        with self._database.writing() as work:
            work.sign_in_attempts.remove(ids)
            work.commit()

    def _refuse_beyond(self, limit: GuessLimit, hashes: Sequence[str], most: int) -> None:
        since = self._clock.now() - limit.within
        with self._database.reading() as work:
            counts = [work.sign_in_attempts.count(each, since) for each in hashes]
        if any(count > most for count in counts):
            raise TooManyTries(
                "There were too many tries. Wait a few minutes, then try again.",
                retry_after_seconds=int(limit.within.total_seconds()),
            )

    def _add(self, hashes: Sequence[str]) -> list[int]:
        now = self._clock.now()
        with self._database.writing() as work:
            work.sign_in_attempts.forget_before(now - timedelta(days=1))
            rows = [SignInAttempt(subject_sha256=each, attempted_at=now) for each in hashes]
            ids = work.sign_in_attempts.add_all(rows)
            work.commit()
        return ids

    def _hash(self, subject: str) -> str:
        return hmac.new(self._key, subject.casefold().encode("utf-8", "replace"), hashlib.sha256).hexdigest()
