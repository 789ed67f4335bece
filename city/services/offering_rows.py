"""From a form that could be read to the rows of an offering: its columns, its run, its meetings, its stops.

Owns: which columns follow from which fields of the form, and what becomes of meetings that are no more: one for which
people hold places stays as cancelled, so that they read of it. Called by `city.services.composing`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from city.localised import LocalisedText
from city.model import ClassSession, EnrolmentMode, Offering, Operator, Run, Status, Stop
from city.services.offering_form import Composed, StopPlan

WRITTEN_HERE = ("zh-Hans", "en")
"""The tags the form writes; a source's text in another one stays."""
DAY_FIELDS = frozenset({"day", "hours", "repeat", "times", "until", "except", "except_closed"})
RUN_FIELDS = frozenset(
    {"seats", "way", "room", "opens", "closes", "waiting", "answer_hours", "party", "term", "term_limit",
     "residents_area", "residents_until"}
)  # fmt: skip
FROM_BASE = ("path", "surface", "transcript", "picture", "date_note")
"""Columns that no form states and a copy takes over."""
Column = Callable[[Composed, Offering], Any]


def _texts(name: str) -> Column:
    def merged(composed: Composed, offering: Offering) -> LocalisedText:
        others = {tag: text for tag, text in (getattr(offering, name) or {}).items() if tag not in WRITTEN_HERE}
        return LocalisedText({**others, **getattr(composed, name)})

    return merged


def _plain(name: str) -> Column:
    return lambda composed, _: getattr(composed, name)


def _list(name: str) -> Column:
    return lambda composed, _: list(getattr(composed, name))


COLUMNS: Mapping[str, tuple[str, Column]] = {
    "kind": ("kind", _plain("kind")),
    **{name: (name, _texts(name)) for name in ("title", "summary", "description", "bring", "rain_plan")},
    "attendance": ("attendance", _plain("attendance")),
    "always_open": ("always_open", _plain("always_open")),
    "audience": ("audiences", _list("audiences")),
    "language": ("languages", _list("languages")),
    "age_min": ("age_min", _plain("age_min")),
    "age_max": ("age_max", _plain("age_max")),
    "level": ("level", _plain("level")),
    "access": ("access_features", _list("access_features")),
    "contact": ("contact", _plain("contact")),
    "web_address": ("web_address", _plain("web_address")),
    "price": ("price_tiers", lambda composed, _: [dict(row) for row in composed.prices]),
    "venue": ("venue_id", lambda composed, _: composed.venue.id if composed.venue is not None else None),
}
"""Field of the form → the column it fills and with what."""
STANDS_FOR = {"title_en": "title", "summary_en": "summary", "description_en": "description", "bring_en": "bring",
              "rain_plan_en": "rain_plan", "place": "venue", "topic_also": "topic"}  # fmt: skip
RECORD_FIELDS = {"audiences": "audiences", "price_tiers": "prices", "venue_id": "venue"}
"""Column → how a source's record calls it, where the names differ."""


def preview(composed: Composed, operator: Operator, now: datetime) -> Offering:
    """Return an offering as it would stand, held by no session, for looking at."""
    offering = Offering(
        id=0, operator=operator, venue=composed.venue, status=Status.PUBLISHED, postponed=False, picture={}, path=[],
        surface=LocalisedText(), transcript=LocalisedText(), date_note=LocalisedText(), created_at=now, updated_at=now,
    )  # fmt: skip
    for column, value in COLUMNS.values():
        if column != "venue_id":
            setattr(offering, column, value(composed, offering))
    offering.stops = [_stop(number, plan) for number, plan in enumerate(composed.stops, 1)]
    if composed.meetings:
        for meeting in composed.meetings:
            meeting.run_id = 0
        run = Run(id=0, taken_count=0, cancelled=False, class_sessions=list(composed.meetings))
        write_run(run, composed)
        offering.runs = [run]
    return offering


def new_offering(composed: Composed, operator_id: int, now: datetime, base: Offering | None = None) -> Offering:
    """Return a new offering of that operator; `base` is the one it is a copy of."""
    offering = Offering(operator_id=operator_id, created_at=now, updated_at=now, version=1, status=Status.DRAFT)
    for column, value in COLUMNS.values():
        setattr(offering, column, value(composed, offering))
    if base is not None:
        for name in FROM_BASE:
            setattr(offering, name, getattr(base, name))
    offering.set_topics(list(composed.topics))
    offering.stops = [_stop(number, plan) for number, plan in enumerate(composed.stops, 1)]
    if composed.meetings:
        run = Run(taken_count=0, cancelled=False, class_sessions=list(composed.meetings))
        write_run(run, composed)
        offering.runs = [run]
    return offering


