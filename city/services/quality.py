"""How much of what a citizen wants to know before going is stated of an offering, and what its operator can do.

Owns: the parts that are looked at and their weights; a part that does not apply (the place of an online course, words
for a picture that is not there) is left out of the sum. Shown to operators; the index uses it mildly in its order.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from city.model import Attendance, Kind
from city.model.indexed import AnyMeeting, AnyOffering

BEST_SCORE = 100


@dataclass(frozen=True)
class Gap:
    """One thing a citizen misses: the part, the points it costs of 100, and what would fix it."""

    part: str
    points: int
    remedy: str


@dataclass(frozen=True)
class Quality:
    """`score` is 0 to 100; `missing` names the gaps, the dearest first."""

    score: int
    missing: tuple[Gap, ...]


@dataclass(frozen=True)
class _Part:
    """One thing to look at: None where it does not apply, else whether it is stated."""

    name: str
    weight: int
    stated: Callable[[AnyOffering, Sequence[AnyMeeting]], bool | None]
    remedy: str


def quality_of(offering: AnyOffering, meetings: Sequence[AnyMeeting] | None = None) -> Quality:
    """Return the score of an offering and what is missing; `meetings` default to all that were not cancelled."""
    score, applying, missing = _judged(offering, offering.meetings() if meetings is None else meetings)
    gaps = (Gap(part.name, round(BEST_SCORE * part.weight / applying), part.remedy) for part in missing)
    return Quality(score, missing=tuple(sorted(gaps, key=lambda gap: (-gap.points, gap.part))))


def score_of(offering: AnyOffering, meetings: Sequence[AnyMeeting]) -> int:
    """Return the score alone, for many offerings."""
    return _judged(offering, meetings)[0]


def _judged(offering: AnyOffering, meetings: Sequence[AnyMeeting]) -> tuple[int, int, list[_Part]]:
    """Return the score, the weight of all parts that apply, and the parts that are missing."""
    applying, lost, missing = 0, 0, list[_Part]()
    for part in PARTS:
        stated = part.stated(offering, meetings)
        if stated is not None:
            applying += part.weight
        if stated is False:
            lost += part.weight
            missing.append(part)
    return round(BEST_SCORE * (applying - lost) / applying), applying, missing


def _hours(offering: AnyOffering, meetings: Sequence[AnyMeeting]) -> bool | None:
    if offering.always_open:
        return None
    return bool(meetings) and all(meeting.starts_local is not None for meeting in meetings)


def _place(offering: AnyOffering, meetings: Sequence[AnyMeeting]) -> bool | None:
    """A point on the map, so that distance can be told; of a route, where it begins."""
    if offering.attendance == Attendance.ONLINE:
        return None
    if offering.venue is not None and offering.venue.position() is not None:
        return True
    return any(stop.latitude is not None and stop.longitude is not None for stop in offering.stops)


def _price(offering: AnyOffering, meetings: Sequence[AnyMeeting]) -> bool | None:
    return bool(offering.price_tiers)


def _summary(offering: AnyOffering, meetings: Sequence[AnyMeeting]) -> bool | None:
    return bool(offering.summary)


def _description(offering: AnyOffering, meetings: Sequence[AnyMeeting]) -> bool | None:
    return bool(offering.description)


def _language(offering: AnyOffering, meetings: Sequence[AnyMeeting]) -> bool | None:
    return None if offering.kind == Kind.ROUTE else bool(offering.languages)


def _access(offering: AnyOffering, meetings: Sequence[AnyMeeting]) -> bool | None:
    return None if offering.attendance == Attendance.ONLINE else bool(offering.features())


def _picture_text(offering: AnyOffering, meetings: Sequence[AnyMeeting]) -> bool | None:
    picture = offering.picture or {}
    return bool(picture.get("text")) if picture.get("address") else None


PARTS = (
    _Part("hours", 20, _hours, "state when each meeting begins and ends, like 19:00 to 20:30"),
    _Part("place", 20, _place, "name a venue and its position in WGS84 degrees, like 30.25 and 120.16"),
    _Part("summary", 20, _summary, "say in one or two sentences what people will do and learn"),
    _Part("price", 10, _price, "state the price, also when it is 0"),
    _Part("description", 10, _description, "describe the content and what to bring"),
    _Part("language", 10, _language, "name the language it is held in, like zh or en"),
    _Part("access", 10, _access, "name access features of the place, like lift or step_free"),
    _Part("picture text", 10, _picture_text, "say in words what the picture shows"),
)
"""In the order of what keeps people from coming; the weights of `hours` to `access` are those of the index's merit."""
