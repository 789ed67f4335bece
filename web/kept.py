"""Ids of what was taken in this browser, in a signed cookie: no phone number; what was not signed here is none.

Owns: the form of such a cookie. Called by `web.places` and by the pages of study rooms, each with a name of its own.
"""

from __future__ import annotations

from collections.abc import Iterable

import flask
from flask import g, request
from itsdangerous import BadData, URLSafeSerializer

from web.cookies import host_name, keep_cookie

MOST_KEPT = 12


def kept_ids(name: str) -> tuple[int, ...]:
    """Return the ids kept under a name, newest first."""
    read: dict[str, tuple[int, ...]] = g.setdefault("kept_ids", {})
    if name not in read:
        read[name] = _read(name, request.cookies.get(host_name(name), ""))
    return read[name]


def keep_ids(response: flask.Response, name: str, ids: Iterable[int]) -> None:
    """Remember ids in this browser for a year; the last of them is the newest."""
    kept = list(kept_ids(name))
    for id_ in ids:
        kept = [id_, *(each for each in kept if each != id_)]
    keep_cookie(response, host_name(name), str(_serializer(name).dumps(kept[:MOST_KEPT])))


def _serializer(name: str) -> URLSafeSerializer:
    return URLSafeSerializer(flask.current_app.secret_key or "", salt=name)


def _read(name: str, cookie: str) -> tuple[int, ...]:
    if not cookie:
        return ()
    try:
        return tuple(int(each) for each in _serializer(name).loads(cookie))[:MOST_KEPT]
    except (BadData, TypeError, ValueError):
        return ()
