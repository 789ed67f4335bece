"""What a form or an address of the portal names: for which operator it works, and ids and counts.

Owns: reading `?operator=` (one's own, or the one an administrator names) and whole numbers. Called by the rooms of the
portal.
"""

from __future__ import annotations

from flask import request

from city.errors import InvalidInput
from web.operators.access import staff_member

LONGEST_NUMBER = 9


def operator_in_question() -> int:
    """Return the operator's id; raises InvalidInput when a city officer names none."""
    staff = staff_member()
    if staff.operator_id is not None:
        return staff.operator_id
    asked = request.values.get("operator", "")
    if not _is_number(asked):
        raise InvalidInput("No operator was named.", field="operator", remedy='open it from the list "Operators"')
    return int(asked)


def number_of(name: str) -> int:
    """Return a whole number that a form sent; raises InvalidInput naming the field."""
    sent = request.form.get(name, "").strip()
    if not _is_number(sent):
        raise InvalidInput("A whole number is needed here.", field=name, value=sent[:40], remedy="digits, like 12")
    return int(sent)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= LONGEST_NUMBER
