"""What a request needs of the house, joined once by `web/wiring.py` and kept in `app.extensions["learncity"]`.

Owns: `Parts` and `parts()`. Makes nothing itself: every view asks here instead of building a database or a model.
"""

from __future__ import annotations

from dataclasses import dataclass

from flask import current_app

from city.clock import Clock
from city.config import Settings
from city.ports import CatalogueSearch, Recommender
from city.services.enrolling import Enrolling
from city.services.interacting import Interacting, InteractionBuffer
from city.services.signing_in import SigningIn
from city.store.database import Database


@dataclass(frozen=True)
class Parts:
    """The real parts of one site; `clock` is the catalogue's, `system_clock` runs on real time."""

    settings: Settings
    database: Database
    search: CatalogueSearch
    recommender: Recommender
    clock: Clock
    system_clock: Clock
    interacting: Interacting
    enrolling: Enrolling
    signing_in: SigningIn
    buffer: InteractionBuffer
    phone: str = "0300 641 7000"
    """The city's telephone for learning, shown on each page."""


def parts() -> Parts:
    """Return the parts of the running site."""
    found: Parts = current_app.extensions["learncity"]
    return found
