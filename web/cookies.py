"""How a cookie of this site is set: HttpOnly, SameSite=Lax, the whole site, Secure over https.

Owns: names and flags. `__Host-` names hold a browser to those flags; over plain http (demo mode on loopback) browsers
refuse them, so there the bare name is used. Called by whoever keeps something in a browser.
"""

from __future__ import annotations

import flask

from web.parts import parts

ONE_YEAR_SECONDS = 31_536_000


def host_name(name: str) -> str:
    """Return the name a cookie has that only this host may set."""
    return name if parts().settings.demo else f"__Host-{name}"


def keep_cookie(response: flask.Response, name: str, value: str, *, seconds: int = ONE_YEAR_SECONDS) -> None:
    """Set the cookie for a year, or for `seconds`."""
    secure = not parts().settings.demo
    response.set_cookie(name, value, max_age=seconds, path="/", secure=secure, httponly=True, samesite="Lax")


def drop_cookie(response: flask.Response, name: str) -> None:
    """Take the cookie away."""
    secure = not parts().settings.demo
    response.delete_cookie(name, path="/", secure=secure, httponly=True, samesite="Lax")
