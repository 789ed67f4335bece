"""What every view works with, joined once when the app is made: `parts()` gives it to whoever handles a request.

Owns: the frozen `Parts` in `app.extensions["learncity"]`. Knows no engine and no model: `web/wiring.py` brings the real
ones, tests bring fakes or the null twins.
"""

from __future__ import annotations

from dataclasses import dataclass

import flask

from city.clock import Clock
from city.config import Settings
from city.passwords import Passwords
from city.ports import CatalogueSearch, Recommender
from city.services.attending import Attending
from city.services.ballot_office import BallotOffice
from city.services.ballot_settling import BallotSettling
from city.services.balloting import Balloting
from city.services.changing import Changing
from city.services.composing import Composing
from city.services.demand import DemandBuffer
from city.services.drafting import Drafting
from city.services.enrolling import Enrolling
from city.services.interacting import Interacting, InteractionBuffer
from city.services.links import Links
from city.services.moderating import Moderating
from city.services.room_booking import BookingRooms
from city.services.rosters import Rosters
from city.services.run_changes import RunChanges
from city.services.saved_searches import SavingSearches
from city.services.signing_in import SigningIn
from city.services.staff_access import StaffAccess
from city.services.staff_keeping import StaffKeeping
from city.services.venue_keeping import VenueKeeping
from city.store.database import Database
from city.tokens import Tokens
from web.doors import join_doors

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
    staff_keeping: StaffKeeping
    run_changes: RunChanges
    changing: Changing
    rosters: Rosters
    attending: Attending
    balloting: Balloting
    ballot_office: BallotOffice
    ballot_settling: BallotSettling
    booking_rooms: BookingRooms
    composing: Composing
    drafting: Drafting
    moderating: Moderating
    venue_keeping: VenueKeeping
    saving_searches: SavingSearches
    buffer: InteractionBuffer
    demand: DemandBuffer
    phone: str = "0300 641 7000"
    """The city's telephone for learning, shown on each page."""

    @classmethod
    def join(
        cls,
        settings: Settings,
        *,
        database: Database,
        search: CatalogueSearch,
        recommender: Recommender,
        passwords: Passwords | None = None,
    ) -> Parts:
        """Build the use cases around the given settings, database, search and recommender."""
        clock = settings.catalogue_clock
        doors = join_doors(settings, database, passwords)
        tokens = Tokens(settings.signing_key())
        links = Links(tokens, settings.site_address)
        return cls(
            settings=settings,
            database=database,
            search=search,
            recommender=recommender,
            clock=clock,
            system_clock=settings.system_clock,
            interacting=Interacting(database, clock),
            enrolling=Enrolling(database, clock, links),
            signing_in=doors.signing_in,
            staff_access=doors.staff_access,
            staff_keeping=doors.staff_keeping,
            run_changes=RunChanges(database, clock, links),
            changing=Changing(database, clock, links),
            rosters=Rosters(database, clock),
            attending=Attending(database, clock, tokens),
            balloting=Balloting(database, clock, links),
            ballot_office=BallotOffice(database, clock),
            ballot_settling=BallotSettling(database, clock, links),
            booking_rooms=BookingRooms(database, clock, links),
            composing=Composing(database, clock, Links(Tokens(settings.signing_key()), settings.site_address)),
            drafting=Drafting(database, clock),
            moderating=Moderating(database, clock),
            venue_keeping=VenueKeeping(database, clock),
            saving_searches=SavingSearches(database, clock, tokens),
            buffer=InteractionBuffer(database),
            demand=DemandBuffer(database, clock),
        )


def parts() -> Parts:
    """Return the parts of the site that handles this request."""
    found: Parts = flask.current_app.extensions[EXTENSION]
    return found
