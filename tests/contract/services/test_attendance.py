"""Who came: at the door, with digits on the spot, at the desk and from paper; and who kept a place and did not come."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from city.clock import FixedClock
from city.errors import Conflict, InvalidInput, NotAllowed, NotFound
from city.model import AttendanceMark, Enrolment, EnrolmentStatus, InteractionKind, Offering
from city.services.attending import Attending, MarkWay, NotNow, absences, points_of
from city.services.permissions import Actor, ActorRole
from city.store.database import Database
from city.tokens import Tokens
from fixtures.factories import NOW, SHANGHAI, a_citizen, a_run, a_stop, a_venue, an_offering, an_operator, in_days
from tests.room_city import at

EVENING, NEXT_EVENING = in_days(7), in_days(14)
HOLDER = Actor.holder(1)
DESK = Actor(ActorRole.DESK, staff_id=7, operator_id=1)
TOKENS = Tokens("k" * 32)


def attending_at(database: Database, now: datetime) -> Attending:
    return Attending(database, FixedClock(now, SHANGHAI), TOKENS)


def lay(database: Database, *, people: tuple[int, ...] = (3, 1), stops: int = 0, days: int = 1) -> Offering:
    """Write an evening (or two) from 7 to 8:30 pm, with places 1, 2, … of parties of those sizes."""
    with database.writing() as work:
        run = a_run(*(EVENING, NEXT_EVENING)[:days], taken=sum(people))
        offering = an_offering(
            operator=an_operator(),
            venue=a_venue(),
            topics=[],
            runs=[run],
            stops=[a_stop(number + 1) for number in range(stops)],
        )
        work.published_first(offering, NOW)
        for number, size in enumerate(people, 1):
            work.citizens.add(a_citizen(id=number, contact_confirmed=False))
            work.flush()
            work.enrolments.add(
                Enrolment(
                    run_id=run.id,
                    citizen_id=number,
                    status="confirmed",
                    party_size=size,
                    created_at=NOW,
                    changed_at=NOW,
                )
            )
        work.commit()
        return offering


def keys(offering: Offering) -> list[str]:
    return [point.key for point in points_of(offering.runs[0])]


def marks(database: Database, enrolment_id: int = 1) -> list[AttendanceMark]:
    with database.reading() as work:
        return work.attendance.of_enrolment(enrolment_id)


def statuses(database: Database) -> list[str]:
    with database.reading() as work:
        return [each.status for each in sorted(work.enrolments.many([1, 2, 3]), key=lambda each: each.id)]


def attended(database: Database) -> list[int]:
    """Return the offerings in the log of the first citizen with "attend"."""
    with database.reading() as work:
        return [row.offering_id for row in work.interactions.of_citizen(1) if row.kind == InteractionKind.ATTEND]


def test_whoever_scans_the_square_at_the_door_is_noted_with_the_whole_party_once(database: Database) -> None:
    offering = lay(database)
    attending = attending_at(database, at(18, EVENING, 30))
    token = attending.token_for(keys(offering)[0], EVENING)
    for _ in range(3):
        assert attending.check_in(HOLDER, 1, token=token).person_count == 3
    (mark,) = marks(database)
    assert (mark.way, mark.person_count, mark.marked_by_id) == ("qr", 3, None)
    assert attended(database) == [offering.id]


def test_the_digits_on_the_spot_do_the_same_however_they_are_typed_and_for_those_who_came(database: Database) -> None:
    offering = lay(database)
    attending = attending_at(database, at(19, EVENING))
    digits = attending.code_for(keys(offering)[0], EVENING)
    assert attending.check_in(HOLDER, 1, code=f" {digits[:3]}-{digits[3:]} ", person_count=2).person_count == 2
    assert marks(database)[0].way == "code"
    with pytest.raises(InvalidInput, match="not in this booking"):
        attending.check_in(HOLDER, 1, code=digits, person_count=4)


@pytest.mark.parametrize(("moment", "minute"), [(17, 59), (21, 0)])
def test_checking_in_is_possible_from_an_hour_before_until_half_an_hour_after(
    database: Database, moment: int, minute: int
) -> None:
    offering = lay(database)
    attending = attending_at(database, at(moment, EVENING, minute))
    with pytest.raises(NotNow):
        attending.check_in(HOLDER, 1, token=attending.token_for(keys(offering)[0], EVENING))


def test_digits_of_another_evening_and_a_forged_square_open_nothing(database: Database) -> None:
    offering = lay(database, days=2)
    attending = attending_at(database, at(19, EVENING))
    other = attending.code_for(keys(offering)[1], NEXT_EVENING)
    with pytest.raises(NotNow):
        attending.check_in(HOLDER, 1, code=other)
    with pytest.raises(InvalidInput, match="not of this meeting"):
        attending.check_in(HOLDER, 1, code="000000")
    with pytest.raises(NotFound):
        attending.check_in(HOLDER, 1, token="c2Vzc2lvbjox.AAAA")
    with pytest.raises(NotAllowed):
        attending.check_in(Actor.holder(2), 1, code=other)


def test_each_stop_of_a_route_has_digits_of_its_own_for_the_day(database: Database) -> None:
    offering = lay(database, stops=3)
    attending = attending_at(database, at(19, EVENING))
    points = points_of(offering.runs[0])
    assert len({attending.code_for(point.spot, point.day) for point in points}) == 3
    for point in points[:2]:
        attending.check_in(HOLDER, 1, code=attending.code_for(point.spot, point.day))
    assert [mark.point for mark in marks(database)] == [point.key for point in points[:2]]
    assert attended(database) == [offering.id]


def test_paper_is_typed_in_later_and_stands_in_the_log_of_changes(database: Database) -> None:
    (point, _) = keys(lay(database, days=2))
    late = attending_at(database, at(9, in_days(9)))
    late.mark(DESK, 1, point, 2, MarkWay.PAPER)
    late.mark(DESK, 1, point, 3, MarkWay.PAPER)
    late.mark(DESK, 1, point, 3, MarkWay.PAPER)
    (mark,) = marks(database)
    assert (mark.way, mark.person_count, mark.marked_by_id) == ("paper", 3, 7)
    with database.reading() as work:
        changes = [(entry.before["person_count"], entry.after["person_count"]) for entry in work.audit_log.all()]
    assert changes == [(None, 2), (2, 3)]


def test_a_slip_is_taken_back_and_leaves_nothing_in_what_the_person_attended(database: Database) -> None:
    (point,) = keys(lay(database))
    attending = attending_at(database, at(19, EVENING))
    attending.mark(DESK, 1, point, 1)
    for _ in range(2):
        attending.unmark(DESK, 1, point)
    assert (marks(database), attended(database)) == ([], [])


def test_only_staff_of_the_operator_marks_others_and_nobody_before_the_meeting(database: Database) -> None:
    (point,) = keys(lay(database))
    for other in (
        HOLDER,
        Actor.visitor(),
        Actor(ActorRole.DESK, operator_id=9),
        Actor(ActorRole.EDITOR, operator_id=1),
    ):
        with pytest.raises(NotAllowed):
            attending_at(database, at(19, EVENING)).mark(other, 1, point, 1)
    with pytest.raises(NotNow):
        attending_at(database, NOW).mark(DESK, 1, point, 1)
    with pytest.raises(NotFound):
        attending_at(database, at(19, EVENING)).mark(DESK, 1, "session:999", 1)


def test_a_place_that_was_given_back_cannot_be_marked(database: Database) -> None:
    (point,) = keys(lay(database))
    with database.writing() as work:
        place = work.enrolments.find(1)
        assert place is not None
        place.cancel(NOW)
        work.commit()
    with pytest.raises(Conflict):
        attending_at(database, at(19, EVENING)).mark(DESK, 1, point, 1)


def test_two_days_after_the_last_meeting_who_came_attended_and_who_did_not_is_absent(database: Database) -> None:
    first, _ = keys(lay(database, days=2))
    attending_at(database, at(19, EVENING)).mark(DESK, 1, first, 1)
    assert attending_at(database, at(20, in_days(16))).settle() == (0, 0)
    assert attending_at(database, at(21, in_days(16))).settle() == (1, 1)
    assert statuses(database) == [EnrolmentStatus.ATTENDED, EnrolmentStatus.ABSENT]
    with database.reading() as work:
        assert [absences(work, citizen, NOW) for citizen in (1, 2)] == [0, 1]
        assert absences(work, 2, NOW + timedelta(days=90)) == 0


def test_where_nobody_kept_a_list_nobody_is_absent(database: Database) -> None:
    lay(database)
    assert attending_at(database, NOW + timedelta(days=60)).settle() == (0, 0)
    assert statuses(database) == [EnrolmentStatus.CONFIRMED, EnrolmentStatus.CONFIRMED]


def test_a_mark_that_comes_after_all_makes_an_absent_place_attended_again(database: Database) -> None:
    (point,) = keys(lay(database))
    attending_at(database, at(19, EVENING)).mark(DESK, 1, point, 1)
    later = attending_at(database, NOW + timedelta(days=30))
    later.settle()
    later.mark(DESK, 2, point, 1, MarkWay.PAPER)
    assert statuses(database) == [EnrolmentStatus.ATTENDED, EnrolmentStatus.ATTENDED]
    later.unmark(DESK, 2, point)
    assert statuses(database)[1] == EnrolmentStatus.ABSENT


def test_whoever_comes_while_a_place_waits_for_a_yes_has_said_yes(database: Database) -> None:
    (point,) = keys(lay(database))
    with database.writing() as work:
        place = work.enrolments.find(1)
        assert place is not None
        place.answer_by = at(20, EVENING)
        work.commit()
    attending_at(database, at(19, EVENING)).mark(DESK, 1, point, 3)
    with database.reading() as work:
        assert work.enrolments.many([1])[0].answer_by is None
