"""The waiting list: an honest place in line, a place offered for a time, nobody waits beside a seat that would do."""

from __future__ import annotations

from datetime import timedelta

import pytest

from city.errors import InvalidInput, NotAllowed, RunIsFull, TooLate
from city.services.permissions import Actor, Operation
from city.store.database import Database
from fixtures.factories import NOW
from tests.places_to_take import LINKS, Town, lay_town


def with_one_of_two_seats_taken(database: Database) -> Town:
    town = lay_town(database, seats=2)
    town.ask(1)
    return town


@pytest.fixture
def town(sqlite_database: Database) -> Town:
    """Two seats, one of them taken by person 1."""
    return with_one_of_two_seats_taken(sqlite_database)


@pytest.fixture
def either_town(database: Database) -> Town:
    """The same on every kind of database."""
    return with_one_of_two_seats_taken(database)


def test_who_finds_all_places_taken_waits_in_line_and_is_told_where(town: Town) -> None:
    town.ask(2)
    third, fourth = town.ask(3), town.ask(4)
    assert third.waiting and fourth.waiting
    assert (town.line(third), town.line(fourth)) == (1, 2)
    (told,) = town.messages(fourth)
    assert told.purpose == "waitlisted"
    assert "您排在第2位" in told.text
    assert LINKS.place(fourth.enrolment_id, "zh") in told.text


def test_nobody_joins_the_line_unasked(town: Town) -> None:
    town.ask(2)
    with pytest.raises(RunIsFull) as refused:
        town.ask(3, wait=False)
    assert refused.value.can_wait
    assert refused.value.said["zh-Hans"] == "座位已经满了。可以候补，有空位就告诉您。"


def test_where_no_list_is_kept_nobody_waits(sqlite_database: Database) -> None:
    town = lay_town(sqlite_database, seats=1, keeps_waiting_list=False)
    town.ask(1)
    with pytest.raises(RunIsFull) as refused:
        town.ask(2)
    assert not refused.value.can_wait


def test_a_place_given_back_goes_to_the_first_in_line_with_a_time_to_say_yes(either_town: Town) -> None:
    second = either_town.ask(2)
    third, fourth = either_town.ask(3), either_town.ask(4)
    either_town.cancel(second)
    assert either_town.status(third) == "confirmed"
    assert either_town.place(third.enrolment_id).answer_by == NOW + timedelta(hours=24)
    assert either_town.seats() == (2, 2)
    assert either_town.line(fourth) == 1
    assert "请在11月25日 星期三 中午12点前说要不要" in either_town.messages(third)[-1].text


def test_saying_yes_keeps_the_place_also_when_said_twice(town: Town) -> None:
    second, third = town.ask(2), town.ask(3)
    town.cancel(second)
    assert town.accept(third) == town.accept(third)
    town.later(hours=25)
    assert town.changes.lapse_unanswered() == 0
    assert town.status(third) == "confirmed"
    assert town.purposes(third) == ["waitlisted", "promoted", "confirmed"]


def test_a_place_nobody_says_yes_to_goes_to_the_next(either_town: Town) -> None:
    second = either_town.ask(2)
    third, fourth = either_town.ask(3), either_town.ask(4)
    either_town.cancel(second)
    either_town.later(hours=24, minutes=1)
    assert either_town.changes.lapse_unanswered() == 1
    assert (either_town.status(third), either_town.status(fourth)) == ("cancelled", "confirmed")
    assert either_town.purposes(third) == ["waitlisted", "promoted", "lapsed"]
    assert either_town.seats() == (2, 2)
    with pytest.raises(TooLate) as late:
        either_town.accept(third)
    assert late.value.said["en"].startswith("The time to answer is over")


def test_a_late_yes_counts_until_the_place_has_gone_on(town: Town) -> None:
    second, third = town.ask(2), town.ask(3)
    town.cancel(second)
    town.later(hours=25)
    town.accept(third)
    assert town.changes.lapse_unanswered() == 0
    assert town.status(third) == "confirmed"


def test_what_lapses_is_written_down_with_the_system_as_its_author(town: Town) -> None:
    second, third = town.ask(2), town.ask(3)
    town.cancel(second)
    town.later(hours=25)
    town.changes.lapse_unanswered()
    with town.database.reading() as work:
        (entry,) = work.audit_log.of_object("enrolment", str(third.enrolment_id))
    assert (entry.role, entry.after["because"]) == ("system", "unanswered")


def test_who_leaves_the_line_frees_no_seat_and_moves_the_others_up(town: Town) -> None:
    town.ask(2)
    third, fourth = town.ask(3), town.ask(4)
    town.cancel(third)
    assert town.seats() == (2, 2)
    assert town.line(fourth) == 1
    assert town.status(fourth) == "waitlisted"


def test_a_party_waits_until_all_of_it_fits_and_smaller_ones_need_not_wait_for_it(database: Database) -> None:
    town = lay_town(database, seats=4)
    first, second = town.ask(1, 2), town.ask(2, 2)
    family, single = town.ask(3, 3), town.ask(4)
    town.cancel(first)
    assert (town.status(family), town.status(single)) == ("waitlisted", "confirmed")
    assert town.seats() == (3, 4)
    town.cancel(second)
    assert town.status(family) == "confirmed"
    assert town.seats() == (4, 4)


