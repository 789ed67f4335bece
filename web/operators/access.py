"""Who of the staff is looking, and the guard before every view of the portal.

Owns: the cookie of staff, `current_staff()`, `staff_actor()`, the decorators `guarded` and `doorway`. The guard asks
whether the role may ever do the operation; whether it may be done to this very thing is asked by the service.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import flask
from flask import g, request
from flask.typing import ResponseReturnValue

from city.errors import NotAllowed
from city.services.permissions import Actor, Operation, may_ever
from city.services.staff_access import ABSOLUTE, StaffMember
from web.cookies import drop_cookie, host_name, keep_cookie
from web.errors import request_number
from web.parts import parts

STAFF_COOKIE = "staff_session"
View = Callable[..., ResponseReturnValue]


def current_staff() -> StaffMember | None:
    """Return who of the staff is signed in, None when nobody is; asked once a request."""
    if "staff" not in g:
        g.staff = parts().staff_access.member_of(staff_token())
    found: StaffMember | None = g.staff
    return found


def staff_member() -> StaffMember:
    """Return who is signed in with the second factor shown; a guarded view may ask."""
    found = current_staff()
    if found is None or not found.second_factor:
        raise NotAllowed("Nobody of the staff is signed in.")
    return found


def staff_actor() -> Actor:
    """Return whoever is signed in as an actor, acting by this request."""
    return staff_member().actor.within(request_number())


def guarded(operation: Operation) -> Callable[[View], View]:
    """Let only staff in whose role may ever do the operation, signed in with the second factor shown.

    Anybody else is asked to sign in, and what was typed into a form comes back afterwards.
    """

    def guard(view: View) -> View:
        @wraps(view)
        def checked(*args: Any, **values: Any) -> ResponseReturnValue:
            staff = current_staff()
            if staff is None or not staff.second_factor:
                return _ask_to_sign_in()
            if not may_ever(staff.role, operation):
                raise NotAllowed(f"Nobody acting as {staff.role} may {operation}.")
            return view(*args, **values)

        return _marked(checked, operation)

    return guard


def doorway(operation: Operation) -> Callable[[View], View]:
    """Mark a view that is there for those who are not signed in yet; it guards itself."""
    return lambda view: _marked(view, operation)


def staff_token() -> str:
    """Return the token of the staff cookie, "" when there is none."""
    return request.cookies.get(host_name(STAFF_COOKIE), "")


def keep_staff_login(response: flask.Response, token: str) -> None:
    """Put the token of a new sign-in into the browser."""
    keep_cookie(response, host_name(STAFF_COOKIE), token, seconds=int(ABSOLUTE.total_seconds()))


def drop_staff_login(response: flask.Response) -> None:
    """Take the token out of the browser."""
    drop_cookie(response, host_name(STAFF_COOKIE))


def _marked(view: View, operation: Operation) -> View:
    view.operation = operation  # type: ignore[attr-defined]
    return view


def _ask_to_sign_in() -> ResponseReturnValue:
    target = request.full_path.rstrip("?") if request.method == "GET" else request.path
    return flask.redirect(flask.url_for("operators.sign_in", next=target), 303)
