"""The role matrix: every operation has a row, and nobody does what is another's."""

from __future__ import annotations

import pytest

from city.errors import NotAllowed
from city.services.permissions import MATRIX, Actor, Operation, Subject, require


def test_every_operation_has_a_row() -> None:
    assert set(MATRIX) == set(Operation)


def test_a_citizen_cancels_only_an_own_place() -> None:
    require(Actor.citizen(7), Operation.CANCEL_PLACE, Subject(citizen_id=7))
    with pytest.raises(NotAllowed):
        require(Actor.citizen(7), Operation.CANCEL_PLACE, Subject(citizen_id=8))


def test_nobody_needs_an_account_to_take_a_place_but_to_give_one_back_it_has_to_be_shown() -> None:
    require(Actor.visitor(), Operation.TAKE_PLACE, Subject(citizen_id=7))
    with pytest.raises(NotAllowed):
        require(Actor.visitor(), Operation.CANCEL_PLACE, Subject(citizen_id=7))
    require(Actor.holder(7), Operation.CANCEL_PLACE, Subject(citizen_id=7))


def test_an_operator_imports_only_for_itself() -> None:
    require(Actor.publisher(3), Operation.IMPORT_FEED, Subject(operator_id=3))
    with pytest.raises(NotAllowed):
        require(Actor.publisher(3), Operation.IMPORT_FEED, Subject(operator_id=4))


def test_adding_staff_is_for_whoever_runs_the_city() -> None:
    require(Actor.system(), Operation.ADD_STAFF)
    with pytest.raises(NotAllowed):
        require(Actor.publisher(3), Operation.ADD_STAFF)
