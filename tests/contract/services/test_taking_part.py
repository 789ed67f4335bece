"""Taking a place by phone number alone, for a party, within the limits; giving it back, and taking that back."""

from __future__ import annotations

from datetime import timedelta
from unittest.mock import patch

import pytest

from city.errors import (
    AlreadyEnrolled,
    EnrolmentClosed,
    IdempotencyMismatch,
    InvalidInput,
    LimitReached,
    NotAllowed,
    NotFound,
    RunIsFull,
    TooLate,
)
from city.model import Ballot, Channel, GroupKind, LocalisedText
from city.services.contacts import Asker
from city.services.links import PLACE
from city.services.permissions import Actor
from city.store.database import Database
from fixtures.factories import NOW, an_area
from tests.places_to_take import LINKS, Town, a_file, another_run, lay_town, phone


@pytest.fixture
def town(sqlite_database: Database) -> Town:
    return lay_town(sqlite_database, seats=6)


@pytest.fixture
def either_town(database: Database) -> Town:
    """The same on every kind of database, for what asks something special of it."""
    return lay_town(database, seats=6)


def test_a_phone_number_is_enough_and_the_booking_number_comes_back(either_town: Town) -> None:
    taken = either_town.ask(1)
    place = either_town.place(taken.enrolment_id)
    assert (place.status, place.number, place.contact_phone) == ("confirmed", taken.number, phone(1))
    (message,) = either_town.messages(taken)
    assert (message.way, message.address, message.purpose) == ("sms", phone(1), "confirmed")
    assert f"{taken.number[:4]} {taken.number[4:]}" in message.text
    assert LINKS.place(taken.enrolment_id, "zh") in message.text


def test_one_phone_number_is_one_person_also_when_it_asks_for_something_else(town: Town) -> None:
    other_run = another_run(town)
    first = town.ask(1)
    again = town.enrolling.take_place(Actor.visitor(), other_run, key="other", asker=Asker(phone="138 0010 0001"))
    assert town.place(first.enrolment_id).citizen_id == town.place(again.enrolment_id).citizen_id


def test_a_party_takes_as_many_seats_as_it_has_people(town: Town) -> None:
    taken = town.ask(1, 3, companions=("李梅", "小宝"), group_kind=GroupKind.FAMILY)
    place = town.place(taken.enrolment_id)
    assert (place.party_size, place.companions, place.group_kind) == (3, ["李梅", "小宝"], "family")
    assert town.seats() == (3, 6)
    town.cancel(taken)
    assert town.seats() == (0, 6)


def test_a_party_that_is_too_large_for_what_is_left_is_told_how_many_are(town: Town) -> None:
    town.ask(1, 4)
    with pytest.raises(RunIsFull) as refused:
        town.ask(2, 3, wait=False)
    assert refused.value.rule == "full_for_party"
    assert refused.value.said["en"] == (
        "Only 2 places are left, too few for 3 people. Come with fewer people, or wait in line."
    )


def test_the_desk_books_a_class_as_one_booking_and_it_is_written_down(town: Town) -> None:
    asker = Asker(name="五年级二班", party_size=6, group_kind=GroupKind.CLASS, channel=Channel.DESK)
    taken = town.enrolling.take_place(town.desk, town.run_id, key="class", asker=asker)
    place = town.place(taken.enrolment_id)
    assert (place.party_size, place.group_kind, place.channel, place.booked_by_id) == (6, "class", "desk", 78)
    with town.database.reading() as work:
        (entry,) = work.audit_log.of_object("enrolment", str(taken.enrolment_id))
    assert (entry.role, entry.staff_id, entry.on_behalf_of_id) == ("desk", 78, place.citizen_id)


def test_staff_of_another_operator_books_nothing_here(town: Town) -> None:
    with pytest.raises(NotAllowed):
        town.enrolling.take_place(Actor.publisher(town.operator_id + 1), town.run_id, key="k")


def test_a_visitor_without_a_phone_number_is_asked_for_one(town: Town) -> None:
    with pytest.raises(InvalidInput) as refused:
        town.enrolling.take_place(Actor.visitor(), town.run_id, key="k", asker=Asker(name="沈云"))
    assert refused.value.field == "phone"


