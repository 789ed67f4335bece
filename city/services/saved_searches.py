"""Searches somebody keeps: save, confirm the address, rename, take away and bring back, end the mails.

Owns: who may do so, how many one may keep, that an address gets mails only after it said yes, and the tokens of the
links in mails. Called by the pages of saved searches; what they meet is `indexer.alerts`'s, mails are `mailing`'s.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from city.asking import KeptAddress, SearchForm
from city.clock import Clock
from city.errors import Conflict, InvalidInput, NotAllowed, NotFound
from city.mail import mailbox
from city.model import SavedSearch
from city.services.permissions import Actor, Operation, Subject, require
from city.store.database import Database
from city.store.unit_of_work import UnitOfWork
from city.text import clean_line
from city.tokens import Tokens

EVERY = ("day", "week")
LONGEST_NAME = 80
MOST_KEPT = 30
MOST_WAITING = 3
"""Searches of one address that wait for its yes: nobody's box can be filled by others."""
CONFIRM_WITHIN = timedelta(days=2)
HITS_KEPT = timedelta(days=120)
CONFIRM, END, RESTORE = "confirm saved search", "end mails of saved search", "bring saved search back"
INSTANTS = ("created_at", "confirmed_at", "last_mailed_at")
NOT_KEPT = ("page", "sort", "opennow")
"""Parameters that mean nothing to an alert: how a list is shown, and which places are open this minute."""


class TooManySearches(Conflict):
    """So many searches are kept already."""


@dataclass(frozen=True)
class NewSearch:
    """What somebody wants to keep; `parameters` as in the address of the search page."""

    name: str
    language: str
    parameters: Mapping[str, Sequence[str]] = field(default_factory=dict)
    email: str = ""
    every: str = "day"


@dataclass(frozen=True)
class Kept:
    """A search that was saved; `waits` is true while its address has not said yes."""

    saved_search_id: int
    waits: bool


class SavingSearches:
    """Use cases of saved searches; `clock` is the catalogue's: it is compared with when offerings were published."""

    def __init__(self, database: Database, clock: Clock, tokens: Tokens) -> None:
        self._database = database
        self._clock = clock
        self._tokens = tokens

    def save(self, actor: Actor, wanted: NewSearch) -> Kept:
        """Keep a search; raises InvalidInput for one that asks nothing, and for a stranger without an address."""
        require(actor, Operation.SAVE_SEARCH, Subject(citizen_id=actor.citizen_id))
        saved = _checked(wanted, actor)
        with self._database.writing() as work:
            self._refuse_too_many(work, saved)
            saved.created_at = self._clock.now()
            saved.confirmed_at = saved.created_at if _is_known(work, saved) else None
            work.saved_searches.add(saved)
            work.flush()
            kept = Kept(saved.id, bool(saved.email) and saved.confirmed_at is None)
            work.commit()
        return kept

    def of(self, actor: Actor) -> list[SavedSearch]:
        """Return a citizen's searches, the newest first."""
        if actor.citizen_id is None:
            return []
        with self._database.reading() as work:
            return work.saved_searches.of_citizen(actor.citizen_id)

    def rename(self, actor: Actor, saved_search_id: int, name: str) -> None:
        """Give a search of one's own another name."""
        with self._database.writing() as work:
            self._own(work, actor, saved_search_id).name = _name(name)
            work.commit()

    def forget(self, actor: Actor, saved_search_id: int) -> str:
        """Take a search of one's own away; return the token that brings it back."""
        with self._database.writing() as work:
            saved = self._own(work, actor, saved_search_id)
            token = self._tokens.make(RESTORE, json.dumps(_packed(saved)))
            work.saved_searches.forget(saved.id)
            work.commit()
        return token

    def restore(self, token: str) -> None:
        """Bring a search back, or its mails, as they just were; doing so twice does it once."""
        saved = _unpacked(self._tokens.read(RESTORE, token))
        with self._database.writing() as work:
            there = work.saved_searches.twin(saved)
            if there is not None:
                there.email, there.confirmed_at = saved.email, saved.confirmed_at
            else:
                self._refuse_too_many(work, saved)
                work.saved_searches.add(saved)
            work.commit()

    def of_token(self, purpose: str, token: str) -> SavedSearch:
        """Return the search a link of a mail speaks of; raises NotFound when it is no longer kept."""
        with self._database.reading() as work:
            return self._of_token(work, purpose, token)

    def confirm(self, token: str) -> SavedSearch:
        """Let mails go out: the address said yes."""
        with self._database.writing() as work:
            saved = self._of_token(work, CONFIRM, token)
            if saved.confirmed_at is None:
                saved.confirmed_at, saved.last_mailed_at = self._clock.now(), None
            work.commit()
            return saved

    def end_mails(self, token: str) -> str:
        """End the mails of a search: a citizen's stays without them, a stranger's goes. Return what brings it back."""
        with self._database.writing() as work:
            saved = self._of_token(work, END, token)
            back = self._tokens.make(RESTORE, json.dumps(_packed(saved)))
            if saved.citizen_id is not None:
                saved.email = ""
            else:
                work.saved_searches.forget(saved.id)
            work.commit()
        return back

    def _of_token(self, work: UnitOfWork, purpose: str, token: str) -> SavedSearch:
        number, _, email = self._tokens.read(purpose, token).partition(" ")
        saved = work.saved_searches.get(int(number))
        if saved.email != email:
            raise NotFound("This search is no longer mailed to this address.")
        return saved

    def _own(self, work: UnitOfWork, actor: Actor, saved_search_id: int) -> SavedSearch:
        saved = work.saved_searches.get(saved_search_id)
        if saved.citizen_id is None or saved.citizen_id != actor.citizen_id:
            raise NotAllowed("This search is somebody else's.")
        require(actor, Operation.SAVE_SEARCH, Subject(citizen_id=saved.citizen_id))
        return saved

    def _refuse_too_many(self, work: UnitOfWork, saved: SavedSearch) -> None:
        searches = work.saved_searches
        if saved.citizen_id is not None and searches.count_of(citizen_id=saved.citizen_id) >= MOST_KEPT:
            raise TooManySearches(f"You keep {MOST_KEPT} searches already. Take one away first.")
        if saved.email and searches.count_of(email=saved.email) >= MOST_KEPT:
            raise TooManySearches(f"For this address {MOST_KEPT} searches are kept already.")
        if saved.email and searches.count_of(email=saved.email, confirmed=False) >= MOST_WAITING:
            raise TooManySearches("Mails to this address wait for its yes. Open the link in the last one first.")


