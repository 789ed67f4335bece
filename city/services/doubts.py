"""What may be meant but should be looked at again before it is published: past days, clashes, closed doors, twins.

Owns: which doubts there are and how each is found. An error is none of these: it cannot be published at all. Called by
`city.services.composing`, inside its transaction.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from city.analysis import whole_key
from city.localised import LocalisedText
from city.model import ClassSession, Offering, Run, Venue
from city.services.findings import Finding, message
from city.services.offering_form import Composed
from city.store.catalogue_repositories import ListFilter
from city.store.unit_of_work import UnitOfWork

LONGEST = timedelta(hours=8)
EARLIEST = time(6)
USUAL_LENGTH = timedelta(hours=1)
"""How long a meeting without a known end is taken to keep its room."""
LOOKED_AT, MOST_NAMED = 1_000, 3


@dataclass(frozen=True)
class Looking:
    """In what the doubts are looked for: the operator's own offerings beside those of the same place."""

    work: UnitOfWork
    operator_id: int
    now: datetime
    offering_id: int | None = None
    """The offering that is being changed: it is no clash with itself."""
    is_copy: bool = False
    """A copy is called as what it is a copy of, and is no twin of it unless both are on one day."""
    before: frozenset[tuple[object, object]] = frozenset()
    """(day, start) of meetings it has already: they are no new past days."""


def doubts_of(composed: Composed, looking: Looking) -> list[Finding]:
    """Return all doubts in the order of the form."""
    return [
        *_twins(composed, looking),
        *_past(composed, looking),
        *_odd_hours(composed),
        *_closed(composed),
        *_room_taken(composed, looking),
        *_room_too_small(composed),
    ]


def past_days(composed: Composed, looking: Looking) -> list[ClassSession]:
    """Return the meetings that are over and were not there before."""
    return [
        meeting
        for meeting in composed.meetings
        if meeting.is_over(looking.now) and (meeting.held_on, meeting.starts_local) not in looking.before
    ]


def _past(composed: Composed, looking: Looking) -> Iterator[Finding]:
    for meeting in past_days(composed, looking)[:MOST_NAMED]:
        yield Finding("day", message("%(day)s is over already."), {"day": meeting.held_on})


def _twins(composed: Composed, looking: Looking) -> Iterator[Finding]:
    """The operator's own offerings of the same title that are still to come."""
    keys = {whole_key(text) for text in composed.title.values()} - {""}
    own = looking.work.offerings.listable(looking.now, ListFilter(operator_id=looking.operator_id), n=LOOKED_AT)
    texts = looking.work.offerings.texts([each for each in own if each != looking.offering_id])
    same = [id_ for id_, found in sorted(texts.items()) if keys & {whole_key(text) for text in found.title.values()}]
    if looking.is_copy:
        same = _on_the_same_day(same, composed, looking)
    for id_ in same[:1]:
        said = message('You publish something called "%(title)s" already (number %(number)s).')
        yield Finding("title", said, {"title": texts[id_].title, "number": id_})


def _on_the_same_day(offering_ids: list[int], composed: Composed, looking: Looking) -> list[int]:
    days = {meeting.held_on for meeting in composed.meetings}
    found = looking.work.offerings.many(offering_ids)
    return [each.id for each in found if days & {meeting.held_on for meeting in each.upcoming_meetings(looking.now)}]


def _odd_hours(composed: Composed) -> Iterator[Finding]:
    if composed.starts is not None and composed.starts < EARLIEST:
        yield Finding("hours", message("It begins at %(hour)s. Is that the hour you mean?"), {"hour": composed.starts})
    first = next(iter(composed.meetings), None)
    if first is not None and first.starts_at is not None and first.over_at - first.starts_at > LONGEST:
        said = message("It lasts longer than 8 hours, until %(hour)s. Is that what you mean?")
        yield Finding("hours", said, {"hour": composed.ends})
    for day in composed.twice[:MOST_NAMED]:
        said = message("On %(day)s the clocks show %(hour)s twice. The first time is meant.")
        yield Finding("hours", said, {"day": day, "hour": composed.starts})


