"""An offering as a station sign: everything one wants to know before going, in words.

Owns: `Card`, `Fact`, `Viewpoint` (from where and when somebody looks) and how an offering becomes facts. Pure of
databases: whoever calls loads the offerings. Called by all views that show offerings.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from markupsafe import Markup, escape

from city.distances import travel_minutes
from city.model import Attendance, ClassSession, EnrolmentMode, Kind, Offering, Run, Status, Venue
from city.terms import AccessFeature
from web import formatters
from web.addresses import current_language
from web.language import Words, gettext, joined, ngettext, pgettext, sentence, words
from web.parts import parts
from web.vocabulary import ACCESS, KINDS, word

SHOWN_ACCESS = (AccessFeature.LIFT, AccessFeature.GROUND_FLOOR, AccessFeature.STEP_FREE)


@dataclass(frozen=True)
class Viewpoint:
    """In which language, at which instant and from where (latitude, longitude) somebody looks.

    `wanted` says which meetings were asked for; a card shows the first of those, else the next one.
    """

    language: str
    now: datetime
    today: date
    near: tuple[float, float] | None = None
    wanted: Callable[[ClassSession], bool] | None = None


@dataclass(frozen=True)
class Fact:
    """One line of a card: a label and what is so."""

    label: str
    value: Any
    """str, Markup or Words."""
    strong: bool = False


@dataclass(frozen=True)
class Action:
    """A button's POST: the address and the hidden fields it carries."""

    url: str
    fields: tuple[tuple[str, Any], ...] = ()


@dataclass(frozen=True)
class Card:
    """One offering on a list. `marked` is the title with what was searched for marked, if anything was."""

    offering_id: int
    kind: str
    kind_word: str
    url: str
    title: Words
    facts: tuple[Fact, ...]
    kind_note: str = ""
    """How many meetings or stops it has, beside the kind."""
    tag: str = ""
    reason: Markup | None = None
    why_url: str = ""
    dismiss: Action | None = None
    dismiss_label: str = ""
    """What the button says; "not for me" when empty."""
    dismiss_label: str = ""
    """Words of that button when they are not "Not for me"."""
    marked: Markup | None = None


def viewpoint(near: tuple[float, float] | None = None) -> Viewpoint:
    """Return the viewpoint of this request."""
    clock = parts().clock
    return Viewpoint(current_language(), clock.now(), clock.today(), near)


def card(offering: Offering, view: Viewpoint, *, url: str, taken: Run | None = None, **more: Any) -> Card:
    """Make the card of an offering; `more` are the fields of Card that depend on the list it stands in.

    `taken` is the run on which the person has a place: then the card speaks of that run.
    """
    return Card(
        offering_id=offering.id,
        kind=offering.kind,
        kind_word=word(KINDS, offering.kind, view.language),
        url=url,
        title=words(offering.title, view.language),
        facts=tuple(facts(offering, view, taken)),
        kind_note=kind_note(offering, view, taken),
        tag=tag(offering, view),
        **more,
    )


def facts(offering: Offering, view: Viewpoint, taken: Run | None = None) -> Iterable[Fact]:
    """Yield when, where, cost, places and access, in this order."""
    yield Fact(gettext("When"), when(offering, view, taken), strong=True)
    yield Fact(gettext("Where"), where(offering, view))
    yield Fact(gettext("Cost"), formatters.price_range(offering.prices, view.language))
    kept = sentence("One is kept for you") if taken else places(offering, view)
    yield Fact(pgettext("seats", "Places"), kept)
    if offering.attendance != Attendance.ONLINE:
        yield Fact(gettext("Access"), access(offering, view))


def when(offering: Offering, view: Viewpoint, taken: Run | None = None) -> Markup:
    """Return the next meeting (of `taken`, if given) in words, or that any day will do, or that it is over."""
    if offering.postponed:
        return sentence("Postponed, new date not set")
    if offering.always_open:
        return escape(pgettext("route", "Any day")) if offering.kind == Kind.ROUTE else sentence("Any time")
    ahead = [each for each in offering.upcoming_meetings(view.now) if taken is None or each.run_id == taken.id]
    if not ahead:
        return sentence("Over")
    first = next((each for each in ahead if view.wanted is not None and view.wanted(each)), ahead[0])
    return formatters.day_and_hours(first.held_on, first.starts_local, None, view.language, view.today)


def where(offering: Offering, view: Viewpoint) -> Markup:
    """Return the venue with the minutes to it, the first stop of a route, or that it is online."""
    if offering.attendance == Attendance.ONLINE:
        return sentence("Online, from anywhere")
    if offering.kind == Kind.ROUTE and offering.stops:
        start = offering.stops[0]
        said = sentence("From %(place)s", place=words(start.name, view.language))
        at = (start.latitude, start.longitude) if start.latitude is not None and start.longitude is not None else None
        return _with_travel(said, at, view)
    if offering.venue is None:
        return sentence("Not stated")
    return _with_travel(escape(words(offering.venue.name, view.language)), offering.venue.position(), view)


