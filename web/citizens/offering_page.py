"""The page of one offering: all facts, its meetings or stops, the button for a place, what is like it.

Owns: which parts a page has for which kind, and who may see an offering that is not published any more. Called by the
offering view.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlsplit

import flask
from markupsafe import Markup

from city.errors import NotFound
from city.model import AccessFeature, Attendance, Enrolment, EnrolmentMode, Kind, Offering, Run, Status
from city.services.enrolling import ListOrigin
from city.store.unit_of_work import UnitOfWork
from web import formatters
from web.access import Person
from web.citizens.links import offering_url
from web.citizens.place_page import route_map, route_stops
from web.components import cards
from web.components.cards import Action, Card, Fact, Viewpoint, viewpoint
from web.components.frame import Capsule
from web.components.reasons import names_for, reason_in_words
from web.components.schedule import MeetingRow, meeting_rows, run_in_words
from web.deeds import Deed, deed_action, saved_ids
from web.language import Words, gettext, joined, ngettext, pgettext, sentence, words
from web.origins import origin_fields, origin_of, remember_list
from web.parts import parts
from web.place_asking import ballot_address, new_key
from web.place_clashes import clash_sentences
from web.place_forms import needs_of
from web.places import own_places, place_url
from web.vocabulary import ACCESS, AUDIENCES, KINDS, LANGUAGES, LEVELS, word

SIMILAR = 3
SHOWN_RUNS = 12
SECTIONS = {Kind.ROUTE: "routes", Kind.NIGHT_SCHOOL: "night"}
SEEN = (Status.PUBLISHED, Status.CANCELLED, Status.WITHDRAWN)


class StandsElsewhere(Exception):
    """Two sources publish the same thing; another offering stands for this one."""

    def __init__(self, offering_id: int) -> None:
        super().__init__(offering_id)
        self.offering_id = offering_id


@dataclass(frozen=True)
class RunRow:
    """One run one can join: when, how many places, and the button (take it, give it back, or none)."""

    run_id: int
    when: Markup
    places: Markup
    take: Action | None = None
    """The POST that takes a place at once, for a citizen of whom nothing has to be asked."""
    form_url: str = ""
    wait_url: str = ""
    """The form of the waiting list, where the run is full and keeps one."""
    ballot_url: str = ""
    place_url: str = ""
    meetings: tuple[MeetingRow, ...] = ()

    @property
    def is_open(self) -> bool:
        """True when there is a button on it."""
        return bool(self.take or self.form_url or self.wait_url or self.ballot_url or self.place_url)


@dataclass(frozen=True)
class FoundOffering:
    """What the view needs: title, kind, section, capsule, and the content of the template."""

    title: str
    kind: str
    section: str
    capsule: Mapping[str, Any]
    content: Mapping[str, Any] = field(default_factory=dict)


def read(offering_id: int, person: Person) -> FoundOffering:
    """Read an offering and word it; raises NotFound for what citizens may not see."""
    at = person.position()
    view = viewpoint((at.latitude, at.longitude) if at else None)
    with parts().database.reading() as work:
        offering = work.offerings.get(offering_id)
        if offering.status not in SEEN:
            raise NotFound("There is no such offering.")
        if offering.merged_into_id is not None:
            raise StandsElsewhere(offering.merged_into_id)
        areas = {area.id: area for area in work.areas.all()}
        runs = _runs(work, offering, person, view)
        main = cards.main_run(offering, view)
        content = {
            "offering": offering,
            "title": words(offering.title, view.language),
            "kind_word": word(KINDS, offering.kind, view.language),
            "plate_note": _plate_note(offering, view),
            "summary": words(offering.summary, view.language),
            "description": words(offering.description, view.language),
            "state": _state(offering, view),
            "reason": _reason(work, offering, person, view),
            "facts": list(_facts(offering, view)),
            "runs": runs,
            "main_run": next((row for row in runs if main is not None and row.run_id == main.id), None),
            "stops": route_stops(offering, view),
            "map": route_map(offering, view),
            "more": list(_more(offering, view)),
            "transcript": words(offering.transcript, view.language),
            "operator": words(offering.operator.name, view.language),
            "operator_phone": offering.operator.phone,
            "contact": offering.contact,
            "web_address": safe_address(offering.web_address),
            "topics": [(words(topic.name, view.language), topic.id) for topic in offering.topics],
            "similar": _similar(work, offering, person, view),
            "save": _save(offering, person),
            "dismiss": deed_action(Deed.DISMISS, offering.id, origin=origin_of(flask.request.args)),
            "is_saved": offering.id in saved_ids(person),
        }
        venue_area = areas.get(offering.venue.area_id or "") if offering.venue else None
        district = venue_area.district() if venue_area else None
    title = str(words(offering.title, view.language))
    capsule = (
        {"capsule": Capsule(words(district.name), flask.url_for("citizens.area", area_id=district.id))}
        if district
        else {}
    )
    return FoundOffering(title, offering.kind, SECTIONS.get(Kind(offering.kind), "find"), capsule, content)


def safe_address(address: str) -> str:
    """Return an operator's web address when it is one of the web, else nothing."""
    try:
        split = urlsplit(address)
    except ValueError:
        return ""
    return address if split.scheme in ("http", "https") and split.netloc else ""