def test_nobody_passes_somebody_who_waits_and_would_fit(town: Town) -> None:
    """A seat freed and one who waited for it: a newcomer at that moment finds the run full."""
    second, third = town.ask(2), town.ask(3)
    town.cancel(second)
    newcomer = town.ask(9)
    assert newcomer.waiting
    assert town.status(third) == "confirmed"


def test_more_seats_are_offered_in_line_and_the_change_is_written_down(either_town: Town) -> None:
    either_town.ask(2)
    waiting = [either_town.ask(number) for number in (3, 4, 5)]
    assert either_town.changes.resize(either_town.publisher, either_town.run_id, 4) == 2
    assert [either_town.status(each) for each in waiting] == ["confirmed", "confirmed", "waitlisted"]
    with either_town.database.reading() as work:
        (entry,) = work.audit_log.of_object("run", str(either_town.run_id))
    assert (entry.operation, entry.before, entry.after) == (Operation.CHANGE_RUN, {"seat_count": 2}, {"seat_count": 4})


def test_seats_nobody_counts_take_in_all_who_wait(town: Town) -> None:
    town.ask(2)
    waiting = town.ask(3)
    town.changes.resize(town.publisher, town.run_id, None)
    assert town.status(waiting) == "confirmed"
    assert town.seats() == (3, None)


def test_fewer_seats_than_people_enrolled_are_refused_with_what_to_do(town: Town) -> None:
    town.ask(2)
    with pytest.raises(InvalidInput) as refused:
        town.changes.resize(town.publisher, town.run_id, 1)
    assert refused.value.field == "seat_count"
    assert refused.value.said["en"].startswith("2 people are enrolled, so there cannot be 1 seats. Keep at least 2")
    assert town.seats() == (2, 2)


@pytest.mark.parametrize("seats", [-1, 100_001, 2**31, 2**63])
def test_what_is_no_number_of_seats_is_refused(town: Town, seats: int) -> None:
    with pytest.raises(InvalidInput):
        town.changes.resize(town.publisher, town.run_id, seats)


def test_only_the_run_s_own_publisher_changes_its_seats(town: Town) -> None:
    for actor in (Actor.publisher(town.operator_id + 1), town.desk, Actor.visitor(), Actor.citizen(1)):
        with pytest.raises(NotAllowed):
            town.changes.resize(actor, town.run_id, 9)
        with pytest.raises(NotAllowed):
            town.changes.cancel_run(actor, town.run_id)


def test_a_seat_that_came_free_by_itself_is_passed_on_by_the_worker(town: Town) -> None:
    town.ask(2)
    waiting = town.ask(3)
    with town.database.writing() as work:
        run = work.enrolments.run(town.run_id)
        assert run is not None
        run.seat_count = 3  # as an import does
        work.commit()
    assert town.changes.lapse_unanswered() == 1
    assert town.status(waiting) == "confirmed"
    assert town.changes.lapse_unanswered() == 0


def test_a_run_that_is_called_off_ends_all_places_and_tells_everybody_why(either_town: Town) -> None:
    second, third = either_town.ask(2), either_town.ask(3)
    assert either_town.changes.cancel_run(either_town.publisher, either_town.run_id, "老师病了") == 3
    assert [either_town.status(each) for each in (second, third)] == ["cancelled", "cancelled"]
    assert either_town.seats() == (0, 2)
    assert "老师病了" in either_town.messages(third)[-1].text
    with either_town.database.reading() as work:
        assert len(work.messages.of_run(either_town.run_id)) == 3
        (entry,) = work.audit_log.of_object("run", str(either_town.run_id))
    assert entry.after == {"cancelled": True, "reason": "老师病了", "places": 3, "told": 3}
    assert either_town.changes.cancel_run(either_town.publisher, either_town.run_id, "老师病了") == 0


def test_when_all_is_called_off_nothing_is_passed_on(town: Town) -> None:
    second, third = town.ask(2), town.ask(3)
    town.changes.cancel_run(town.publisher, town.run_id)
    town.cancel(second)
    assert town.changes.lapse_unanswered() == 0
    assert town.status(third) == "cancelled"


def test_who_has_a_place_on_a_run_that_a_feed_called_off_is_told_by_the_worker(town: Town) -> None:
    second, third = town.ask(2), town.ask(3)
    with town.database.writing() as work:
        run = work.enrolments.run(town.run_id)
        assert run is not None
        run.cancelled = True  # as an import does
        work.commit()
    town.changes.lapse_unanswered()
    assert [town.status(each) for each in (second, third)] == ["cancelled", "cancelled"]
    assert [town.purposes(each)[-1] for each in (second, third)] == ["run_cancelled", "run_cancelled"]
    assert town.seats() == (0, 2)
    town.changes.lapse_unanswered()
    assert len(town.messages(second)) == 2


def test_who_has_a_place_on_an_offering_that_is_called_off_is_told_too(town: Town) -> None:
    second = town.ask(2)
    with town.database.writing() as work:
        work.offerings.get(1).cancel()
        work.commit()
    town.changes.lapse_unanswered()
    assert town.purposes(second) == ["confirmed", "run_cancelled"]
