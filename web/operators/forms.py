"""What the forms of the portal have in common: values of a POST, findings in words, for whom somebody works.

Owns: how a `Finding` reads in the page's language, and that a field that is asked once comes once. Called by the views
of publishing, venues and moderation.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from datetime import date, time
from typing import Any

from flask import request
from markupsafe import Markup

from city.asking import LARGEST_ID
from city.errors import InvalidInput, NotFound
from city.localised import LocalisedText
from city.services.findings import Finding
from city.services.permissions import ActorRole
from web import formatters
from web.addresses import current_language
from web.language import sentence, typed, words
from web.operators.access import staff_member
from web.parts import parts

LONGEST_KEY = 40


def new_key() -> str:
    """Return the key by which one form is known again when it is sent twice."""
    return secrets.token_urlsafe(16)


def key_of_form() -> str:
    """Return the form's key; raises InvalidInput without one."""
    key = request.form.get("key", "")
    if not key or len(key) > LONGEST_KEY or not key.isascii() or not key.isprintable():
        raise InvalidInput("The form has no key: open its page again.", field="key", value=key[:80])
    return key


def values_of_form(fields: Iterable[str], many: Iterable[str] = ()) -> dict[str, Any]:
    """Return field → what was typed; raises InvalidInput when a field that stands once comes twice."""
    found: dict[str, Any] = {}
    for name in fields:
        sent = [value for value in request.form.getlist(name) if value.strip()]
        if name in many:
            found[name] = sent
        elif len(sent) > 1:
            raise InvalidInput("A field came twice.", field=name, remedy="each field once")
        elif sent:
            found[name] = sent[0]
    return found


def id_of_form(name: str) -> int | None:
    """Return the id in a hidden field, None when it is empty; raises InvalidInput for what is none."""
    value = request.form.get(name, "")
    return _id(name, value) if value else None


def id_of_address(name: str) -> int | None:
    """Return the id in a parameter of the address, None when there is none."""
    value = request.args.get(name, "")
    return _id(name, value) if value else None


def _id(name: str, value: str) -> int:
    if not value.isdecimal() or not value.isascii() or len(value) > 19 or int(value) > LARGEST_ID:
        raise InvalidInput("The form holds no number here.", field=name, value=value[:80], remedy="a number, like 45")
    return int(value)


def working_for(asked: int | None = None) -> int:
    """Return the operator somebody works for; whoever runs the city names one. Raises NotFound without any."""
    staff = staff_member()
    if staff.operator_id is not None:
        return staff.operator_id
    if asked is None or staff.role != ActorRole.ADMINISTRATOR:
        raise NotFound("Nobody said for which operator.")
    with parts().database.reading() as work:
        return work.operators.get(asked).id


def in_words(finding: Finding) -> Markup:
    """Return what is wrong or doubtful, in the page's language."""
    return sentence(finding.text, **{name: _worded(value) for name, value in finding.parts.items()})


def by_field(findings: Iterable[Finding]) -> dict[str, Markup]:
    """Return field → sentence; of several about one field the first."""
    said: dict[str, Markup] = {}
    for finding in findings:
        said.setdefault(finding.field, in_words(finding))
    return said


def _worded(value: Any) -> Any:
    language = current_language()
    if isinstance(value, date):
        return _day(value, language)
    if isinstance(value, time):
        return formatters.clock_time(value, language)
    if isinstance(value, Mapping):
        return words(LocalisedText(value), language)
    return typed(value) if isinstance(value, str) else value


def _day(day: date, language: str) -> str:
    """Return a day with its year when it is not this one."""
    today = parts().clock.today()
    said = formatters.full_day(day, language, today)
    if day.year == today.year or str(day.year) in said:
        return said
    return f"{day.year}年{said}" if language == "zh" else f"{said} {day.year}"
