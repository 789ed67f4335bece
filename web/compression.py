"""Answers as gzip: the application itself compresses, so that a page's weight does not depend on what stands before it.

Owns: which answers, at which level. Files that are sent from disk pass unread when they are compressed already.
"""

from __future__ import annotations

import gzip

import flask
from flask import request

LEVEL = 6
SMALLEST_BYTES = 300
COMPRESSIBLE = frozenset(
    {"text/html", "text/css", "text/plain", "text/javascript", "application/json", "image/svg+xml", "text/calendar"}
)


def install_compression(app: flask.Flask) -> None:
    """Compress what a browser accepts compressed."""
    app.after_request(_compress)


def _compress(response: flask.Response) -> flask.Response:
    if response.mimetype not in COMPRESSIBLE:
        return response
    response.vary.add("Accept-Encoding")
    if not _wanted(response):
        return response
    response.direct_passthrough = False
    body = response.get_data()
    if len(body) >= SMALLEST_BYTES:
        response.set_data(gzip.compress(body, LEVEL, mtime=0))
        response.headers["Content-Encoding"] = "gzip"
        response.headers.pop("ETag", None)
    return response


def _wanted(response: flask.Response) -> bool:
    accepted = request.accept_encodings["gzip"] > 0
    whole = response.status_code not in (204, 206, 304) and (not response.is_streamed or response.direct_passthrough)
    return accepted and whole and "Content-Encoding" not in response.headers
