"""The cookie of staff: the token of a sign-in, which only the server can read anything from."""

from __future__ import annotations

import flask
from flask import request

from city.services.staff_access import ABSOLUTE
from web.cookies import drop_cookie, host_name, keep_cookie

STAFF_COOKIE = "staff_session"


def staff_token() -> str:
    """Return the token of the staff cookie, "" when there is none."""
    return request.cookies.get(host_name(STAFF_COOKIE), "")


def keep_staff_login(response: flask.Response, token: str) -> None:
    """Put the token of a new sign-in into the browser."""
    keep_cookie(response, host_name(STAFF_COOKIE), token, seconds=int(ABSOLUTE.total_seconds()))


def drop_staff_login(response: flask.Response) -> None:
    """Take the token out of the browser."""
    drop_cookie(response, host_name(STAFF_COOKIE))
