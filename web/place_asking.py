"""Asking for a place on a run: what the page shows before, and what comes of the form that was sent.

Owns: `Asking` (everything both views print), when a form is answered by another page instead (just come, a ballot, a
place one has already), and which refusal keeps the form on the screen with all that was typed. The rules are
`city.services.enrolling`'s. Called by the views of citizens and of the elder view, each with its own card.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import flask
from flask import request
from markupsafe import Markup

from city.errors import AlreadyEnrolled, Conflict, IdempotencyMismatch, InvalidInput, NotAllowed, NotFound, RunIsFull
from city.localised import LocalisedText
from city.model import AreaLevel, EnrolmentMode, Offering, Run, Status
from city.services.place_rules import limits_in_words
from city.store.unit_of_work import UnitOfWork
from web.access import Person, current_person
from web.addresses import current_language
from web.components.cards import Viewpoint, enrolment_state, seats
from web.language import Words, gettext, words
from web.origins import origin_fields, origin_of
from web.parts import parts
from web.place_alternatives import nearest_with_seats
from web.place_clashes import clash_sentences
from web.place_forms import KEY, Needs, PlaceForm, needs_of, said_in, slip_of, slips
from web.places import KnownPhone, known_phone, own_places, place_url

KEY_BYTES = 18
OPEN, FULL, CLOSED = "open", "full", "closed"
AREA_LEVELS = (AreaLevel.DISTRICT, AreaLevel.STREET)


@dataclass(frozen=True)
class Asking:
    """What the page says before a place is taken. `state` is open, full (there may be a waiting list) or closed."""

    run_id: int
    offering_id: int
    kind: str
    title: Words
    state: str
    seats: Markup
    form: PlaceForm
    needs: Needs
    card: Any
    known: KnownPhone | None = None
    waits: bool = False
    """True when a waiting list is kept."""
    too_few: bool = False
    """True when some are left, but not for as many as come."""
    queue: int = 0
    """How many wait already."""
    clashes: tuple[Markup, ...] = ()
    alternatives: tuple[Any, ...] = ()
    areas: tuple[tuple[str, Words], ...] = ()
    limits: tuple[str, ...] = ()
    """What limits the places, one sentence each."""
    errors: tuple[tuple[str, str], ...] = ()
    note: str = ""
    fields: tuple[tuple[str, str], ...] = ()
    """Where the person came from, carried on."""

    @property
    def wrong(self) -> dict[str, str]:
        return dict(self.errors)

    @property
    def asks_nothing(self) -> bool:
        """True when all is known: a button books at once."""
        return not (self.needs.phone or self.needs.birth_year or self.needs.area or self.needs.whom)


class Elsewhere(Exception):
    """Another page answers: the place one has already, the offering one just comes to, or the ballot."""

    def __init__(self, address: str) -> None:
        super().__init__(address)
        self.address = address


@dataclass(frozen=True)
class Show:
    """How a view shows what both share: its name, from where one looks, its card of a run and of another offering."""

    view: str
    viewpoint: Viewpoint
    card: Callable[[Offering, Run, Viewpoint], Any]
    other: Callable[[Offering, Viewpoint], Any]


def ask(run_id: int, show: Show) -> Asking:
    """Return the page that asks for a place; raises Elsewhere or NotFound."""
    form = PlaceForm.read(request.args, current_language()).with_key(new_key())
    person = current_person()
    with parts().database.reading() as work:
        run = door_of(work, run_id, show.view)
        if not form.other and "for" not in request.args:
            _lead_to_own(work, run_id, person, show)
        return _page(work, run, form, person, show, whom="for" in request.args)


def take(run_id: int, show: Show) -> int | tuple[Asking, int]:
    """Take the place the form asks for; return its id, or the form again with what is wrong and the status."""
    form = PlaceForm.read(request.form, current_language())
    if not KEY.fullmatch(form.key):
        raise InvalidInput("The form is not complete.", field="key", remedy="open the page again and send it once more")
    person = current_person()
    with parts().database.reading() as work:
        page = _page(work, door_of(work, run_id, show.view), form, person, show, whom="for" in request.form)
    if page.errors:
        return page, 400
    try:
        return _take(page, person)
    except InvalidInput as fault:
        return replace(page, errors=(slip_of(fault),)), 400
    except (Conflict, NotAllowed) as fault:
        return _refused(page, fault, person, show), 409


def new_key() -> str:
    """Return the key of a fresh form, by which sending it twice books once."""
    return secrets.token_urlsafe(KEY_BYTES)


def helper_called(person: Person) -> str:
    """Return what a helper is called in the booking: by name when signed in, else by that word."""
    return str(words(person.citizen.name)) if person.citizen else gettext("Somebody who helps")


def _take(page: Asking, person: Person) -> int:
    asker = page.form.asker(None if page.needs.phone else page.known, helper_called(person))
    taken = parts().enrolling.take_place(
        person.actor,
        page.run_id,
        key=page.form.key,
        asker=asker,
        or_wait=page.form.wait,
        origin=origin_of(request.form),
    )
    return taken.enrolment_id


def _refused(page: Asking, fault: Conflict | NotAllowed, person: Person, show: Show) -> Asking:
    """Return the form as it was typed, how the run stands now, and why nothing was booked."""
    if isinstance(fault, AlreadyEnrolled):
        with parts().database.reading() as work:
            _lead_to_own(work, page.run_id, person, show)
        said = gettext("This phone number has a place on it already. Open it with its booking number.")
        return replace(page, errors=(("phone", said),))
    form = page.form
    if isinstance(fault, IdempotencyMismatch):
        form = form.with_key(new_key())
    with parts().database.reading() as work:
        now = _page(work, door_of(work, page.run_id, show.view), form, person, show, whom=page.needs.whom)
    if isinstance(fault, RunIsFull):
        now = replace(now, state=FULL, waits=fault.can_wait, too_few=now.state == OPEN)
    return replace(now, errors=(), note=said_in(fault))


def door_of(work: UnitOfWork, run_id: int, view: str) -> Run:
    """Return a run places are taken on; raises Elsewhere where one gets in by another door."""
    run = work.enrolments.run(run_id)
    if run is None or run.offering.status not in (Status.PUBLISHED, Status.CANCELLED):
        raise NotFound("There is no such run.")
    if run.enrolment_mode == EnrolmentMode.NONE:
        raise Elsewhere(flask.url_for(f"{view}.offering", offering_id=run.offering_id))
    if run.enrolment_mode == EnrolmentMode.BALLOT:
        raise Elsewhere(ballot_address(run, view))
    return run


def ballot_address(run: Run, view: str = "citizens") -> str:
    """Return the page of a run's ballot; of one that has none yet, the offering's."""
    if run.ballot_id is None:
        return flask.url_for(f"{view}.offering", offering_id=run.offering_id)
    return flask.url_for(f"{view}.ballot", ballot_id=run.ballot_id)


def _lead_to_own(work: UnitOfWork, run_id: int, person: Person, show: Show) -> None:
    """Raise Elsewhere when the person has a live place on the run that this browser may open."""
    for place in own_places(work, person):
        if place.run_id == run_id and place.is_live():
            raise Elsewhere(place_url(place.id, view=show.view))


def _page(work: UnitOfWork, run: Run, form: PlaceForm, person: Person, show: Show, *, whom: bool) -> Asking:
    typed = form.other or whom or form.phone.strip()  # a number that was typed counts before one that is remembered
    known = None if typed else known_phone(work, person)
    needs = needs_of(run, person, phone=known is None, whom=whom)
    state = _state(run, show.viewpoint)
    areas = areas_to_live_in(work) if needs.area else ()
    page = Asking(
        run_id=run.id,
        offering_id=run.offering_id,
        kind=run.offering.kind,
        title=words(run.offering.title),
        state=state,
        seats=enrolment_state(run, show.viewpoint) or seats(run, show.viewpoint),
        form=form,
        needs=needs,
        card=show.card(run.offering, run, show.viewpoint),
        known=known,
        waits=state == FULL and run.keeps_waiting_list,
        queue=len(work.enrolments.waiting(run.id)) if state == FULL else 0,
        clashes=tuple(clash_sentences(work, run, person, show.viewpoint)) if state != CLOSED and not whom else (),
        alternatives=_alternatives(work, run, person, show) if state != OPEN else (),
        areas=areas,
        limits=tuple(_limits(work, run)),
        fields=tuple(origin_fields(origin_of(request.values)).items()),
    )
    if request.method != "POST":
        return page
    return replace(page, errors=tuple(slips(form, needs, dict(areas).__contains__, parts().clock.today().year)))


def _limits(work: UnitOfWork, run: Run) -> Iterator[str]:
    clock = parts().clock
    for said in limits_in_words(work, run, clock.now(), clock.zone):
        yield LocalisedText(said).best(current_language())[0]


def _state(run: Run, view: Viewpoint) -> str:
    if run.offering.status != Status.PUBLISHED or run.offering.postponed or not run.takes_enrolments(view.now):
        return CLOSED
    return FULL if run.is_full() else OPEN


def _alternatives(work: UnitOfWork, run: Run, person: Person, show: Show) -> tuple[Any, ...]:
    found = nearest_with_seats(work, run.offering, person.position(), show.viewpoint.now)
    return tuple(show.other(offering, show.viewpoint) for offering in found)


def areas_to_live_in(work: UnitOfWork) -> tuple[tuple[str, Words], ...]:
    """Return where one may live: districts and their streets, in the order of the tree."""
    return tuple((area.id, words(area.name)) for area in work.areas.all() if area.level in AREA_LEVELS)
