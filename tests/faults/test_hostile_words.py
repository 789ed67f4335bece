"""Words of a feed stay words: 300 that would run as code and letters that hide or turn others, by every format."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from city.errors import InvalidInput
from city.text import clean_line, clean_text
from indexer.sources.wording import plain, plain_line
from tests.faults.good_feeds import GOOD
from tests.faults.hostile_words import PAYLOADS, harm_in, is_harmless, read

HIDING = st.sampled_from(
    "\u200b\u200d\u2060\ufeff\u202a\u202e\u2066\u2069\u00ad\u061c\u180e\u034f\u3164\ue000\x1b\x07\r\t\u2028"
)
WORDS = st.lists(st.one_of(st.text(max_size=8), HIDING, st.sampled_from(PAYLOADS)), max_size=6).map("".join)


def test_there_are_three_hundred_payloads_and_the_test_would_see_one() -> None:
    assert len(PAYLOADS) >= 300
    assert sum(not is_harmless(payload) for payload in PAYLOADS) > 270


@pytest.mark.parametrize("clean", [plain, plain_line])
def test_no_payload_passes_as_more_than_words(clean) -> None:  # type: ignore[no-untyped-def]
    kept = [_cleaned(clean, payload) for payload in PAYLOADS]
    assert [text for text in kept if not is_harmless(text)] == []


def _cleaned(clean, text: str) -> str:  # type: ignore[no-untyped-def]
    try:
        return str(clean(text))
    except InvalidInput:
        return ""


@pytest.mark.parametrize("name", sorted(GOOD))
def test_every_text_of_every_format_is_words_only(name: str, tmp_path: Path) -> None:
    """Each format meets its own share of the payloads, in all of its fields; the drill gives each format all."""
    share = PAYLOADS[sorted(GOOD).index(name) :: len(GOOD)]
    seen = 0
    for payload in share:
        reading = read(name, f"Ink {payload}", tmp_path)
        assert (harm_in(reading), payload) == ([], payload)
        seen += bool(reading.records or reading.venues)
    assert seen > len(share) / 2


@given(WORDS)
def test_nothing_that_hides_or_turns_letters_is_kept(text: str) -> None:
    for clean in (clean_line, clean_text, plain, plain_line):
        kept = _cleaned(clean, text)
        assert all(
            letter in "\n\t" or letter.isprintable() or letter.isspace() or ord(letter) > 0x7F for letter in kept
        )
        assert not set(kept) & set(
            "\u200b\u200d\u2060\ufeff\u202a\u202e\u2066\u2069\u00ad\u061c\u180e\u034f\u3164\x1b\x07\r\u2028"
        )
        assert is_harmless(kept.replace("\t", " ")) or clean in (clean_line, clean_text)


@given(WORDS)
def test_cleaning_what_is_clean_changes_nothing(text: str) -> None:
    for clean in (clean_line, plain_line):
        kept = _cleaned(clean, text)
        assert _cleaned(clean, kept) == kept
