"""Entering a ballot: once a person, through any door, changed and withdrawn freely until it closes."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from city.errors import (
    AlreadyEnrolled,
    EnrolmentClosed,
    IdempotencyMismatch,
    InvalidInput,
    LimitReached,
    NotAllowed,
    NotFound,
)
from city.model import Channel, Message
from city.services.balloting import PSEUDONYM_LETTERS
from city.services.contacts import Asker
from city.services.permissions import Actor
from city.store.database import Database
from fixtures.factories import a_citizen
from tests.small_ballot import AFTER, CLOSES, OPENS, VISITOR, Ballotry, lay_classes, phone


@pytest.fixture
def open_ballot(database: Database) -> Ballotry:
    laid = lay_classes(database, 3, 2)
    laid.open()
    return laid


def messages(database: Database) -> list[Message]:
    with database.writing() as work:
        return work.messages.due(CLOSES + timedelta(days=30), n=100)


def holder(ballotry: Ballotry, entry_id: int) -> Actor:
    return ballotry.balloting.holder_by_link(ballotry.balloting.link_of(entry_id))[0]


def wishes(ballotry: Ballotry, entry_id: int) -> list[int]:
    with ballotry.database.reading() as work:
        return [ballotry.runs.index(wish.run_id) for wish in work.ballots.entry(entry_id).wishes]


def test_a_phone_number_is_enough_and_the_person_is_told_number_and_link(open_ballot: Ballotry) -> None:
    made = open_ballot.enter(1, 1, 0)
    assert wishes(open_ballot, made.entry_id) == [1, 0]
    assert set(made.pseudonym) <= set(PSEUDONYM_LETTERS)
    [message] = messages(open_ballot.database)
    assert "冬季夜校抽签" in message.text and "https://learn.example/zh/entries/" in message.text
    assert f"{made.number[:4]} {made.number[4:]}" in message.text


def test_the_same_form_sent_again_is_one_entry(open_ballot: Ballotry) -> None:
    assert open_ballot.enter(1) == open_ballot.enter(1)
    assert open_ballot.balloting.chances(open_ballot.ballot_id).entry_count == 1
    with pytest.raises(IdempotencyMismatch):
        open_ballot.enter(1, 1)


def test_nobody_enters_twice_under_any_name_or_door(open_ballot: Ballotry) -> None:
    with open_ballot.database.writing() as work:
        work.citizens.add(mother := a_citizen(phone="+8613800000001"))
        work.flush()
        citizen_id = mother.id
        work.commit()
    open_ballot.enter(1)
    again = Asker(phone="138 0000 0001")
    for actor in (VISITOR, Actor.citizen(citizen_id), open_ballot.publisher):
        with pytest.raises(AlreadyEnrolled, match="in this ballot already"):
            open_ballot.balloting.enter(actor, open_ballot.ballot_id, open_ballot.runs[:1], key="k" * 20, asker=again)


def test_a_companion_whose_phone_is_given_is_in_the_ballot_too(open_ballot: Ballotry) -> None:
    open_ballot.enter(1, companions=("李雷", phone(2)), party_size=3)
    with pytest.raises(AlreadyEnrolled):
        open_ballot.enter(2)
    with pytest.raises(AlreadyEnrolled):
        open_ballot.enter(3, companions=(phone(1),))


@pytest.mark.parametrize("now", [OPENS - timedelta(minutes=1), CLOSES, AFTER])
def test_entries_are_taken_only_within_the_window(database: Database, now: object) -> None:
    laid = lay_classes(database)
    laid.open(opens_at=OPENS)
    made = laid.enter(1)
    laid.now = now  # type: ignore[assignment]
    with pytest.raises(EnrolmentClosed):
        laid.enter(2)
    for change in (laid.balloting.withdraw, laid.balloting.undo):
        with pytest.raises(EnrolmentClosed):
            change(holder(laid, made.entry_id), made.entry_id)


def test_wishes_are_runs_of_this_ballot_each_once(open_ballot: Ballotry) -> None:
    for wrong in ([], [open_ballot.runs[0]] * 2, [999_999], [open_ballot.runs[0], 2**62], [-1]):
        with pytest.raises(InvalidInput) as refused:
            open_ballot.balloting.enter(
                VISITOR, open_ballot.ballot_id, wrong, key="k" * 20, asker=Asker(phone=phone(5))
            )
        assert refused.value.field == "wish"


def test_a_party_larger_than_a_run_takes_is_refused_before_the_draw(open_ballot: Ballotry) -> None:
    with pytest.raises(LimitReached):
        open_ballot.enter(1, 0, party_size=4)
    with pytest.raises(InvalidInput):
        open_ballot.enter(1, 0, party_size=0)


def test_wishes_can_be_changed_until_it_closes(open_ballot: Ballotry) -> None:
    made = open_ballot.enter(1, 0, 1)
    open_ballot.balloting.change_wishes(holder(open_ballot, made.entry_id), made.entry_id, [open_ballot.runs[1]])
    assert wishes(open_ballot, made.entry_id) == [1]
    open_ballot.now = AFTER
    with pytest.raises(EnrolmentClosed):
        open_ballot.balloting.change_wishes(holder(open_ballot, made.entry_id), made.entry_id, open_ballot.runs)


def test_a_withdrawn_entry_counts_no_more_and_can_be_taken_back(open_ballot: Ballotry) -> None:
    made = open_ballot.enter(1, companions=(phone(2),))
    own = holder(open_ballot, made.entry_id)
    open_ballot.balloting.withdraw(own, made.entry_id)
    open_ballot.balloting.withdraw(own, made.entry_id)
    assert open_ballot.balloting.chances(open_ballot.ballot_id).entry_count == 0
    second = open_ballot.enter(2)
    with pytest.raises(AlreadyEnrolled):
        open_ballot.balloting.undo(own, made.entry_id)
    open_ballot.balloting.withdraw(holder(open_ballot, second.entry_id), second.entry_id)
    open_ballot.balloting.undo(own, made.entry_id)
    open_ballot.balloting.undo(own, made.entry_id)
    assert open_ballot.balloting.chances(open_ballot.ballot_id).people_count == 2


def test_only_the_person_and_the_desk_of_the_operator_touch_an_entry(open_ballot: Ballotry) -> None:
    made, other = open_ballot.enter(1), open_ballot.enter(2)
    for stranger in (VISITOR, holder(open_ballot, other.entry_id), Actor.publisher(open_ballot.operator_id + 1)):
        for deed in (open_ballot.balloting.withdraw, open_ballot.balloting.undo, open_ballot.balloting.story):
            with pytest.raises(NotAllowed):
                deed(stranger, made.entry_id)
    open_ballot.balloting.withdraw(open_ballot.publisher, made.entry_id)


def test_number_and_phone_open_an_entry_and_nothing_else_does(open_ballot: Ballotry) -> None:
    made, other = open_ballot.enter(1), open_ballot.enter(2)
    actor, entry_id = open_ballot.balloting.holder_of(made.number, "138-0000-0001")
    assert (entry_id, actor.citizen_id) == (made.entry_id, holder(open_ballot, made.entry_id).citizen_id)
    said = set()
    for number, called in ((made.number, phone(2)), (other.number, phone(1))):
        with pytest.raises(NotFound) as refused:
            open_ballot.balloting.holder_of(number, called)
        said.add(str(refused.value))
    assert len(said) == 1
    with pytest.raises(NotFound):
        open_ballot.balloting.holder_by_link("bm9wZQ.bm9wZQ")


def test_staff_enters_somebody_without_a_phone_and_the_audit_log_says_so(open_ballot: Ballotry) -> None:
    staff = replace(open_ballot.publisher, staff_id=7)
    made = open_ballot.balloting.enter(
        staff,
        open_ballot.ballot_id,
        open_ballot.runs[:1],
        key="k" * 20,
        asker=Asker(name="王奶奶", channel=Channel.DESK),
    )
    with open_ballot.database.reading() as work:
        entry = work.ballots.entry(made.entry_id)
        logged = work.audit_log.of_object("ballot entry", str(made.entry_id))
    assert (entry.channel, entry.booked_by_id) == (Channel.DESK, 7)
    assert [row.staff_id for row in logged] == [7]


def test_chances_count_people_who_name_a_run_first_and_at_all(open_ballot: Ballotry) -> None:
    open_ballot.enter(1, 0, 1, party_size=2)
    open_ballot.enter(2, 1)
    chances = open_ballot.balloting.chances(open_ballot.ballot_id)
    assert (chances.entry_count, chances.people_count) == (2, 3)
    assert [(each.seats, each.first_people, each.people) for each in chances.runs] == [(3, 2, 2), (2, 1, 3)]


def test_a_draft_is_nobodys_to_see(database: Database) -> None:
    laid = lay_classes(database)
    ballot_id = laid.office.prepare(laid.publisher, laid.operator_id, laid.plan())
    with pytest.raises(NotFound):
        laid.balloting.chances(ballot_id)
    with pytest.raises(NotFound):
        laid.balloting.enter(VISITOR, ballot_id, laid.runs[:1], key="k" * 20, asker=Asker(phone=phone(1)))