def main_run(offering: Offering, view: Viewpoint) -> Run | None:
    """Return the run a citizen would join: one that takes enrolments, else one that will, else the next."""
    ahead = [run for run in offering.runs if not run.cancelled and not run.is_over(view.now)]
    ahead.sort(key=lambda run: run.next_meeting_key(view.now))
    open_now = [run for run in ahead if run.takes_enrolments(view.now) and not run.is_full()]
    opening = [run for run in ahead if run.enrol_opens_at is not None and run.enrol_opens_at > view.now]
    return next(iter([*open_now, *opening]), None) or offering.next_run(view.now)


def can_come(offering: Offering, view: Viewpoint) -> bool:
    """True when somebody who reads this can still come: no enrolment is needed, or a run takes some."""
    run = main_run(offering, view)
    if run is None:
        return offering.always_open
    return not run.is_full() and enrolment_state(run, view) is None


def places(offering: Offering, view: Viewpoint, run: Run | None = None) -> Markup:
    """Return how many places are left (on `run`, else the next one), or by what other rule one gets in."""
    run = run or offering.next_run(view.now)
    if run is None or (run.enrolment_mode == EnrolmentMode.NONE and run.seat_count is None):
        return sentence("No limit") if offering.always_open or run is None else sentence("Just come")
    if run.enrolment_mode == EnrolmentMode.BALLOT:
        return sentence("%(count)s, by ballot", count=run.seat_count or "")
    if run.enrolment_mode == EnrolmentMode.FIRST_COME and not run.takes_enrolments(view.now):
        return _closed(offering, run, view)
    return seats(run, view)


def seats(run: Run, view: Viewpoint) -> Markup:
    """Return how many places are left on a run."""
    left = run.seats_left()
    if left is None:
        return sentence("No limit")
    return _nb(formatters.places_left(left, view.language)) if left else sentence("All taken")


def enrolment_state(run: Run, view: Viewpoint) -> Markup | None:
    """Return why nobody can take a place on a run now: not yet, or no longer; None when one can."""
    if run.enrolment_mode != EnrolmentMode.FIRST_COME or run.takes_enrolments(view.now):
        return None
    if run.enrol_opens_at is not None and run.enrol_opens_at > view.now:
        day = run.enrol_opens_at.astimezone(parts().clock.zone).date()
        return sentence("Enrolment opens on %(day)s", day=_nb(formatters.full_day(day, view.language, view.today)))
    return sentence("Enrolment is closed")


def _closed(offering: Offering, run: Run, view: Viewpoint) -> Markup:
    """Return what a card says when its next run takes nobody: the places of a later one, or when it opens."""
    later = [other for other in offering.runs if other.takes_enrolments(view.now) and not other.is_full()]
    if later:
        return sentence("Next term: %(places)s", places=seats(later[0], view))
    return enrolment_state(run, view) or sentence("Enrolment is closed")


def access(offering: Offering, view: Viewpoint) -> Markup:
    """Return whether stairs have to be climbed, by what is stated of the offering and its venue."""
    features = offering.features()
    if offering.kind == Kind.ROUTE and AccessFeature.STEP_FREE in offering.access_features:
        return sentence("No steps on the way")
    known = [word(ACCESS, feature, view.language) for feature in SHOWN_ACCESS if feature in features]
    return escape(known[0]) if known else sentence("Stairs: not stated")


def kind_note(offering: Offering, view: Viewpoint, taken: Run | None = None) -> str:
    """Return the number of stops of a route, or of meetings of the taken or next run when it has several."""
    if offering.kind == Kind.ROUTE:
        return ngettext("%(num)s stop", "%(num)s stops", len(offering.stops)) if offering.stops else ""
    run = taken or offering.next_run(view.now)
    total = sum(not meeting.cancelled for meeting in run.class_sessions) if run else 0
    return ngettext("%(num)s meeting", "%(num)s meetings", total) if total > 1 else ""


def tag(offering: Offering, view: Viewpoint) -> str:
    """Return the word on the plate at the end of the card's line, if there is something to know at once."""
    if offering.status == Status.CANCELLED:
        return gettext("Cancelled")
    if offering.is_over(view.now):
        return gettext("Over")
    run = offering.next_run(view.now)
    if run is not None and run.enrolment_mode == EnrolmentMode.BALLOT:
        return gettext("Ballot")
    if not offering.has_seats(view.now):
        return gettext("Full")
    return gettext("Online") if offering.attendance == Attendance.ONLINE else ""


def minutes_to(venue: Venue | None, view: Viewpoint) -> float | None:
    """Return the travel minutes from the viewpoint to a venue, None when either place is unknown."""
    return travel_minutes(view.near, venue.position()) if venue is not None else None


def marked(title: Words, ranges: Iterable[tuple[int, int]]) -> Markup:
    """Return the title with the given half-open ranges of letters marked."""
    pieces, at = [], 0
    for start, end in sorted(ranges):
        if at <= start < end <= len(title.text):
            pieces += [escape(title.text[at:start]), Markup("<mark>{}</mark>").format(title.text[start:end])]
            at = end
    return Markup("").join([*pieces, escape(title.text[at:])])


def _with_travel(said: Markup, at: tuple[float, float] | None, view: Viewpoint) -> Markup:
    minutes = travel_minutes(view.near, at)
    return (
        joined([said, _nb(formatters.travel(minutes, view.language))], view.language) if minutes is not None else said
    )


def _nb(text: str) -> Markup:
    return Markup('<span class="nb">{}</span>').format(text)
