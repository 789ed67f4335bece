"""The site as one WSGI application: `create_app(settings, database=…, search=…, recommender=…)`.

Owns: the order in which guards, limits, languages, error pages and blueprints come together, and the way in at `/`.
Opens nothing itself: `web/wiring.py` brings the parts, tests bring their own.
"""

from __future__ import annotations

import flask
from apiflask import APIFlask

from city.config import Settings
from city.passwords import Passwords
from city.ports import CatalogueSearch, Recommender
from city.store.database import Database
from web.addresses import current_language, install_addresses, other_languages
from web.api.description import SPEC_PATH, install_description
from web.api.views import api
from web.citizens.views import citizens
from web.completing import completing
from web.components.installing import install_components
from web.compression import install_compression
from web.deeds import notices
from web.elder.tiles import PHONE, SPEAKER
from web.elder.views import elder
from web.errors import install_errors
from web.health import health
from web.language import install_language
from web.limits import install_limits
from web.operators.views import operators
from web.parts import EXTENSION, Parts
from web.profile import access_views, deed_views, sign_in_views, views  # noqa: F401  (they add their addresses)
from web.profile.blueprint import profile
from web.security import csp_nonce, install_security
from web.two_views import install_two_views
from web.visitor import install_visitor

STATIC_SECONDS = 31_536_000
IN_A_LANGUAGE = (citizens, profile, completing)

entrance = flask.Blueprint("entrance", __name__)


def create_app(
    settings: Settings,
    *,
    database: Database,
    search: CatalogueSearch,
    recommender: Recommender,
    passwords: Passwords | None = None,
) -> APIFlask:
    """Build the site around the given parts; `passwords` that cost less are for tests."""
    app = APIFlask("web", title="Learncity", version="1", spec_path=SPEC_PATH, docs_path=None, json_errors=False)
    app.secret_key = settings.signing_key()
    app.config["SEND_FILE_MAX_AGE_DEFAULT"] = STATIC_SECONDS
    app.extensions[EXTENSION] = Parts.join(
        settings, database=database, search=search, recommender=recommender, passwords=passwords
    )
    install_compression(app)  # first here is last to touch an answer
    install_addresses(app, settings)
    install_security(app, settings)
    install_limits(app, settings)
    install_visitor(app)
    install_two_views(app)
    install_language(app)
    install_components(app)
    install_errors(app)
    install_description(app)
    _give_templates(app)
    _register(app)
    return app


def _give_templates(app: flask.Flask) -> None:
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals.update(
        csp_nonce=csp_nonce,
        current_language=current_language,
        other_languages=other_languages,
        notices=notices,
        phone_drawing=PHONE,
        speaker_drawing=SPEAKER,
    )


def _register(app: flask.Flask) -> None:
    app.register_blueprint(flask.Blueprint("components", "web.components", template_folder="templates"))
    app.register_blueprint(health)
    app.register_blueprint(api)
    for blueprint in IN_A_LANGUAGE:
        app.register_blueprint(blueprint, url_prefix="/<language:language>")
    app.register_blueprint(elder, url_prefix="/<language:language>/e")
    app.register_blueprint(operators, url_prefix="/<language:language>/o")
    app.register_blueprint(entrance)


@entrance.get("/")
def enter() -> flask.typing.ResponseReturnValue:
    """Send whoever comes to `/` to the home page of their language."""
    return flask.redirect(f"/{current_language()}/", 302)
