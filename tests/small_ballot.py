"""A small ballot for tests: an operator with night classes, and people who want more places than there are.

Owns: `lay_classes`, `a_plan`, `open_ballot`, `phone`, clocks before, in and after the window around `NOW`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Any

from city.clock import FixedClock
from city.localised import LocalisedText
from city.model import SeedKind
from city.services.ballot_office import BallotOffice
from city.services.ballot_plan import BallotPlan
from city.services.ballot_settling import BallotSettling
from city.services.balloting import Balloting, EntryMade
from city.services.contacts import Asker
from city.services.links import Links
from city.services.permissions import Actor
from city.store.database import Database
from city.tokens import Tokens
from fixtures.factories import NOW, SHANGHAI, a_run, an_area, an_offering, an_operator, in_days

OPENS, CLOSES = NOW - timedelta(hours=1), NOW + timedelta(days=8)
AFTER = CLOSES + timedelta(minutes=1)
VISITOR = Actor.visitor()
NAME = LocalisedText({"zh-Hans": "冬季夜校抽签", "en": "Winter night school"})
SOURCE = "Shanghai Composite Index at the close of 3 December 2026, all digits"


@dataclass
class Ballotry:
    """A database with classes and, once `open()` was called, an open ballot; `now` can be moved."""

    database: Database
    operator_id: int
    runs: list[int]
    now: datetime = NOW
    ballot_id: int = 0
    links: Links = field(default_factory=lambda: Links(Tokens("a key for tests"), "https://learn.example"))

    @property
    def clock(self) -> FixedClock:
        return FixedClock(self.now, SHANGHAI)

    @property
    def office(self) -> BallotOffice:
        return BallotOffice(self.database, self.clock)

    @property
    def balloting(self) -> Balloting:
        return Balloting(self.database, self.clock, self.links)

    @property
    def settling(self) -> BallotSettling:
        return BallotSettling(self.database, self.clock, self.links)

    @property
    def publisher(self) -> Actor:
        return Actor.publisher(self.operator_id, staff_id=1)

    def plan(self, **values: Any) -> BallotPlan:
        defaults: dict[str, Any] = {
            "name": NAME,
            "run_ids": tuple(self.runs),
            "opens_at": OPENS,
            "closes_at": CLOSES,
            "seed_source": SOURCE,
            "term": "2026-winter",
        }
        return BallotPlan(**(defaults | values))

    def open(self, **values: Any) -> int:
        """Prepare and announce a ballot that is open at NOW; return its id."""
        self.ballot_id = self.office.prepare(self.publisher, self.operator_id, self.plan(**values))
        self.office.announce(self.publisher, self.ballot_id)
        return self.ballot_id

    def enter(self, nth: int, *wishes: int, actor: Actor = VISITOR, **values: Any) -> EntryMade:
        """Enter the nth person, who wishes for the numbered classes (0 is the first), most wanted first."""
        asker = Asker(**({"phone": phone(nth), "name": f"第{nth}位"} | values))
        run_ids = [self.runs[wish] for wish in wishes or (0,)]
        return self.balloting.enter(actor, self.ballot_id, run_ids, key=f"key-{self.ballot_id}-{nth:016d}", asker=asker)

    def close(self) -> str:
        """Let the window pass and publish the entries."""
        self.now = AFTER
        return self.office.close(Actor.system(), self.ballot_id)

    def draw(self, value: str = "3412 07") -> None:
        """Close, write down what the source said, draw, tell everybody."""
        self.close()
        with self.database.reading() as work:
            kind = work.ballots.get(self.ballot_id).seed_kind
        if kind == SeedKind.PUBLIC_SOURCE:
            self.office.reveal(self.publisher, self.ballot_id, value)
        self.office.draw(Actor.system(), self.ballot_id)
        self.settling.settle(self.ballot_id)


def lay_classes(database: Database, *seats: int) -> Ballotry:
    """Write an operator with one night class for each number of seats, each on an evening of its own."""
    with database.writing() as work:
        city = an_area("yundu", {"zh-Hans": "云渡市", "en": "Yundu"}, level="city")
        work.areas.add(city)
        work.areas.add(an_area("hubin", {"zh-Hans": "湖滨区", "en": "Hubin"}, city, level="district"))
        work.areas.add(
            an_area("yunling", {"zh-Hans": "云岭区", "en": "Yunling"}, city, level="district", under_served=True)
        )
        work.operators.add(operator := an_operator("night", {"zh-Hans": "夜校", "en": "Night school"}))
        work.flush()
        runs = []
        for nth, count in enumerate(seats or (3, 2)):
            run = a_run(in_days(20 + nth), in_days(27 + nth), seats=count, starts=time(19), ends=time(20, 30))
            offering = an_offering(
                {"zh-Hans": f"夜课{nth + 1}", "en": f"Evening class {nth + 1}"},
                kind="night_school",
                operator_id=operator.id,
                venue=None,
                runs=[run],
                topics=(),
            )
            work.offerings.add(offering)
            runs.append(run)
        work.flush()
        laid = Ballotry(database, operator.id, [run.id for run in runs])
        work.commit()
    return laid


def phone(nth: int) -> str:
    """Return the mobile number of the nth person."""
    return f"138{nth:08d}"
