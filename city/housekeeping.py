"""What the worker does for the ground floor: forget what was kept for a day only, and keep waiting lists moving.

Owns: when answers to requests sent twice are forgotten, and how often places nobody said yes to are passed on. Called
by `learncity worker`.
"""

from __future__ import annotations

from city.config import Settings
from city.jobs import Job
from city.services.links import Links
from city.services.run_changes import RunChanges
from city.store.database import JOB_STATEMENT_SECONDS, Database
from city.tokens import Tokens


def jobs(settings: Settings) -> list[Job]:
    """Return the jobs of the ground floor."""
    database = Database(settings.effective_database_url, statement_seconds=JOB_STATEMENT_SECONDS)
    return [
        Job("forget answers", lambda: forget_answers(settings, database), minute="33"),
        Job("pass on places", lambda: pass_on_places(settings, database), minute="*/5"),
    ]


def forget_answers(settings: Settings, database: Database) -> str:
    """Erase answers that no repeat of a request may ask for any more; say how many."""
    with database.writing() as work:
        forgotten = work.enrolments.forget_answers(settings.system_clock.now())
        work.commit()
    return f"{forgotten} kept answers of yesterday erased." if forgotten else ""


def pass_on_places(settings: Settings, database: Database) -> str:
    """Pass on places whose time to answer is over, and seats that came free by themselves; say how many."""
    links = Links(Tokens(settings.signing_key()), settings.site_address)
    moved = RunChanges(database, settings.catalogue_clock, links).lapse_unanswered()
    return f"{moved} places moved on along their waiting lists." if moved else ""
