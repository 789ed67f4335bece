"""Marks stand exactly over the words of the question, whatever folding does to the text."""

from __future__ import annotations

import pytest

from indexer.highlighting import spans


@pytest.mark.parametrize(
    ("text", "words", "marked"),
    [
        ("夜里写字：书法入门", ["书法"], ["书法"]),
        ("聖誕音樂會2025", ["音乐会"], ["音樂會"]),
        ("Evening painting classes", ["class", "paint"], ["painting", "classes"]),
        ("Calligraphy, CALLIGRAPHY", ["calligraphy"], ["Calligraphy", "CALLIGRAPHY"]),
        ("Ｃafé ﬁlm evening", ["film", "cafe"], ["Ｃafé", "ﬁlm"]),
        ("书法书法", ["书法"], ["书法书法"]),
        ("a㎏b film", ["film"], ["film"]),
        ("Tea", [], []),
        ("", ["tea"], []),
    ],
)
def test_the_marked_letters_are_those_of_the_words(text: str, words: list[str], marked: list[str]) -> None:
    assert [text[start:end] for start, end in spans(text, words)] == marked