def test_the_same_number_gets_no_second_place(town: Town) -> None:
    town.ask(1)
    with pytest.raises(AlreadyEnrolled) as refused:
        town.ask(1, key="another-form")
    assert refused.value.rule == "already"


def test_the_same_form_with_other_people_in_it_is_refused(town: Town) -> None:
    town.ask(1, 2)
    with pytest.raises(IdempotencyMismatch):
        town.ask(1, 3)


def test_a_booking_number_that_is_taken_is_drawn_again(either_town: Town) -> None:
    first = either_town.ask(1)
    with patch("city.services.enrolling.new_number", side_effect=[first.number, first.number, "20000004"]):
        second = either_town.ask(2)
    assert second.number == "20000004"
    assert either_town.seats() == (2, 6)


def test_a_run_that_is_drawn_takes_nobody_and_names_its_ballot(town: Town) -> None:
    with town.database.writing() as work:
        ballot = Ballot(
            operator_id=town.operator_id,
            name=LocalisedText({"zh-Hans": "春季夜校"}),
            opens_at=NOW,
            closes_at=NOW + timedelta(days=7),
            created_at=NOW,
        )
        work.ballots.add(ballot)
        run = work.enrolments.run(town.run_id)
        assert run is not None
        run.enrolment_mode, run.ballot_id = "ballot", ballot.id
        work.commit()
    with pytest.raises(EnrolmentClosed) as refused:
        town.ask(1)
    assert refused.value.rule == "draw"
    assert "“春季夜校”" in refused.value.said["zh-Hans"]


def test_while_residents_come_first_others_are_told_until_when(town: Town) -> None:
    with town.database.writing() as work:
        street = an_area("liupu", "柳浦街道")
        work.areas.add(street)
        work.areas.add(an_area("mirror-lane", "镜湖社区", parent=street, level="community"))
        work.areas.add(an_area("hubin", "湖滨街道"))
        run = work.enrolments.run(town.run_id)
        assert run is not None
        run.residents_area_id, run.residents_until = "liupu", NOW + timedelta(days=1)
        work.commit()
    with pytest.raises(InvalidInput) as asked:
        town.ask(1)
    assert asked.value.field == "area_id"
    with pytest.raises(LimitReached) as refused:
        town.ask(1, area_id="hubin")
    assert refused.value.said["zh-Hans"] == "11月25日 中午12点以前，住在柳浦街道的人先报名；之后谁都可以。"
    with pytest.raises(InvalidInput):
        town.ask(1, area_id="nowhere")
    assert not town.ask(1, area_id="mirror-lane").waiting
    town.later(days=1)
    assert not town.ask(2).waiting


def test_what_is_known_of_a_number_counts_for_its_owner_only(town: Town) -> None:
    with town.database.writing() as work:
        offering = work.offerings.get(1)
        offering.age_min = 60
        work.commit()
    owner = a_file(town, phone=phone(1), birth_year_from=1950)
    with pytest.raises(InvalidInput) as asked:
        town.ask(1)
    assert asked.value.field == "birth_year"
    taken = town.enrolling.take_place(owner, town.run_id, key="own")
    assert town.place(taken.enrolment_id).contact_phone == phone(1)


def test_so_many_places_a_term_and_no_more_with_one_operator(either_town: Town) -> None:
    limited = [another_run(either_town, term="2026-autumn", term_limit=2) for _ in range(3)]
    elsewhere = another_run(either_town, term="2027-spring", term_limit=2)

    def ask(run_id: int) -> int:
        told = Asker(phone=phone(1))
        return either_town.enrolling.take_place(Actor.visitor(), run_id, key=f"r{run_id}", asker=told).enrolment_id

    first, _ = ask(limited[0]), ask(limited[1])
    with pytest.raises(LimitReached) as refused:
        ask(limited[2])
    assert refused.value.rule == "term"
    ask(elsewhere)
    either_town.enrolling.cancel_place(Actor.holder(either_town.place(first).citizen_id), first)
    ask(limited[2])
    with pytest.raises(LimitReached):
        either_town.enrolling.undo_cancel(Actor.holder(either_town.place(first).citizen_id), first)


def test_within_a_day_a_place_given_back_is_the_person_s_again_while_it_is_free(town: Town) -> None:
    taken = town.ask(1, 2)
    town.cancel(taken)
    assert town.undo(taken) == taken
    assert town.undo(taken) == taken
    assert town.seats() == (2, 6)
    assert town.purposes(taken) == ["confirmed", "cancelled", "undone"]


