"""The buttons by which a person steers suggestions, and what a page says after one was pressed.

Owns: the four deeds on an offering, the POST each button sends, the notice on the page that follows with its undo.
Works the same with an account (a row in the log) and without one (the visitor's cookie). Called by all views that
show cards; the buttons are answered by `web/profile/deed_views.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import flask
from flask import request
from markupsafe import Markup

from city.model import InteractionKind, LocalisedText
from city.services.enrolling import DIRECT, ListOrigin
from web.access import Person
from web.components.cards import Action
from web.language import gettext, message, sentence, words
from web.origins import origin_fields
from web.parts import parts
from web.visitor import Visitor, change_visitor


class Deed(StrEnum):
    """What one can do with an offering on a list."""

    SAVE = "save"
    UNSAVE = "unsave"
    DISMISS = "dismiss"
    UNDISMISS = "undismiss"


UNDO = {
    Deed.SAVE: Deed.UNSAVE,
    Deed.UNSAVE: Deed.SAVE,
    Deed.DISMISS: Deed.UNDISMISS,
    Deed.UNDISMISS: Deed.DISMISS,
}


@dataclass(frozen=True)
class Notice:
    """What happened, in a sentence, and the button that takes it back."""

    text: Markup
    undo: Action | None = None
    undo_label: str = ""


def deed_action(deed: Deed | str, offering_id: int, *, origin: ListOrigin = DIRECT, back_to: str = "") -> Action:
    """Return the POST of a button; afterwards the person is led to `back_to`, by default this page."""
    fields = {"next": back_to or this_address(), **origin_fields(origin)}
    url = flask.url_for("profile.do_deed", offering_id=offering_id, deed=str(deed))
    return Action(url, tuple(fields.items()))


def why_address(list_id: str | None, offering_id: int) -> str:
    """Return the page that answers "why this?", "" for an offering on no list that was kept."""
    return flask.url_for("profile.why", list_id=list_id, offering_id=offering_id) if list_id else ""


def switch_action(on: bool, *, back_to: str = "") -> Action:
    """Return the POST that turns the use of one's own history on or off."""
    fields = {"on": str(int(on)), "next": back_to or this_address()}
    return Action(flask.url_for("profile.switch"), tuple(fields.items()))


def area_action(area_id: str, *, back_to: str = "") -> Action:
    """Return the POST by which a person says "this is where I live"."""
    fields = {"area": area_id, "next": back_to or this_address()}
    return Action(flask.url_for("profile.change_area"), tuple(fields.items()))


def this_address() -> str:
    """Return path and query of this page, to come back to."""
    return request.full_path.rstrip("?")


def do(deed: Deed, offering_id: int, person: Person, origin: ListOrigin) -> None:
    """Do it for this person; raises NotFound for an unknown offering."""
    parts().interacting.log(person.actor, offering_id, InteractionKind(deed.value), origin)
    if person.citizen is None:
        change_visitor(_changed(person.visitor, deed, offering_id))


def saved_ids(person: Person) -> list[int]:
    """Return what the person saved and did not take back, newest first."""
    if person.citizen is None:
        return list(person.visitor.profile)
    with parts().database.reading() as work:
        return work.interactions.standing(person.citizen.id, InteractionKind.SAVE)


def leave_notice(what: str, offering_id: int | None = None, undo: tuple[str, str] | None = None) -> None:
    """Let the next page say what happened; `undo` is a token that takes it back, and the endpoint that reads it."""
    flask.flash({"what": what, "offering": offering_id, "undo": undo}, "done")  # type: ignore[arg-type]


def notices() -> list[Notice]:
    """Return what happened since the last page, each once."""
    return [_notice(message["what"], message["offering"], message["undo"]) for message in flask.get_flashed_messages()]  # type: ignore[index]


def _changed(visitor: Visitor, deed: Deed, offering_id: int) -> Visitor:
    changes = {
        Deed.SAVE: visitor.saving,
        Deed.UNSAVE: visitor.unsaving,
        Deed.DISMISS: visitor.dismissing,
        Deed.UNDISMISS: visitor.undismissing,
    }
    return changes[deed](offering_id)


def _notice(what: str, offering_id: int | None, undo: Sequence[str] | None) -> Notice:
    if what in SAID and undo:
        token, endpoint = undo
        return Notice(sentence(SAID[what]), Action(flask.url_for(endpoint), (("token", token),)), gettext("Undo"))
    if what in SAID:
        return Notice(sentence(SAID[what]))
    deed = Deed(what)
    return Notice(sentence(DONE[deed], title=words(_title(offering_id))), *_undo(deed, offering_id))


def _undo(deed: Deed, offering_id: int | None) -> tuple[Action | None, str]:
    if offering_id is None:
        return None, ""
    return deed_action(UNDO[deed], offering_id), gettext("Undo")


