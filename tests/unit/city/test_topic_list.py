"""The controlled list of topics is whole, in both languages, and says by line what does not fit."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from city.errors import ConfigurationError
from city.topic_entries import COLUMNS, read_topic_list


def the_list(monkeypatch: pytest.MonkeyPatch, *rows: str) -> Path:
    """Let reading any file give these rows under the header."""
    text = "\n".join([",".join(COLUMNS), *rows]) + "\n"
    monkeypatch.setattr(Path, "open", lambda *_, **__: io.StringIO(text))
    return Path("topics.csv")


def test_about_sixty_topics_stand_in_groups_with_names_and_other_words_in_both_languages() -> None:
    entries = read_topic_list()
    leaves = [entry for entry in entries if entry.parent]
    assert 55 <= len(leaves) <= 65
    assert all(set(entry.name) == set(entry.synonyms) == {"zh-Hans", "en"} for entry in entries)
    assert all(words for entry in leaves for words in entry.synonyms.values())


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("ink,arts,墨,Ink,墨水,ink", "line 2: 'arts' is no topic without a parent of its own"),
        ("arts,,艺术,,美术,art", "line 2: name_en must not be empty"),
        ("arts,,艺术,Arts,美术", "line 2: a topic has 6 cells"),
    ],
)
def test_a_row_that_does_not_fit_is_named_by_line(monkeypatch: pytest.MonkeyPatch, row: str, said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        read_topic_list(the_list(monkeypatch, row))
