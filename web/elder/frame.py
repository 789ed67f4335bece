"""The frame of an elder page: title, step in the capsule, the way back, the telephone, the other view.

Owns: `ElderFrame`, which `elder/base.html` reads as `page`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import flask

from city.model import Area
from web.access import current_person
from web.language import gettext, sentence, words
from web.parts import parts


@dataclass(frozen=True)
class ElderFrame:
    """`title` is unique on the site; `capsule` stands on the lines and leads to `capsule_url`, if anywhere."""

    title: str
    capsule: Any
    capsule_url: str = ""
    back: str = ""
    phone: str = ""
    demo: bool = False


def elder_frame(title: str, *, step: str = "", back: str = "", nth: int = 1) -> ElderFrame:
    """Return the frame of a page; with a `step` the capsule tells it, else where the person is."""
    numbered = title if nth == 1 else gettext("%(title)s, screen %(number)s", title=title, number=nth)
    capsule, url = (step, "") if step else (_where(), flask.url_for("elder.where"))
    return ElderFrame(numbered, capsule, url, back, parts().phone, parts().settings.demo)


def _where() -> Any:
    area_id = current_person().area_id
    with parts().database.reading() as work:
        work.areas.all()
        area: Area | None = work.areas.find(area_id) if area_id else None
        district = (area.district() or area) if area else None
    return sentence("You are in %(area)s", area=words(district.name)) if district else gettext("Where are you?")
