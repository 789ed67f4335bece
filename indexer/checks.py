"""What `learncity doctor` looks at here: the engine, the index, the outbox that feeds it.

Owns: what counts as a fault and what to type for it.
"""

from __future__ import annotations

from datetime import timedelta

from city.checks import CheckResult
from city.config import Settings
from city.errors import SearchUnavailable
from city.model import Consumer
from city.store.database import Database
from indexer.engines.choosing import engine_for
from indexer.reconcile import Drift
from indexer.upkeep import ASKS_FOR_REBUILD
from indexer.wiring import build_upkeep, require_migrated

LATE = timedelta(seconds=60)
BLAMED = ("LEARNCITY_SEARCH_CA", "LEARNCITY_SEARCH_API_KEY")


def check(settings: Settings) -> list[CheckResult]:
    """Return what was found about engine, index and outbox; raises DatabaseUnavailable when there is no catalogue."""
    require_migrated(settings)
    return [check_engine(settings), check_index(settings), check_outbox(settings)]


def check_engine(settings: Settings) -> CheckResult:
    """Which engine is it, and does it answer? An index at fault is not the engine's."""
    try:
        engine = engine_for(settings)
    except SearchUnavailable as unusable:
        return CheckResult("engine", False, str(unusable), _what_to_check(str(unusable)))
    try:
        health = engine.health()
    finally:
        engine.close()
    if health.ok or ASKS_FOR_REBUILD in health.sentence:
        return CheckResult("engine", True, f"Search is answered by {engine.name}.")
    return CheckResult("engine", False, health.sentence, _what_to_check(health.sentence))


def _what_to_check(sentence: str) -> str:
    """Name the setting that the sentence blames."""
    named = next((name for name in BLAMED if name in sentence), "")
    return f"check {named}" if named else "check LEARNCITY_SEARCH_URL and that the server runs"


def check_index(settings: Settings) -> CheckResult:
    """Can the index serve, and does it equal the catalogue?"""
    try:
        upkeep = build_upkeep(settings)
        because = upkeep.why_rebuild()
        return _drift(upkeep.check()[0]) if not because else CheckResult("index", False, because, ASKS_FOR_REBUILD)
    except SearchUnavailable as silent:
        return CheckResult("index", False, str(silent), "start the engine, then learncity index check --repair")


def _drift(drift: Drift) -> CheckResult:
    remedy = "learncity index check --repair" if drift.total else ""
    return CheckResult("index", not drift.total, drift.sentence(), remedy)


def check_outbox(settings: Settings) -> CheckResult:
    """Do changes reach the index in time, and was none given up?"""
    database = Database(settings.effective_database_url)
    with database.reading() as work:
        waiting, oldest = work.outbox.waiting(Consumer.INDEX)
        dead = work.outbox.dead(Consumer.INDEX)
    database.dispose()
    if dead:
        said = f"{dead} changes could not be written into the index after ten tries."
        return CheckResult("outbox", False, said, "learncity index check --repair")
    now = settings.system_clock.now()
    if oldest is not None and settings.now is None and now - oldest > LATE:
        said = f"{waiting} changes wait for the index, the oldest for {int((now - oldest).total_seconds())} seconds."
        return CheckResult("outbox", False, said, "learncity worker")
    return CheckResult("outbox", True, f"{waiting} changes wait for the index.")
