"""Taking a place on a run and giving it back, each followed by a page that says what happened and how to undo it.

Owns: the addresses `/runs/ID/place`, `/places/ID` and `/places/ID/cancel`. The form carries a key, so that sending it
twice takes one place. The rules are `city.services.enrolling`'s.
"""

from __future__ import annotations

import re

import flask
from flask import request
from flask.typing import ResponseReturnValue

from city.errors import InvalidInput, NotAllowed, NotFound
from city.model import Enrolment
from web.access import current_person
from web.citizens.links import offering_url
from web.citizens.views import citizens
from web.components.cards import Action, card, viewpoint
from web.frames import frame
from web.language import gettext, sentence, words
from web.origins import origin_of
from web.parts import parts

KEY = re.compile(r"[A-Za-z0-9_-]{16,64}")


@citizens.post("/runs/<int:run_id>/place")
def take_place(run_id: int) -> ResponseReturnValue:
    """Give the signed-in citizen one place."""
    key = request.form.get("key", "")
    if not KEY.fullmatch(key):
        raise InvalidInput("The form is not complete.", field="key", remedy="open the page again and send it once more")
    taken = parts().enrolling.take_place(current_person().actor, run_id, key=key, origin=origin_of(request.form))
    return flask.redirect(flask.url_for("citizens.place", enrolment_id=taken.enrolment_id), 303)


@citizens.get("/places/<int:enrolment_id>")
def place(enrolment_id: int) -> ResponseReturnValue:
    """Say what place somebody has, when and where, and how to give it back."""
    person = current_person()
    at = person.position()
    view = viewpoint((at.latitude, at.longitude) if at else None)
    with parts().database.reading() as work:
        found = work.enrolments.find(enrolment_id)
        if found is None:
            raise NotFound("There is no such place.")
        if person.citizen is None or found.citizen_id != person.citizen.id:
            raise NotAllowed("This place is somebody else's.")
        offering = work.offerings.get(found.run.offering_id)
        live = found.is_live()
        shown = card(offering, view, url=offering_url(offering.id), taken=found.run if live else None)
    return flask.render_template(
        "citizens/place.html",
        page=frame(
            gettext("You have a place") if live else gettext("The place is given back"),
            kind=offering.kind,
            section="mine",
        ),
        card=shown,
        said=_said(found, words(offering.title)),
        number=found.id,
        cancel=Action(flask.url_for("citizens.cancel_place", enrolment_id=found.id)) if live else None,
        again_url="" if live else offering_url(offering.id),
    )


@citizens.post("/places/<int:enrolment_id>/cancel")
def cancel_place(enrolment_id: int) -> ResponseReturnValue:
    """Give a place back."""
    parts().enrolling.cancel_place(current_person().actor, enrolment_id)
    return flask.redirect(flask.url_for("citizens.place", enrolment_id=enrolment_id), 303)


def _said(place: Enrolment, title: object) -> object:
    if place.is_live():
        return sentence(
            'A place on "%(title)s" is yours. If you cannot come, give it back for somebody else.', title=title
        )
    return sentence('You no longer have a place on "%(title)s". If that was a slip, take one again.', title=title)
