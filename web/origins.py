"""From which list and position somebody came, carried by addresses (`from`, `list`, `at`) and by hidden fields.

Owns: the names and what is believed of them: a known source, a list's id in its own letters, a position of a list.
Anything else counts as a direct visit; it is never an error, for it comes from the address line.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from dataclasses import asdict

from city.model import InteractionKind, ShownList
from city.ports import Reason, Recommendations
from city.services.enrolling import DIRECT, ListOrigin
from city.services.permissions import Actor
from web.access import Person
from web.parts import parts

SOURCES = frozenset(
    {"home", "search", "similar", "topic", "area", "venue", "saved", "offering", "why", "elder", "api", "alert", "feed"}
)
LIST_ID = re.compile(r"[A-Za-z0-9_-]{16,32}")
LONGEST_LIST = 500
LIST_ID_BYTES = 18


def origin_of(values: Mapping[str, str]) -> ListOrigin:
    """Return the origin named in an address or a form, DIRECT when there is none to believe."""
    source, list_id, position = values.get("from", ""), values.get("list", ""), values.get("at", "")
    if source not in SOURCES:
        return DIRECT
    believed = list_id if LIST_ID.fullmatch(list_id) else None
    at = int(position) if re.fullmatch("[0-9]{1,3}", position) else 0
    return ListOrigin(source, believed, at if 1 <= at <= LONGEST_LIST else None)


def origin_fields(origin: ListOrigin) -> dict[str, str]:
    """Return what carries the origin on: fields of an address or a form."""
    named = {"from": origin.source, "list": origin.list_id, "at": origin.position}
    return {name: str(value) for name, value in named.items() if value}


def remember_list(found: Recommendations, person: Person, source: str) -> str:
    """Keep a list of suggestions as it is shown and return its id, with which every click and "why?" names it.

    The row goes through the buffer: the page waits for nothing, and a crash may lose it.
    """
    list_id = found.list_id if LIST_ID.fullmatch(found.list_id) else secrets.token_urlsafe(LIST_ID_BYTES)
    items = [
        {"offering_id": item.offering_id, "reasons": [asdict(reason) for reason in item.reasons]}
        for item in found.items
    ]
    parts().buffer.put(
        ShownList(
            id=list_id,
            citizen_id=person.citizen.id if person.citizen else None,
            source=source,
            artefact_version=found.artefact_version,
            items=items,
            shown_at=parts().clock.now(),
        )
    )
    return list_id


def shown_reasons(shown: ShownList, offering_id: int) -> tuple[Reason, ...] | None:
    """Return the reasons an offering was shown with, None when it was not on the list."""
    for item in shown.items:
        if item["offering_id"] == offering_id:
            return tuple(Reason(**reason) for reason in item["reasons"])
    return None


def find_list(list_id: str, person: Person) -> ShownList | None:
    """Return a list that was shown to this person; one of somebody else counts as none.

    A list shown a moment ago may still wait in the buffer; it is written first.
    """
    shown = _read_list(list_id)
    if shown is None:
        parts().buffer.flush()
        shown = _read_list(list_id)
    own = person.citizen.id if person.citizen else None
    return shown if shown is not None and shown.citizen_id in (None, own) else None


def _read_list(list_id: str) -> ShownList | None:
    with parts().database.reading() as work:
        return work.shown_lists.find(list_id)


def log_view(offering_id: int, person: Person, origin: ListOrigin = DIRECT) -> None:
    """Count a look at an offering's page, without making the page wait.

    Of somebody who switched the profile off only the look itself is counted, not who looked.
    """
    actor = person.actor if person.personal else Actor.visitor()
    parts().buffer.put(parts().interacting.row(actor, offering_id, InteractionKind.VIEW, origin))
