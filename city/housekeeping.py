"""What the worker does for the ground floor: forget what was kept for a day only.

Owns: when answers to requests sent twice are forgotten. Called by `learncity worker`.
"""

from __future__ import annotations

from city.config import Settings
from city.jobs import Job
from city.store.database import JOB_STATEMENT_SECONDS, Database


def jobs(settings: Settings) -> list[Job]:
    """Return the jobs of the ground floor."""
    database = Database(settings.effective_database_url, statement_seconds=JOB_STATEMENT_SECONDS)
    return [Job("forget answers", lambda: forget_answers(settings, database), minute="33")]


def forget_answers(settings: Settings, database: Database) -> str:
    """Erase answers that no repeat of a request may ask for any more; say how many."""
    with database.writing() as work:
        forgotten = work.enrolments.forget_answers(settings.system_clock.now())
        work.commit()
    return f"{forgotten} kept answers of yesterday erased." if forgotten else ""
