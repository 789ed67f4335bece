"""Who came: marks at a meeting or at a stop of a route, by QR at the door, a code on the spot, the desk, or paper.

Owns: the points of a Run, their codes and tokens, from when to when somebody may check in, what a mark changes, and
when a place counts as absent. Attendance goes into the log once for each place, as a verified interaction.

The rule of absence: two days after a run's last meeting (paper lists are typed in by then), if anybody was marked on it
at all, a place that is still held and at which nobody of the party was marked at any point is absent. Who gave the
place back is not; nor is anybody where no list was kept. A mark typed in later still makes it attended.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from city.clock import Clock, end_of_day, instant_of
from city.errors import Conflict, InvalidInput, NotFound
from city.model import (
    AttendanceMark,
    ClassSession,
    Enrolment,
    EnrolmentStatus,
    Interaction,
    InteractionKind,
    LocalisedText,
    Offering,
    Run,
)
from city.services.auditing import audit
from city.services.permissions import Actor, Operation, Subject, require
from city.store.database import Database
from city.store.unit_of_work import UnitOfWork
from city.tokens import Tokens

CHECK_IN = "check-in"
"""The purpose for which the token behind a QR code is signed."""
OPENS_BEFORE = timedelta(minutes=60)
CLOSES_AFTER = timedelta(minutes=30)
LONGEST_UNSTATED = timedelta(hours=3)
"""How long a meeting without a stated end is taken to last, for checking in."""
PAPER_COMES_WITHIN = timedelta(days=2)
CODE_DIGITS = 6
MARKABLE = (EnrolmentStatus.CONFIRMED, EnrolmentStatus.ATTENDED, EnrolmentStatus.ABSENT)


class MarkWay(StrEnum):
    """How it became known that somebody came."""

    QR = "qr"
    CODE = "code"
    DESK = "desk"
    PAPER = "paper"


@dataclass(frozen=True)
class Point:
    """When and where presence is marked: a meeting, or a stop of a route on the day of a meeting.

    `key` stands in `AttendanceMark.point`; `spot` ("session:12", "stop:3") and `day` are what a code is valid for.
    Check-in is possible from `opens_at` until `closes_at`.
    """

    key: str
    spot: str
    day: date
    opens_at: datetime
    closes_at: datetime
    name: LocalisedText
    position: int
    """Which meeting of the run, or which stop of the route, from 1."""

    @property
    def is_stop(self) -> bool:
        return self.spot.startswith("stop:")

    def is_open(self, now: datetime) -> bool:
        return self.opens_at <= now < self.closes_at


@dataclass(frozen=True)
class Spot:
    """What a QR code stands for: a meeting or a stop on one day, of an offering."""

    key: str
    day: date
    offering: Offering


@dataclass(frozen=True)
class Marked:
    """The answer to a mark or a check-in: at which point of which place how many of the party are noted."""

    enrolment_id: int
    run_id: int
    point: str
    person_count: int
    party_size: int


class NotNow(Conflict):
    """Checking in is possible around the meeting only."""


class Attending:
    """Use cases of attendance, on one database and clock; codes and tokens are signed with `tokens`."""

    def __init__(self, database: Database, clock: Clock, tokens: Tokens) -> None:
        self._database = database
        self._clock = clock
        self._tokens = tokens

    def code_for(self, spot: str, day: date) -> str:
        """Return the digits that are valid at this spot on this day, to be shown there."""
        return self._tokens.digits(CHECK_IN, _stamp(spot, day), n=CODE_DIGITS)

    def token_for(self, spot: str, day: date) -> str:
        """Return the end of the address behind the QR code of this spot and day."""
        return self._tokens.make(CHECK_IN, _stamp(spot, day))

    def spot_of(self, work: UnitOfWork, token: str) -> Spot:
        """Return what a QR code stands for; raises NotFound for a forged one and when the meeting is no more."""
        key, day = _unstamped(self._tokens.read(CHECK_IN, token))
        offering = work.attendance.offering_at(key)
        if offering is None:
            raise NotFound("This meeting does not take place any more.")
        return Spot(key, day, offering)

    def check_in(
        self, actor: Actor, enrolment_id: int, *, code: str = "", token: str = "", person_count: int | None = None
    ) -> Marked:
        """Note that the person is there, by the code of the spot or the token of the QR code; repeating is harmless.

        `person_count` is how many of the party came, all of them by default. Raises NotAllowed, NotFound, NotNow, or
        InvalidInput for a code of another point or day.
        """
        return self._database.retrying(
            lambda work: self._check_in(work, actor, enrolment_id, code, token, person_count)
        )

    def mark(
        self, actor: Actor, enrolment_id: int, point: str, person_count: int, way: MarkWay = MarkWay.DESK
    ) -> Marked:
        """Note as staff how many of the party came to a point; 0 is nobody. Another mark takes the place of the first.

        Raises NotAllowed, NotFound, NotNow before the meeting, InvalidInput for more people than the party has.
        """
        return self._database.retrying(lambda work: self._mark(work, actor, enrolment_id, point, person_count, way))

    def unmark(self, actor: Actor, enrolment_id: int, point: str) -> None:
        """Take a mark back that was a slip; repeating changes nothing. Raises NotAllowed or NotFound."""
        self._database.retrying(lambda work: self._unmark(work, actor, enrolment_id, point))

    def settle(self) -> tuple[int, int]:
        """Make places attended or absent on runs that are over (the rule above); return how many of each."""
        now = self._clock.now()
        with self._database.writing() as work:
            due = work.attendance.runs_to_settle(now - PAPER_COMES_WITHIN)
            counts = [work.attendance.settle(run_id, now) for run_id in due]
            work.commit()
        return sum(came for came, _ in counts), sum(absent for _, absent in counts)

    def _check_in(
        self, work: UnitOfWork, actor: Actor, enrolment_id: int, code: str, token: str, person_count: int | None
    ) -> Marked:
        enrolment, run = _place_and_run(work, enrolment_id)
        require(actor, Operation.CHECK_IN, Subject(citizen_id=enrolment.citizen_id))
        point = self._point_here(run, code, token)
        count = enrolment.party_size if person_count is None else person_count
        if not 1 <= count <= enrolment.party_size:
            raise _wrong_count(count, enrolment.party_size)
        found = self._write(work, enrolment, run, point.key, count, MarkWay.QR if token else MarkWay.CODE, None)
        work.commit()
        return found

    def _point_here(self, run: Run, code: str, token: str) -> Point:
        """Return the point of the run that the token or the code is of, open now."""
        if token:
            spot, day = _unstamped(self._tokens.read(CHECK_IN, token))
            meant = [point for point in points_of(run) if (point.spot, point.day) == (spot, day)]
        else:
            digits = unicodedata.normalize("NFKC", code).replace(" ", "").replace("-", "")
            meant = [point for point in points_of(run) if self.code_for(point.spot, point.day) == digits]
        if not meant:
            raise InvalidInput(
                "These digits are not of this meeting.",
                field="code",
                value=code[:20],
                remedy=f"the {CODE_DIGITS} digits that are shown on the spot",
            )
        point = next((each for each in meant if each.is_open(self._clock.now())), None)
        if point is None:
            raise NotNow("You can check in from an hour before the meeting until half an hour after it.")
        return point

    def _refuse_unless_begun(self, run: Run, key: str) -> None:
        point = next((each for each in points_of(run) if each.key == key), None)
        if point is None:
            raise NotFound("This meeting or stop is not one of theirs.")
        if self._clock.now() < point.opens_at:
            raise NotNow("Who came can be marked from an hour before the meeting.")

    def _mark(
        self, work: UnitOfWork, actor: Actor, enrolment_id: int, point: str, person_count: int, way: MarkWay
    ) -> Marked:
        enrolment, run = _place_and_run(work, enrolment_id)
        require(actor, Operation.MARK_ATTENDANCE, Subject(operator_id=run.offering.operator_id))
        self._refuse_unless_begun(run, point)
        if not 0 <= person_count <= enrolment.party_size:
            raise _wrong_count(person_count, enrolment.party_size)
        before = work.attendance.find(enrolment_id, point)
        was = before.person_count if before is not None else None
        marked = self._write(work, enrolment, run, point, person_count, way, actor.staff_id)
        if was != person_count:
            self._audit(work, actor, enrolment, point, was, person_count)
        work.commit()
        return marked

    def _unmark(self, work: UnitOfWork, actor: Actor, enrolment_id: int, point: str) -> None:
        enrolment, run = _place_and_run(work, enrolment_id)
        require(actor, Operation.MARK_ATTENDANCE, Subject(operator_id=run.offering.operator_id))
        mark = work.attendance.find(enrolment_id, point)
        if mark is not None:
            was = mark.person_count
            work.attendance.remove(mark)
            self._follow(work, enrolment, run, came_before=was > 0)
            self._audit(work, actor, enrolment, point, was, None)
        work.commit()

    def _write(
        self,
        work: UnitOfWork,
        enrolment: Enrolment,
        run: Run,
        point: str,
        person_count: int,
        way: MarkWay,
        staff_id: int | None,
    ) -> Marked:
        if enrolment.status not in MARKABLE:
            raise Conflict("There is no seat under this number; it was given back, or waits.")
        came_before = work.attendance.has_come_before(enrolment.citizen_id, run.id)
        mark = work.attendance.find(enrolment.id, point)
        if mark is None:
            mark = AttendanceMark(enrolment_id=enrolment.id, point=point)
        mark.person_count, mark.way, mark.marked_by_id = person_count, way, staff_id
        mark.marked_at = self._clock.now()
        work.attendance.add(mark)
        self._follow(work, enrolment, run, came_before=came_before)
        return Marked(enrolment.id, run.id, point, person_count, enrolment.party_size)

    def _follow(self, work: UnitOfWork, enrolment: Enrolment, run: Run, *, came_before: bool) -> None:
        """Let the log and a settled place follow what the marks say now."""
        comes = work.attendance.has_come_before(enrolment.citizen_id, run.id)
        if comes and not came_before:
            work.interactions.add(
                Interaction(
                    citizen_id=enrolment.citizen_id,
                    offering_id=run.offering_id,
                    kind=InteractionKind.ATTEND,
                    happened_at=self._clock.now(),
                )
            )
        if came_before and not comes:
            work.attendance.unlog(enrolment.citizen_id, run.offering_id)
        if comes:
            enrolment.answer_by = None  # whoever comes has said yes
        if enrolment.status in (EnrolmentStatus.ATTENDED, EnrolmentStatus.ABSENT):
            enrolment.status = EnrolmentStatus.ATTENDED if comes else EnrolmentStatus.ABSENT

    def _audit(
        self, work: UnitOfWork, actor: Actor, enrolment: Enrolment, point: str, was: int | None, is_: int | None
    ) -> None:
        audit(
            work,
            actor,
            Operation.MARK_ATTENDANCE,
            ("enrolment", enrolment.id),
            self._clock.now(),
            before={"point": point, "person_count": was},
            after={"point": point, "person_count": is_},
            on_behalf_of_id=enrolment.citizen_id,
        )


def points_of(run: Run) -> list[Point]:
    """Return the points of a run in order: each meeting, or for a route each stop on the day of each meeting."""
    held = [each for each in run.class_sessions if not each.cancelled]
    if run.offering.stops:
        return [
            Point(f"{spot}/{meeting.id}", spot, meeting.held_on, *window(meeting), stop.name, place)
            for meeting in held
            for place, stop in enumerate(run.offering.stops, 1)
            for spot in (f"stop:{stop.id}",)
        ]
    return [
        Point(spot, spot, meeting.held_on, *window(meeting), meeting.title, place)
        for place, meeting in enumerate(held, 1)
        for spot in (f"session:{meeting.id}",)
    ]


def points_at(place: Enrolment, spot: Spot) -> list[Point]:
    """Return the points of a place's run that a QR code stands for; [] when the place is on something else."""
    if place.status not in MARKABLE:
        return []
    return [point for point in points_of(place.run) if (point.spot, point.day) == (spot.key, spot.day)]


