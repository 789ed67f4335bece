"""The one place where the real parts are joined to the site.

Owns: which database, search and recommender a process serves with, by its settings. Called by `learncity serve` and by
production servers (`gunicorn 'web.wiring:site()'`).
"""

from __future__ import annotations

from apiflask import APIFlask

from city.config import Settings, load_settings
from city.store import schema
from city.store.database import Database
from indexer.wiring import build_search
from recommender.wiring import build_recommender
from web.app import create_app


def build_site(settings: Settings) -> APIFlask:
    """Open the database (its schema must fit the code) and join search and recommender to the site."""
    database = Database(settings.effective_database_url)
    schema.require_current(database)
    return create_app(
        settings,
        database=database,
        search=build_search(settings, database),
        recommender=build_recommender(settings, database),
    )


def site() -> APIFlask:
    """Return the site of the environment's settings."""
    return build_site(load_settings())