def _plate_note(offering: Offering, view: Viewpoint) -> Any:
    """Return what stands beside the kind: stops and minutes of a route, else the venue or the level."""
    if offering.kind == Kind.ROUTE and offering.stops:
        walked = sum(stop.walk_minutes_to_next for stop in offering.stops)
        stops = ngettext("%(num)s stop", "%(num)s stops", len(offering.stops))
        return joined([stops, sentence("%(minutes)s on foot", minutes=formatters.duration(walked, view.language))])
    if offering.venue is not None:
        return words(offering.venue.name, view.language)
    return word(LEVELS, offering.level, view.language) if offering.level else ""


def _state(offering: Offering, view: Viewpoint) -> Markup | None:
    """Return why nobody can come, if nobody can."""
    if offering.postponed and offering.status == Status.PUBLISHED:
        return sentence("Postponed, the new date is not set yet. What is like it stands below.")
    if offering.status == Status.CANCELLED:
        return sentence("This was cancelled. What is like it stands below.")
    if offering.status == Status.WITHDRAWN:
        return sentence("This is no longer offered. What is like it stands below.")
    if offering.is_over(view.now):
        return sentence("This is over. What is like it stands below.")
    return None


def _reason(work: UnitOfWork, offering: Offering, person: Person, view: Viewpoint) -> Markup | None:
    """Return why it may suit this person, for somebody the recommender knows."""
    if not person.personal or (person.citizen is None and not person.visitor.profile):
        return None
    reasons = parts().recommender.explain(person.asks_for(1), offering.id)
    return reason_in_words(reasons, names_for(reasons, work, view.language), view.language)


def _facts(offering: Offering, view: Viewpoint) -> Iterable[Fact]:
    """Yield the facts of the box: those of the card, of the run one can join, with all its prices."""
    run = cards.main_run(offering, view)
    yield Fact(
        gettext("When"),
        run_in_words(run, view) if run and not offering.postponed else cards.when(offering, view),
        strong=True,
    )
    yield Fact(gettext("Where"), cards.where(offering, view))
    yield Fact(gettext("Cost"), formatters.price(offering.prices, view.language))
    yield Fact(pgettext("seats", "Places"), cards.places(offering, view, run))
    if offering.attendance != Attendance.ONLINE:
        yield Fact(gettext("Access"), cards.access(offering, view))
    if address := _address(offering, view):
        yield Fact(gettext("Address"), address)
    others = [feature for feature in sorted(offering.features()) if feature not in cards.SHOWN_ACCESS]
    if others and offering.kind != Kind.ROUTE:
        yield Fact(gettext("Also"), joined([word(ACCESS, feature, view.language) for feature in others]))
    if offering.date_note:
        yield Fact(gettext("Note"), words(offering.date_note, view.language))


def _address(offering: Offering, view: Viewpoint) -> Words | None:
    return words(offering.venue.address, view.language) if offering.venue and offering.venue.address else None


def _more(offering: Offering, view: Viewpoint) -> Iterable[Fact]:
    """Yield what to know before going."""
    if offering.kind == Kind.ROUTE and offering.stops:
        yield Fact(gettext("How long"), _how_long(offering, view))
        toilets = _stops_with(offering, (AccessFeature.TOILET, AccessFeature.ACCESSIBLE_TOILET))
        yield Fact(gettext("Toilets"), _stop_numbers(toilets))
        yield Fact(gettext("Seats"), _stop_numbers(_stops_with(offering, (AccessFeature.SEATS,))))
    if offering.audiences:
        yield Fact(gettext("For"), joined([word(AUDIENCES, key, view.language) for key in offering.audiences]))
    if offering.age_min is not None or offering.age_max is not None:
        yield Fact(gettext("Age"), _ages(offering))
    if offering.level:
        yield Fact(gettext("Level"), word(LEVELS, offering.level, view.language))
    if offering.languages:
        yield Fact(gettext("Held in"), joined([word(LANGUAGES, tag, view.language) for tag in offering.languages]))
    for label, text in (
        (gettext("Bring"), offering.bring),
        (gettext("If it rains"), offering.rain_plan),
        (gettext("The way"), offering.surface),
    ):
        if text:
            yield Fact(label, words(text, view.language))


