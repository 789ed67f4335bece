"""The frame of a page for whoever is looking: name, demo line, telephone, city, and the capsule with their district.

Owns: how `PageFrame` is filled. Called by every view that draws a page; `frame(…)` reads the areas once.
"""

from __future__ import annotations

from typing import Any

from city.model import Area, AreaLevel
from city.store.unit_of_work import UnitOfWork
from web.access import current_person
from web.addresses import current_language
from web.components.frame import Capsule, PageFrame
from web.language import sentence, words
from web.parts import parts


def frame(title: str, **more: Any) -> PageFrame:
    """Return the frame of a page called `title`; `more` are fields of PageFrame that the page itself knows."""
    person = current_person()
    with parts().database.reading() as work:
        city, district = _city_and_district(work, person.area_id)
    filled: dict[str, Any] = {
        "capsule": _capsule(district),
        "citizen": str(words(person.citizen.name)) if person.citizen else "",
        "demo": parts().settings.demo,
        "phone": parts().phone,
        "city": words(city.name) if city else "",
    }
    return PageFrame(title, **(filled | more))


def _city_and_district(work: UnitOfWork, area_id: str | None) -> tuple[Area | None, Area | None]:
    areas = {area.id: area for area in work.areas.all()}
    city = next((area for area in areas.values() if area.level == AreaLevel.CITY), None)
    own = areas.get(area_id or "")
    return city, own.district() if own else None


def _capsule(district: Area | None) -> Capsule:
    """Return "you are in …" with the way to that area, or the way to choose one."""
    if district is None:
        return Capsule(sentence("The whole city"), f"/{current_language()}/areas")
    said = sentence("You are in %(area)s", area=words(district.name))
    return Capsule(said, f"/{current_language()}/areas/{district.id}")
