"""An id is not a row, and one id has one row."""

import pytest

from recommender.vocabulary import Vocabulary


def test_unknown_ids_are_left_out_and_the_order_is_kept() -> None:
    assert Vocabulary(["a", "b", "c"]).rows(["c", "new", "a"]).tolist() == [2, 0]


def test_an_id_that_stands_twice_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="'b'"):
        Vocabulary(["a", "b", "b"])
