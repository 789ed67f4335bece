"""What every view works with, joined once when the app is made: `parts()` gives it to whoever handles a request.

Owns: the frozen `Parts` in `app.extensions["learncity"]`. Knows no engine and no model: `web/wiring.py` brings the real
ones, tests bring fakes or the null twins.
"""

from __future__ import annotations

from dataclasses import dataclass

import flask

from city.clock import Clock
from city.config import Settings
from city.ports import CatalogueSearch, Recommender
from city.services.demand import DemandBuffer
from city.services.enrolling import Enrolling
from city.services.interacting import Interacting, InteractionBuffer
from city.services.links import Links
from city.services.saved_searches import SavingSearches
from city.services.signing_in import SigningIn
from city.services.staff_access import StaffAccess
from city.store.database import Database
from city.tokens import Tokens

EXTENSION = "learncity"


@dataclass(frozen=True)
class Parts:
    """The parts of one site. `clock` is the catalogue's (it may stand still), `system_clock` runs on real time."""

    settings: Settings
    database: Database
    search: CatalogueSearch
    recommender: Recommender
    clock: Clock
    system_clock: Clock
    interacting: Interacting
    enrolling: Enrolling
    signing_in: SigningIn
    staff_access: StaffAccess
    saving_searches: SavingSearches
    buffer: InteractionBuffer
    demand: DemandBuffer
    phone: str = "0300 641 7000"
    """The city's telephone for learning, shown on each page."""

    @classmethod
    def join(
        cls, settings: Settings, *, database: Database, search: CatalogueSearch, recommender: Recommender
    ) -> Parts:
        """Build the use cases around the given settings, database, search and recommender."""
        clock = settings.catalogue_clock
        return cls(
            settings=settings,
            database=database,
            search=search,
            recommender=recommender,
            clock=clock,
            system_clock=settings.system_clock,
            interacting=Interacting(database, clock),
            enrolling=Enrolling(database, clock, Links(Tokens(settings.signing_key()), settings.site_address)),
            signing_in=SigningIn(database, settings.system_clock, demo=settings.demo),
            staff_access=StaffAccess(database, settings.system_clock, demo=settings.demo),
            saving_searches=SavingSearches(database, clock, Tokens(settings.signing_key())),
            buffer=InteractionBuffer(database),
            demand=DemandBuffer(database, clock),
        )


def parts() -> Parts:
    """Return the parts of the site that handles this request."""
    found: Parts = flask.current_app.extensions[EXTENSION]
    return found
