"""Who is looking: a signed-in citizen or a visitor, and what may be used to suggest something to them.

Owns: `Person`, the login cookie, guards. Every page of a citizen or visitor asks `current_person()`; the API never
does (it ignores cookies). Runs on the services of city; refuses nothing by itself but what a guard names.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import time

import flask
from flask import g, request

from city.asking import free_hours_of
from city.model import Citizen
from city.ports import FreeHours, Position, RecommendationRequest
from city.services.permissions import Actor
from city.services.signing_in import ABSOLUTE
from web.cookies import drop_cookie, host_name, keep_cookie
from web.parts import parts
from web.visitor import Visitor, current_visitor

LOGIN_COOKIE = "login_session"


@dataclass(frozen=True)
class Person:
    """Whoever looks at the page; `citizen` is None for a visitor."""

    citizen: Citizen | None
    visitor: Visitor

    @property
    def actor(self) -> Actor:
        return Actor.citizen(self.citizen.id) if self.citizen else Actor.visitor()

    @property
    def area_id(self) -> str | None:
        """Where the person lives or looks around, None when never told."""
        return self.citizen.area_id if self.citizen else self.visitor.area_id

    @property
    def personal(self) -> bool:
        """The switch: may what the person did before be used to suggest?"""
        return self.citizen.personal_suggestions if self.citizen else self.visitor.personal

    @property
    def reach_minutes(self) -> int:
        return self.citizen.reach_minutes if self.citizen else self.visitor.reach_minutes

    @property
    def free_hours(self) -> tuple[FreeHours, ...]:
        """When the person is free each week, as told; empty when never told."""
        if self.citizen is None:
            return tuple(free_hours_of(value) for value in self.visitor.hours)
        return tuple(
            FreeHours(int(day), time.fromisoformat(starts), time.fromisoformat(ends))
            for day, starts, ends in self.citizen.free_hours or ()
        )

    def position(self) -> Position | None:
        """Return where the person sets out from: an own point, else the middle of the area, else None."""
        own = self.citizen
        if own is not None and self.personal and own.latitude is not None and own.longitude is not None:
            return Position(own.latitude, own.longitude)
        return _middle_of(self.area_id)

    def asks_for(
        self, n: int, *, kinds: frozenset[str] = frozenset(), exclude: frozenset[int] = frozenset()
    ) -> RecommendationRequest:
        """Return the request for `n` suggestions to this person.

        With the switch off it is what a stranger from the same district asks: no id, no profile, no own street, no
        own reach, no group the person belongs to.
        """
        area_id = self.area_id if self.personal or self.citizen is None else _district_of(self.area_id)
        near = self.position() if self.personal else _middle_of(area_id)
        asked = RecommendationRequest(n=n, personal=False, area_id=area_id, near=near, kinds=kinds, exclude=exclude)
        return self._with_history(asked) if self.personal else asked

    def _with_history(self, asked: RecommendationRequest) -> RecommendationRequest:
        known = replace(asked, personal=True, reach_minutes=self.reach_minutes)
        if self.citizen is not None:
            return replace(known, citizen_id=self.citizen.id, audiences=frozenset(self.citizen.audiences))
        return replace(known, profile=self.visitor.profile, dismissed=self.visitor.dismissed)


def current_person() -> Person:
    """Return who is looking; the login session is asked for once a request."""
    if "person" not in g:
        g.person = Person(parts().signing_in.citizen_of(login_token()), current_visitor())
    found: Person = g.person
    return found


def login_token() -> str:
    """Return the token of the login cookie, "" when there is none."""
    return request.cookies.get(host_name(LOGIN_COOKIE), "")


def keep_login(response: flask.Response, token: str) -> None:
    """Put the token of a new login session into the browser."""
    keep_cookie(response, host_name(LOGIN_COOKIE), token, seconds=int(ABSOLUTE.total_seconds()))


def drop_login(response: flask.Response) -> None:
    """Take the token out of the browser."""
    drop_cookie(response, host_name(LOGIN_COOKIE))


def _district_of(area_id: str | None) -> str | None:
    if area_id is None:
        return None
    with parts().database.reading() as work:
        area = work.areas.find(area_id)
        district = area.district() if area is not None else None
    return district.id if district is not None else area_id


def _middle_of(area_id: str | None) -> Position | None:
    if area_id is None:
        return None
    with parts().database.reading() as work:
        area = work.areas.find(area_id)
    middle = area.position() if area is not None else None
    return Position(*middle) if middle is not None else None
