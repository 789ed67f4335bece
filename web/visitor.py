"""What a browser keeps for somebody without an account: a signed cookie, and nothing on the server.

Owns: `Visitor`, its cookie, and the bound of 50 offerings each way. Refuses what was not signed here: such a cookie
counts as none. `current_visitor()` reads it, `change_visitor()` keeps another one with the answer to this request.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import flask
from flask import g, request
from itsdangerous import BadData, URLSafeSerializer

from city.model.people import DEFAULT_REACH_MINUTES
from web.cookies import host_name, keep_cookie

COOKIE = "visitor"
LONGEST_PROFILE = 50


@dataclass(frozen=True)
class Visitor:
    """What the cookie holds. `profile` are offerings saved and `dismissed` those not wanted, each newest first."""

    area_id: str | None = None
    profile: tuple[int, ...] = ()
    dismissed: tuple[int, ...] = ()
    personal: bool = True
    """The switch: when off, no suggestion uses the profile from the next request on."""
    reach_minutes: int = DEFAULT_REACH_MINUTES
    hours: tuple[str, ...] = ()
    """When the person is free each week, as the search address writes it: W-HHMM-HHMM."""

    def saving(self, offering_id: int) -> Visitor:
        return replace(
            self, profile=_newest(offering_id, self.profile), dismissed=_without(offering_id, self.dismissed)
        )

    def unsaving(self, offering_id: int) -> Visitor:
        return replace(self, profile=_without(offering_id, self.profile))

    def dismissing(self, offering_id: int) -> Visitor:
        return replace(
            self, dismissed=_newest(offering_id, self.dismissed), profile=_without(offering_id, self.profile)
        )

    def undismissing(self, offering_id: int) -> Visitor:
        return replace(self, dismissed=_without(offering_id, self.dismissed))

    def forgetting(self) -> Visitor:
        """Forget what was saved and what was not wanted; the area and the switch stay."""
        return replace(self, profile=(), dismissed=())


NOBODY = Visitor()


def install_visitor(app: flask.Flask) -> None:
    """Write a changed visitor into the answer."""
    app.after_request(_keep)


def current_visitor() -> Visitor:
    """Return what the request's cookie holds, or what this request changed it to."""
    if "visitor" not in g:
        g.visitor = _read(request.cookies.get(host_name(COOKIE), ""))
    found: Visitor = g.visitor
    return found


def change_visitor(visitor: Visitor) -> None:
    """Keep `visitor` from now on; the cookie goes out with this answer."""
    if visitor != current_visitor():
        g.visitor = visitor
        g.visitor_changed = True
        g.pop("person", None)  # whoever asks again sees the change


def _keep(response: flask.Response) -> flask.Response:
    if g.get("visitor_changed"):
        keep_cookie(response, host_name(COOKIE), _write(g.visitor))
    return response


def _serializer() -> URLSafeSerializer:
    return URLSafeSerializer(flask.current_app.secret_key or "", salt="visitor")


def _write(visitor: Visitor) -> str:
    packed = {"a": visitor.area_id, "p": visitor.profile, "d": visitor.dismissed, "s": int(visitor.personal)}
    if visitor.reach_minutes != DEFAULT_REACH_MINUTES:
        packed["r"] = visitor.reach_minutes
    if visitor.hours:
        packed["h"] = visitor.hours
    return str(_serializer().dumps(packed))


def _read(cookie: str) -> Visitor:
    if not cookie:
        return NOBODY
    try:
        packed: dict[str, Any] = _serializer().loads(cookie)
    except BadData:
        return NOBODY
    return Visitor(
        packed["a"],
        tuple(packed["p"]),
        tuple(packed["d"]),
        bool(packed["s"]),
        packed.get("r", DEFAULT_REACH_MINUTES),
        tuple(packed.get("h", ())),
    )


def _newest(offering_id: int, others: tuple[int, ...]) -> tuple[int, ...]:
    return (offering_id, *_without(offering_id, others))[:LONGEST_PROFILE]


def _without(offering_id: int, others: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(other for other in others if other != offering_id)
