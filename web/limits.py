"""How often one address may ask: five limits named in `LEARNCITY_LIMITS`, counted in the process, never open.

Owns: which request counts against which limit. `pages` counts every page, `search` also searches and completions,
`writes` also every form sent, `sign_in` also signing in; `api` counts the API alone. Static files and health checks
are free. The address is the client's own unless proxies are trusted (`LEARNCITY_PROXY_HOPS`).
"""

from __future__ import annotations

from collections.abc import Callable

import flask
from flask import request
from flask_limiter import ApplicationLimit, Limiter

from city.config import Settings
from web.security import SAFE_METHODS

SEARCHES = frozenset({"citizens.search", "completing.suggest"})
SIGN_INS = frozenset({"profile.sign_in_as", "citizens.open_by_number", "elder.open_by_number"})
FREE = frozenset({"static", "elder_style", "health.livez", "health.readyz"})


def install_limits(app: flask.Flask, settings: Settings) -> Limiter:
    """Count requests by client address; too many answer 429 with Retry-After."""
    return Limiter(
        _client_address,
        app=app,
        storage_uri="memory://",
        strategy="moving-window",
        headers_enabled=True,
        request_identifier=lambda: request.endpoint or "nothing",
        application_limits=[
            ApplicationLimit(settings.limits[name], scope=name, exempt_when=_unless(counted))
            for name, counted in COUNTED.items()
        ],
    )


def _client_address() -> str:
    return request.remote_addr or "unknown"


def _is_page() -> bool:
    return request.endpoint not in FREE and not _is_api()


def _is_api() -> bool:
    return request.path.startswith("/api/")


def _is_write() -> bool:
    return request.method not in SAFE_METHODS


COUNTED: dict[str, Callable[[], bool]] = {
    "pages": _is_page,
    "search": lambda: request.endpoint in SEARCHES,
    "writes": _is_write,
    "sign_in": lambda: request.endpoint in SIGN_INS and _is_write(),
    "api": _is_api,
}


def _unless(counted: Callable[[], bool]) -> Callable[[], bool]:
    return lambda: not counted()