def test_when_the_seat_is_gone_the_undoing_ends_at_the_end_of_the_line_with_the_same_number(either_town: Town) -> None:
    taken, waiting = either_town.ask(1, 4), either_town.ask(2, 4)
    either_town.cancel(taken)
    last = either_town.ask(3, 4)
    restored = either_town.undo(taken)
    assert restored.waiting
    assert restored.number == taken.number
    assert (either_town.status(waiting), either_town.line(last), either_town.line(restored)) == ("confirmed", 1, 2)
    assert either_town.undo(taken) == restored
    assert either_town.enrolling.holder_of(taken.number, phone(1))[1] == restored.enrolment_id


def test_after_a_day_giving_back_is_final(town: Town) -> None:
    taken = town.ask(1)
    town.cancel(taken)
    town.later(days=1, seconds=1)
    with pytest.raises(TooLate) as refused:
        town.undo(taken)
    assert refused.value.rule == "undo"


def test_what_the_operator_called_off_is_not_undone_by_anybody(town: Town) -> None:
    taken = town.ask(1)
    town.changes.cancel_run(town.publisher, town.run_id)
    with pytest.raises(TooLate):
        town.undo(taken)


def test_number_and_phone_open_a_booking_and_either_alone_opens_none(town: Town) -> None:
    taken = town.ask(1, helper_name="邻居", helper_phone=phone(9))
    actor, found = town.enrolling.holder_of(f"{taken.number[:4]} {taken.number[4:]}", "138-0010-0001")
    assert found == taken.enrolment_id
    assert actor == Actor.holder(town.place(found).citizen_id)
    assert town.enrolling.holder_of(taken.number, phone(9))[1] == taken.enrolment_id
    with pytest.raises(NotFound) as wrong_phone:
        town.enrolling.holder_of(taken.number, phone(2))
    with pytest.raises(NotFound) as wrong_number:
        town.enrolling.holder_of("12345674", phone(1))
    assert str(wrong_phone.value) == str(wrong_number.value)


def test_the_link_of_a_place_opens_it_and_a_changed_one_opens_nothing(town: Town) -> None:
    taken = town.ask(1)
    token = LINKS.tokens.make(PLACE, str(taken.enrolment_id))
    assert town.enrolling.holder_by_link(token) == (town.holder(taken), taken.enrolment_id)
    with pytest.raises(NotFound):
        town.enrolling.holder_by_link(token[:-1] + ("A" if token[-1] != "A" else "B"))


def test_at_night_nobody_s_phone_rings_but_the_one_in_use(town: Town) -> None:
    town.later(hours=11)  # 23 o'clock in the city
    taken, waiting = town.ask(1, 4), town.ask(2, 4)
    assert town.messages(taken)[0].not_before == town.now
    town.cancel(taken)
    promoted = town.messages(waiting)[-1]
    assert promoted.purpose == "promoted"
    assert promoted.not_before == town.now + timedelta(hours=9)


def test_who_has_no_phone_and_no_mailbox_is_written_to_nowhere(town: Town) -> None:
    citizen = a_file(town)
    taken = town.enrolling.take_place(citizen, town.run_id, key="k")
    assert town.messages(taken) == []


def test_ids_that_nothing_has_are_not_found_on_either_database(either_town: Town) -> None:
    for id_ in (0, -1, 2**31, 2**63 - 1, 2**63, 2**70):
        with pytest.raises(NotFound):
            either_town.enrolling.take_place(Actor.visitor(), id_, key="k", asker=Asker(phone=phone(1)))
        with pytest.raises(NotFound):
            either_town.enrolling.cancel_place(Actor.citizen(1), id_)
        with pytest.raises(NotFound):
            either_town.changes.resize(either_town.publisher, id_, 5)


@pytest.mark.parametrize("key", ["", "a b", "k\x00", "k" * 81, "钥匙", "k\n"])
def test_a_key_that_is_none_is_refused_on_either_database(town: Town, key: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        town.enrolling.take_place(Actor.visitor(), town.run_id, key=key, asker=Asker(phone=phone(1)))
    assert refused.value.field == "key"
