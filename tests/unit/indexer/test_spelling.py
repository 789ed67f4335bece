""" "Did you mean": what is proposed, and what is left alone."""

from __future__ import annotations

import pytest

from indexer.spelling import KnownWords, is_one_edit, proposal

KNOWN = KnownWords.of(
    [
        "夜里写字：书法入门",
        "Evening calligraphy for beginners",
        "粵劇折子戲",
        "Tea and painting",
        "书法",
        "Dance concert",
        "Photographs, photographs",
        "Photography",
    ]
)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("caligraphy", "calligraphy"),
        ("calligrafy", "calligraphy"),
        ("evning concert", "evening concert"),
        ("conzert", "concert"),
        ("photografy", "photography"),
        ("acnient tea dnace", "acnient tea dance"),
        ("舒法", "书法"),
        ("舒法班", "书法班"),
        ("月剧", "粤剧"),
        ("Dance conzert", "Dance concert"),
    ],
)
def test_a_word_nobody_uses_is_put_into_one_that_is_used(typed: str, meant: str) -> None:
    assert proposal(typed, KNOWN) == meant


@pytest.mark.parametrize(
    "typed", ["calligraphy", "书法", "書法", "shufa", "paint", "beginner", "tea", "xyz", "2026", "zzzzqq", "", "🙂"]
)
def test_known_words_their_stems_pinyin_numbers_and_hopeless_words_are_left_alone(typed: str) -> None:
    assert proposal(typed, KNOWN) == ""


@pytest.mark.parametrize(
    ("a", "b", "near"),
    [
        ("ink", "inks", True),
        ("ink", "nk", True),
        ("ink", "ivk", True),
        ("ink", "ikn", True),
        ("ink", "ink", False),
        ("ink", "kni", False),
        ("ink", "inkss", False),
        ("abcd", "badc", False),
        ("", "a", True),
    ],
)
def test_one_edit_is_one_letter_more_less_other_or_two_swapped(a: str, b: str, near: bool) -> None:
    assert is_one_edit(a, b) is near
    assert is_one_edit(b, a) is near
