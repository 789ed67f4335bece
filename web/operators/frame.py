"""The frame of a page of the portal: who is signed in, for whom, and the ways that the role has.

Owns: `StaffFrame` and the portal's navigation. A room adds its line to WAYS; a way shows when its view exists and the
role may ever do its operation. Called by every view of the portal: `staff_frame(title, section="publish")`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import flask

from city.model import AreaLevel
from city.services.permissions import ActorRole, Operation, may_ever
from city.services.staff_access import StaffMember
from web.components.frame import PageFrame
from web.language import gettext, message, words
from web.operators.access import current_staff
from web.parts import parts

WAYS: tuple[tuple[str, str, str, Operation], ...] = (
    ("overview", message("Overview"), "operators.overview", Operation.USE_PORTAL),
    ("publish", message("Publish"), "operators.offerings", Operation.WRITE_DRAFT),
    ("venues", message("Venues"), "operators.venues", Operation.EDIT_VENUE),
    ("people", message("Lists"), "operators.people", Operation.SEE_PEOPLE),
    ("ballots", message("Ballots"), "operators.ballots", Operation.RUN_BALLOT),
    ("desk", message("Phone desk"), "operators.desk", Operation.SEE_PEOPLE),
    ("numbers", message("Numbers"), "operators.numbers", Operation.SEE_NUMBERS),
    ("feeds", message("Feeds"), "operators.feeds", Operation.IMPORT_FEED),
    ("moderation", message("To look at"), "operators.moderation", Operation.MODERATE),
    ("staff", message("Colleagues"), "operators.staff_list", Operation.INVITE_STAFF),
    ("bodies", message("Operators"), "operators.bodies", Operation.ADD_OPERATOR),
    ("audit", message("Audit log"), "operators.audit_log", Operation.SEE_AUDIT_LOG),
)
"""(section, word, endpoint, operation), in the order in which they stand."""

ROLE_WORDS = {
    ActorRole.EDITOR: message("editor"),
    ActorRole.PUBLISHER: message("publisher"),
    ActorRole.DESK: message("desk"),
    ActorRole.MODERATOR: message("district moderator"),
    ActorRole.PLANNER: message("planner"),
    ActorRole.ADMINISTRATOR: message("city administrator"),
}


@dataclass(frozen=True)
class Way:
    """One entry of the navigation."""

    word: str
    url: str
    current: bool


@dataclass(frozen=True)
class StaffFrame(PageFrame):
    """The frame of one page of the portal; `staff` is None on the pages before signing in."""

    staff: StaffMember | None = None
    ways: tuple[Way, ...] = ()
    role: str = ""
    me_url: str = ""
    works_for: Any = ""
    """The operator's name or the city's, as Words."""


def staff_frame(title: str, section: str = "") -> StaffFrame:
    """Return the frame of a page called `title`, in one of the sections of WAYS."""
    staff, city = current_staff(), _city_name()
    shown = staff if staff is not None and staff.second_factor else None
    return StaffFrame(
        title,
        demo=parts().settings.demo,
        phone=parts().phone,
        city=city,
        at_home=True,
        staff=shown,
        ways=_ways(shown.role, section) if shown else (),
        role=gettext(ROLE_WORDS[shown.role]) if shown else "",
        me_url=flask.url_for("operators.own_access") if shown else "",
        works_for=(words(shown.operator_name) or city) if shown else "",
    )


def _ways(role: ActorRole, section: str) -> tuple[Way, ...]:
    known = flask.current_app.view_functions
    return tuple(
        Way(gettext(word), flask.url_for(endpoint), key == section)
        for key, word, endpoint, operation in WAYS
        if endpoint in known and may_ever(role, operation)
    )


def _city_name() -> Any:
    with parts().database.reading() as work:
        city = next((area for area in work.areas.all() if area.level == AreaLevel.CITY), None)
        return words(city.name) if city is not None else ""
