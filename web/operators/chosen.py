"""For which operator a page of the portal works: one's own, or the one an administrator names in the address.

Owns: reading `?operator=`. Called by the rooms of the portal that list what an operator has.
"""

from __future__ import annotations

from flask import request

from city.errors import InvalidInput
from web.operators.access import staff_member

LONGEST_ID = 9


def operator_in_question() -> int:
    """Return the operator's id; raises InvalidInput when a city officer names none."""
    staff = staff_member()
    if staff.operator_id is not None:
        return staff.operator_id
    asked = request.values.get("operator", "")
    if not (asked.isascii() and asked.isdecimal() and len(asked) <= LONGEST_ID):
        raise InvalidInput("No operator was named.", field="operator", remedy='open it from the list "Operators"')
    return int(asked)
