"""Taking and giving back places: the same promises on every database."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest

from city.clock import FixedClock
from city.errors import AlreadyEnrolled, EnrolmentClosed, IdempotencyMismatch, NotAllowed, NotFound, RunIsFull
from city.model import Citizen, ClassSession, Consumer, LocalisedText, Offering, Operator, Run
from city.services.enrolling import Enrolling, ListOrigin
from city.services.permissions import Actor
from city.store.database import Database
from fixtures.factories import NOW, SHANGHAI, a_run


@pytest.fixture
def enrolling(database: Database) -> Enrolling:
    return Enrolling(database, FixedClock(NOW, SHANGHAI))


@pytest.fixture
def run_id(database: Database) -> int:
    """A run of two seats next week, and citizens 1 to 3."""
    with database.writing() as work:
        operator = Operator(slug="hubin", name=LocalisedText({"en": "Hubin"}))
        work.operators.add(operator)
        for number in range(1, 4):
            work.citizens.add(Citizen(id=number, name=LocalisedText({"en": f"Citizen {number}"}), created_at=NOW))
        meeting = ClassSession.at(date(2026, 12, 1), SHANGHAI, time(19), time(20, 30))
        offering = Offering(
            kind="night_school",
            status="published",
            operator=operator,
            title=LocalisedText({"zh-Hans": "夜里写字"}),
            created_at=NOW,
            updated_at=NOW,
            runs=[Run(enrolment_mode="first_come", seat_count=2, class_sessions=[meeting])],
        )
        work.published_first(offering, NOW)
        work.commit()
        return offering.runs[0].id


def test_a_citizen_takes_a_place_and_the_list_is_one_shorter(
    enrolling: Enrolling, database: Database, run_id: int
) -> None:
    enrolling.take_place(Actor.citizen(1), run_id, key="k1", origin=ListOrigin("home", "list-9", 3))
    with database.reading() as work:
        run = work.enrolments.run(run_id)
        assert run is not None
        assert run.seats_left() == 1
        (interaction,) = work.interactions.of_citizen(1)
    assert (interaction.kind, interaction.source, interaction.list_id, interaction.position) == (
        "enrol",
        "home",
        "list-9",
        3,
    )


def test_a_full_run_gives_no_third_place(enrolling: Enrolling, run_id: int) -> None:
    enrolling.take_place(Actor.citizen(1), run_id, key="k1")
    enrolling.take_place(Actor.citizen(2), run_id, key="k2")
    with pytest.raises(RunIsFull):
        enrolling.take_place(Actor.citizen(3), run_id, key="k3")


def test_sending_the_same_form_twice_takes_one_place_and_gives_one_answer(enrolling: Enrolling, run_id: int) -> None:
    first = enrolling.take_place(Actor.citizen(1), run_id, key="same")
    assert enrolling.take_place(Actor.citizen(1), run_id, key="same") == first


def test_the_same_form_still_answers_when_the_run_filled_up_meanwhile(enrolling: Enrolling, run_id: int) -> None:
    first = enrolling.take_place(Actor.citizen(1), run_id, key="same")
    enrolling.take_place(Actor.citizen(2), run_id, key="k2")
    assert enrolling.take_place(Actor.citizen(1), run_id, key="same") == first


def test_a_second_form_of_the_same_citizen_is_refused(enrolling: Enrolling, run_id: int) -> None:
    enrolling.take_place(Actor.citizen(1), run_id, key="k1")
    with pytest.raises(AlreadyEnrolled):
        enrolling.take_place(Actor.citizen(1), run_id, key="k2")


def test_a_key_that_comes_with_another_run_is_refused(enrolling: Enrolling, database: Database, run_id: int) -> None:
    with database.writing() as work:
        offering = work.offerings.get(1)
        offering.runs.append(a_run())
        work.commit()
        other_run_id = offering.runs[1].id
    enrolling.take_place(Actor.citizen(1), run_id, key="k1")
    with pytest.raises(IdempotencyMismatch):
        enrolling.take_place(Actor.citizen(1), other_run_id, key="k1")


def test_giving_a_place_back_frees_it_once(enrolling: Enrolling, database: Database, run_id: int) -> None:
    taken = enrolling.take_place(Actor.citizen(1), run_id, key="k1")
    enrolling.cancel_place(Actor.citizen(1), taken.enrolment_id)
    enrolling.cancel_place(Actor.citizen(1), taken.enrolment_id)
    with database.reading() as work:
        run = work.enrolments.run(run_id)
        assert run is not None
        assert run.seats_left() == 2
    assert enrolling.take_place(Actor.citizen(1), run_id, key="k2").enrolment_id != taken.enrolment_id


def test_nobody_gives_back_the_place_of_another(enrolling: Enrolling, run_id: int) -> None:
    taken = enrolling.take_place(Actor.citizen(1), run_id, key="k1")
    with pytest.raises(NotAllowed):
        enrolling.cancel_place(Actor.citizen(2), taken.enrolment_id)


def test_an_unknown_run_or_place_is_not_found(enrolling: Enrolling) -> None:
    with pytest.raises(NotFound):
        enrolling.take_place(Actor.citizen(1), 999, key="k1")
    with pytest.raises(NotFound):
        enrolling.cancel_place(Actor.citizen(1), 999)


def test_a_run_that_is_over_takes_nobody(database: Database, run_id: int) -> None:
    later = Enrolling(database, FixedClock(NOW + timedelta(days=30), SHANGHAI))
    with pytest.raises(EnrolmentClosed):
        later.take_place(Actor.citizen(1), run_id, key="k1")


def test_the_index_hears_of_seats_only_when_the_last_goes_and_the_first_comes_back(
    enrolling: Enrolling, database: Database, run_id: int
) -> None:
    def heard() -> int:
        with database.reading() as work:
            return work.outbox.waiting(Consumer.INDEX)[0]

    assert heard() == 1  # the offering itself
    taken = enrolling.take_place(Actor.citizen(1), run_id, key="k1")
    assert heard() == 1
    enrolling.take_place(Actor.citizen(2), run_id, key="k2")
    assert heard() == 2
    enrolling.cancel_place(Actor.citizen(1), taken.enrolment_id)
    assert heard() == 3


def test_instants_come_back_in_utc(database: Database, run_id: int) -> None:
    with database.reading() as work:
        run = work.enrolments.run(run_id)
        assert run is not None
        assert run.class_sessions[0].starts_at == datetime(2026, 12, 1, 11, 0, tzinfo=UTC)