def _title(offering_id: int | None) -> LocalisedText:
    if offering_id is None:
        return LocalisedText()
    with parts().database.reading() as work:
        found = work.offerings.find(offering_id)
    return found.title if found else LocalisedText()


DONE = {
    Deed.SAVE: message('"%(title)s" is saved under "Mine".'),
    Deed.UNSAVE: message('"%(title)s" is no longer saved.'),
    Deed.DISMISS: message('"%(title)s" will not be suggested again, and there will be less like it.'),
    Deed.UNDISMISS: message('"%(title)s" may be suggested again.'),
}
SAID = {
    "switched_off": message("From now on your history is not used for suggestions."),
    "switched_on": message("From now on suggestions follow what you save and join."),
    "reach": message("We look within the new distance from now on."),
    "area": message("We look around there from now on."),
    "hours": message("Your free hours are kept. One tick in the search applies them."),
    "no_hours": message("Your free hours are forgotten."),
    "search_saved": message("The search is kept. What is new stands here from now on."),
    "search_waits": message("We wrote to your address. Open the link in that mail, then news will come."),
    "search_renamed": message("The search has its new name."),
    "search_forgotten": message("The search is taken away."),
    "search_restored": message("The search is back."),
    "mails_begin": message("Thank you. News of this search will come to your address."),
    "mails_end": message("No more of these mails will come."),
    "forgotten": message("It is forgotten, for good."),
    "form_returned": message("Here is your form as you typed it. Nothing was sent yet."),
    "ballot_prepared": message("The ballot is kept as a draft. Nobody sees it yet."),
    "ballot_drawn": message("It is drawn. Everybody is told what came of it."),
    "ballot_drawn_soon": message("It is written down. The worker draws within five minutes."),
    "ballot_called_off": message("The ballot is called off. The worker tells those who entered."),
    "signed_in": message("You are signed in."),
    "seats_changed": message("The number of seats is changed. Whoever waits and has a place now is told."),
    "meeting_moved": message("The meeting is moved. Below stands who is told, and who has to be called."),
    "meeting_called_off": message("This meeting is called off. Below stands who is told, and who has to be called."),
    "meeting_held": message("The meeting takes place after all. Below stands who is told, and who has to be called."),
    "run_called_off": message("All of it is called off. Below stands who is told, and who has to be called."),
    "booked_for": message("It is booked. The number to say stands below."),
    "given_back_for": message("The place is given back."),
    "restored_for": message("The place is there again."),
    "accepted_for": message("The place is kept."),
    "came": message("We noted that you are here."),
    "draft_kept": message("It is kept as a draft, for as long as you like."),
    "draft_handed_over": message("It is handed over: whoever publishes finds it among what is begun."),
    "draft_thrown_away": message("The draft is thrown away. For a day it can be brought back."),
    "draft_back": message("The draft is back."),
    "offering_published": message("It is published. Below stands what people see."),
    "offering_changed": message("The change is published. Below stands what people see."),
    "sent_to_moderator": message("It is sent to the moderator. Citizens see it as soon as it is published."),
    "offering_withdrawn": message("It stands in no list any more. Its page says that it is no longer offered."),
    "offering_shown_again": message("It is published again."),
    "venue_saved": message("The place is saved. What is published there follows."),
    "room_saved": message("The room is saved."),
    "room_removed": message("The room is removed."),
    "room_closed": message("The room is closed: nobody can book it any more. Bookings that are there stay."),
    "moderated_published": message("It is published."),
    "moderated_returned": message("It is returned, with your reason."),
    "signed_out": message("You are signed out."),
    "sign_in_again": message("This changes how you come in, so please sign in once more first."),
    "number_added": message("It is added. From now on it leads here too."),
    "files_joined": message("It is all together now."),
    "files_joined_places": message("It is all together now. Two bookings for the same thing are one: look them over."),
    "belongings_added": message("It is kept with your things. This browser has forgotten it."),
    "password_changed": message("Your password is changed. All other sign-ins have ended."),
    "sign_in_ended": message("You are signed out there."),
    "invited": message("The invitation is on its way. It is good once, for seven days."),
    "invitation_withdrawn": message("The invitation is good for nothing any more."),
    "staff_disabled": message("The colleague is shut out, on every device."),
    "staff_enabled": message("The colleague may come in again."),
    "body_admitted": message("The operator is admitted. Now invite somebody who works there."),
    "body_closed": message("The operator is closed: nobody works for it any more. What it published stays."),
    "body_opened": message("The operator is open again."),
    "audit_whole": message("The log is whole: nothing was changed, nothing is missing."),
    "audit_broken": message("The log is broken. Type learncity audit verify to see where."),
}
