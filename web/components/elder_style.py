"""How the elder view's stylesheet reaches a browser: inside the first page, and from the browser's own store after it.

A booking is four pages and may weigh 10 KB in all. The first page carries the stylesheet inside, so that it is drawn
at once, and asks for the same as a file on the side (for print; that waits for nothing); the pages after it name the
file alone. Owns: the cookie that says which file a browser has. Without cookies each page carries it inside.
"""

from __future__ import annotations

import hashlib
from functools import cache

import flask
from apiflask import APIFlask
from flask import g, request
from markupsafe import Markup

from web.components.stylesheet import stylesheet
from web.cookies import keep_cookie

COOKIE = "elder_style"
FILE = "/static/elder.{}.css"


def install_elder_style(app: APIFlask) -> None:
    """Serve the stylesheet under a name that holds its digest, and note in the browser that it was sent."""
    app.add_url_rule(FILE.format("<version>"), "elder_style", app.doc(hide=True)(_file))  # no part of the API
    app.after_request(_note)


@cache
def digest() -> str:
    """Return what tells one version of the stylesheet from another."""
    return hashlib.sha256(str(stylesheet("elder")).encode()).hexdigest()[:12]


def elder_style(nonce: str) -> Markup:
    """Return the head's lines for a page of the elder view."""
    address = FILE.format(digest())
    if request.cookies.get(COOKIE) == digest():
        return Markup('<link rel="stylesheet" href="{}">').format(address)
    g.elder_style_sent = True
    inside = Markup('<style nonce="{}">').format(nonce) + stylesheet("elder") + Markup("</style>")
    return inside + Markup('<link rel="stylesheet" href="{}" media="print">').format(address)


def _file(version: str) -> flask.Response:
    """The stylesheet, to be kept for a year; under an older name it is the present one, and is not kept."""
    response = flask.Response(str(stylesheet("elder")), content_type="text/css; charset=utf-8")
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable" if version == digest() else "no-cache"
    return response


def _note(response: flask.Response) -> flask.Response:
    if g.get("elder_style_sent") and response.status_code < 400:
        keep_cookie(response, COOKIE, digest())
    return response
