"""The ways in, over one database, with a clock that is moved by hand, cheap hashes, and mails and texts in a list."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from city.localised import LocalisedText
from city.mail import Mail, MailUnsent
from city.model import Area, Operator, Staff
from city.passwords import Cost, Passwords
from city.second_factor import SecondFactor
from city.services.codes import Codes
from city.services.couriers import Courier
from city.services.guessing import Guessing
from city.services.permissions import Actor
from city.services.signing_in import SigningIn
from city.services.staff_access import StaffAccess
from city.services.staff_keeping import Invitation, StaffKeeping
from city.store.database import Database
from city.tokens import Tokens
from fixtures.factories import NOW, SHANGHAI

KEY = "a key of forty letters for these tests alone"
CHEAP = Cost(memory_kib=8, passes=1)
GOOD = "violet harbour ninety lamps"


@dataclass
class HandClock:
    """A clock that goes when it is told to."""

    instant: datetime = NOW
    zone: ZoneInfo = SHANGHAI

    def now(self) -> datetime:
        return self.instant

    def today(self):  # type: ignore[no-untyped-def]
        return self.instant.astimezone(self.zone).date()

    def goes(self, **by: float) -> None:
        self.instant += timedelta(**by)


@dataclass
class Post:
    """Takes mails and text messages."""

    mails: list[Mail] = field(default_factory=list)
    texts: list[tuple[str, str]] = field(default_factory=list)
    shut: bool = False

    def send(self, *what: object) -> None:
        if self.shut:
            raise MailUnsent("The server does not answer.")
        if len(what) == 1:
            self.mails.append(what[0])  # type: ignore[arg-type]
        else:
            self.texts.append(what)  # type: ignore[arg-type]

    def link(self) -> str:
        """Return the token of the last invitation."""
        found = re.search(r"/o/invitation/(\S+)", self.mails[-1].text)
        assert found
        return found.group(1)

    def code(self) -> str:
        """Return the digits of the last code, whichever way it went."""
        said = self.texts[-1][1] if self.texts else self.mails[-1].text
        found = re.search(r"\b([0-9]{6})\b|是([0-9]{6})，", said)
        assert found, said
        return found.group(1) or found.group(2)


class Doors:
    """All ways in."""

    def __init__(self, database: Database, *, demo: bool = False) -> None:
        self.database, self.clock, self.post = database, HandClock(), Post()
        self.passwords, self.factor = Passwords(CHEAP), SecondFactor(KEY)
        self.guessing = Guessing(database, self.clock, KEY)
        self.access = StaffAccess(
            database,
            self.clock,
            demo=demo,
            passwords=self.passwords,
            factor=self.factor,
            guessing=self.guessing,
        )
        self.keeping = StaffKeeping(database, self.clock, self.access, self.post, site="https://learn.example")
        self.codes = Codes(database, self.clock, Courier(self.post, self.post), self.guessing, KEY)
        self.signing_in = SigningIn(
            database,
            self.clock,
            demo=demo,
            passwords=self.passwords,
            guessing=self.guessing,
            codes=self.codes,
            tokens=Tokens(KEY),
        )

    def lay(self) -> tuple[int, int]:
        """Write a district and two operators; return their ids."""
        with self.database.writing() as work:
            work.areas.add(Area(id="yundu", name=_named("云渡市"), level="city", latitude=30.0, longitude=120.0))
            work.areas.add(
                Area(
                    id="hubin",
                    name=_named("湖滨区"),
                    level="district",
                    parent_id="yundu",
                    latitude=30.0,
                    longitude=120.0,
                )
            )
            rows = [Operator(slug=slug, name=_named(slug)) for slug in ("library", "hall")]
            for row in rows:
                work.operators.add(row)
            work.flush()
            found = rows[0].id, rows[1].id
            work.commit()
        return found

    def staff(self, email: str = "mei@library.example", role: str = "publisher", operator_id: int | None = None) -> int:
        """Invite somebody and have the invitation taken up, with a second factor; return the id."""
        self.keeping.invite(Actor.system(), Invitation(email, role, operator_id, language="en"))
        token = self.keeping.take_up(self.post.link(), "Mei", GOOD)
        self.set_up(token)
        return self.row(email).id

    def set_up(self, token: str) -> list[str]:
        """Set up the second factor of a new sign-in; return the recovery codes."""
        offer = self.access.offer_second_factor(token)
        staff_id = self.access.owner_of(token)
        assert staff_id is not None
        code = self.factor.code(offer.sealed, staff_id, self.clock.now())
        done = self.access.set_up_second_factor(token, offer.sealed, code)
        self.clock.goes(minutes=1)
        return done.recovery_codes

    def row(self, email: str) -> Staff:
        with self.database.reading() as work:
            found = work.staff.by_email(email)
        assert found is not None
        return found

    def code_now(self, email: str) -> str:
        """Return what the telephone of that member shows; half a minute passes, so that the next one is another."""
        row = self.row(email)
        code = self.factor.code(row.totp_secret, row.id, self.clock.now())
        return code

    def comes_in(self, email: str = "mei@library.example", password: str = GOOD) -> str:
        """Sign in with both factors; return the token."""
        half = self.access.sign_in(email, password, address="192.0.2.1")
        token = self.access.show_second_factor(half, self.code_now(email))
        self.clock.goes(seconds=60)
        return token


def _named(text: str) -> LocalisedText:
    return LocalisedText({"zh-Hans": text})
