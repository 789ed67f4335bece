"""Publishing: the form, its drafts, copies, changes, and what became of an offering.

Owns: the addresses under `/o/publish`, `/o/drafts` and `/o/offerings`. Each POST keeps what was typed as a draft before
anything else, so that nothing is lost. The rules are `city.services.composing`'s.
"""

from __future__ import annotations

from typing import Any

import flask
from flask import request
from flask.typing import ResponseReturnValue

from city.errors import InvalidInput
from city.model import Draft
from city.services.composing import Form
from city.services.drafting import COPY_OF, KEY, DraftPlace
from city.services.findings import NotComplete, NotConfirmed
from city.services.offering_form import FIELDS, MANY
from city.services.permissions import Operation
from web.addresses import current_language
from web.deeds import leave_notice
from web.language import gettext
from web.operators.access import guarded, staff_actor
from web.operators.blueprint import operators
from web.operators.forms import id_of_address, id_of_form, key_of_form, new_key, values_of_form, working_for
from web.operators.frame import staff_frame
from web.operators.offerings_page import offering_page, offerings_page
from web.operators.publish_page import publish_page
from web.parts import parts

RESTORE = "operators.bring_draft_back"
DEEDS = ("publish", "look", "keep", "hand_over")


@operators.get("/offerings")
@guarded(Operation.WRITE_DRAFT)
def offerings() -> ResponseReturnValue:
    """Show drafts, what waits, what is on, what is over."""
    operator_id = working_for(id_of_address("operator"))
    page = staff_frame(gettext("What you publish"), "publish")
    return flask.render_template(
        "operators/offerings.html", page=page, found=offerings_page(operator_id, id_of_address("start") or 0)
    )


@operators.get("/publish")
@guarded(Operation.WRITE_DRAFT)
def publish_new() -> ResponseReturnValue:
    """Show an empty form with the defaults of the place, or a copy of something that was."""
    copied = id_of_address("copy")
    if copied is not None:
        values = parts().composing.to_copy(staff_actor(), copied, current_language())
        with parts().database.reading() as work:
            operator_id = work.offerings.get(copied).operator_id
    else:
        operator_id = working_for(id_of_address("operator"))
        values = parts().composing.blank(staff_actor(), operator_id, current_language())
    return _shown(Form(operator_id, values, new_key(), current_language(), copy_of=copied))


@operators.get("/publish/<int:draft_id>")
@guarded(Operation.WRITE_DRAFT)
def open_draft(draft_id: int) -> ResponseReturnValue:
    """Show a draft where it was left."""
    form = _form_of(parts().drafting.one(staff_actor(), draft_id))
    return _shown(form, asked="look" in request.args, number=draft_id)


@operators.get("/offerings/<int:offering_id>/edit")
@guarded(Operation.WRITE_DRAFT)
def edit_offering(offering_id: int) -> ResponseReturnValue:
    """Show an offering as a form, or the draft of a change that somebody began."""
    values = parts().composing.to_edit(staff_actor(), offering_id, current_language())
    with parts().database.reading() as work:
        operator_id = work.offerings.get(offering_id).operator_id
    begun = [d for d in parts().drafting.all(staff_actor(), operator_id) if d.offering_id == offering_id]
    if begun and "fresh" not in request.args:
        return flask.redirect(flask.url_for("operators.open_draft", draft_id=begun[0].id), 303)
    return _shown(Form(operator_id, values, new_key(), current_language(), offering_id=offering_id))


@operators.post("/publish")
@guarded(Operation.WRITE_DRAFT)
def publish() -> ResponseReturnValue:
    """Keep what was typed; then publish it, show how it would look, or hand it over."""
    form, deed = _sent_form(), request.form.get("do", "publish")
    if deed not in DEEDS:
        raise InvalidInput("There is no such button.", field="do", value=deed[:80])
    if deed == "publish":
        return _published(form)
    draft_id = _kept(form)
    if deed == "look":
        return flask.redirect(flask.url_for("operators.open_draft", draft_id=draft_id, look=1, _anchor="look"), 303)
    if deed == "hand_over":
        parts().drafting.hand_over(staff_actor(), draft_id)
    leave_notice("draft_handed_over" if deed == "hand_over" else "draft_kept")
    return flask.redirect(flask.url_for("operators.offerings"), 303)


