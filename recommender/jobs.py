"""What the worker does for suggestions: count popularity, train at night, forget old lists."""

from datetime import datetime, timedelta

from threadpoolctl import threadpool_limits

from city.config import Settings
from city.jobs import Job
from city.store.database import JOB_STATEMENT_SECONDS, Database
from recommender.artefact import ArtefactStore
from recommender.city_log import read_city
from recommender.counting import count_popularity
from recommender.training import Trainer

TRAINING_HOUR = 3
"""Local hour at which the city sleeps."""
LISTS_KEPT = timedelta(days=30)


def jobs(settings: Settings) -> list[Job]:
    """Return the recommender's jobs, on a database connection of their own."""
    database = Database(settings.effective_database_url, statement_seconds=JOB_STATEMENT_SECONDS)
    clock = settings.catalogue_clock
    return [
        Job("popularity", lambda: count_popularity(database, clock), minute="*/10"),
        Job("train", lambda: _train(settings, database), minute="10", hour=_hour_in_utc(settings)),
        Job("forget-lists", lambda: _forget_lists(settings, database), minute="40", hour="*"),
    ]


def _train(settings: Settings, database: Database) -> str:
    now = settings.catalogue_clock.now()
    with threadpool_limits(1, "blas"):
        return Trainer(ArtefactStore(settings.data_dir), now).train(read_city(database, now)).sentence


def _forget_lists(settings: Settings, database: Database) -> str:
    with database.writing() as work:
        work.shown_lists.forget_before(settings.catalogue_clock.now() - LISTS_KEPT)
        work.commit()
    return ""


def _hour_in_utc(settings: Settings) -> str:
    """The hour of UTC at which it is TRAINING_HOUR in the city today."""
    today = settings.catalogue_clock.today()
    local = datetime(today.year, today.month, today.day, TRAINING_HOUR, tzinfo=settings.zone)
    offset = local.utcoffset() or timedelta()
    return str(int((timedelta(hours=TRAINING_HOUR) - offset).total_seconds() // 3600) % 24)
