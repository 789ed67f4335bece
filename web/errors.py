"""What a page says when something is refused, missing or broken: in words, with a way on, never a stack trace.

Owns: which error means which status, the words of each status, JSON for the API. A page that cannot even draw its
frame (foreign host, dead database) is drawn by `plain_error.html`, which needs nothing but itself.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from http import HTTPStatus

import flask
import structlog
from flask import g, request
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException, MethodNotAllowed, SecurityError

from city.errors import Conflict, InvalidInput, LearncityError, NotAllowed, NotFound, TooManyTries, Unavailable
from web.components.frame import PageFrame
from web.elder.frame import ElderFrame
from web.language import gettext, lazy_gettext
from web.parts import parts

log = structlog.get_logger(__name__)

STATUS_OF = {NotFound: 404, NotAllowed: 403, Conflict: 409, InvalidInput: 400, TooManyTries: 429, Unavailable: 503}


@dataclass(frozen=True)
class Refusal:
    """What an error page says: what went wrong in a word, what happened, what to do; the number of a fault of ours."""

    status: int
    title: str
    what: str
    remedy: str
    number: str = ""

    @property
    def heading(self) -> str:
        """The title as it stands on the page and in the window, so that nobody takes it for a result."""
        return gettext("Error: %(title)s", title=self.title)


NOT_UNDERSTOOD = (
    lazy_gettext("This address is not understood"),
    lazy_gettext("A part of the address or of the form holds something that is not known here."),
    lazy_gettext("Begin again from the home page, or search for what you would like to learn."),
)
WORDS = {
    400: NOT_UNDERSTOOD,
    403: (
        lazy_gettext("This is not yours to open"),
        lazy_gettext("Only the person it belongs to may open or change it."),
        lazy_gettext("If it is yours, sign in first. Otherwise begin again from the home page."),
    ),
    404: (
        lazy_gettext("There is nothing at this address"),
        lazy_gettext("It may have ended, or the address has a slip in it."),
        lazy_gettext("Search for what you would like to learn, or begin again from the home page."),
    ),
    405: (
        lazy_gettext("This cannot be opened like that"),
        lazy_gettext("This address belongs to a button on another page."),
        lazy_gettext("Go back to that page and press the button there."),
    ),
    409: (
        lazy_gettext("This came too late or twice"),
        lazy_gettext("Things have changed since you opened the page."),
        lazy_gettext("Open the page again to see how it stands now."),
    ),
    413: (
        lazy_gettext("That was too much at once"),
        lazy_gettext("The form holds more than this site takes."),
        lazy_gettext("Shorten what you wrote and send it again."),
    ),
    414: (
        lazy_gettext("The address is too long"),
        lazy_gettext("There are more words in it than anybody can search for."),
        lazy_gettext("Search with a few words, like calligraphy or phone lessons."),
    ),
    429: (
        lazy_gettext("Too many requests came from your address"),
        lazy_gettext("To stay quick for everybody, the site takes only so many in a minute."),
        lazy_gettext("Wait a minute, then open the page again."),
    ),
    500: (
        lazy_gettext("Something broke on our side"),
        lazy_gettext("It is not your doing, and we have noted it."),
        lazy_gettext("Try again in a moment, or telephone us."),
    ),
    503: (
        lazy_gettext("We cannot answer just now"),
        lazy_gettext("A part of the site is resting or being repaired."),
        lazy_gettext("Try again in a minute. Nothing you did before is lost."),
    ),
}
FORM_NOT_TAKEN = (
    lazy_gettext("The form was not taken"),
    lazy_gettext("Its hidden mark was missing or not from this browser, so we did nothing."),
    lazy_gettext("Go back, open the page again and send the form once more."),
)


def install_errors(app: flask.Flask) -> None:
    """Answer every error with a page in words, or with JSON under /api/."""
    app.register_error_handler(HTTPException, _on_http)
    app.register_error_handler(LearncityError, _on_ours)
    app.register_error_handler(Exception, _on_unexpected)


def _on_http(fault: HTTPException) -> flask.Response:
    if fault.code is None or fault.code < 400:
        return flask.make_response(fault.get_response())
    response = _answer(fault.code, fault)
    if isinstance(fault, MethodNotAllowed) and fault.valid_methods:
        response.headers["Allow"] = ", ".join(fault.valid_methods)
    return response


def _on_ours(fault: LearncityError) -> flask.Response:
    status = next((code for kind, code in STATUS_OF.items() if isinstance(fault, kind)), 500)
    if status >= 500:
        log.error("request_failed", path=request.path, error=str(fault), kind=type(fault).__name__)
    response = _answer(status, fault)
    if isinstance(fault, Unavailable | TooManyTries):
        response.headers["Retry-After"] = str(fault.retry_after_seconds)
    return response


def _on_unexpected(fault: Exception) -> flask.Response:
    """Say that it is our fault; the log has the trace under the request's number."""
    log.exception("request_broke", path=request.path, number=request_number(), kind=type(fault).__name__)
    return _answer(500, fault)


def request_number() -> str:
    """Return the number by which a reader and the log name the same request."""
    if "request_number" not in g:
        g.request_number = secrets.token_hex(4)
    return str(g.request_number)


def _answer(status: int, fault: Exception) -> flask.Response:
    if request.path.startswith("/api/"):
        return flask.make_response({"message": HTTPStatus(status).phrase, "detail": {"reason": _reason(fault)}}, status)
    title, what, remedy = FORM_NOT_TAKEN if isinstance(fault, CSRFError) else WORDS.get(status, WORDS[400])
    refusal = Refusal(status, str(title), str(what), str(remedy), request_number() if status == 500 else "")
    return flask.make_response(_page(refusal, fault), status)


def _reason(fault: Exception) -> str:
    if isinstance(fault, InvalidInput):
        return " ".join(part for part in (fault.field, str(fault), fault.remedy) if part)
    if isinstance(fault, HTTPException):
        return fault.description or ""
    return str(fault) if isinstance(fault, LearncityError) and not isinstance(fault, Unavailable) else ""


def _page(refusal: Refusal, fault: Exception) -> str:
    """Draw the page in the frame of its view; where the frame itself would fail, draw it plain."""
    told = {"refusal": refusal, "phone": parts().phone, "demo": parts().settings.demo}
    if isinstance(fault, SecurityError | Unavailable):
        return flask.render_template("plain_error.html", **told)
    try:
        if request.path.split("/")[2:3] == ["e"]:
            frame = ElderFrame(refusal.heading, gettext("Something went wrong"), phone=parts().phone, demo=told["demo"])
            return flask.render_template("elder/error.html", page=frame, **told)
        page = PageFrame(title=refusal.heading, phone=parts().phone, demo=told["demo"])
        return flask.render_template("error.html", page=page, **told)
    except Exception:  # the answer to a fault must not fail
        log.exception("error_page_broke", path=request.path)
        return flask.render_template("plain_error.html", **told)
