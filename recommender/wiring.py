"""The recommender as a site takes it: joined to a database and a data folder. Knows no Flask."""

from city.config import Settings
from city.ports import Recommender
from city.store.database import Database
from recommender.artefact import ArtefactStore
from recommender.refreshing import Refresher
from recommender.serving import LiveRecommender


def build_recommender(settings: Settings, database: Database) -> Recommender:
    """Return the Recommender of these settings, with its first state read, so that no first visitor waits for it."""
    clock = settings.catalogue_clock
    refresher = Refresher(database, ArtefactStore(settings.data_dir), clock)
    refresher.refresh()
    return LiveRecommender(database, clock, refresher)
