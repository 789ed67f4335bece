"""Searches somebody keeps: the list with its buttons, keeping one, and the pages that links of mails lead to.

Owns: the addresses under `/searches`. A link of a mail shows a page with one button, for programs that look into mails
open links; `List-Unsubscribe` is answered at once. The rules are `city.services.saved_searches`'s.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlencode

import flask
from flask import request
from flask.typing import ResponseReturnValue

from city.asking import KeptAddress, SearchForm
from city.errors import Conflict, InvalidInput
from city.model import SavedSearch
from city.ports import SearchPage
from city.services.saved_searches import CONFIRM, END, NewSearch
from web.access import Person, current_person
from web.addresses import current_language, safe_next
from web.citizens.search_page import Catalogue, Chip, SearchView
from web.citizens.views import citizens
from web.components.cards import Action
from web.deeds import leave_notice
from web.frames import frame
from web.language import Words, gettext, message, typed
from web.parts import parts
from web.security import csrf

RESTORE_ENDPOINT = "citizens.restore_search"
WRONG = {
    "email": message("The e-mail address is not complete. Write it like name@example.org."),
    "name": message("Give the search a name, like: weekend calligraphy."),
    "q": message("Choose a word or a filter first. This search would bring you everything."),
}


@dataclass(frozen=True)
class KeptSearch:
    """One search as the list shows it."""

    name: Words
    url: str
    asks: list[Any]
    email: str
    is_weekly: bool
    waits: bool
    rename: Action
    forget: Action


@citizens.get("/searches")
def saved_searches() -> ResponseReturnValue:
    """The searches a citizen keeps; a stranger is told how it goes by mail."""
    person = current_person()
    rows = _rows(parts().saving_searches.of(person.actor))
    page = frame(gettext("Searches you keep"), section="mine")
    return flask.render_template("citizens/saved_searches.html", page=page, rows=rows, person=person)


@citizens.post("/searches/keep")
def save_search() -> ResponseReturnValue:
    """Keep the search of the address in the form."""
    person, back = current_person(), safe_next(request.form.get("next"), flask.url_for("citizens.search"))
    wanted = NewSearch(
        name=request.form.get("name", ""),
        language=current_language(),
        parameters=_parameters(request.form.get("search", ""), person),
        email=request.form.get("email", ""),
        every=request.form.get("every", "day"),
    )
    try:
        kept = parts().saving_searches.save(person.actor, wanted)
    except (InvalidInput, Conflict) as wrong:
        return _again(wrong, wanted, back), 400
    leave_notice("search_waits" if kept.waits else "search_saved")
    return flask.redirect(flask.url_for("citizens.saved_searches"), 303)


@citizens.post("/searches/<int:saved_search_id>/name")
def rename_search(saved_search_id: int) -> ResponseReturnValue:
    """Give a search another name."""
    parts().saving_searches.rename(current_person().actor, saved_search_id, request.form.get("name", ""))
    leave_notice("search_renamed")
    return flask.redirect(flask.url_for("citizens.saved_searches"), 303)


@citizens.post("/searches/<int:saved_search_id>/forget")
def forget_search(saved_search_id: int) -> ResponseReturnValue:
    """Take a search away; the next page can bring it back."""
    token = parts().saving_searches.forget(current_person().actor, saved_search_id)
    leave_notice("search_forgotten", undo=(token, RESTORE_ENDPOINT))
    return flask.redirect(flask.url_for("citizens.saved_searches"), 303)


@citizens.post("/searches/restore")
def restore_search() -> ResponseReturnValue:
    """Bring a search back, or its mails."""
    parts().saving_searches.restore(request.form.get("token", ""))
    leave_notice("search_restored")
    return flask.redirect(flask.url_for("citizens.saved_searches"), 303)


@citizens.get("/searches/confirm/<token>")
def ask_to_confirm(token: str) -> ResponseReturnValue:
    """One button: yes, send it to me."""
    return _one_button(
        CONFIRM, token, "citizens.confirm_search", gettext("Send news of this search?"), gettext("Yes, send it to me")
    )


@citizens.post("/searches/confirm/<token>/yes")
def confirm_search(token: str) -> ResponseReturnValue:
    """The address said yes."""
    parts().saving_searches.confirm(token)
    leave_notice("mails_begin")
    return flask.redirect(flask.url_for("citizens.saved_searches"), 303)


@citizens.get("/searches/end/<token>")
def ask_to_end(token: str) -> ResponseReturnValue:
    """One button: no more of these mails."""
    return _one_button(
        END, token, "citizens.end_mails", gettext("No more mails of this search?"), gettext("No more mails")
    )


@citizens.post("/searches/end/<token>")
@csrf.exempt
def end_mails(token: str) -> ResponseReturnValue:
    """End the mails. The token proves the right to: a mail program sends this without ever seeing a form (RFC 8058)."""
    back = parts().saving_searches.end_mails(token)
    if request.form.get("List-Unsubscribe") == "One-Click":
        return "", 204
    leave_notice("mails_end", undo=(back, RESTORE_ENDPOINT))
    return flask.redirect(flask.url_for("citizens.saved_searches"), 303)


def _one_button(purpose: str, token: str, endpoint: str, question: str, label: str) -> ResponseReturnValue:
    saved = parts().saving_searches.of_token(purpose, token)
    [row] = _rows([saved])
    return flask.render_template(
        "citizens/saved_search_question.html",
        page=frame(question, section="mine"),
        row=row,
        action=Action(flask.url_for(endpoint, token=token)),
        label=label,
    )


def _again(wrong: InvalidInput | Conflict, wanted: NewSearch, back: str) -> str:
    """The form once more, with what was typed and what would be right."""
    field = getattr(wrong, "field", "") or "name"
    said = gettext(WRONG[field]) if isinstance(wrong, InvalidInput) and field in WRONG else gettext(TOO_MANY)
    return flask.render_template(
        "citizens/save_search.html",
        page=frame(gettext("Keep this search"), section="find"),
        errors=[(field if field in ("email", "name") else "name", said)],
        wanted=wanted,
        search=request.form.get("search", ""),
        back=back,
        email_needed=current_person().citizen is None,
    )


TOO_MANY = message("So many searches are kept for you already. Take one away, or open the link in our last mail first.")


def _parameters(search: str, person: Person) -> dict[str, list[str]]:
    """Return the parameters of an address, with the free hours of the person written out."""
    found = parse_qs(search[:4_000], max_num_fields=200)
    if found.pop("fit", None):
        own = [f"{each.weekday}-{each.starts_local:%H%M}-{each.ends_local:%H%M}" for each in person.free_hours]
        found["hours"] = list(dict.fromkeys([*found.get("hours", []), *own]))
    if "within" in found and "near" not in found:
        found["near"] = [_own_start(person)]
    return {name: values for name, values in found.items() if any(values)}


def _own_start(person: Person) -> str:
    return "home" if person.citizen is not None else person.area_id or ""


def _rows(saved: list[SavedSearch]) -> list[KeptSearch]:
    with parts().database.reading() as work:
        topics = {topic.id: topic for topic in work.topics.all()}
        areas = {area.id: area for area in work.areas.all()}
    return [_row(each, Catalogue(topics, areas)) for each in saved]


def _row(saved: SavedSearch, catalogue: Catalogue) -> KeptSearch:
    path = flask.url_for("citizens.search")
    return KeptSearch(
        name=typed(saved.name),
        url=f"{path}?{urlencode(saved.parameters, doseq=True)}",
        asks=_asks(saved, catalogue, path),
        email=saved.email,
        is_weekly=saved.every == "week",
        waits=saved.confirmed_at is None,
        rename=Action(flask.url_for("citizens.rename_search", saved_search_id=saved.id)),
        forget=Action(flask.url_for("citizens.forget_search", saved_search_id=saved.id)),
    )


def _asks(saved: SavedSearch, catalogue: Catalogue, path: str) -> list[Any]:
    """Return what a search asks for, in words."""
    form = SearchForm.read(KeptAddress(saved.parameters))
    view = SearchView(
        form, SearchPage(), catalogue, path=path, language=current_language(), today=parts().clock.today()
    )
    chips: list[Chip] = view.chips()
    return [*([typed(form.text)] if form.text else []), *(chip.label for chip in chips)]