def token_payload(saved: SavedSearch) -> str:
    """Return what the links of a search's mails are signed over: which search, and whose box."""
    return f"{saved.id} {saved.email}"


def kept_parameters(parameters: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """Return the checked parameters of a question that is asked again and again, in their plain form.

    Raises InvalidInput for values that mean nothing, and for a question that would meet everything.
    """
    form = SearchForm.read(KeptAddress({name: parameters[name] for name in parameters if name not in NOT_KEPT}))
    kept: dict[str, list[str]] = {}
    for name, value in form.address():
        kept.setdefault(name, []).append(value)
    if not set(kept) - {"near"}:
        raise InvalidInput("This search asks for everything.", field="q", remedy="a word or a filter, like free")
    return kept


def _checked(wanted: NewSearch, actor: Actor) -> SavedSearch:
    parameters = kept_parameters(wanted.parameters)
    if wanted.every not in EVERY:
        raise InvalidInput("Mails go out every day or week.", field="every", value=wanted.every, remedy="day or week")
    email = mailbox(wanted.email) if wanted.email.strip() else ""
    if not email and actor.citizen_id is None:
        raise InvalidInput(
            "Where shall we write to?", field="email", remedy="an address like name@example.org, or take the feed"
        )
    return SavedSearch(
        citizen_id=actor.citizen_id,
        name=_name(wanted.name),
        language=wanted.language,
        parameters=parameters,
        email=email,
        every=wanted.every,
    )


def _name(name: str) -> str:
    cleaned = clean_line(name, field="name", longest=LONGEST_NAME)
    if not cleaned:
        raise InvalidInput("The search has no name.", field="name", remedy="a name like 周末书法")
    return cleaned


def _is_known(work: UnitOfWork, saved: SavedSearch) -> bool:
    """True when no yes is needed: no mails are wanted, or the same citizen's address said yes before."""
    if not saved.email:
        return True
    others = work.saved_searches.of_citizen(saved.citizen_id) if saved.citizen_id is not None else []
    return any(other.email == saved.email and other.confirmed_at is not None for other in others)


def _packed(saved: SavedSearch) -> dict[str, Any]:
    instants = {name: getattr(saved, name) for name in INSTANTS}
    return {
        **{name: getattr(saved, name) for name in ("citizen_id", "name", "language", "parameters", "email", "every")},
        **{name: value.isoformat() if value else None for name, value in instants.items()},
    }


def _unpacked(packed: str) -> SavedSearch:
    values = json.loads(packed)
    instants = {name: datetime.fromisoformat(values[name]) if values[name] else None for name in INSTANTS}
    return SavedSearch(**{**values, **instants})
