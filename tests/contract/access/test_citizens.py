"""How citizens come in, and how two files of one person become one, on both databases."""

from __future__ import annotations

from datetime import timedelta

import pytest

from city.errors import Conflict, InvalidInput, NotAllowed, NotFound, TooManyTries
from city.model import BallotEntry, Base, Citizen, Enrolment, EnrolmentStatus, Interaction, SavedSearch
from city.services.contacts import Asker
from city.services.couriers import Target, target_of
from city.services.enrolling import Enrolling
from city.services.permissions import Actor
from city.services.signing_in import ADD
from city.store import joining_repository
from fixtures.factories import NOW, a_run, a_topic, a_venue, an_offering, an_operator, in_days
from tests.contract.access.doors import GOOD, Doors

HERE = "192.0.2.1"
PHONE, MAIL = target_of("138 0013 8000"), target_of("Lin@Example.org")
LONG = "violet harbour ninety lamps"


def comes_in(doors: Doors, target: Target = PHONE, former: str = "") -> str:
    doors.post.texts.clear()
    doors.signing_in.send_code(target, language="zh", address=HERE)
    token = doors.signing_in.sign_in_with_code(target, doors.post.code(), address=HERE, former_token=former)
    doors.clock.goes(minutes=11)
    return token


def who(doors: Doors, token: str) -> Citizen:
    found = doors.signing_in.citizen_of(token)
    assert found is not None
    return found


def test_a_code_to_a_phone_leads_to_the_file_of_that_phone_with_what_was_booked_before(both_doors: Doors) -> None:
    doors = both_doors
    with doors.database.writing() as work:
        known = Citizen(name={}, phone=PHONE.address, created_at=NOW)  # type: ignore[arg-type]
        work.citizens.add(known)
        work.commit()
    first = comes_in(doors)
    assert who(doors, first).id == known.id and who(doors, first).phone_confirmed_at is not None
    assert doors.post.texts[0][0] == "+8613800138000"


def test_a_code_to_a_mailbox_makes_a_file_once(doors: Doors) -> None:
    first, second = comes_in(doors, MAIL), comes_in(doors, MAIL)
    assert first != second and who(doors, first).id == who(doors, second).id
    assert who(doors, first).email == "lin@example.org"


def test_a_code_is_good_once_for_ten_minutes_and_five_tries_and_the_last_one_alone(both_doors: Doors) -> None:
    doors = both_doors
    doors.signing_in.send_code(PHONE, language="en", address=HERE)
    former = doors.post.code()
    doors.post.texts.clear()
    doors.signing_in.send_code(PHONE, language="en", address=HERE)
    code = doors.post.code()
    wrong = "000000" if code != "000000" else "111111"
    with pytest.raises(InvalidInput):
        doors.signing_in.sign_in_with_code(PHONE, former if former != code else wrong, address=HERE)
    assert doors.signing_in.sign_in_with_code(PHONE, f"{code[:3]} {code[3:]}", address=HERE)
    with pytest.raises(TooManyTries):
        doors.signing_in.sign_in_with_code(PHONE, code, address=HERE)
    doors.clock.goes(minutes=30)
    doors.post.texts.clear()
    doors.signing_in.send_code(PHONE, language="en", address=HERE)
    for _ in range(5):
        with pytest.raises(InvalidInput):
            doors.signing_in.sign_in_with_code(PHONE, "12345", address=HERE)
    with pytest.raises(TooManyTries):
        doors.signing_in.sign_in_with_code(PHONE, doors.post.code(), address=HERE)
    doors.clock.goes(minutes=30)
    doors.post.texts.clear()
    doors.signing_in.send_code(PHONE, language="en", address=HERE)
    doors.clock.goes(minutes=10)
    with pytest.raises(TooManyTries):
        doors.signing_in.sign_in_with_code(PHONE, doors.post.code(), address=HERE)


def test_the_code_stands_nowhere_in_the_database(doors: Doors) -> None:
    doors.signing_in.send_code(PHONE, language="zh", address=HERE)
    with doors.database.reading() as work:
        kept = work.one_time_codes.newest(PHONE.address, "sign in")
    assert kept is not None and doors.post.code() not in kept.code_sha256


def test_a_code_for_one_purpose_opens_nothing_else(doors: Doors) -> None:
    doors.signing_in.send_code(PHONE, purpose=ADD, language="zh", address=HERE)
    with pytest.raises(TooManyTries):
        doors.signing_in.sign_in_with_code(PHONE, doors.post.code(), address=HERE)


def test_three_codes_in_ten_minutes_and_no_more(doors: Doors) -> None:
    for _ in range(3):
        doors.signing_in.send_code(PHONE, language="zh", address=HERE)
    with pytest.raises(TooManyTries):
        doors.signing_in.send_code(PHONE, language="zh", address=HERE)
    assert len(doors.post.texts) == 3


