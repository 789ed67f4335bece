"""All ways in, joined once for a site: sign-ins of citizens and staff, codes, invitations, counted guesses.

Owns: that `LEARNCITY_LIMITS` `sign_in` is the number of wrong guesses at one name and from one address, counted in the
database over all processes. Called by `Parts.join`; tests bring passwords that cost less.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from limits import parse

from city.config import Settings
from city.mail import build_mailer
from city.passwords import Passwords
from city.second_factor import SecondFactor
from city.services.codes import Codes
from city.services.couriers import Courier
from city.services.guessing import Guessing, GuessLimit
from city.services.signing_in import SigningIn
from city.services.staff_access import StaffAccess
from city.services.staff_keeping import StaffKeeping
from city.sms import build_texter
from city.store.database import Database
from city.tokens import Tokens


@dataclass(frozen=True)
class Doors:
    """The use cases of coming in."""

    signing_in: SigningIn
    staff_access: StaffAccess
    staff_keeping: StaffKeeping


def join_doors(settings: Settings, database: Database, passwords: Passwords | None = None) -> Doors:
    """Build them around settings and database; all of them run on real time."""
    key, clock, mailer = settings.signing_key(), settings.system_clock, build_mailer(settings)
    hashes = passwords or Passwords()
    guessing = Guessing(database, clock, key, guess_limit(settings.limits["sign_in"]))
    codes = Codes(database, clock, Courier(mailer, build_texter(settings)), guessing, key)
    access = StaffAccess(
        database, clock, demo=settings.demo, passwords=hashes, factor=SecondFactor(key), guessing=guessing
    )
    return Doors(
        SigningIn(
            database,
            clock,
            demo=settings.demo,
            passwords=hashes,
            guessing=guessing,
            codes=codes,
            tokens=Tokens(key),
        ),
        access,
        StaffKeeping(database, clock, access, mailer, site=settings.site_address),
    )


def guess_limit(text: str) -> GuessLimit:
    """Return a limit like 10/5minutes."""
    read = parse(text)
    return GuessLimit(read.amount, timedelta(seconds=read.get_expiry()))