def write_columns(offering: Offering, composed: Composed, fields: Collection[str]) -> dict[str, tuple[Any, Any]]:
    """Write the columns that follow from these fields; return column → (before, after) of what became different."""
    named = {STANDS_FOR.get(field, field) for field in fields}
    if named & (DAY_FIELDS | {"attendance", "kind"}):
        named.add("always_open")
    different: dict[str, tuple[Any, Any]] = {}
    for field in named & COLUMNS.keys():
        column, value = COLUMNS[field]
        before, after = getattr(offering, column), value(composed, offering)
        if before != after:
            setattr(offering, column, after)
            different[column] = (before, after)
    return different | _write_parts(offering, composed, named)


def _write_parts(offering: Offering, composed: Composed, named: Collection[str]) -> dict[str, tuple[Any, Any]]:
    different: dict[str, tuple[Any, Any]] = {}
    before = offering.topic_ids()
    if "topic" in named and (after := [*composed.topics, *before[2:]]) != before:
        offering.set_topics(after)
        different["topics"] = (before, after)
    if "stops" in named:
        different["stops"] = (len(offering.stops), len(composed.stops))
        follow_stops(offering, composed.stops)
    return different


def write_run(run: Run, composed: Composed) -> bool:
    """Write the columns of a run, but the seats of one that people hold places on; True when one became different."""
    seats = {} if run.id else {"seat_count": composed.seat_count}
    values = {"enrolment_mode": composed.mode, **composed.run, **seats}
    different = {name: value for name, value in values.items() if getattr(run, name) != value}
    for name, value in different.items():
        setattr(run, name, value)
    return bool(different)


def follow_meetings(run: Run, wanted: Sequence[ClassSession], now: datetime) -> bool:
    """Let the meetings still to come be those wanted; what is over stays. True when something became different.

    One that is no more is kept as cancelled while somebody holds a place, else it goes.
    """
    present = {(meeting.held_on, meeting.starts_local): meeting for meeting in run.class_sessions}
    keys = {(meeting.held_on, meeting.starts_local) for meeting in wanted}
    changed = False
    for meeting in wanted:
        known = present.get((meeting.held_on, meeting.starts_local))
        if known is None:
            run.class_sessions.append(_like(meeting))
            changed = True
        elif known.cancelled or known.ends_local != meeting.ends_local:
            known.cancelled, known.ends_local = False, meeting.ends_local
            known.starts_at, known.over_at = meeting.starts_at, meeting.over_at
            changed = True
    for key, meeting in present.items():
        if key not in keys and not meeting.cancelled and not meeting.is_over(now):
            drop_meeting(run, meeting, now)
            changed = True
    return changed


def _like(meeting: ClassSession) -> ClassSession:
    return ClassSession(
        held_on=meeting.held_on, zone=meeting.zone, starts_local=meeting.starts_local, ends_local=meeting.ends_local,
        starts_at=meeting.starts_at, over_at=meeting.over_at, title=LocalisedText(), cancelled=False,
    )  # fmt: skip


def drop_meeting(run: Run, meeting: ClassSession, now: datetime) -> None:
    """Take a meeting out; where people hold places or have entered a draw, it stays and says that it is not held."""
    if run.taken_count or run.enrolment_mode == EnrolmentMode.BALLOT:
        meeting.cancelled, meeting.over_at = True, now
    else:
        run.class_sessions.remove(meeting)


def follow_stops(offering: Offering, plans: Sequence[StopPlan]) -> None:
    """Let the stops follow by their place in the order; a stop of the same name keeps its text and features."""
    known = {stop.name.best("zh")[0]: stop for stop in offering.stops} | {
        stop.name.best("en")[0]: stop for stop in offering.stops
    }
    present = {stop.position: stop for stop in offering.stops}
    followed = []
    kept = {name: (stop.name, stop.text, list(stop.features)) for name, stop in known.items()}
    for position, plan in enumerate(plans, 1):
        stop = present.get(position) or Stop(position=position)
        name, text, features = kept.get(next(iter(plan.name.values())), (plan.name, LocalisedText(), []))
        stop.name, stop.text, stop.features = name, text, features
        stop.stay_minutes, stop.walk_minutes_to_next = plan.stay_minutes, plan.walk_minutes
        stop.latitude, stop.longitude = plan.position or (None, None)
        followed.append(stop)
    offering.stops = followed


def _stop(position: int, plan: StopPlan) -> Stop:
    latitude, longitude = plan.position or (None, None)
    return Stop(
        position=position, name=plan.name, text=LocalisedText(), latitude=latitude, longitude=longitude,
        stay_minutes=plan.stay_minutes, walk_minutes_to_next=plan.walk_minutes, features=[],
    )  # fmt: skip


def record_fields(columns: Collection[str]) -> list[str]:
    """Return how a source's record calls the columns, those it knows: they are locked against the next import."""
    return sorted({RECORD_FIELDS.get(column, column) for column in columns})
