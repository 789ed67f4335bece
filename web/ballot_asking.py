"""Entering a ballot: what the form asks, what was typed, and what comes of it; the same in both views.

Owns: `EntryForm` and `EntryAsking`. Everything but the wishes is asked and checked as for a place (`place_forms`). The
rules are `city.services.balloting`'s. Called by the views of citizens and of the elder view.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol

import flask
from flask import request

from city.asking import LARGEST_ID
from city.errors import AlreadyEnrolled, Conflict, IdempotencyMismatch, InvalidInput, NotAllowed
from city.model import BallotEntry, Run
from city.services.balloting import MOST_WISHES, EntryMade, published_ballot
from city.services.permissions import Actor
from city.store.unit_of_work import UnitOfWork
from web.access import Person, current_person
from web.addresses import current_language
from web.ballot_facts import BallotState, EntryFacts, entry_facts, state_of
from web.components.cards import Viewpoint
from web.components.schedule import run_in_words
from web.kept import keep_ids, kept_ids
from web.language import Words, gettext, words
from web.parts import parts
from web.place_asking import areas_to_live_in, helper_called, new_key
from web.place_forms import KEY, Needs, PlaceForm, needs_of, said_in, slip_of, slips
from web.places import KnownPhone, known_phone

COOKIE = "entries"
WISHES_ASKED = 3
WISH_FIELDS = tuple(f"wish{rank}" for rank in range(1, MOST_WISHES + 1))


class ManyValues(Protocol):
    """What a form or an address gives of a name that may come several times."""

    def getlist(self, key: str) -> list[str]: ...


@dataclass(frozen=True)
class EntryAsking:
    """What the page says and asks. `runs` are (id, name, when) of what one can wish for; `errors` (field, sentence)."""

    ballot_id: int
    name: Words
    state: BallotState
    runs: tuple[tuple[int, Words, str], ...]
    wishes: tuple[int, ...]
    form: PlaceForm
    needs: Needs
    known: KnownPhone | None = None
    areas: tuple[tuple[str, Words], ...] = ()
    errors: tuple[tuple[str, str], ...] = ()
    note: str = ""

    @property
    def wrong(self) -> dict[str, str]:
        return dict(self.errors)

    @property
    def wish_fields(self) -> list[tuple[str, int]]:
        return wish_fields(self.wishes, len(self.runs))


def wish_fields(wishes: tuple[int, ...], run_count: int) -> list[tuple[str, int]]:
    """Return each wish's field with what is chosen in it, 0 for nothing; no more fields than there are Runs."""
    count = max(1, min(run_count, max(WISHES_ASKED, len(wishes))))
    names = [f"wish{rank}" for rank in range(1, count + 1)]
    return list(zip(names, [*wishes, *[0] * count], strict=False))


def runs_to_wish(work: UnitOfWork, ballot_id: int, view: Viewpoint) -> tuple[tuple[int, Words, str], ...]:
    """Return (id, name, when) of what one can wish for in a ballot."""
    runs = [run for run in work.ballots.runs(ballot_id) if not run.cancelled]
    return tuple((run.id, words(run.offering.title), str(run_in_words(run, view).striptags())) for run in runs)


def ask_entry(ballot_id: int, view: Viewpoint) -> EntryAsking:
    """Return the form, with the wish the address names."""
    form = PlaceForm.read(request.args, current_language()).with_key(new_key())
    with parts().database.reading() as work:
        return _page(work, ballot_id, form, current_person(), view, wishes_in(request.args), whom="for" in request.args)


def enter(ballot_id: int, view: Viewpoint) -> EntryMade | tuple[EntryAsking, int]:
    """Enter as the form says; return the entry, or the form again with what is wrong and the status."""
    form = PlaceForm.read(request.form, current_language())
    if not KEY.fullmatch(form.key):
        raise InvalidInput("The form is not complete.", field="key", remedy="open the page again and send it once more")
    person, wishes = current_person(), wishes_in(request.form)
    with parts().database.reading() as work:
        page = _page(work, ballot_id, form, person, view, wishes, whom="for" in request.form)
    if page.errors:
        return page, 400
    asker = form.asker(None if page.needs.phone else page.known, helper_called(person))
    try:
        return parts().balloting.enter(person.actor, ballot_id, wishes, key=form.key, asker=asker)
    except InvalidInput as fault:
        return replace(page, errors=(slip_of(fault),)), 400
    except AlreadyEnrolled:
        said = gettext("This phone number is in the draw already. Open the entry with its number.")
        return replace(page, errors=(("phone", said),)), 409
    except IdempotencyMismatch as fault:
        return replace(page, form=form.with_key(new_key()), note=gettext(str(fault))), 409
    except (Conflict, NotAllowed) as fault:
        return replace(page, note=said_in(fault)), 409


