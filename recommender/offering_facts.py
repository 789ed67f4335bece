"""An offering of the city as the mathematics may see it: its fields, its words, and when it starts.

Owns: which attributes of an Offering the recommender looks at, and under which names. Refuses: nothing; what an
offering does not state is an empty field. Called by: training (the whole catalogue), serving (what is live now).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import floor, nan

import numpy as np

from city.analysis import content_tokens
from city.model import ClassSession, Offering
from city.store.unit_of_work import UnitOfWork
from recommender.catalogue import START_FIELD, Catalogue, build_catalogue

SECONDS_A_DAY = 86_400.0
CELLS_A_DEGREE = 50
MOST_TOKENS = 48
ALWAYS, UNKNOWN_HOUR = "always", "unknown"
FIELDS = ("kind", "operator", "venue", "district", "cell", "when", START_FIELD, "topic", "audience")


@dataclass(frozen=True)
class OfferingFacts:
    """One offering by id: values by field, content tokens of title and summary, and days from 1970 UTC to its next
    meeting (to the last one when all are over), NaN when it is always open; `position` in WGS84 degrees."""

    offering_id: int
    attributes: Mapping[str, tuple[str, ...]]
    tokens: tuple[str, ...]
    starts_days: float
    position: tuple[float, float] | None = None


def all_facts(work: UnitOfWork, now: datetime) -> Iterator[OfferingFacts]:
    """Read every offering of the city, also what is over: it may stand in somebody's profile."""
    areas = work.areas.all()  # kept until the end, so that no offering asks for its district again
    for batch in work.offerings.in_batches():
        yield from (facts_of(offering, now) for offering in batch)
    del areas


def facts_of(offering: Offering, now: datetime) -> OfferingFacts:
    """Read what matters from an offering that was loaded whole (its venue's Area is asked of the session)."""
    meeting = _meeting(offering, now)
    words = " ".join([*offering.title.values(), *offering.summary.values()])
    tokens = tuple(dict.fromkeys(content_tokens(words)))[:MOST_TOKENS]
    starts = nan if meeting is None else days_of(meeting.starts_at or meeting.over_at)
    position = offering.venue.position() if offering.venue is not None else None
    return OfferingFacts(offering.id, _attributes(offering, meeting), tokens, starts, position)


def days_of(instant: datetime) -> float:
    """Days since 1970-01-01 UTC."""
    return instant.timestamp() / SECONDS_A_DAY


def catalogue_of(facts: Sequence[OfferingFacts]) -> Catalogue:
    """The city's catalogue in the order given, ids as text."""
    attributes = {name: [each.attributes.get(name, ()) for each in facts] for name in FIELDS}
    starts = np.asarray([each.starts_days for each in facts], dtype=np.float64)
    return build_catalogue([str(each.offering_id) for each in facts], attributes, starts, [f.tokens for f in facts])


def _meeting(offering: Offering, now: datetime) -> ClassSession | None:
    """The next meeting, or the last one when all are over; None when it is always open."""
    if offering.always_open:
        return None
    meetings = offering.meetings()
    ahead = [meeting for meeting in meetings if not meeting.is_over(now)]
    return next(iter(ahead or meetings[-1:]), None)


def _attributes(offering: Offering, meeting: ClassSession | None) -> dict[str, tuple[str, ...]]:
    found = {
        "kind": (str(offering.kind),),
        "operator": (str(offering.operator_id),),
        "topic": tuple(offering.topic_ids()),
        "audience": tuple(offering.audiences),
    }
    return found | _place(offering) | _moment(meeting)


def _place(offering: Offering) -> dict[str, tuple[str, ...]]:
    """Venue, district and grid cell, as far as they are known."""
    venue = offering.venue
    if venue is None:
        return {}
    found: dict[str, tuple[str, ...]] = {"venue": (str(offering.venue_id),)}
    if venue.area is not None and (district := venue.area.district()) is not None:
        found["district"] = (district.id,)
    if (position := venue.position()) is not None:
        found["cell"] = ("_".join(str(floor(degrees * CELLS_A_DEGREE)) for degrees in position),)
    return found


def _moment(meeting: ClassSession | None) -> dict[str, tuple[str, ...]]:
    """Weekday with daypart, and hour, on the city's clocks."""
    if meeting is None:
        return {"when": (ALWAYS,), START_FIELD: (ALWAYS,)}
    hour = f"{meeting.starts_local:%H}" if meeting.starts_local is not None else UNKNOWN_HOUR
    return {"when": (f"{meeting.weekday()}-{meeting.daypart() or UNKNOWN_HOUR}",), START_FIELD: (hour,)}
