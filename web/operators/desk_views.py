"""The phone desk on one page: find a place by the last digits, give it back or keep it, book for whoever calls.

Owns: the addresses under `/o/desk`. One page without a script, so that a keyboard alone does it: the first box is
for the digits, the second form books. What was typed stays when something is refused. Every deed for somebody is in the
audit log with the citizen it was for (the services write it).
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any

import flask
from flask import request
from flask.typing import ResponseReturnValue

from city.errors import Conflict, InvalidInput, PlaceRefused
from city.model import Channel, Enrolment, EnrolmentMode
from city.phones import EXAMPLE
from city.services.contacts import Asker
from city.services.enrolling import PlaceTaken
from city.services.permissions import Operation
from web.addresses import current_language
from web.deeds import leave_notice
from web.language import gettext, sentence
from web.operators.access import guarded, staff_actor
from web.operators.blueprint import operators
from web.operators.chosen import number_of, operator_in_question
from web.operators.frame import staff_frame
from web.operators.people_page import desk_row, run_row
from web.parts import parts
from web.place_forms import SLIPS

Errors = list[tuple[str, Any]]


@operators.get("/desk")
@guarded(Operation.SEE_PEOPLE)
def desk() -> ResponseReturnValue:
    """Look for a place by what is said on the phone, and offer the form that books."""
    asked = request.args.get("q", "")[:40].strip()
    try:
        found = parts().rosters.find(staff_actor(), operator_in_question(), asked) if asked else []
        return _page(asked, found, {}, [])
    except InvalidInput as wrong:
        return _page(asked, [], {}, [(wrong.field, gettext("Type the last 4 digits of a phone or booking number."))])


@operators.post("/desk/book")
@guarded(Operation.TAKE_PLACE)
def book_for() -> ResponseReturnValue:
    """Book for whoever calls; when all places are taken, a place in line."""
    typed = {name: request.form.get(name, "")[:200] for name in ("run", "phone", "name", "people", "key")}
    try:
        taken = _book(typed)
    except InvalidInput as wrong:
        return _page("", [], typed, [(wrong.field, _in_words(wrong))]), 400
    except Conflict as refused:
        return _page("", [], typed, [("run", _why(refused))]), 409
    leave_notice("booked_for")
    return flask.redirect(flask.url_for("operators.desk", q=taken.number, operator=operator_in_question()), 303)


@operators.post("/desk/places/<int:enrolment_id>/give-back")
@guarded(Operation.CANCEL_PLACE)
def give_back_for(enrolment_id: int) -> ResponseReturnValue:
    """Give a place back for whoever calls."""
    return _done(parts().enrolling.cancel_place, enrolment_id, "given_back_for")


@operators.post("/desk/places/<int:enrolment_id>/restore")
@guarded(Operation.CANCEL_PLACE)
def restore_for(enrolment_id: int) -> ResponseReturnValue:
    """Take back within a day that a place was given back."""
    return _done(parts().enrolling.undo_cancel, enrolment_id, "restored_for")


@operators.post("/desk/places/<int:enrolment_id>/accept")
@guarded(Operation.CANCEL_PLACE)
def accept_for(enrolment_id: int) -> ResponseReturnValue:
    """Say yes to an offered place for whoever calls."""
    return _done(parts().enrolling.accept, enrolment_id, "accepted_for")


def _done(deed: Callable[..., PlaceTaken], enrolment_id: int, said: str) -> ResponseReturnValue:
    done = deed(staff_actor(), enrolment_id)
    leave_notice(said)
    return flask.redirect(flask.url_for("operators.desk", q=done.number, operator=operator_in_question()), 303)


def _book(typed: dict[str, str]) -> PlaceTaken:
    people = typed["people"].strip() or "1"
    if not (people.isascii() and people.isdecimal() and len(people) <= 3):
        raise InvalidInput("That is no number of people.", field="people")
    asker = Asker(
        name=typed["name"],
        phone=typed["phone"],
        language=current_language(),
        channel=Channel.PHONE,
        party_size=int(people),
    )
    return parts().enrolling.take_place(staff_actor(), number_of("run"), key=typed["key"], asker=asker, or_wait=True)


def _page(asked: str, found: list[Enrolment], typed: dict[str, str], errors: Errors) -> str:
    operator_id = operator_in_question()
    runs = [each for each in parts().rosters.runs(staff_actor(), operator_id) if _takes_places(each.run)]
    title = gettext("Phone desk")
    return flask.render_template(
        "operators/desk.html",
        page=staff_frame(gettext("Error: %(title)s", title=title) if errors else title, "desk"),
        heading=title,
        asked=asked,
        rows=[desk_row(place) for place in found],
        runs=[(each.run.id, run_row(each)) for each in runs],
        kept=typed,
        errors=[(field or "run", said) for field, said in errors],
        wrong=dict(errors),
        key=typed.get("key") or secrets.token_urlsafe(16),
        operator_id=operator_id,
    )


def _takes_places(run: Any) -> bool:
    return run.enrolment_mode == EnrolmentMode.FIRST_COME and run.takes_enrolments(parts().clock.now())


def _in_words(wrong: InvalidInput) -> Any:
    """Return a slip in the page's language, with an example of what is right."""
    if (known := SLIPS.get(str(wrong))) is not None:
        return gettext(known, example=EXAMPLE)
    if wrong.field == "people" or wrong.field == "party_size":
        return gettext("Write how many people, in digits, like 2.")
    if wrong.field == "run":
        return gettext("Choose what it is for.")
    return sentence("This cannot be used here. It was: %(value)s", value=str(wrong.value or ""))


def _why(refused: Conflict) -> str:
    """Return the sentence of the rule in the page's language."""
    said = refused.said if isinstance(refused, PlaceRefused) else {}
    tag = "zh-Hans" if current_language() == "zh" else "en"
    return said.get(tag) or gettext("This form was sent before. Look the place up by its number.")