def _closed(composed: Composed) -> Iterator[Finding]:
    """Meetings at which the house is known to be closed."""
    if composed.venue is None:
        return
    outside = [each for each in composed.meetings if _is_outside(each, composed.venue)]
    for meeting in outside[:MOST_NAMED]:
        said = message("%(place)s is not open at that time on %(day)s, by its opening hours.")
        yield Finding("venue", said, {"place": composed.venue.name, "day": meeting.held_on})


def _is_outside(meeting: ClassSession, venue: Venue) -> bool:
    opening = venue.hours_on(meeting.held_on)
    if opening is None:
        return False
    if meeting.starts_local is None:
        return not opening
    starts = meeting.starts_local
    ends = meeting.ends_local or starts
    return not any(opens <= starts and (closes <= opens or ends <= closes) for opens, closes in opening)


def _room_taken(composed: Composed, looking: Looking) -> Iterator[Finding]:
    """Others that meet in the same room, or, where no room is named, the operator's own in the same house."""
    if composed.venue is None or not composed.meetings:
        return
    found = [clash for clash in _clashes(composed, looking) if clash.offering.id != looking.offering_id]
    for clash in found[:MOST_NAMED]:
        said = IN_THE_ROOM if composed.run.get("room") else IN_THE_HOUSE
        parts = {"title": clash.offering.title, "day": clash.meeting.held_on, "hour": clash.until}
        yield Finding("hours", said, parts | {"room": composed.run.get("room") or composed.venue.name})


IN_THE_ROOM = message('"%(title)s" is in %(room)s then, on %(day)s until %(hour)s. Choose another hour or room.')
IN_THE_HOUSE = message(
    '"%(title)s" is at %(room)s then, on %(day)s until %(hour)s. Name the rooms, or choose another hour.'
)


@dataclass(frozen=True)
class _Clash:
    offering: Offering
    meeting: ClassSession
    until: time | None


def _clashes(composed: Composed, looking: Looking) -> Iterator[_Clash]:
    venue = composed.venue
    starts = [meeting for meeting in composed.meetings if meeting.starts_at is not None]
    if venue is None or not starts:
        return
    wanted = ListFilter(
        venue_id=venue.id, from_at=min(_span(each)[0] for each in starts), to_at=max(_span(each)[1] for each in starts)
    )
    ids = looking.work.offerings.listable(looking.now, wanted, n=LOOKED_AT)
    room = whole_key(str(composed.run.get("room", "")))
    for offering in looking.work.offerings.many(ids):
        for run, other in _meetings(offering, looking.now):
            same = whole_key(run.room or "") == room and (room or offering.operator_id == looking.operator_id)
            if same and any(_overlap(mine, other) for mine in starts):
                yield _Clash(offering, other, other.ends_local or other.starts_local)
                break


def _meetings(offering: Offering, now: datetime) -> Iterable[tuple[Run, ClassSession]]:
    return (
        (run, meeting)
        for run in offering.runs
        if not run.cancelled
        for meeting in run.class_sessions
        if not meeting.cancelled and meeting.starts_at is not None and not meeting.is_over(now)
    )


def _overlap(one: ClassSession, other: ClassSession) -> bool:
    (starts, ends), (begins, until) = _span(one), _span(other)
    return starts < until and begins < ends


def _span(meeting: ClassSession) -> tuple[datetime, datetime]:
    starts = meeting.starts_at or meeting.over_at
    return starts, max(meeting.over_at, starts + USUAL_LENGTH) if meeting.ends_local is None else meeting.over_at


def _room_too_small(composed: Composed) -> Iterator[Finding]:
    """A study room of that name has fewer seats."""
    key = whole_key(str(composed.run.get("room", "")))
    if composed.venue is None or composed.seat_count is None or not key:
        return
    for room in composed.venue.study_rooms:
        is_it = key in {whole_key(text) for text in room.name.values()}
        if is_it and room.seat_count is not None and composed.seat_count > room.seat_count:
            said = message("%(room)s has only %(seats)s seats.")
            yield Finding("seats", said, {"room": room.name, "seats": room.seat_count})


def same_name(name: LocalisedText, others: Iterable[Venue], own_id: int | None = None) -> Venue | None:
    """Return another venue whose name reads the same: in width, case, script, accents and spaces (look-alikes)."""
    keys = {whole_key(text) for text in name.values()} - {""}
    return next((v for v in others if v.id != own_id and keys & {whole_key(text) for text in v.name.values()}), None)
