"""Imports at an interval: what the worker does for sources that are due, one after the other.

Owns: that one source's fault never keeps the others from running, and what is said. Called by `learncity worker`.
"""

from __future__ import annotations

from city.config import Settings
from city.errors import LearncityError
from city.jobs import Job
from city.services.duplicates import Duplicates
from city.services.sourcing import Sourcing
from city.store.database import JOB_STATEMENT_SECONDS, Database
from indexer.importing import Importer, ImportOrder
from indexer.wiring import build_importer

PAUSE_SECONDS = 20.0


def jobs(settings: Settings) -> list[Job]:
    """Return the loop that imports what is due, and the nightly look for duplicates."""
    database = Database(settings.effective_database_url, statement_seconds=JOB_STATEMENT_SECONDS)
    sourcing, importer = Sourcing(database, settings.system_clock), build_importer(settings, database)
    duplicates = Duplicates(database, settings.catalogue_clock)
    return [
        Job("feeds", lambda: import_due(sourcing, importer), pause_seconds=PAUSE_SECONDS),
        Job("duplicates", lambda: find_duplicates(duplicates), minute="11", hour="20"),
    ]


def find_duplicates(duplicates: Duplicates) -> str:
    """Keep the pairs that may be one thing, for a person to decide on."""
    found = duplicates.find()
    return f"{found} new pairs may be duplicates: learncity duplicates list." if found else ""


def import_due(sourcing: Sourcing, importer: Importer) -> str:
    """Import every source that is due now and say how each went; "" when none was due."""
    said = []
    while (due := sourcing.claim_due()) is not None:
        source, operator = due
        said.append(f"{source.name}: {_imported(source.name, importer, ImportOrder.of(source, operator), sourcing)}")
    return "; ".join(said)


def _imported(name: str, importer: Importer, order: ImportOrder, sourcing: Sourcing) -> str:
    try:
        return importer.run(order).summary()
    except LearncityError as fault:
        sourcing.failed(name, str(fault))
        return str(fault)
    except Exception as fault:  # one feed must not end the loop for the others
        sentence = f"The import broke off ({type(fault).__name__}: {fault})."
        sourcing.failed(name, sentence)
        return sentence
