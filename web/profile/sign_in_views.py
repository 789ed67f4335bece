"""Coming in as a citizen: by six digits sent to a phone or mailbox, by a password, in demo mode as a sample citizen.

Owns: the login cookie's coming and going. Nobody needs it: everything works with a phone number alone. Each sign-in
makes a new login session and ends the former one.
"""

from __future__ import annotations

import flask
from flask import request
from flask.typing import ResponseReturnValue

from city.errors import InvalidInput, LearncityError, NotFound, TooManyTries, Unavailable
from city.services.couriers import target_of
from web.access import current_person, drop_login, keep_login, login_token
from web.addresses import current_language, is_slug, safe_next
from web.deeds import leave_notice
from web.frames import frame
from web.language import gettext, words
from web.parts import parts
from web.profile.belongings import something_to_add
from web.profile.blueprint import profile

CLEARED = '"cache", "storage"'
Slips = dict[str, str]


@profile.get("/sign-in")
def sign_in() -> ResponseReturnValue:
    """Ask for a phone number or a mailbox; in demo mode show the sample citizens too."""
    return _page()


@profile.post("/sign-in")
def sign_in_as() -> ResponseReturnValue:
    """Start a login session as the sample citizen the form names; elsewhere than in demo mode there is none."""
    slug = request.form.get("citizen", "")
    if not parts().settings.demo or not is_slug(slug):
        raise NotFound("There is no such sample citizen.")
    token = parts().signing_in.sign_in_as_sample(current_person().actor, slug, former_token=login_token())
    leave_notice("signed_in")
    response = _to(_next())
    keep_login(response, token)
    return response


@profile.post("/sign-in/send")
def send_digits() -> ResponseReturnValue:
    """Send six digits to the phone or mailbox, and ask for them."""
    who = request.form.get("who", "")
    try:
        code = parts().signing_in.send_code(target_of(who), language=current_language(), address=client_address())
    except (InvalidInput, TooManyTries, Unavailable) as refused:
        return _page(who=who, errors=slips_of(refused, "who")), status_of(refused)
    return digits_page(who, code=code)


@profile.post("/sign-in/code")
def sign_in_with_digits() -> ResponseReturnValue:
    """Take the six digits; then the person is in."""
    who = request.form.get("who", "")
    try:
        token = parts().signing_in.sign_in_with_code(
            target_of(who), request.form.get("code", ""), address=client_address(), former_token=login_token()
        )
    except (InvalidInput, TooManyTries) as refused:
        return digits_page(who, errors=slips_of(refused, "code")), status_of(refused)
    return _come_in(token)


@profile.get("/sign-in/password")
def password() -> ResponseReturnValue:
    """Ask for a number and a password."""
    return _password_page()


@profile.post("/sign-in/password")
def sign_in_with_password() -> ResponseReturnValue:
    """Check number and password; then the person is in."""
    who = request.form.get("who", "")
    try:
        token = parts().signing_in.sign_in_with_password(
            target_of(who), request.form.get("password", ""), address=client_address(), former_token=login_token()
        )
    except (InvalidInput, TooManyTries) as refused:
        return _password_page(who=who, errors=slips_of(refused, "password")), status_of(refused)
    return _come_in(token)


@profile.post("/sign-out")
def sign_out() -> ResponseReturnValue:
    """End the login session, here and on the server; the browser forgets the pages it was shown."""
    parts().signing_in.sign_out(login_token())
    return signed_out()


def signed_out() -> flask.Response:
    """Return the answer to whoever was signed out here."""
    leave_notice("signed_out")
    response = _to(safe_next(request.form.get("next"), f"/{flask.g.language}/"))
    drop_login(response)
    response.headers["Clear-Site-Data"] = CLEARED
    return response


def digits_page(who: str, *, code: str = "", adding: bool = False, errors: Slips | None = None) -> str:
    """Return the page that asks for the digits that were sent; in demo mode it shows them, for nothing leaves here."""
    return flask.render_template(
        "profile/digits.html",
        page=frame(
            gettext("Six digits for another number") if adding else gettext("Type the six digits"), section="mine"
        ),
        who=who,
        shown=target_of(who).shown,
        code=code if parts().settings.demo else "",
        adding=adding,
        next=_next(),
        errors=errors or {},
    )


def slips_of(refused: LearncityError, otherwise: str) -> Slips:
    """Return field → sentence of what was refused; what names no field stands at `otherwise`."""
    if isinstance(refused, Unavailable):
        return {otherwise: gettext("We cannot send it just now. Try again in a few minutes, or telephone us.")}
    return {getattr(refused, "field", "") or otherwise: gettext(str(refused))}


def status_of(refused: LearncityError) -> int:
    """Return 429 for too many tries, 503 when it could not be sent, else 400."""
    return 429 if isinstance(refused, TooManyTries) else 503 if isinstance(refused, Unavailable) else 400


def client_address() -> str:
    """Return whence the request comes, for counting guesses."""
    return request.remote_addr or "unknown"


def _come_in(token: str) -> flask.Response:
    flask.g.pop("person", None)
    leave_notice("signed_in")
    citizen = parts().signing_in.citizen_of(token)
    offer = citizen is not None and something_to_add(citizen)
    response = _to(flask.url_for("profile.add_belongings", next=_next()) if offer else _next())
    keep_login(response, token)
    return response


def _page(*, who: str = "", errors: Slips | None = None) -> str:
    samples = parts().signing_in.sample_citizens()
    people = [(person.slug, words(person.name), words(person.introduction)) for person in samples]
    return flask.render_template(
        "profile/sign_in.html",
        page=frame(gettext("Sign in"), section="mine"),
        people=people,
        who=who,
        next=_next(),
        errors=errors or {},
    )


def _password_page(*, who: str = "", errors: Slips | None = None) -> str:
    page = frame(gettext("Sign in with a password"), section="mine")
    return flask.render_template("profile/password.html", page=page, who=who, next=_next(), errors=errors or {})


def _next() -> str:
    return safe_next(request.values.get("next"), flask.url_for("profile.saved"))


def _to(address: str) -> flask.Response:
    return flask.make_response(flask.redirect(address, 303))
