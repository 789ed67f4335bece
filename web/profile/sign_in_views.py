"""Sample sign-in: in demo mode one becomes a sample citizen with a tap; elsewhere these addresses do not exist.

Owns: the login cookie's coming and going. Each sign-in makes a new login session and ends the former one.
"""

from __future__ import annotations

import flask
from flask import request

from city.errors import NotFound
from web.access import current_person, drop_login, keep_login, login_token
from web.addresses import is_slug, safe_next
from web.deeds import leave_notice
from web.frames import frame
from web.language import gettext, words
from web.parts import parts
from web.profile.blueprint import profile


@profile.get("/sign-in")
def sign_in() -> flask.typing.ResponseReturnValue:
    """Show the sample citizens one can be."""
    _refuse_outside_demo()
    people = [
        (person.slug, words(person.name), words(person.introduction)) for person in parts().signing_in.sample_citizens()
    ]
    return flask.render_template(
        "profile/sign_in.html",
        page=frame(gettext("Be a sample citizen"), section="mine"),
        people=people,
        next=safe_next(request.args.get("next"), flask.url_for("profile.saved")),
    )


@profile.post("/sign-in")
def sign_in_as() -> flask.typing.ResponseReturnValue:
    """Start a login session as the sample citizen the form names."""
    _refuse_outside_demo()
    slug = request.form.get("citizen", "")
    if not is_slug(slug):
        raise NotFound("There is no such sample citizen.")
    token = parts().signing_in.sign_in_as_sample(current_person().actor, slug, former_token=login_token())
    leave_notice("signed_in")
    response = _to(safe_next(request.form.get("next"), flask.url_for("profile.saved")))
    keep_login(response, token)
    return response


@profile.post("/sign-out")
def sign_out() -> flask.typing.ResponseReturnValue:
    """End the login session, here and on the server."""
    parts().signing_in.sign_out(login_token())
    leave_notice("signed_out")
    response = _to(safe_next(request.form.get("next"), f"/{flask.g.language}/"))
    drop_login(response)
    response.headers["Clear-Site-Data"] = '"cache"'
    return response


def _refuse_outside_demo() -> None:
    if not parts().settings.demo:
        raise NotFound("Sample citizens exist in demo mode only.")


def _to(address: str) -> flask.Response:
    return flask.make_response(flask.redirect(address, 303))
