"""Pages about a person's own things: saved, profile, "why this?".

Owns: what stands on them; the words of cards and reasons come from components. Without an account they show what the
visitor's cookie holds.
"""

from __future__ import annotations

import flask
from flask import request

from city.errors import NotFound
from web.access import current_person
from web.components.cards import card, viewpoint
from web.deeds import Deed, deed_action, saved_ids, switch_action
from web.frames import frame
from web.language import gettext, words
from web.origins import LIST_ID, find_list, shown_reasons
from web.parts import parts
from web.profile.blueprint import profile
from web.profile.presenters import (
    History,
    area_choices,
    explanation,
    further_hours,
    near_of,
    places_taken,
    reach_choices,
    week_of,
)
from web.room_facts import booking_facts
from web.room_keys import booking_url, own_bookings


@profile.get("/saved")
def saved() -> flask.typing.ResponseReturnValue:
    """What the person saved, and the places they have."""
    person = current_person()
    view = viewpoint(near_of(person))
    with parts().database.reading() as work:
        offerings = work.offerings.many(saved_ids(person))
        places = places_taken(work, person, view)
        seats = [
            (booking_facts(each, view), booking_url(each.id))
            for each in own_bookings(work, person)
            if each.ends_at > view.now
        ]
    cards = [
        card(
            offering,
            view,
            url=flask.url_for("citizens.offering", offering_id=offering.id, **{"from": "saved", "at": position}),
            dismiss=deed_action(Deed.UNSAVE, offering.id),
            dismiss_label=gettext("No longer save"),
        )
        for position, offering in enumerate(offerings, start=1)
    ]
    page = frame(gettext("What you saved"), section="mine")
    return flask.render_template(
        "profile/saved.html", page=page, cards=cards, places=places, seats=seats, person=person
    )


@profile.get("/profile")
def show() -> flask.typing.ResponseReturnValue:
    """What is known of the person, and how to change or forget it."""
    person = current_person()
    with parts().database.reading() as work:
        history = History.of(person, work, request.args.get("page", "1"))
        areas = area_choices(work, person.area_id)
    return flask.render_template(
        "profile/show.html",
        page=frame(gettext("What we know of you"), section="mine"),
        person=person,
        history=history,
        areas=areas,
        reaches=reach_choices(person.reach_minutes),
        week=week_of(person.free_hours),
        more_hours=further_hours(person.free_hours),
        switch=switch_action(not person.personal, back_to=flask.url_for("profile.show")),
    )


@profile.get("/why/<list_id>/<int:offering_id>")
def why(list_id: str, offering_id: int) -> flask.typing.ResponseReturnValue:
    """Why an offering stood on a list: the reasons as they were shown, and what can be changed about it."""
    person = current_person()
    shown = find_list(list_id, person) if LIST_ID.fullmatch(list_id) else None
    reasons = shown_reasons(shown, offering_id) if shown else None
    if reasons is None:
        raise NotFound("This list is no longer kept.")
    view = viewpoint(near_of(person))
    with parts().database.reading() as work:
        offering = work.offerings.get(offering_id)
        said = explanation(reasons, work, view.language)
    url = flask.url_for("citizens.offering", offering_id=offering_id, **{"from": "why", "list": list_id})
    title = words(offering.title)
    return flask.render_template(
        "profile/why.html",
        page=frame(gettext('Why "%(title)s"?', title=title), section="mine", kind=offering.kind),
        card=card(offering, view, url=url),
        title=title,
        said=said,
        person=person,
        dismiss=deed_action(Deed.DISMISS, offering_id, back_to=f"/{view.language}/"),
        switch=switch_action(not person.personal),
    )
