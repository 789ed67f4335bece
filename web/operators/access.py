"""Who of the staff is looking, and the guard before every view of the portal.

Owns: `current_staff()`, `staff_actor()`, the decorators `guarded` and `doorway`, the page that asks to sign in. The
guard asks whether the role may ever do the operation; the service asks whether it may be done to this very thing.
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
from city.services.staff_access import StaffMember
from web.errors import request_number
from web.operators.cookie import staff_token
from web.operators.returning import keep_form
from web.parts import parts

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


def _marked(view: View, operation: Operation) -> View:
    view.operation = operation  # type: ignore[attr-defined]
    return view


def _ask_to_sign_in() -> ResponseReturnValue:
    """Lead to the sign-in; a form is answered by that page itself, so that it can carry what was typed."""
    if request.method != "GET":
        return flask.current_app.view_functions["operators.sign_in"](kept=keep_form(), ended=True)
    step = "operators.second_step" if current_staff() is not None else "operators.sign_in"
    return flask.redirect(flask.url_for(step, next=request.full_path.rstrip("?")), 303)