def _how_long(offering: Offering, view: Viewpoint) -> Markup:
    walked = sum(stop.walk_minutes_to_next for stop in offering.stops)
    stayed = sum(stop.stay_minutes for stop in offering.stops)
    return sentence(
        "%(walking)s on foot, %(staying)s at the stops",
        walking=formatters.duration(walked, view.language),
        staying=formatters.duration(stayed, view.language),
    )


def _stops_with(offering: Offering, features: Iterable[str]) -> list[int]:
    wanted = set(features)
    return [number for number, stop in enumerate(offering.stops, start=1) if wanted & set(stop.features)]


def _stop_numbers(numbers: list[int]) -> Markup:
    if not numbers:
        return sentence("None on the way")
    return joined([sentence("stop %(number)s", number=number) for number in numbers])


def _ages(offering: Offering) -> str:
    if offering.age_max is None:
        return gettext("from %(age)s years", age=offering.age_min)
    if not offering.age_min:
        return gettext("up to %(age)s years", age=offering.age_max)
    return gettext("%(low)s to %(high)s years", low=offering.age_min, high=offering.age_max)


def _runs(work: UnitOfWork, offering: Offering, person: Person, view: Viewpoint) -> list[RunRow]:
    """Return the runs still to come, soonest first; a run somebody has a place on leads to that place."""
    ahead = [run for run in offering.runs if not run.cancelled and not run.is_over(view.now)]
    ahead.sort(key=lambda run: run.next_meeting_key(view.now))
    live = {place.run_id: place for place in own_places(work, person) if place.is_live()}
    return [_run(work, offering, run, live.get(run.id), person, view) for run in ahead[:SHOWN_RUNS]]


def _run(
    work: UnitOfWork, offering: Offering, run: Run, place: Enrolment | None, person: Person, view: Viewpoint
) -> RunRow:
    row = RunRow(
        run_id=run.id,
        when=run_in_words(run, view),
        places=cards.enrolment_state(run, view) or cards.seats(run, view),
        meetings=tuple(meeting_rows(run, view)),
    )
    if place is not None:
        return replace(row, place_url=place_url(place.id))
    if offering.status != Status.PUBLISHED or offering.postponed:
        return row
    if run.enrolment_mode == EnrolmentMode.BALLOT and run.ballot_id is not None:
        return replace(row, ballot_url=ballot_address(run))
    return replace(row, **_door(work, run, person, view)) if run.takes_enrolments(view.now) else row


def _door(work: UnitOfWork, run: Run, person: Person, view: Viewpoint) -> dict[str, Any]:
    """Return the way to a place on a run that takes enrolments: at once, by the form, or into the waiting list."""
    origin = origin_fields(origin_of(flask.request.args))
    url = flask.url_for("citizens.ask_for_place", run_id=run.id, **origin)  # type: ignore[arg-type]
    if run.is_full():
        return {"wait_url": url} if run.keeps_waiting_list else {}
    if not (person.citizen and person.citizen.phone) or clash_sentences(work, run, person, view):
        return {"form_url": url}
    needs = needs_of(run, person, phone=False, whom=False)
    if needs.birth_year or needs.area:
        return {"form_url": url}
    fields = {"key": new_key(), **origin}
    return {"take": Action(flask.url_for("citizens.take_place", run_id=run.id), tuple(fields.items())), "form_url": url}


def _save(offering: Offering, person: Person) -> Action:
    deed = Deed.UNSAVE if offering.id in saved_ids(person) else Deed.SAVE
    return deed_action(deed, offering.id, origin=origin_of(flask.request.args))


def _similar(work: UnitOfWork, offering: Offering, person: Person, view: Viewpoint) -> list[Card]:
    found = parts().recommender.similar(offering.id, SIMILAR)
    if not found.items:
        return []
    list_id = remember_list(found, person, "similar")
    rows = work.offerings.many([item.offering_id for item in found.items])
    return [
        cards.card(row, view, url=offering_url(row.id, ListOrigin("similar", list_id, position)))
        for position, row in enumerate(rows, start=1)
    ]
