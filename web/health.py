"""Is the process alive, and is it ready to answer: `/livez` and `/readyz`.

Owns: what readiness means here (database answers, schema fits the code, outbox not stale, disk not full) and which
model is in use. `/livez` asks nothing of anybody, so that a dead database never gets a process killed. Answers say no
more than the name of a part: these addresses are open.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import timedelta

import flask

from city.errors import DatabaseUnavailable
from city.model import Consumer
from city.ports import RecommendationRequest
from city.store import schema
from web.parts import Parts, parts

OLDEST_OUTBOX = timedelta(seconds=60)
SMALLEST_FREE_SHARE = 0.10

health = flask.Blueprint("health", __name__)


@health.get("/livez")
def livez() -> flask.typing.ResponseReturnValue:
    """The process runs."""
    return {"alive": True}


@health.get("/readyz")
def readyz() -> flask.typing.ResponseReturnValue:
    """200 when every part is ready, else 503 with what is not."""
    found = {name: _holds(check) for name, check in CHECKS.items()}
    ready = all(found.values())
    told = {"ready": ready, "parts": found, "model": _model()}
    return told, 200 if ready else 503, {} if ready else {"Retry-After": "5"}


def _model() -> str | None:
    """Return the version of the model in use. Without one pages are poorer, not absent, so it decides nothing here."""
    try:
        found = parts().recommender.recommend(RecommendationRequest(n=1, personal=False))
    except DatabaseUnavailable:
        return None
    return found.artefact_version or None


def _holds(check: Callable[[Parts], bool]) -> bool:
    try:
        return check(parts())
    except DatabaseUnavailable:
        return False


def _database_answers(of: Parts) -> bool:
    return schema.present_revision(of.database) is not None


def _schema_fits(of: Parts) -> bool:
    return schema.is_current(of.database)


def _outbox_is_fresh(of: Parts) -> bool:
    """Messages carry the catalogue's time; so does this comparison, also when that clock stands still."""
    with of.database.reading() as work:
        _, oldest = work.outbox.waiting(Consumer.INDEX)
    return oldest is None or of.clock.now() - oldest <= OLDEST_OUTBOX


def _disk_has_room(of: Parts) -> bool:
    folder = next(path for path in (of.settings.data_dir, *of.settings.data_dir.resolve().parents) if path.exists())
    usage = shutil.disk_usage(folder)
    return usage.free >= SMALLEST_FREE_SHARE * usage.total


CHECKS: dict[str, Callable[[Parts], bool]] = {
    "database": _database_answers,
    "schema": _schema_fits,
    "outbox": _outbox_is_fresh,
    "disk": _disk_has_room,
}