@operators.post("/drafts/<int:draft_id>/throw-away")
@guarded(Operation.WRITE_DRAFT)
def throw_draft_away(draft_id: int) -> ResponseReturnValue:
    """Take a draft out of the list; the next page can bring it back."""
    parts().drafting.throw_away(staff_actor(), draft_id)
    leave_notice("draft_thrown_away", undo=(str(draft_id), RESTORE))
    return flask.redirect(flask.url_for("operators.offerings"), 303)


@operators.post("/drafts/bring-back")
@guarded(Operation.WRITE_DRAFT)
def bring_draft_back() -> ResponseReturnValue:
    """Undo throwing a draft away."""
    draft_id = id_of_form("token")
    parts().drafting.bring_back(staff_actor(), draft_id or 0)
    leave_notice("draft_back")
    return flask.redirect(flask.url_for("operators.offerings"), 303)


@operators.get("/offerings/<int:offering_id>")
@guarded(Operation.WRITE_DRAFT)
def show_offering(offering_id: int) -> ResponseReturnValue:
    """Show what became of an offering, and what can be done with it."""
    found = offering_page(offering_id)
    page = staff_frame(gettext("%(title)s, for those who publish it", title=found.title), "publish")
    return flask.render_template("operators/offering.html", page=page, found=found)


@operators.post("/offerings/<int:offering_id>/withdraw")
@guarded(Operation.PUBLISH_OFFERING)
def withdraw_offering(offering_id: int) -> ResponseReturnValue:
    """Take an offering out of all lists."""
    parts().composing.withdraw(staff_actor(), offering_id)
    leave_notice("offering_withdrawn")
    return flask.redirect(flask.url_for("operators.show_offering", offering_id=offering_id), 303)


@operators.post("/offerings/<int:offering_id>/show-again")
@guarded(Operation.PUBLISH_OFFERING)
def show_offering_again(offering_id: int) -> ResponseReturnValue:
    """Publish again what was withdrawn or cancelled."""
    parts().composing.show_again(staff_actor(), offering_id)
    leave_notice("offering_shown_again")
    return flask.redirect(flask.url_for("operators.show_offering", offering_id=offering_id), 303)


def _published(form: Form) -> ResponseReturnValue:
    try:
        done = parts().composing.publish(staff_actor(), form)
    except (NotComplete, NotConfirmed):
        _kept(form)
        return _shown(form, asked=True), 400
    leave_notice("sent_to_moderator" if done.in_review else "offering_published" if done.is_new else "offering_changed")
    return flask.redirect(flask.url_for("operators.show_offering", offering_id=done.offering_id), 303)


def _kept(form: Form) -> int:
    place = DraftPlace(form.operator_id, form.offering_id, form.copy_of)
    return parts().drafting.keep(staff_actor(), place, form.values, key=form.key)


def _shown(form: Form, *, asked: bool = False, number: int | None = None) -> str:
    """Draw the form; `number` is the draft's, so that no two pages have one title."""
    looked = parts().composing.look(staff_actor(), form)
    found = publish_page(form, looked, parts().composing.venues_for(staff_actor(), form.operator_id), asked=asked)
    title = gettext("Change what is published") if form.offering_id is not None else gettext("Publish something new")
    named = gettext("%(title)s, draft %(number)s", title=title, number=number) if number is not None else title
    if number is None and form.offering_id is not None:
        named = gettext("%(title)s, number %(number)s", title=title, number=form.offering_id)
    heading = gettext("Error: %(title)s", title=named) if found.errors else named
    page = staff_frame(heading, "publish")
    return flask.render_template("operators/publish.html", page=page, found=found, title=title)


def _sent_form() -> Form:
    return Form(
        operator_id=working_for(id_of_form("operator")),
        values=values_of_form(FIELDS, MANY),
        key=key_of_form(),
        language=current_language(),
        offering_id=id_of_form("offering"),
        copy_of=id_of_form("copy_of"),
        confirmed=request.form.get("confirmed", "")[:40],
    )


def _form_of(draft: Draft) -> Form:
    values: dict[str, Any] = dict(draft.values)
    return Form(
        operator_id=draft.operator_id,
        values={name: value for name, value in values.items() if name in FIELDS},
        key=str(values.get(KEY, "")),
        language=current_language(),
        offering_id=draft.offering_id,
        copy_of=values.get(COPY_OF),
    )