def test_a_landline_gets_no_code_and_the_sentence_says_so(doors: Doors) -> None:
    with pytest.raises(InvalidInput):
        doors.signing_in.send_code(target_of("021 6273 5000"), language="zh", address=HERE)


def test_a_password_is_long_because_it_stands_alone_and_brings_a_new_sign_in(doors: Doors) -> None:
    token, other = comes_in(doors), comes_in(doors)
    actor = Actor.citizen(who(doors, token).id)
    with pytest.raises(InvalidInput):
        doors.signing_in.set_password(actor, other, "short one here")
    new = doors.signing_in.set_password(actor, other, LONG)
    assert doors.signing_in.citizen_of(token) is None and doors.signing_in.citizen_of(other) is None
    assert who(doors, new).id == actor.citizen_id
    assert doors.signing_in.sign_in_with_password(PHONE, LONG, address=HERE)
    with pytest.raises(InvalidInput):
        doors.signing_in.sign_in_with_password(PHONE, GOOD + "!", address=HERE)
    with pytest.raises(InvalidInput):
        doors.signing_in.sign_in_with_password(MAIL, LONG, address=HERE)


def test_how_one_comes_in_is_changed_soon_after_signing_in_only(doors: Doors) -> None:
    token = comes_in(doors)
    actor = Actor.citizen(who(doors, token).id)
    doors.clock.goes(minutes=10)
    with pytest.raises(NotAllowed):
        doors.signing_in.set_password(actor, token, LONG)
    with pytest.raises(NotAllowed):
        doors.signing_in.add_contact(actor, token, MAIL, "123456")


def test_own_sign_ins_are_listed_ended_one_by_one_and_all_at_once(doors: Doors) -> None:
    first, second, other = comes_in(doors), comes_in(doors), comes_in(doors, MAIL)
    actor = Actor.citizen(who(doors, first).id)
    listed = doors.signing_in.own_sign_ins(actor, second)
    away = next(row.handle for row in listed if not row.is_this)
    assert len(listed) == 2
    with pytest.raises(NotFound):
        doors.signing_in.end_sign_in(Actor.citizen(who(doors, other).id), away)
    doors.signing_in.end_sign_in(actor, away)
    assert doors.signing_in.citizen_of(first) is None and doors.signing_in.citizen_of(second) is not None
    doors.signing_in.sign_out_everywhere(actor)
    assert doors.signing_in.citizen_of(second) is None and doors.signing_in.citizen_of(other) is not None


def lay_run(doors: Doors, seats: int = 3) -> int:
    with doors.database.writing() as work:
        venue, operator = a_venue(), an_operator()
        work.venues.add(venue)
        work.operators.add(operator)
        work.topics.add(a_topic(parent_id=None))
        work.flush()
        run = a_run(in_days(5), seats=seats, taken=0)
        offering = an_offering(runs=[run], venue_id=venue.id, operator_id=operator.id)
        work.offerings.add(offering)
        work.flush()
        found = run.id
        work.commit()
    return found


def prove(doors: Doors, token: str, target: Target) -> str:
    """Add a number to one's file with the code sent there; return the proof for joining."""
    doors.post.texts.clear()
    doors.signing_in.send_code(target, purpose=ADD, language="zh", address=HERE)
    actor = Actor.citizen(who(doors, token).id)
    return doors.signing_in.add_contact(actor, token, target, doors.post.code()).proof


def test_a_number_without_a_file_is_just_added(doors: Doors) -> None:
    token = comes_in(doors, MAIL)
    assert prove(doors, token, PHONE) == ""
    assert who(doors, comes_in(doors)).id == who(doors, token).id


def books(doors: Doors, run_id: int, **asked: object) -> int:
    enrolling = Enrolling(doors.database, doors.clock)
    given = Asker(name="林和", phone="138 0013 8000", **asked)  # type: ignore[arg-type]
    key = f"key-{run_id}-{asked}"[:60].replace(" ", "").replace("{", "").replace("}", "").replace("'", "")
    return enrolling.take_place(Actor.visitor(), run_id, key=key, asker=given, or_wait=True).enrolment_id


