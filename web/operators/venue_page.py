"""The pages of an operator's venues and study rooms, in words.

Owns: what their templates read: rows, choices, findings, and where a place lies said without a map. Called by
`web.operators.venue_views`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import flask
from markupsafe import Markup

from city.distances import great_circle_m, travel_minutes
from city.model import Area, StudyRoom, Venue
from city.services.findings import NotComplete, NotConfirmed
from city.services.opening import opening_of
from city.services.venue_form import WEEK
from city.services.venue_keeping import VenueForm
from city.terms import AccessFeature, VenueType
from web import formatters
from web.addresses import current_language
from web.components.cards import Action
from web.language import Words, gettext, joined, ngettext, sentence, words
from web.operators.forms import by_field, in_words
from web.parts import parts
from web.vocabulary import ACCESS, VENUE_TYPES, WEEKDAYS, word

Choice = tuple[str, Any, bool]


@dataclass(frozen=True)
class VenueRow:
    """One venue of the list: its name, where it is, how it stands now, how many rooms."""

    name: Words
    url: str
    where: Words
    now: str
    rooms: str


@dataclass(frozen=True)
class RoomRow:
    """One study room of a venue, with its buttons."""

    name: Words
    seats: str
    hours: str
    url: str
    remove: Action


@dataclass(frozen=True)
class VenuePage:
    """All that the form of a venue shows beside the frame."""

    form: VenueForm
    name: Words
    values: Mapping[str, Any]
    said: Mapping[str, Markup]
    errors: Sequence[tuple[str, Markup]]
    doubts: Sequence[tuple[str, Markup]]
    mark: str
    weekdays: Sequence[tuple[str, str]]
    choices: Mapping[str, Sequence[Choice]]
    lies: Sequence[Any]
    rooms: Sequence[RoomRow]
    locked: bool


@dataclass(frozen=True)
class RoomPage:
    """All that the form of a study room shows beside the frame."""

    venue_id: int
    venue_name: Words
    room_id: int | None
    values: Mapping[str, Any]
    said: Mapping[str, Markup]
    errors: Sequence[tuple[str, Markup]]
    weekdays: Sequence[tuple[str, str]]
    choices: Mapping[str, Sequence[Choice]] = field(default_factory=dict)


def venues_page(found: Sequence[Venue]) -> list[VenueRow]:
    """Word the list of venues."""
    now, zone = parts().clock.now(), parts().clock.zone
    return [
        VenueRow(
            name=words(venue.name),
            url=flask.url_for("operators.edit_venue", venue_id=venue.id),
            where=words(venue.address),
            now=_now_words(opening_of(venue, now, zone).is_open),
            rooms=ngettext("%(num)s study room", "%(num)s study rooms", len(venue.study_rooms))
            if venue.study_rooms
            else "",
        )
        for venue in found
    ]


def _now_words(is_open: bool | None) -> str:
    if is_open is None:
        return gettext("Its hours are not stated")
    return gettext("Open now") if is_open else gettext("Closed now")


def venue_page(form: VenueForm, wrong: NotComplete | NotConfirmed | None) -> VenuePage:
    """Word the form of a venue; `wrong` says what kept it from being saved."""
    with parts().database.reading() as work:
        venue = work.venues.get(form.venue_id) if form.venue_id is not None else None
        rooms = list(venue.study_rooms) if venue is not None else []
        areas, others = work.areas.all(), work.venues.all()
        lies = _lies(venue, areas, others) if venue is not None else []
        choices = _choices(form.values, areas)
    findings = wrong.findings if wrong is not None else ()
    rows = [(_anchor(each.field), in_words(each)) for each in findings]
    is_error = isinstance(wrong, NotComplete)
    return VenuePage(
        form=form,
        name=words(venue.name) if venue is not None else Words(""),
        values=form.values,
        said=by_field(findings),
        errors=rows if is_error else (),
        doubts=() if is_error else rows,
        mark=wrong.mark if isinstance(wrong, NotConfirmed) else "",
        weekdays=weekdays(),
        choices=choices,
        lies=lies,
        rooms=[_room(venue.id, room) for room in rooms] if venue is not None else [],
        locked=bool(venue is not None and venue.source is not None and venue.locked_fields),
    )


def room_page(venue: Venue, room_id: int | None, values: Mapping[str, Any], wrong: NotComplete | None) -> RoomPage:
    """Word the form of a study room."""
    findings = wrong.findings if wrong is not None else ()
    return RoomPage(
        venue_id=venue.id,
        venue_name=words(venue.name),
        room_id=room_id,
        values=values,
        said=by_field(findings),
        errors=[(_anchor(each.field), in_words(each)) for each in findings],
        weekdays=weekdays(),
        choices={"access": _access(values)},
    )


def weekdays() -> list[tuple[str, str]]:
    """Return the seven boxes of a week with their days."""
    return [(name, day[current_language()]) for name, day in zip(WEEK, WEEKDAYS, strict=True)]


def _anchor(name: str) -> str:
    return "access-lift" if name == "access" else name


def _room(venue_id: int, room: StudyRoom) -> RoomRow:
    seats = ngettext("%(num)s seat", "%(num)s seats", room.seat_count) if room.seat_count else gettext("Not stated")
    own = gettext("Hours of its own") if room.opening_hours else gettext("Open when the house is")
    closed = bool(room.opening_hours) and not any(room.opening_hours.values())
    where = {"venue_id": venue_id, "room_id": room.id}
    return RoomRow(
        name=words(room.name),
        seats=seats,
        hours=gettext("Closed") if closed else own,
        url=flask.url_for("operators.edit_room", **where),
        remove=Action(flask.url_for("operators.remove_room", **where)),
    )


def _choices(values: Mapping[str, Any], areas: Sequence[Area]) -> dict[str, list[Choice]]:
    language = current_language()
    area = str(values.get("area", ""))
    kind = str(values.get("type", "")) or VenueType.OTHER.value
    return {
        "type": [(str(each), word(VENUE_TYPES, each, language), each == kind) for each in VenueType],
        "access": _access(values),
        "area": [("", gettext("By its position"), area == ""), *(_area(each, area) for each in _in_order(areas))],
    }


def _access(values: Mapping[str, Any]) -> list[Choice]:
    chosen = values.get("access", ())
    return [(str(each), word(ACCESS, each, current_language()), each in chosen) for each in AccessFeature]


def _in_order(areas: Sequence[Area]) -> list[Area]:
    """Return the areas as the tree has them, each below its parent."""
    return sorted(areas, key=lambda area: [above.id for above in area.lineage()])


def _area(area: Area, chosen: str) -> Choice:
    depth = len(area.lineage()) - 1
    said = words(area.name)
    return area.id, Words("\u3000" * depth + said.text, said.tag), area.id == chosen


def _lies(venue: Venue, areas: Sequence[Area], others: Sequence[Venue]) -> list[Any]:
    """Return in sentences where a place lies: the areas it is in, and the nearest place with the walk to it."""
    language, said = current_language(), list[Any]()
    by_id = {area.id: area for area in areas}
    if (area := by_id.get(venue.area_id or "")) is not None:
        said.append(sentence("It lies in %(areas)s.", areas=joined([words(each.name) for each in area.lineage()])))
    if (here := venue.position()) is None:
        return [*said, sentence("Its position is not known: nobody can be told how far it is to walk.")]
    placed = [
        (great_circle_m(here, at), other) for other in others if other.id != venue.id and (at := other.position())
    ]
    if placed:
        _, nearest = min(placed, key=lambda each: each[0])
        walk = formatters.travel(travel_minutes(here, nearest.position()) or 0, language)
        said.append(sentence("The nearest other place is %(place)s: %(walk)s.", place=words(nearest.name), walk=walk))
    return said
