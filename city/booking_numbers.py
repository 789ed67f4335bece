"""Booking numbers: eight digits that can be read out on the phone, the last of them a check digit.

Owns: how they are made, written and read. They are no secret by themselves: a place is opened by number and phone.
"""

from __future__ import annotations

import secrets
import unicodedata

from city.errors import InvalidInput

DIGITS = 8


def new_number() -> str:
    """Return a fresh number; whoever stores it tries again in the rare case that it is taken."""
    return with_check_digit(str(secrets.randbelow(9 * 10 ** (DIGITS - 2)) + 10 ** (DIGITS - 2)))


def with_check_digit(digits: str) -> str:
    """Append the Luhn digit (ISO/IEC 7812-1), which finds any one wrong digit and most swapped ones."""
    doubled = (int(digit) * (2 - place % 2) for place, digit in enumerate(reversed(digits)))
    return digits + str(-sum(value // 10 + value % 10 for value in doubled) % 10)


def spoken(number: str) -> str:
    """Return the number in groups of four, as it is shown and read out."""
    return " ".join(number[start : start + 4] for start in range(0, len(number), 4))


def read_number(text: str, *, field: str = "number") -> str:
    """Return the number somebody typed, with blanks, dashes or full-width digits; raises InvalidInput."""
    kept = "".join(letter for letter in unicodedata.normalize("NFKC", text) if letter not in " -")
    if len(kept) != DIGITS or not (kept.isascii() and kept.isdigit()) or with_check_digit(kept[:-1]) != kept:
        raise InvalidInput(
            "This is no booking number.", field=field, value=text[:40], remedy="the 8 digits, like 1234 5674"
        )
    return kept
