"""What to offer somebody who finds a class full: the two nearest on the same thing that still have a place.

Owns: what counts as alike (a shared topic, else the same kind) and the order (nearest first; without a known place,
soonest first). The database has the last word on seats. Called by the pages that ask for a place.
"""

from __future__ import annotations

from datetime import datetime

from city.distances import travel_minutes
from city.model import EnrolmentMode, Offering
from city.ports import Position, SearchRequest, Sort
from city.store.unit_of_work import UnitOfWork
from web.parts import parts

SHOWN, LOOKED_AT = 2, 40


def nearest_with_seats(work: UnitOfWork, full: Offering, near: Position | None, now: datetime) -> list[Offering]:
    """Return at most SHOWN offerings like `full` that somebody could still take, the nearest to `near` first.

    Without `near` they are near the full one.
    """
    at = near or _position(full)
    for narrowed in _requests(full, at):
        hits = [hit.offering_id for hit in parts().search.search(narrowed).hits if hit.offering_id != full.id]
        found = [each for each in work.offerings.many(hits) if _can_be_taken(each, now)]
        if found:
            return sorted(found, key=lambda each: _minutes(at, each))[:SHOWN]
    return []


def _requests(full: Offering, at: Position | None) -> list[SearchRequest]:
    sort = Sort.NEAREST if at is not None else Sort.SOONEST
    topics = frozenset(full.topic_ids()[:1])
    alike = [SearchRequest(topics=topics, near=at, sort=sort, only_open=True, per_page=LOOKED_AT)] if topics else []
    kind = frozenset({full.kind})
    return [*alike, SearchRequest(kinds=kind, near=at, sort=sort, only_open=True, per_page=LOOKED_AT)]


def _can_be_taken(offering: Offering, now: datetime) -> bool:
    """True when a run of it takes enrolments and has a seat, or when one just comes to a meeting still ahead."""
    if not offering.is_listable(now) or offering.postponed:
        return False
    ahead = [run for run in offering.runs if not run.cancelled and not run.is_over(now) and not run.is_full()]
    return any(run.takes_enrolments(now) or run.enrolment_mode == EnrolmentMode.NONE for run in ahead)


def _position(offering: Offering) -> Position | None:
    at = offering.venue.position() if offering.venue is not None else None
    return Position(*at) if at is not None else None


def _minutes(at: Position | None, offering: Offering) -> float:
    """Return the minutes to an offering; what lies nowhere known stands last."""
    there = offering.venue.position() if offering.venue is not None else None
    found = travel_minutes((at.latitude, at.longitude) if at else None, there)
    return found if found is not None else float("inf")