def open_points(place: Enrolment, now: datetime) -> list[Point]:
    """Return where whoever holds the place could check in now."""
    return [point for point in points_of(place.run) if point.is_open(now)] if place.status in MARKABLE else []


def window(meeting: ClassSession) -> tuple[datetime, datetime]:
    """Return from when until when one may check in at a meeting: the whole day when its hour is not stated."""
    zone = ZoneInfo(meeting.zone)
    if meeting.starts_at is None:
        return instant_of(meeting.held_on, time(0), zone), end_of_day(meeting.held_on, zone)
    ends = meeting.over_at if meeting.ends_local is not None else meeting.starts_at + LONGEST_UNSTATED
    return meeting.starts_at - OPENS_BEFORE, ends + CLOSES_AFTER


def absences(work: UnitOfWork, citizen_id: int, since: datetime) -> int:
    """Return how many places the citizen kept and did not come to, by the rule above, settled since then."""
    return work.attendance.absent_count(citizen_id, since)


def _stamp(spot: str, day: date) -> str:
    return f"{spot}@{day.isoformat()}"


def _unstamped(payload: str) -> tuple[str, date]:
    spot, _, day = payload.partition("@")
    return spot, date.fromisoformat(day)


def _place_and_run(work: UnitOfWork, enrolment_id: int) -> tuple[Enrolment, Run]:
    enrolment = work.enrolments.find(enrolment_id)
    run = work.enrolments.run(enrolment.run_id) if enrolment is not None else None
    if enrolment is None or run is None:
        raise NotFound("There is no such place.")
    return enrolment, run


def _wrong_count(count: int, party_size: int) -> InvalidInput:
    return InvalidInput(
        "So many people are not in this booking.",
        field="person_count",
        value=count,
        remedy=f"a number up to {party_size}",
    )
