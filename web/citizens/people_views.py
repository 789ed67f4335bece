"""Booking for several people: one page for each, a review of all, one button; and one page for what came of it.

Owns: the addresses `/runs/ID/people` (one person a page), its review and `/bookings/TOKEN`. What was typed waits in
the signed cookie of the form session, so that nothing is asked twice and nothing is lost by going back. People without
a telephone of their own share the booking of the person before them. Each booking can be given back alone, or all.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from typing import Any

import flask
from flask import request
from flask.typing import ResponseReturnValue

from city.booking_numbers import spoken
from city.errors import Conflict, InvalidInput, LearncityError, NotAllowed, NotFound
from city.model import Channel, Run
from city.phones import phone_number, written
from city.services.contacts import Asker
from city.services.permissions import Actor
from city.tokens import Tokens
from web.access import Person, current_person
from web.addresses import current_language
from web.citizens.links import offering_url
from web.citizens.place_views import run_card
from web.citizens.views import citizens
from web.components.cards import Action, viewpoint
from web.frames import frame
from web.language import gettext, words
from web.parts import parts
from web.place_asking import areas_to_live_in, door_of, helper_called, new_key
from web.place_facts import PlaceFacts, place_facts
from web.place_forms import Needs, name_slip, needs_of, phone_slip, said_in, slip_of, year_slip
from web.places import keep_places, place_url, see

MOST_PEOPLE = 8
PURPOSE = "places"


@dataclass(frozen=True)
class Somebody:
    """One person as typed; without a phone the booking is shared with the person before."""

    name: str = ""
    phone: str = ""
    birth_year: str = ""
    area: str = ""


@dataclass(frozen=True)
class Draft:
    """What a helper has typed for one run so far, and what of it is booked already."""

    key: str
    people: tuple[Somebody, ...] = ()
    booked: tuple[int, ...] = ()

    def parties(self) -> list[list[Somebody]]:
        """Return the people by booking: each one with a phone, and those after who have none."""
        found: list[list[Somebody]] = []
        for each in self.people:
            if each.phone or not found:
                found.append([each])
            else:
                found[-1].append(each)
        return found


@dataclass(frozen=True)
class PersonForm:
    """The page of one person: which in line, what was typed, what is wrong."""

    nth: int
    typed: Somebody
    needs: Needs
    errors: tuple[tuple[str, str], ...] = ()
    areas: tuple[Any, ...] = ()
    changes: bool = False

    @property
    def wrong(self) -> dict[str, str]:
        return dict(self.errors)


@dataclass(frozen=True)
class Outcome:
    """What came of sending the bookings: ids of those that stand, and why the others do not."""

    booked: tuple[int, ...] = ()
    left: tuple[Somebody, ...] = ()
    refusals: tuple[str, ...] = field(default_factory=tuple)


@citizens.get("/runs/<int:run_id>/people")
def ask_for_people(run_id: int) -> ResponseReturnValue:
    """Ask for the next person, or for one again that is to be changed."""
    draft = _draft(run_id)
    nth = _changed_one(draft) or len(draft.people) + 1
    if nth > MOST_PEOPLE:
        return _to_review(run_id)
    typed = draft.people[nth - 1] if nth <= len(draft.people) else Somebody()
    return _person_page(run_id, draft, PersonForm(nth, typed, _needs(run_id), changes=nth <= len(draft.people)), 200)


@citizens.post("/runs/<int:run_id>/people")
def add_person(run_id: int) -> ResponseReturnValue:
    """Keep what was typed of one person and go on to the next, or to the review."""
    draft = _draft(run_id)
    nth = _changed_one(draft) or len(draft.people) + 1
    needs = _needs(run_id)
    typed = Somebody(*(request.form.get(name, "").strip() for name in ("name", "phone", "birth_year", "area")))
    errors = tuple(_slips(typed, needs, nth))
    if errors or nth > MOST_PEOPLE:
        return _person_page(run_id, draft, PersonForm(nth, typed, needs, errors, changes=nth <= len(draft.people)), 400)
    people = [*draft.people[: nth - 1], typed, *draft.people[nth:]]
    _keep(run_id, replace(draft, people=tuple(people)))
    return _to_next(run_id) if request.form.get("then") == "more" else _to_review(run_id)


@citizens.get("/runs/<int:run_id>/people/review")
def review_people(run_id: int) -> ResponseReturnValue:
    """Show everybody at once, before anything is booked."""
    draft = _draft(run_id)
    if not draft.people:
        return _to_next(run_id)
    return _review_page(run_id, draft, (), 200)


@citizens.post("/runs/<int:run_id>/people/remove")
def remove_person(run_id: int) -> ResponseReturnValue:
    """Take one person off the list."""
    draft, nth = _draft(run_id), request.form.get("nth", "")
    if not nth.isascii() or not nth.isdigit() or not 1 <= int(nth) <= len(draft.people):
        raise InvalidInput("There is no such person on the list.", field="nth", value=nth[:20])
    people = [each for at, each in enumerate(draft.people, start=1) if at != int(nth)]
    _keep(run_id, replace(draft, people=tuple(people)))
    return _to_review(run_id) if people else _to_next(run_id)


@citizens.post("/runs/<int:run_id>/people/book")
def book_people(run_id: int) -> ResponseReturnValue:
    """Take a place for each booking; what is refused stays on the review with its reason."""
    draft = _draft(run_id)
    if not draft.people:
        return _to_next(run_id)
    found = _book(run_id, draft, current_person(), wait=request.form.get("wait") == "1")
    booked = (*draft.booked, *(each for each in found.booked if each not in draft.booked))
    if found.left:
        kept = Draft(new_key(), found.left, booked)
        _keep(run_id, kept)
        return _review_page(run_id, kept, found.refusals, 409)
    flask.session.pop("people", None)
    response = see(_bookings_url(booked))
    keep_places(response, booked)
    return response


@citizens.get("/bookings/<token>")
def bookings(token: str) -> ResponseReturnValue:
    """What was booked together, each with its number and its own page."""
    held = _held(token)
    flask.g.keep_nowhere = True
    page = frame(gettext("Your bookings: %(numbers)s", numbers=", ".join(each.number for each in held)), section="mine")
    return flask.render_template(
        "citizens/bookings.html",
        page=page,
        places=[(each, place_url(each.id)) for each in held],
        offering_url=offering_url(held[0].offering_id),
        cancel=_all_of(token, "cancel") if any(each.can_cancel for each in held) else None,
        undo=_all_of(token, "undo") if any(each.can_undo for each in held) else None,
    )


@citizens.post("/bookings/<token>/<any(cancel,undo):deed>")
def change_bookings(token: str, deed: str) -> ResponseReturnValue:
    """Give all of them back, or take that back."""
    for facts, holder in _holders(token):
        if deed == "cancel" and facts.can_cancel:
            parts().enrolling.cancel_place(holder, facts.id)
        elif deed == "undo" and facts.can_undo:
            parts().enrolling.undo_cancel(holder, facts.id)
    return flask.redirect(flask.url_for("citizens.bookings", token=token), 303)


def _book(run_id: int, draft: Draft, person: Person, *, wait: bool) -> Outcome:
    found = Outcome()
    for nth, party in enumerate(draft.parties(), start=1):
        try:
            taken = parts().enrolling.take_place(
                person.actor, run_id, key=f"{draft.key}-{nth}", asker=_asker(party, person), or_wait=wait
            )
            found = replace(found, booked=(*found.booked, taken.enrolment_id))
        except (Conflict, NotAllowed, InvalidInput) as fault:
            said = gettext("%(name)s: %(reason)s", name=party[0].name, reason=_reason(fault))
            found = replace(found, left=(*found.left, *party), refusals=(*found.refusals, said))
    return found


def _reason(fault: LearncityError) -> str:
    return slip_of(fault)[1] if isinstance(fault, InvalidInput) else said_in(fault)


def _asker(party: list[Somebody], person: Person) -> Asker:
    first = party[0]
    return Asker(
        name=first.name,
        phone=first.phone,
        language=current_language(),
        channel=Channel.SCREEN,
        party_size=len(party),
        companions=tuple(each.name for each in party[1:]),
        helper_name=helper_called(person),
        birth_year=int(first.birth_year) if first.birth_year else None,
        area_id=first.area or None,
    )


def _slips(typed: Somebody, needs: Needs, nth: int) -> list[tuple[str, str]]:
    shares = nth > 1 and not typed.phone
    found = [("name", gettext("Write the name, or how you call the person."))] if not typed.name else []
    found += [("name", said)] if (said := name_slip(typed.name)) else []
    found += [("phone", said)] if not shares and (said := phone_slip(typed.phone)) else []
    this_year = parts().clock.today().year
    asks_year = needs.birth_year and not shares
    found += [("birth_year", said)] if asks_year and (said := year_slip(typed.birth_year, this_year)) else []
    if needs.area and not shares and typed.area not in dict(_areas(needs)):
        found.append(("area", gettext("Choose the place where you live.")))
    return found


def _person_page(run_id: int, draft: Draft, form: PersonForm, status: int) -> ResponseReturnValue:
    run, title = _run_and_title(run_id)
    said = gettext("Person %(nth)s for %(title)s, %(number)s", nth=form.nth, title=title, number=run_id)
    page = frame(gettext("Error: %(title)s", title=said) if form.errors else said, kind=run.offering.kind)
    return flask.render_template(
        "citizens/people.html",
        page=page,
        form=replace(form, areas=_areas(form.needs)),
        draft=draft,
        title=title,
        kind=run.offering.kind,
        run_id=run_id,
        may_add=form.nth < MOST_PEOPLE,
    ), status


def _review_page(run_id: int, draft: Draft, refusals: tuple[str, ...], status: int) -> ResponseReturnValue:
    run, title = _run_and_title(run_id)
    view = viewpoint(None)
    left = run.seats_left()
    short = left is not None and len(draft.people) > left
    with parts().database.reading() as work:
        read = work.enrolments.run(run_id)
        card = run_card(read.offering, read, view) if read is not None else None
    return flask.render_template(
        "citizens/people_review.html",
        page=frame(gettext("Everybody for %(title)s, %(number)s", title=title, number=run_id), kind=run.offering.kind),
        card=card,
        kind=run.offering.kind,
        run_id=run_id,
        rows=_rows(draft),
        refusals=refusals,
        booked=[(spoken_number, place_url(each)) for each, spoken_number in _numbers(draft.booked)],
        short=short and run.keeps_waiting_list,
        seats_left=left,
        may_add=len(draft.people) < MOST_PEOPLE,
        done_url=_bookings_url(draft.booked) if draft.booked else "",
    ), status


def _rows(draft: Draft) -> list[tuple[int, Somebody, str]]:
    """Return (number, person, telephone in words) of everybody."""
    return [(nth, each, _written(each.phone)) for nth, each in enumerate(draft.people, start=1)]


def _written(phone: str) -> str:
    return written(phone_number(phone)) if phone else ""


def _numbers(enrolment_ids: tuple[int, ...]) -> list[tuple[int, str]]:
    with parts().database.reading() as work:
        return [(each.id, spoken(each.number)) for each in work.enrolments.many(enrolment_ids)]


def _run_and_title(run_id: int) -> tuple[Run, str]:
    with parts().database.reading() as work:
        run = door_of(work, run_id, "citizens")
        return run, str(words(run.offering.title))


def _needs(run_id: int) -> Needs:
    with parts().database.reading() as work:
        return needs_of(door_of(work, run_id, "citizens"), current_person(), phone=True, whom=True)


def _areas(needs: Needs) -> tuple[Any, ...]:
    if not needs.area:
        return ()
    with parts().database.reading() as work:
        return areas_to_live_in(work)


def _draft(run_id: int) -> Draft:
    """Return what the cookie holds for this run; one run at a time."""
    kept = flask.session.get("people")
    if not isinstance(kept, dict) or kept.get("run") != run_id:
        return Draft(new_key())
    return Draft(kept["key"], tuple(Somebody(*each) for each in kept["people"]), tuple(kept["booked"]))


def _keep(run_id: int, draft: Draft) -> None:
    people = [list(asdict(each).values()) for each in draft.people]
    flask.session["people"] = {"run": run_id, "key": draft.key, "people": people, "booked": list(draft.booked)}


def _changed_one(draft: Draft) -> int:
    """Return which person is to be changed, 0 when a new one comes."""
    asked = request.values.get("change", "")
    return int(asked) if asked.isascii() and asked.isdigit() and 1 <= int(asked) <= len(draft.people) else 0


def _to_next(run_id: int) -> ResponseReturnValue:
    return flask.redirect(flask.url_for("citizens.ask_for_people", run_id=run_id), 303)


def _to_review(run_id: int) -> ResponseReturnValue:
    return flask.redirect(flask.url_for("citizens.review_people", run_id=run_id), 303)


def _tokens() -> Tokens:
    return Tokens(parts().settings.signing_key())


def _bookings_url(enrolment_ids: tuple[int, ...]) -> str:
    token = _tokens().make(PURPOSE, ",".join(map(str, enrolment_ids)))
    return flask.url_for("citizens.bookings", token=token)


def _all_of(token: str, deed: str) -> Action:
    return Action(flask.url_for("citizens.change_bookings", token=token, deed=deed))


def _held(token: str) -> list[PlaceFacts]:
    return [facts for facts, _ in _holders(token)]


def _holders(token: str) -> list[tuple[PlaceFacts, Actor]]:
    """Return the places a link of several opens, each with whoever may change it."""
    ids = [int(each) for each in _tokens().read(PURPOSE, token).split(",")]
    view = viewpoint(None)
    with parts().database.reading() as work:
        found = [
            (place_facts(work, place, work.offerings.get(place.run.offering_id), view), Actor.holder(place.citizen_id))
            for place in sorted(work.enrolments.many(ids), key=lambda each: each.id)
        ]
    if not found:
        raise NotFound("There is no such place.")
    return found