def test_two_files_of_one_person_become_one_with_everything_in_it(both_doors: Doors) -> None:
    doors = both_doors
    run_id = lay_run(doors)
    place_id = books(doors, run_id)
    token = comes_in(doors, MAIL)
    own = who(doors, token)
    with doors.database.writing() as work:
        old = work.citizens.by_phone(PHONE.address)
        assert old is not None and old.id != own.id
        offering = work.enrolments.run(run_id).offering_id  # type: ignore[union-attr]
        work.interactions.add(Interaction(citizen_id=old.id, offering_id=offering, kind="save", happened_at=NOW))
        work.saved_searches.add(SavedSearch(citizen_id=old.id, name="x", language="zh", created_at=NOW))
        old.area_id, old.personal_suggestions, old_id = None, False, old.id
        work.commit()
    actor = Actor.citizen(own.id)
    proof = prove(doors, token, PHONE)
    assert doors.signing_in.joins_what(actor, proof) == 1
    doors.signing_in.join(actor, proof)
    with doors.database.reading() as work:
        assert [place.id for place in work.enrolments.live_of_citizen(own.id)] == [place_id]
        assert work.enrolments.offerings_held(own.id) and not work.enrolments.live_of_citizen(old_id)
        assert len(work.saved_searches.of_citizen(own.id)) == 1
        joined, left = work.citizens.get(own.id), work.citizens.get(old_id)
        entry = work.audit_log.newest(n=1)[0]
    assert (joined.phone, joined.email) == (PHONE.address, MAIL.address)
    assert left.merged_into_id == own.id and left.phone is None
    assert not joined.personal_suggestions, "a switch that was off stays off"
    assert entry.operation == "join two files of one person" and entry.object_id == str(old_id)
    assert who(doors, comes_in(doors)).id == own.id, "the phone leads to the one file from now on"
    with pytest.raises(Conflict):
        doors.signing_in.join(actor, proof)


def test_a_proof_is_the_person_s_own_and_for_a_quarter_of_an_hour(doors: Doors) -> None:
    books(doors, lay_run(doors))
    token = comes_in(doors, MAIL)
    proof, actor = prove(doors, token, PHONE), Actor.citizen(who(doors, token).id)
    other = Actor.citizen(who(doors, comes_in(doors, target_of("139 1111 2222"))).id)
    with pytest.raises(NotFound):
        doors.signing_in.join(other, proof)
    doors.clock.goes(minutes=5)
    with pytest.raises(NotFound):
        doors.signing_in.join(actor, proof)


def two_places(doors: Doors, seats: int) -> tuple[str, int, int, int]:
    """Take places on one run from both files of a person; return (token, run, by phone, by mailbox)."""
    run_id = lay_run(doors, seats)
    token = comes_in(doors, MAIL)
    by_phone = books(doors, run_id)
    enrolling = Enrolling(doors.database, doors.clock)
    asker = Asker(name="林母", phone="138 0013 8001")
    own = Actor.citizen(who(doors, token).id)
    by_mail = enrolling.take_place(own, run_id, key="own-key-1", asker=asker, or_wait=True).enrolment_id
    return token, run_id, by_phone, by_mail


def place(doors: Doors, number: int) -> Enrolment:
    with doors.database.reading() as work:
        found = work.enrolments.find(number)
    assert found is not None
    return found


def seats_taken(doors: Doors, run_id: int) -> int:
    with doors.database.reading() as work:
        run = work.enrolments.run(run_id)
    assert run is not None
    return run.taken_count


def test_two_seats_on_one_run_become_one_booking_for_the_people_of_both(both_doors: Doors) -> None:
    doors = both_doors
    token, run_id, by_phone, by_mail = two_places(doors, seats=3)
    assert seats_taken(doors, run_id) == 2
    joined = doors.signing_in.join(Actor.citizen(who(doors, token).id), prove(doors, token, PHONE))
    kept, ended = place(doors, by_phone), place(doors, by_mail)
    assert joined.one_booking == (run_id,)
    assert (kept.status, kept.party_size, kept.citizen_id) == (EnrolmentStatus.CONFIRMED, 2, who(doors, token).id)
    assert (ended.status, ended.ended_because) == (EnrolmentStatus.CANCELLED, "merged")
    assert "林母" in kept.companions
    assert seats_taken(doors, run_id) == 2, "nobody lost a seat and none is empty"


def test_a_seat_stays_and_the_second_place_in_line_ends(both_doors: Doors) -> None:
    doors = both_doors
    token, run_id, by_phone, by_mail = two_places(doors, seats=1)
    assert place(doors, by_mail).status == EnrolmentStatus.WAITLISTED
    joined = doors.signing_in.join(Actor.citizen(who(doors, token).id), prove(doors, token, PHONE))
    assert joined.left_line == (run_id,)
    assert place(doors, by_phone).status == EnrolmentStatus.CONFIRMED
    assert place(doors, by_mail).status == EnrolmentStatus.CANCELLED
    assert seats_taken(doors, run_id) == 1


def test_every_table_that_names_a_citizen_is_moved(doors: Doors) -> None:
    named = {
        table.name
        for table in Base.metadata.tables.values()
        for key in table.foreign_keys
        if key.column.table.name == "citizen"
    }
    moved = {kind.__tablename__ for kind in joining_repository.MOVED} | {BallotEntry.__tablename__, "login_session"}
    assert named == moved


def test_a_session_ends_after_fourteen_days_of_nothing(doors: Doors) -> None:
    token = comes_in(doors)
    doors.clock.goes(days=13)
    assert doors.signing_in.citizen_of(token) is not None
    doors.clock.instant += timedelta(days=14)
    assert doors.signing_in.citizen_of(token) is None
