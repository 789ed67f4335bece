"""Who takes part: an operator's runs, the people of one, and a place found by what is said on the phone.

Owns: which of these may be seen by whom, and for how long after a run is over. Names and phones leave here for the desk
and the publishers of that operator only. Called by the operators' portal.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from city.clock import Clock
from city.errors import InvalidInput, NotFound
from city.model import AttendanceMark, Enrolment, EnrolmentStatus, Run
from city.services.attending import Point, points_of
from city.services.permissions import Actor, Operation, Subject, require
from city.store.database import Database
from city.store.roster_repository import RunOfOperator

SHOWN_AFTER = timedelta(days=30)
"""Lists are needed for paper that is typed in later and for questions; then they are no longer opened here."""
MOST_RUNS, MOST_FOUND = 200, 20
FEWEST_DIGITS, MOST_DIGITS = 4, 11


@dataclass(frozen=True)
class Seat:
    """One place on a list with the marks of its party."""

    enrolment: Enrolment
    marks: dict[str, AttendanceMark]
    place_in_line: int = 0

    @property
    def holds_a_seat(self) -> bool:
        return self.enrolment.status in (
            EnrolmentStatus.CONFIRMED,
            EnrolmentStatus.ATTENDED,
            EnrolmentStatus.ABSENT,
        )


@dataclass(frozen=True)
class Roster:
    """A run with its points, who has a seat (in the order of names), and who waits (in line)."""

    run: Run
    points: tuple[Point, ...]
    seats: tuple[Seat, ...]
    waiting: tuple[Seat, ...]
    given_back_count: int


class Rosters:
    """Looks at who takes part, on one database and clock."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def runs(self, actor: Actor, operator_id: int) -> list[RunOfOperator]:
        """Return the operator's runs: those to come, soonest first, then those that were, latest first.

        Raises NotAllowed.
        """
        require(actor, Operation.SEE_PEOPLE, Subject(operator_id=operator_id))
        now = self._clock.now()
        with self._database.reading() as work:
            found = work.rosters.runs(operator_id, now, since=now - SHOWN_AFTER, n=MOST_RUNS)
        over = [each for each in found if each.run.is_over(now)]
        return [each for each in found if not each.run.is_over(now)] + over[::-1]

    def of_run(self, actor: Actor, run_id: int) -> Roster:
        """Return everybody on a run; raises NotAllowed and NotFound."""
        with self._database.reading() as work:
            run = work.enrolments.run(run_id)
            if run is None:
                raise NotFound("There is no such run.")
            require(actor, Operation.SEE_PEOPLE, Subject(operator_id=run.offering.operator_id))
            marks: dict[int, dict[str, AttendanceMark]] = {}
            for mark in work.attendance.of_run(run_id):
                marks.setdefault(mark.enrolment_id, {})[mark.point] = mark
            everybody = [Seat(place, marks.get(place.id, {})) for place in work.rosters.of_run(run_id)]
            waits = [seat for seat in everybody if seat.enrolment.status == EnrolmentStatus.WAITLISTED]
            return Roster(
                run=run,
                points=tuple(points_of(run)),
                seats=tuple(sorted((seat for seat in everybody if seat.holds_a_seat), key=_by_name)),
                waiting=tuple(Seat(seat.enrolment, seat.marks, number) for number, seat in enumerate(waits, 1)),
                given_back_count=len(everybody) - len(waits) - sum(seat.holds_a_seat for seat in everybody),
            )

    def find(self, actor: Actor, operator_id: int | None, text: str) -> list[Enrolment]:
        """Return places whose phone or booking number ends with the digits said; raises NotAllowed and InvalidInput.

        `operator_id` None asks all operators, which only those who run the city may.
        """
        require(actor, Operation.SEE_PEOPLE, Subject(operator_id=operator_id))
        digits = "".join(letter for letter in text if letter.isdecimal() and letter.isascii())
        if not FEWEST_DIGITS <= len(digits) <= MOST_DIGITS:
            raise InvalidInput(
                "Too few digits to look for.", field="q", value=text[:40], remedy="the last 4 digits, or more"
            )
        with self._database.reading() as work:
            since = self._clock.now() - SHOWN_AFTER
            return work.rosters.by_last_digits(digits, operator_id, since=since, n=MOST_FOUND)


def _by_name(seat: Seat) -> tuple[str, int]:
    return seat.enrolment.contact_name or str(seat.enrolment.number), seat.enrolment.id
