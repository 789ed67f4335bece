"""A run with few seats in an empty database, people who want them, and what is seen of it: for tests of places."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from city.clock import FixedClock
from city.model import Enrolment, Message
from city.services.contacts import Asker
from city.services.enrolling import Enrolling, PlaceTaken
from city.services.links import Links
from city.services.permissions import Actor, ActorRole
from city.services.run_changes import RunChanges
from city.store.database import Database
from city.tokens import Tokens
from fixtures.factories import NOW, SHANGHAI, a_citizen, a_run, an_offering, an_operator, in_days

LINKS = Links(Tokens("a key of tests"), "https://learn.example.org")


def phone(number: int) -> str:
    """Return the mobile of person `number`, as it is kept."""
    return f"+86138001{number:05d}"


@dataclass
class Town:
    """One database with one run, at an hour that can be moved."""

    database: Database
    run_id: int
    operator_id: int
    now: datetime = NOW

    @property
    def enrolling(self) -> Enrolling:
        return Enrolling(self.database, FixedClock(self.now, SHANGHAI), LINKS)

    @property
    def changes(self) -> RunChanges:
        return RunChanges(self.database, FixedClock(self.now, SHANGHAI), LINKS)

    @property
    def publisher(self) -> Actor:
        return Actor.publisher(self.operator_id, staff_id=77)

    @property
    def desk(self) -> Actor:
        return Actor(ActorRole.DESK, staff_id=78, operator_id=self.operator_id)

    def later(self, **span: float) -> None:
        self.now += timedelta(**span)

    def ask(self, number: int, people: int = 1, *, key: str = "", wait: bool = True, **asker: Any) -> PlaceTaken:
        """Let person `number` ask by phone for a party of `people`."""
        told = Asker(name=f"No. {number}", phone=phone(number), party_size=people, **asker)
        return self.enrolling.take_place(
            Actor.visitor(), self.run_id, key=key or f"key-{number}", asker=told, or_wait=wait
        )

    def holder(self, taken: PlaceTaken) -> Actor:
        return Actor.holder(self.place(taken.enrolment_id).citizen_id)

    def cancel(self, taken: PlaceTaken) -> PlaceTaken:
        return self.enrolling.cancel_place(self.holder(taken), taken.enrolment_id)

    def undo(self, taken: PlaceTaken) -> PlaceTaken:
        return self.enrolling.undo_cancel(self.holder(taken), taken.enrolment_id)

    def accept(self, taken: PlaceTaken) -> PlaceTaken:
        return self.enrolling.accept(self.holder(taken), taken.enrolment_id)

    def place(self, enrolment_id: int) -> Enrolment:
        with self.database.reading() as work:
            found = work.enrolments.find(enrolment_id)
            assert found is not None
            return found

    def status(self, taken: PlaceTaken) -> str:
        return self.place(taken.enrolment_id).status

    def line(self, taken: PlaceTaken) -> int:
        with self.database.reading() as work:
            found = work.enrolments.find(taken.enrolment_id)
            assert found is not None
            return Enrolling.place_in_line(work, found)

    def seats(self) -> tuple[int, int | None]:
        """Return taken and all seats."""
        with self.database.reading() as work:
            run = work.enrolments.run(self.run_id)
            assert run is not None
            return run.taken_count, run.seat_count

    def messages(self, taken: PlaceTaken) -> list[Message]:
        with self.database.reading() as work:
            return work.messages.of_enrolment(taken.enrolment_id)

    def purposes(self, taken: PlaceTaken) -> list[str]:
        return [message.purpose for message in self.messages(taken)]


def lay_town(
    database: Database,
    *,
    seats: int | None = 2,
    operator_slug: str = "hubin-library",
    days: Sequence[date] = (in_days(7),),
    **run: Any,
) -> Town:
    """Write one published offering with one first-come run, in a week; return the town around it."""
    laid = an_offering(topics=(), operator=an_operator(operator_slug))
    laid.runs = [a_run(*days, seats=seats, **run)]
    with database.writing() as work:
        work.published_first(laid, NOW)
        work.commit()
        return Town(database, laid.runs[0].id, laid.operator_id)


def another_run(town: Town, *, days: Sequence[date] = (in_days(9),), **values: Any) -> int:
    """Write a second offering of the same operator with one run; return the run's id."""
    laid = an_offering("画一枝梅花", topics=(), operator_id=town.operator_id)
    laid.runs = [a_run(*days, **values)]
    with town.database.writing() as work:
        work.published_first(laid, NOW)
        work.commit()
        return laid.runs[0].id


def a_file(town: Town, **values: Any) -> Actor:
    """Write a citizen's file; return the signed-in citizen."""
    citizen = a_citizen(**values)
    with town.database.writing() as work:
        work.citizens.add(citizen)
        work.commit()
        return Actor.citizen(citizen.id)
