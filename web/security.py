"""What every answer carries and every request must pass, so that a page cannot be turned against its reader.

Owns: the content policy with its fresh nonce, the other headers, the `Sec-Fetch-Site` check, CSRF tokens (no age
limit), trusted hosts, and the boundary that refuses unstorable letters. The one exemption
from form tokens is the signed link that ends the mails of a saved search; a test names it.
Sources: interface.md section 1 item 7, OWASP ASVS 5 chapter V3.
"""

from __future__ import annotations

import secrets

import flask
from flask import g, request
from flask_wtf import CSRFProtect
from werkzeug.exceptions import BadRequest, Forbidden, RequestURITooLarge
from werkzeug.middleware.proxy_fix import ProxyFix

from city.config import Settings

NONCE_BYTES = 16
LONGEST_BODY_BYTES = 1_048_576
LONGEST_QUERY_BYTES = 8_192
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
OWN_SITE = frozenset({"same-origin", "none"})
POLICY = (
    "default-src 'none'; style-src 'self' 'nonce-{nonce}'; script-src 'nonce-{nonce}'; img-src 'self'; "
    "media-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; object-src 'none'; "
    "frame-ancestors 'none'"
)
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
HSTS = "max-age=31536000; includeSubDomains"

csrf = CSRFProtect()


def install_security(app: flask.Flask, settings: Settings) -> None:
    """Set the limits of a request, the guards before a view and the headers after it."""
    app.config.update(
        TRUSTED_HOSTS=list(settings.hosts),
        MAX_CONTENT_LENGTH=LONGEST_BODY_BYTES,
        MAX_FORM_MEMORY_SIZE=LONGEST_BODY_BYTES,
        SESSION_COOKIE_NAME="form" if settings.demo else "__Host-form",
        SESSION_COOKIE_SECURE=not settings.demo,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        WTF_CSRF_TIME_LIMIT=None,
        WTF_CSRF_SSL_STRICT=False,  # who sends no Referer may still press a button: token and Sec-Fetch-Site decide
    )
    if settings.proxy_hops:
        hops = settings.proxy_hops
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    app.before_request(_refuse_other_sites)
    app.before_request(_refuse_unstorable_text)
    csrf.init_app(app)
    app.after_request(_add_headers)


def csp_nonce() -> str:
    """Return the nonce of this answer, which every inline `<style>` and `<script>` carries."""
    if "csp_nonce" not in g:
        g.csp_nonce = secrets.token_urlsafe(NONCE_BYTES)
    found: str = g.csp_nonce
    return found


def _refuse_other_sites() -> None:
    """A form of another site must not act here; browsers say where a request comes from."""
    if request.method not in SAFE_METHODS and request.headers.get("Sec-Fetch-Site", "none") not in OWN_SITE:
        raise Forbidden("This was sent from another site.")


def _refuse_unstorable_text() -> None:
    """NUL and halves of surrogate pairs fit no database; they come from no keyboard."""
    if len(request.query_string) > LONGEST_QUERY_BYTES:
        raise RequestURITooLarge
    texts = [request.path, *_texts(request.args.items(multi=True))]
    if request.method not in SAFE_METHODS:
        texts += _texts(request.form.items(multi=True))
    if any(_is_unstorable(text) for text in texts):
        raise BadRequest("The address or the form holds letters that nothing here can be called by.")


def _texts(pairs: object) -> list[str]:
    return [text for pair in pairs for text in pair]  # type: ignore[attr-defined]


def _is_unstorable(text: str) -> bool:
    return "\x00" in text or any("\ud800" <= letter <= "\udfff" for letter in text)


def _add_headers(response: flask.Response) -> flask.Response:
    response.headers.update(HEADERS)
    response.headers["Content-Security-Policy"] = POLICY.format(nonce=csp_nonce())
    if not flask.current_app.extensions["learncity"].settings.demo:
        response.headers["Strict-Transport-Security"] = HSTS
    if response.mimetype == "text/html":
        _keep_private(response)
    return response


def _keep_private(response: flask.Response) -> None:
    """A page is its reader's alone; a signed-in citizen's and one of the portal are not even kept."""
    person = g.get("person")
    signed_in = (person is not None and person.citizen is not None) or g.get("keep_nowhere", False)
    response.headers["Cache-Control"] = "private, no-store" if signed_in else "private"
    response.vary.add("Cookie")
    response.vary.add("Accept-Language")
