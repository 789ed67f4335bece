"""How staff come in and are kept out (reliability.md A8, A12, decision 9), on both databases."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from city.errors import Conflict, InvalidInput, LearncityError, NotAllowed, NotFound, TooManyTries
from city.services.permissions import Actor, ActorRole
from city.services.staff_keeping import Invitation, NewOperator
from tests.contract.access.doors import GOOD, Doors

HERE = "192.0.2.1"
MEI = "mei@library.example"


def test_who_was_invited_comes_in_with_password_and_six_digits(both_doors: Doors) -> None:
    doors = both_doors
    library, _ = doors.lay()
    doors.staff(operator_id=library)
    half = doors.access.sign_in(MEI, GOOD, address=HERE)
    asked = doors.access.member_of(half)
    assert asked is not None and not asked.second_factor
    whole = doors.access.show_second_factor(half, doors.code_now(MEI))
    member = doors.access.member_of(whole)
    assert member is not None and member.second_factor
    assert (member.role, member.operator_id, member.name) == (ActorRole.PUBLISHER, library, "Mei")


def test_each_step_up_has_a_new_token_and_the_former_one_is_worth_nothing(doors: Doors) -> None:
    library, _ = doors.lay()
    doors.staff(operator_id=library)
    chosen = "chosen-by-somebody-else"
    half = doors.access.sign_in(MEI, GOOD, address=HERE, former_token=chosen)
    whole = doors.access.show_second_factor(half, doors.code_now(MEI))
    assert len({chosen, half, whole}) == 3
    assert doors.access.member_of(half) is None and doors.access.member_of(chosen) is None


def test_a_code_is_good_once_even_within_its_half_minute(both_doors: Doors) -> None:
    doors = both_doors
    library, _ = doors.lay()
    doors.staff(operator_id=library)
    code = doors.code_now(MEI)
    doors.access.show_second_factor(doors.access.sign_in(MEI, GOOD, address=HERE), code)
    second = doors.access.sign_in(MEI, GOOD, address=HERE)
    with pytest.raises(InvalidInput):
        doors.access.show_second_factor(second, code)
    doors.clock.goes(seconds=30)
    assert doors.access.show_second_factor(second, doors.code_now(MEI))


def test_a_recovery_code_is_good_once_however_it_is_typed(doors: Doors) -> None:
    library, _ = doors.lay()
    doors.keeping.invite(Actor.system(), Invitation(MEI, "editor", library))
    codes = doors.set_up(doors.keeping.take_up(doors.post.link(), "Mei", GOOD))
    typed = codes[0].upper().replace("-", " ")
    assert doors.access.show_second_factor(doors.access.sign_in(MEI, GOOD, address=HERE), typed)
    with pytest.raises(InvalidInput):
        doors.access.show_second_factor(doors.access.sign_in(MEI, GOOD, address=HERE), codes[0])
    assert len(doors.row(MEI).recovery_hashes) == len(codes) - 1
    assert codes[1] not in str(doors.row(MEI).recovery_hashes)


def test_the_secret_is_sealed_and_opens_for_nobody_else(doors: Doors) -> None:
    library, _ = doors.lay()
    first = doors.staff(operator_id=library)
    second = doors.staff("bo@library.example", operator_id=library)
    sealed = doors.row(MEI).totp_secret
    plain = doors.factor.letters(sealed, first).replace(" ", "")
    assert len(plain) == 32 and plain not in sealed
    with pytest.raises(NotFound):
        doors.factor.letters(sealed, second)


def refusal(call: Callable[[], object]) -> str:
    with pytest.raises(InvalidInput) as refused:
        call()
    return str(refused.value)


def test_a_wrong_mailbox_and_a_wrong_password_are_refused_in_the_same_words(doors: Doors) -> None:
    library, _ = doors.lay()
    doors.staff(operator_id=library)
    wrong = refusal(lambda: doors.access.sign_in(MEI, "not this one at all", address=HERE))
    unknown = refusal(lambda: doors.access.sign_in("nobody@library.example", GOOD, address=HERE))
    assert wrong == unknown


def test_of_a_hundred_guesses_at_one_mailbox_ten_are_checked_and_then_it_opens_again(both_doors: Doors) -> None:
    doors = both_doors
    library, _ = doors.lay()
    doors.staff(operator_id=library)
    answers: list[type[LearncityError]] = []
    for n in range(100):
        with pytest.raises((InvalidInput, TooManyTries)) as refused:
            doors.access.sign_in(MEI, f"guess number {n}", address=f"192.0.2.{n}")
        answers.append(refused.type)
    assert answers.count(InvalidInput) == 10
    with pytest.raises(TooManyTries):
        doors.access.sign_in(MEI, GOOD, address="198.51.100.1")
    doors.clock.goes(minutes=5, seconds=1)
    assert doors.comes_in()


def test_guesses_from_one_address_are_counted_whatever_the_mailbox_and_right_ones_are_not(doors: Doors) -> None:
    library, _ = doors.lay()
    doors.staff(operator_id=library)
    for _ in range(15):
        doors.comes_in()
    for n in range(10):
        with pytest.raises(InvalidInput):
            doors.access.sign_in(f"nobody-{n}@library.example", GOOD, address=HERE)
    with pytest.raises(TooManyTries):
        doors.access.sign_in("nobody-11@library.example", GOOD, address=HERE)
    assert doors.access.sign_in(MEI, GOOD, address="192.0.2.99")


def test_five_tries_at_the_six_digits(doors: Doors) -> None:
    library, _ = doors.lay()
    doors.staff(operator_id=library)
    half = doors.access.sign_in(MEI, GOOD, address=HERE)
    for _ in range(5):
        with pytest.raises(InvalidInput):
            doors.access.show_second_factor(half, "000000x")
    with pytest.raises(TooManyTries):
        doors.access.show_second_factor(half, doors.code_now(MEI))


def test_a_sign_in_ends_after_half_an_hour_of_nothing_and_after_twelve_hours_of_work(doors: Doors) -> None:
    library, _ = doors.lay()
    doors.staff(operator_id=library)
    token = doors.comes_in()
    doors.clock.goes(minutes=28)
    assert doors.access.member_of(token) is not None
    doors.clock.goes(minutes=29)
    assert doors.access.member_of(token) is not None
    doors.clock.goes(minutes=31)
    assert doors.access.member_of(token) is None
    token = doors.comes_in()
    for _ in range(25):
        doors.clock.goes(minutes=29)
        doors.access.member_of(token)
    assert doors.access.member_of(token) is None


def test_whoever_is_shut_out_is_out_at_once_on_every_device_and_comes_back_when_let_in(both_doors: Doors) -> None:
    doors = both_doors
    library, _ = doors.lay()
    mei = doors.staff(operator_id=library)
    tokens = [doors.comes_in(), doors.comes_in()]
    doors.keeping.disable(Actor.system(), mei)
    assert [doors.access.member_of(token) for token in tokens] == [None, None]
    refusal(lambda: doors.access.sign_in(MEI, GOOD, address=HERE))
    doors.keeping.let_in_again(Actor.system(), mei)
    assert doors.access.member_of(tokens[0]) is None
    assert doors.comes_in()


def test_when_an_operator_is_closed_nobody_works_for_it_any_more(both_doors: Doors) -> None:
    doors = both_doors
    library, hall = doors.lay()
    doors.staff(operator_id=library)
    doors.staff("bo@hall.example", operator_id=hall)
    here, there = doors.comes_in(), doors.comes_in("bo@hall.example")
    doors.keeping.close_operator(Actor.system(), library)
    assert doors.access.member_of(here) is None and doors.access.member_of(there) is not None
    refusal(lambda: doors.access.sign_in(MEI, GOOD, address=HERE))
    with pytest.raises(InvalidInput):
        doors.keeping.invite(Actor.system(), Invitation("new@library.example", "editor", library))


def test_a_new_password_needs_the_old_one_and_a_code_and_ends_every_other_sign_in(doors: Doors) -> None:
    library, _ = doors.lay()
    mei = doors.staff(operator_id=library)
    other, this = doors.comes_in(), doors.comes_in()
    actor = Actor.publisher(library, mei)
    better = "seven quiet rivers at dusk"
    refusal(lambda: doors.access.change_password(actor, "wrong one here", doors.code_now(MEI), better))
    refusal(lambda: doors.access.change_password(actor, GOOD, "000000", better))
    new = doors.access.change_password(actor, GOOD, doors.code_now(MEI), better)
    assert doors.access.member_of(new) is not None
    assert doors.access.member_of(other) is None and doors.access.member_of(this) is None
    doors.clock.goes(minutes=6)
    refusal(lambda: doors.access.sign_in(MEI, GOOD, address=HERE))
    assert doors.comes_in(password=better)


def test_another_second_factor_takes_the_place_of_the_present_one(doors: Doors) -> None:
    library, _ = doors.lay()
    mei = doors.staff(operator_id=library)
    actor, before = Actor.publisher(library, mei), doors.row(MEI).totp_secret
    offer = doors.access.renewed_offer(actor)
    code = doors.factor.code(offer.sealed, mei, doors.clock.now())
    done = doors.access.renew_second_factor(actor, GOOD, doors.code_now(MEI), offer.sealed, code)
    assert doors.row(MEI).totp_secret == offer.sealed != before
    assert doors.access.member_of(done.token) is not None and len(done.recovery_codes) == 10


def test_own_sign_ins_are_listed_and_ended_one_by_one_and_nobody_else_s(doors: Doors) -> None:
    library, _ = doors.lay()
    mei = doors.staff(operator_id=library)
    bo = doors.staff("bo@library.example", operator_id=library)
    doors.access.sign_out_everywhere(Actor.publisher(library, mei))
    first, second = doors.comes_in(), doors.comes_in()
    doors.comes_in("bo@library.example")
    listed = doors.access.sign_ins(Actor.publisher(library, mei), second)
    assert [row.is_this for row in listed] == [True, False]
    with pytest.raises(NotFound):
        doors.access.end_sign_in(Actor.publisher(library, bo), listed[1].handle)
    doors.access.end_sign_in(Actor.publisher(library, mei), listed[1].handle)
    assert doors.access.member_of(first) is None and doors.access.member_of(second) is not None


def test_an_invitation_is_good_once_for_seven_days_and_can_be_withdrawn(doors: Doors) -> None:
    library, _ = doors.lay()
    asked = Invitation(MEI, "editor", library)
    doors.keeping.invite(Actor.system(), asked)
    first = doors.post.link()
    second = doors.keeping.invite(Actor.system(), asked)
    for gone in (first, "never-made", ""):
        with pytest.raises(NotFound):
            doors.keeping.invitation_of(gone)
    doors.clock.goes(days=7)
    with pytest.raises(NotFound):
        doors.keeping.take_up(doors.post.link(), "Mei", GOOD)
    third = doors.keeping.invite(Actor.system(), asked)
    doors.keeping.withdraw(Actor.system(), third.id)
    with pytest.raises(NotFound):
        doors.keeping.take_up(doors.post.link(), "Mei", GOOD)
    doors.keeping.invite(Actor.system(), asked)
    doors.keeping.take_up(doors.post.link(), "Mei", GOOD)
    with pytest.raises(NotFound):
        doors.keeping.take_up(doors.post.link(), "Mei", GOOD)
    assert second.mailed and second.link.startswith("https://learn.example/zh/o/invitation/")


def test_the_link_of_an_invitation_is_written_nowhere(doors: Doors) -> None:
    library, _ = doors.lay()
    made = doors.keeping.invite(Actor.system(), Invitation(MEI, "editor", library))
    with doors.database.reading() as work:
        row = work.staff_invitations.open_ones(doors.clock.now())[0]
        said = [entry.after for entry in work.audit_log.newest(n=10)]
    token = made.link.rpartition("/")[2]
    assert row.token_sha256 != token and token not in str(said)


def test_an_invitation_the_server_does_not_take_says_so(doors: Doors) -> None:
    library, _ = doors.lay()
    doors.post.shut = True
    assert not doors.keeping.invite(Actor.system(), Invitation(MEI, "editor", library)).mailed


def test_whoever_lost_password_and_telephone_is_invited_anew(doors: Doors) -> None:
    library, _ = doors.lay()
    mei = doors.staff(operator_id=library)
    old = doors.comes_in()
    doors.keeping.invite(Actor.system(), Invitation(MEI, "publisher", library))
    assert doors.access.member_of(old) is not None, "nothing changes before the link is opened"
    token = doors.keeping.take_up(doors.post.link(), "Mei", "seven quiet rivers at dusk")
    assert doors.access.member_of(old) is None
    doors.set_up(token)
    assert doors.row(MEI).id == mei and doors.comes_in(password="seven quiet rivers at dusk")


def test_a_publisher_decides_over_the_own_operator_alone(doors: Doors) -> None:
    library, hall = doors.lay()
    mei, bo = doors.staff(operator_id=library), doors.staff("bo@hall.example", operator_id=hall)
    chief = doors.staff("chief@city.example", "administrator")
    actor = Actor.publisher(library, mei)
    for asked in (
        Invitation("x@hall.example", "desk", hall),
        Invitation("x@city.example", "administrator"),
        Invitation("x@city.example", "moderator", district_id="hubin"),
    ):
        with pytest.raises(NotAllowed):
            doors.keeping.invite(actor, asked)
    with pytest.raises(InvalidInput):
        doors.keeping.invite(actor, Invitation("bo@hall.example", "desk", library))
    for other in (bo, chief):
        with pytest.raises(NotAllowed):
            doors.keeping.disable(actor, other)
    assert [one.id for one in doors.keeping.colleagues(actor)] == [mei]
    with pytest.raises(Conflict):
        doors.keeping.disable(actor, mei)
    assert doors.keeping.invite(actor, Invitation("x@library.example", "desk", library)).mailed


@pytest.mark.parametrize(
    ("role", "operator", "district", "field"),
    [
        ("king", False, None, "role"),
        ("editor", False, None, "role"),
        ("planner", True, None, "role"),
        ("moderator", False, None, "district"),
        ("planner", False, "hubin", "district"),
        ("moderator", False, "atlantis", "district"),
        ("moderator", False, "yundu", "district"),
    ],
)
def test_what_does_not_fit_together_is_refused_by_its_field(
    doors: Doors, role: str, operator: bool, district: str | None, field: str
) -> None:
    library, _ = doors.lay()
    with pytest.raises(InvalidInput) as refused:
        asked = Invitation("x@city.example", role, library if operator else None, district)
        doors.keeping.invite(Actor.system(), asked)
    assert refused.value.field == field


def test_sample_staff_come_in_by_a_tap_in_demo_mode_alone(doors: Doors) -> None:
    library, _ = doors.lay()
    real = doors.staff(operator_id=library)
    sample = doors.staff("publisher@staff.yundu.example", operator_id=library)
    with pytest.raises(NotAllowed):
        doors.access.sign_in_as_sample(sample)
    demo = Doors(doors.database, demo=True)
    assert demo.access.member_of(demo.access.sign_in_as_sample(sample)) is not None
    assert doors.access.sample_staff() == []
    assert [one.id for one in demo.access.sample_staff()] == [sample]
    with pytest.raises(NotFound):
        demo.access.sign_in_as_sample(real)


def test_an_administrator_admits_an_operator_once_under_each_key(doors: Doors) -> None:
    doors.lay()
    asked = NewOperator("night-school", "夜校中心", "Night School", "0300 641 7000", "hi@night.example", "hubin")
    number = doors.keeping.admit_operator(Actor.system(), asked)
    with doors.database.reading() as work:
        row = work.operators.get(number)
    assert (row.slug, row.district_id, row.reviewed) == ("night-school", "hubin", True)
    for wrong, field in ((asked, "slug"), (NewOperator("a b", "名"), "slug"), (NewOperator("c", ""), "name_zh")):
        with pytest.raises(InvalidInput) as refused:
            doors.keeping.admit_operator(Actor.system(), wrong)
        assert refused.value.field == field
    with pytest.raises(NotAllowed):
        doors.keeping.admit_operator(Actor.publisher(number), NewOperator("d", "名"))


def test_all_of_it_stands_in_the_audit_log_without_a_secret(both_doors: Doors) -> None:
    doors = both_doors
    library, _ = doors.lay()
    mei = doors.staff(operator_id=library)
    doors.keeping.disable(Actor.system(), mei)
    doors.keeping.close_operator(Actor.system(), library)
    with doors.database.reading() as work:
        told = [(entry.operation, entry.object_kind, entry.after) for entry in work.audit_log.newest(n=20)]
    assert [kind for _, kind, _ in told] == ["operator", "staff", "staff", "staff", "invitation"]
    assert GOOD not in str(told)
