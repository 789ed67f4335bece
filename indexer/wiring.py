"""Joins the indexer's real parts by the settings: the engine, who asks it, and who keeps it equal to the catalogue.

Free of any web framework. Called by web/wiring, the worker's jobs, the doctor and the verbs of `learncity index`.
"""

from __future__ import annotations

from city.config import Settings
from city.mail import build_mailer
from city.ports import CatalogueSearch
from city.services.mailing import Mailing
from city.store import schema
from city.store.database import JOB_STATEMENT_SECONDS, Database
from city.tokens import Tokens
from indexer.alerts import Alerts
from indexer.engines.choosing import engine_for
from indexer.fetching import Fetcher
from indexer.importing import Importer
from indexer.search import IndexSearch
from indexer.upkeep import IndexUpkeep


def build_search(settings: Settings, database: Database) -> CatalogueSearch:
    """Return the search of the web's side: it reads only, and follows the index when it is written or swapped."""
    search = IndexSearch(
        engine_for(settings), database, clock=settings.catalogue_clock, system_clock=settings.system_clock
    )
    search.warm_up()
    return search


def build_upkeep(settings: Settings) -> IndexUpkeep:
    """Return the one that keeps the index, on a database of its own with the longer limits of background work."""
    return IndexUpkeep(
        job_database(settings),
        engine_for(settings),
        clock=settings.catalogue_clock,
        system_clock=settings.system_clock,
    )


def job_database(settings: Settings) -> Database:
    """Return a database with the longer limits of background work."""
    return Database(settings.effective_database_url, statement_seconds=JOB_STATEMENT_SECONDS)


def build_alerts(settings: Settings) -> Alerts:
    """Return the one that matches what is new with saved searches."""
    return Alerts(job_database(settings), clock=settings.catalogue_clock, system_clock=settings.system_clock)


def build_mailing(settings: Settings) -> Mailing:
    """Return the one that mails what saved searches met."""
    return Mailing(
        job_database(settings),
        build_mailer(settings),
        Tokens(settings.signing_key()),
        site=settings.site_address,
        clock=settings.catalogue_clock,
        system_clock=settings.system_clock,
    )


def build_importer(settings: Settings, database: Database) -> Importer:
    """Return the one that imports feeds; it reaches public addresses, and internal hosts that the settings name."""
    fetcher, feeds = Fetcher(frozenset(settings.feed_hosts)), settings.data_dir / "feeds"
    return Importer(database, settings.catalogue_clock, settings.system_clock, fetcher, feeds)


def require_migrated(settings: Settings) -> None:
    """Raise DatabaseUnavailable with what to type unless the catalogue has the schema the code needs."""
    database = Database(settings.effective_database_url)
    try:
        schema.require_current(database)
    finally:
        database.dispose()
