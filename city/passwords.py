"""Passwords: which one may be chosen, what is kept of it, and whether one that is shown fits.

Owns: argon2id (19 MiB, two passes, one lane: OWASP's password storage advice), at most two hashes at once in a
process, the rules of length, the list of the commonest passwords. No rule of composition, no end date, and any letters
a keyboard has (OWASP ASVS 5.0 V6.2, NIST SP 800-63B-4). Keeps nothing; called by `staff_access` and `signing_in`.
"""

from __future__ import annotations

import threading
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerifyMismatchError

from city.errors import InvalidInput

SHORTEST_BESIDE_A_SECOND_FACTOR, SHORTEST_ALONE, LONGEST = 8, 15, 256
FEWEST_LETTERS = 4
"""A password of fewer different letters is guessed in no time, whatever its length."""
AT_ONCE = 2
CONTEXT_WORDS = frozenset(
    {"learncity", "xuecheng", "学城", "library", "tushuguan", "图书馆", "password", "mima", "密码"}
)


@dataclass(frozen=True)
class Cost:
    """What one hash costs: memory in KiB and passes over it."""

    memory_kib: int = 19_456
    passes: int = 2


class Passwords:
    """Hashes and compares; `cost` is lowered by tests only."""

    def __init__(self, cost: Cost | None = None) -> None:
        paid = cost or Cost()
        self._hasher = PasswordHasher(
            time_cost=paid.passes, memory_cost=paid.memory_kib, parallelism=1, type=Type.ID, hash_len=32, salt_len=16
        )
        self._turn = threading.BoundedSemaphore(AT_ONCE)
        self._nobodys = ""

    def hash(self, password: str) -> str:
        """Return what is kept of a password."""
        with self._turn:
            return self._hasher.hash(_normal(password))

    def fits(self, kept: str, password: str) -> bool:
        """True when `kept` was made of that password; an empty `kept` takes the same time and fits nothing."""
        if len(password) > LONGEST:
            password = ""
        against = kept or self._of_nobody()
        with self._turn:
            try:
                matches = self._hasher.verify(against, _normal(password))
            except (VerifyMismatchError, InvalidHashError):
                return False
        return matches and bool(kept)

    def is_outdated(self, kept: str) -> bool:
        """True when `kept` was made at another cost, so that it should be made anew while the password is at hand."""
        return self._hasher.check_needs_rehash(kept)

    def _of_nobody(self) -> str:
        if not self._nobodys:
            self._nobodys = self.hash("nobody has this password")
        return self._nobodys


def checked_password(
    password: str, *, shortest: int = SHORTEST_ALONE, about: Iterable[str] = (), field: str = "password"
) -> str:
    """Return the password when it may be chosen; `about` are words of the person, like name and mailbox.

    Raises InvalidInput with what would be right; it never holds the password.
    """
    plain = _normal(password)
    if len(plain) < shortest:
        raise InvalidInput("The password is too short.", field=field, remedy=f"at least {shortest} letters")
    if len(password) > LONGEST:
        raise InvalidInput("The password is too long.", field=field, remedy=f"at most {LONGEST} letters")
    if _is_guessable(plain.casefold(), about):
        raise InvalidInput(
            "Many people choose this password, so it is guessed first.", field=field, remedy="several unrelated words"
        )
    return password


def _normal(password: str) -> str:
    """Return one form for letters that can be typed in several ways (NFC), white space kept."""
    return unicodedata.normalize("NFC", password)


def _is_guessable(folded: str, about: Iterable[str]) -> bool:
    if len(set(folded)) < FEWEST_LETTERS or folded in common_passwords():
        return True
    unit = _repeated(folded)
    core = "".join(letter for letter in unit if letter.isalpha())
    words = CONTEXT_WORDS | {piece for word in about for piece in _pieces(word)}
    return unit in common_passwords() or core in words or folded in words


def _repeated(text: str) -> str:
    """Return what a text repeats from end to end, the text itself when it repeats nothing."""
    return text[: (text + text).index(text, 1)]


def _pieces(word: str) -> set[str]:
    """Return a person's word, and a mailbox's name, in the forms in which they are compared."""
    folded = _normal(word).casefold().strip()
    local = folded.partition("@")[0]
    return {each for each in (folded, local, "".join(filter(str.isalpha, local))) if len(each) > 1}


@cache
def common_passwords() -> frozenset[str]:
    """Return the commonest passwords, in lower case."""
    lines = (files("city") / "common_passwords.txt").read_text(encoding="utf-8").splitlines()
    return frozenset(line for line in lines if line and not line.startswith("#"))