def wishes_in(values: ManyValues) -> tuple[int, ...]:
    """Return the Runs a form or an address wishes for, in order, each once; raises InvalidInput for what is none."""
    typed = [value for name in ("wish", *WISH_FIELDS) for value in values.getlist(name) if value.strip()]
    if wrong := [
        value for value in typed if not (value.isascii() and value.isdigit() and int(value[:20]) <= LARGEST_ID)
    ]:
        raise InvalidInput(
            "That is not in this ballot.", field="wish", value=wrong[0][:40], remedy="one that is listed"
        )
    return tuple(dict.fromkeys(int(value) for value in typed))


def open_entry(token: str, view: Viewpoint, shown_in: str = "citizens") -> tuple[Actor, EntryFacts]:
    """Return who holds the entry of a link, and its facts; raises NotFound for a link that was not made here."""
    holder, entry_id = parts().balloting.holder_by_link(token)
    story = parts().balloting.story(holder, entry_id)
    with parts().database.reading() as work:
        return holder, entry_facts(story, view, work.ballots.places_of([entry_id]), shown_in)


def change_entry(token: str, deed: str) -> str:
    """Withdraw an entry or take that back; return why not, "" when it is done."""
    holder, entry_id = parts().balloting.holder_by_link(token)
    act = {"withdraw": parts().balloting.withdraw, "undo": parts().balloting.undo}[deed]
    try:
        act(holder, entry_id)
    except Conflict as refused:
        return said_in(refused)
    return ""


def entry_token(entry_id: int) -> str:
    """Return the unguessable end of an entry's address."""
    return parts().balloting.link_of(entry_id)


def entry_url(entry_id: int, *, view: str = "citizens") -> str:
    """Return the address of an entry in a view, `citizens` or `elder`."""
    return flask.url_for(f"{view}.entry", token=entry_token(entry_id))


def keep_entry(response: flask.Response, entry_id: int) -> None:
    """Remember an entry in this browser for a year."""
    keep_ids(response, COOKIE, [entry_id])


def own_entries(work: UnitOfWork, person: Person) -> list[BallotEntry]:
    """Return the standing entries of a signed-in citizen and those made in this browser, newest first, each once."""
    own = work.ballots.of_citizen(person.citizen.id) if person.citizen else []
    known = {entry.id for entry in own}
    kept = work.ballots.entries([each for each in kept_ids(COOKIE) if each not in known])
    found = [*own, *(entry for entry in kept if entry.withdrawn_at is None)]
    return sorted(found, key=lambda entry: entry.id, reverse=True)


def own_entry_url(ballot_id: int, *, view: str = "citizens") -> str:
    """Return the address of the entry this person has in a ballot, "" without one."""
    with parts().database.reading() as work:
        found = [entry for entry in own_entries(work, current_person()) if entry.ballot_id == ballot_id]
    return entry_url(found[0].id, view=view) if found else ""


def _page(
    work: UnitOfWork,
    ballot_id: int,
    form: PlaceForm,
    person: Person,
    view: Viewpoint,
    wishes: tuple[int, ...],
    *,
    whom: bool,
) -> EntryAsking:
    ballot = published_ballot(work, ballot_id)
    runs = [run for run in work.ballots.runs(ballot_id) if not run.cancelled]
    known = None if form.other or whom or form.phone.strip() else known_phone(work, person)
    wished = [run for run in runs if run.id in wishes]
    needs = _needs(wished or runs[:1], person, phone=known is None, whom=whom, most=runs)
    areas = areas_to_live_in(work) if needs.area else ()
    page = EntryAsking(
        ballot_id=ballot_id,
        name=words(ballot.name),
        state=state_of(ballot, view.now),
        runs=runs_to_wish(work, ballot_id, view),
        wishes=wishes[:WISHES_ASKED],
        form=form,
        needs=needs,
        known=known,
        areas=areas,
    )
    if request.method != "POST":
        return page
    wrong = slips(form, needs, dict(areas).__contains__, parts().clock.today().year)
    if not wished:
        wrong.insert(0, ("wish1", gettext("Choose what you would like most.")))
    return replace(page, errors=tuple(wrong))


def _needs(wished: list[Run], person: Person, *, phone: bool, whom: bool, most: list[Run]) -> Needs:
    """Return what has to be asked for all wishes together; before any is named, age and home are not asked."""
    asked = [needs_of(run, person, phone=phone, whom=whom) for run in wished]
    return Needs(
        phone=phone or whom,
        whom=whom,
        birth_year=request.method == "POST" and any(needs.birth_year for needs in asked),
        area=request.method == "POST" and any(needs.area for needs in asked),
        most=max((run.most_in_party for run in most), default=1),
    )
