"""What a browser keeps for somebody without an account is little, bounded, and the newest first."""

from __future__ import annotations

from web.visitor import LONGEST_PROFILE, NOBODY, Visitor


def test_saving_puts_an_offering_first_and_once() -> None:
    visitor = NOBODY.saving(1).saving(2).saving(1)
    assert visitor.profile == (1, 2)


def test_at_most_fifty_offerings_are_kept_and_the_oldest_goes() -> None:
    visitor = NOBODY
    for offering_id in range(1, LONGEST_PROFILE + 8):
        visitor = visitor.saving(offering_id)
    assert len(visitor.profile) == 50
    assert visitor.profile[0] == 57
    assert 7 not in visitor.profile


def test_what_is_not_wanted_is_not_saved_any_more() -> None:
    visitor = NOBODY.saving(4).dismissing(4)
    assert (visitor.profile, visitor.dismissed) == ((), (4,))


def test_saving_takes_back_that_it_was_not_wanted() -> None:
    visitor = NOBODY.dismissing(4).saving(4)
    assert (visitor.profile, visitor.dismissed) == ((4,), ())


def test_undoing_leads_back_to_where_one_was() -> None:
    before = Visitor(area_id="hubin", profile=(3, 2), personal=False)
    assert before.saving(9).unsaving(9) == before
    assert before.dismissing(9).undismissing(9) == before


def test_forgetting_keeps_the_area_and_the_switch() -> None:
    visitor = Visitor(area_id="hubin", profile=(1,), dismissed=(2,), personal=False)
    assert visitor.forgetting() == Visitor(area_id="hubin", personal=False)
