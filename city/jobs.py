"""What the worker does beside the site: jobs that packages offer by the entry-point group `learncity.jobs`.

Owns: `Job`, when one is due, and gathering them. Each entry point is a function `(settings) -> list[Job]`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import entry_points

from city.config import Settings

GROUP = "learncity.jobs"


@dataclass(frozen=True)
class Job:
    """One piece of repeated work; `run` returns a sentence about what it did ("" when there was nothing to do).

    `pause_seconds` makes it a loop in a thread of its own, run again after that pause; else `minute` and `hour` are
    crontab fields in UTC ("*/5", "0"), as huey's `crontab` reads them.
    """

    name: str
    run: Callable[[], str]
    pause_seconds: float | None = None
    minute: str = "0"
    hour: str = "*"


def gather_jobs(settings: Settings) -> list[Job]:
    """Return the jobs of all packages, by name."""
    found = [job for entry in entry_points(group=GROUP) for job in entry.load()(settings)]
    return sorted(found, key=lambda job: job.name)
