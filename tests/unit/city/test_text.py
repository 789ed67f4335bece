"""The one door for texts from outside."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from city.errors import InvalidInput
from city.text import clean_line, clean_text


def test_invisible_letters_and_text_direction_marks_are_gone() -> None:
    assert clean_line("书\u200b法\u202e班\ufeff") == "书法班"


def test_a_line_has_single_blanks_and_a_text_keeps_its_lines() -> None:
    assert clean_line("  Evening \n calligraphy\t class ") == "Evening calligraphy class"
    assert clean_text("one\r\ntwo\u2028three") == "one\ntwo\nthree"


@pytest.mark.parametrize("text", ["a\x00b", "half \ud83d of a pair"])
def test_what_no_database_keeps_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        clean_text(text)


def test_a_text_that_is_too_long_names_the_limit() -> None:
    with pytest.raises(InvalidInput) as refused:
        clean_line("好" * 301, field="title")
    assert (refused.value.field, refused.value.remedy) == ("title", "at most 300 letters")


@given(st.text(max_size=200))
def test_whatever_passes_is_nfc_and_holds_no_control_letters(text: str) -> None:
    try:
        cleaned = clean_line(text)
    except InvalidInput:
        return
    assert unicodedata.is_normalized("NFC", cleaned)
    assert all(unicodedata.category(letter) not in ("Cc", "Cf", "Cs") for letter in cleaned)
