"""Places a person took, as pages know them: the link that opens one, and what this browser remembers of them.

Owns: the signed link of a place (purpose "place"), the cookie that holds the ids of places taken in this browser and
never a phone number, and which telephone is known. Refuses what was not signed here: such a cookie counts as none.
Called by the pages of places in both views, by "Mine" and by the lists whose button books at once.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import flask

from city.model import Channel, Enrolment
from city.phones import last_digits
from city.services.links import PLACE
from city.store.unit_of_work import UnitOfWork
from city.tokens import Tokens
from web.access import Person
from web.kept import keep_ids, kept_ids
from web.parts import parts

COOKIE = "places"


@dataclass(frozen=True)
class KnownPhone:
    """The telephone a place would be booked with, and whose: the person's own or of a place taken here before."""

    number: str
    language: str = ""

    @property
    def ending(self) -> str:
        """The last four digits, by which the person recognises it."""
        return last_digits(self.number)


def place_token(enrolment_id: int) -> str:
    """Return the unguessable end of a place's address."""
    return Tokens(parts().settings.signing_key()).make(PLACE, str(enrolment_id))


def place_url(enrolment_id: int, *, view: str = "citizens", **values: str) -> str:
    """Return the address of a place in a view, `citizens` or `elder`."""
    return flask.url_for(f"{view}.place", token=place_token(enrolment_id), **values)  # type: ignore[arg-type]


def see(address: str) -> flask.Response:
    """Return the answer to a form: go and see. It has no words, for a slow line pays for each."""
    response = flask.make_response(flask.redirect(address, 303))
    response.set_data(b"")
    return response


def kept_places() -> tuple[int, ...]:
    """Return the ids of places taken in this browser, newest first."""
    return kept_ids(COOKIE)


def keep_places(response: flask.Response, enrolment_ids: Iterable[int]) -> None:
    """Remember places in this browser for a year; the last of them is the newest."""
    keep_ids(response, COOKIE, enrolment_ids)


def own_places(work: UnitOfWork, person: Person) -> list[Enrolment]:
    """Return the places of a signed-in citizen and those taken in this browser, newest first, each once."""
    own = work.enrolments.of_citizen(person.citizen.id) if person.citizen else []
    known = {each.id for each in own}
    found = [*own, *work.enrolments.many([each for each in kept_places() if each not in known])]
    return sorted(found, key=lambda each: each.id, reverse=True)


def known_phone(work: UnitOfWork, person: Person) -> KnownPhone | None:
    """Return the telephone of a signed-in citizen, else of the newest place taken here by its owner, else None."""
    if person.citizen is not None and person.citizen.phone:
        return KnownPhone(person.citizen.phone)
    for place in own_places(work, person):
        if place.contact_phone and place.channel == Channel.SCREEN:
            return KnownPhone(place.contact_phone, place.language)
    return None
