"""Texts as they come from the world → tokens that any engine can store and any question can meet."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from city import analysis

ANY_TEXT = st.text(alphabet=st.characters(exclude_categories=()), max_size=200)


@pytest.mark.parametrize(
    ("written", "folded"),
    [
        ("書法與傳統國畫", "书法与传统国画"),
        ("Ｃａｆé Ｎº１", "cafe no1"),
        ("ＡＢＣ　１２３", "abc 123"),
        ("Ünïcôdé", "unicode"),
        ("がくしゅう", "がくしゅう"),
        ("a\x00b", "a b"),
        ("\ud800书", "?书"),
    ],
)
def test_one_text_is_folded_to_one_form_however_it_was_written(written: str, folded: str) -> None:
    assert analysis.fold(written) == folded


def test_a_compound_is_indexed_with_its_parts_and_asked_for_as_one_word() -> None:
    assert analysis.index_words("湖滨图书馆") == ["湖滨", "图书", "书馆", "图书馆"]
    assert analysis.query_words("湖滨图书馆") == ["湖滨", "图书馆"]


def test_chinese_and_english_side_by_side_are_told_apart() -> None:
    assert analysis.query_words("周六Evening书法AI入门3D") == ["周六", "evening", "书法", "ai", "入门", "3d"]


def test_a_possessive_is_its_word() -> None:
    assert analysis.query_words("Women's riders’ tea") == ["women", "riders", "tea"]


@pytest.mark.parametrize(
    "pair", [("running", "run"), ("classes", "class"), ("stories", "story"), ("dancing", "dances")]
)
def test_forms_of_an_english_word_share_a_stem(pair: tuple[str, str]) -> None:
    assert analysis.stem(pair[0]) == analysis.stem(pair[1])


def test_chinese_words_and_numbers_are_not_stemmed() -> None:
    assert analysis.stems(["书法", "2026", "3d"]) == ["书法", "2026", "3d"]


def test_pairs_lose_no_two_characters_that_stand_together() -> None:
    assert set(analysis.bigrams("夜里写字")) == {"夜", "里", "写", "字", "夜里", "里写", "写字"}
    assert analysis.bigrams("no Chinese here") == []


@pytest.mark.parametrize("spelling", ["calligrafy", "caligraphy", "calligraphy"])
def test_spellings_that_sound_alike_share_a_key(spelling: str) -> None:
    assert analysis.spelling_key(spelling) == analysis.spelling_key("calligraphy")


def test_a_word_is_known_by_its_pinyin_and_by_its_initials() -> None:
    assert analysis.sound("书法") == analysis.sound("舒法") == "shufa"
    assert analysis.initials("书法") == ["shf", "sf"]
    assert {"shufa", "shf", "sf"} <= set(analysis.sound_keys("学书法"))


def test_a_character_of_several_sounds_is_read_as_its_word_says() -> None:
    assert analysis.sound("重庆") == "chongqing"
    assert analysis.sound("银行") == "yinhang"


def test_four_neighbouring_characters_are_found_by_pinyin_wherever_they_stand() -> None:
    assert "shufarumen" in analysis.sound_keys("夜里书法入门")
    assert "shufarumen" in analysis.sound_keys("书法：入门")


@pytest.mark.parametrize(
    ("letters", "keys"),
    [("shufa", ["shufa"]), ("lvse", ["luse"]), ("hello", []), ("bcd", []), ("", []), ("a1", [])],
)
def test_letters_are_taken_for_pinyin_only_when_they_can_be(letters: str, keys: list[str]) -> None:
    assert analysis.typed_sounds(letters) == keys


def test_long_pinyin_is_met_window_by_window() -> None:
    assert analysis.typed_sounds("yelishufarumen") == ["yelishufa", "lishufaru", "shufarumen"]
    assert set(analysis.typed_sounds("yelishufarumen")) <= set(analysis.sound_keys("夜里书法入门"))


def test_learning_from_texts_leaves_out_words_that_say_nothing() -> None:
    assert analysis.content_tokens("我们和你一起学书法的课 The class of 2026, calligraphy!") == [
        "一起",
        "学书法" if "学书法" in analysis.index_words("学书法") else "书法",
        "class",
        analysis.stem("calligraphy"),
    ]


@given(ANY_TEXT)
def test_any_text_gives_tokens_without_white_space_that_can_be_stored(text: str) -> None:
    tokens = [
        *analysis.index_words(text),
        *analysis.query_words(text),
        *analysis.bigrams(text),
        *analysis.sound_keys(text),
        *analysis.content_tokens(text),
        *(analysis.spelling_key(word) for word in analysis.query_words(text)),
    ]
    for token in tokens:
        assert token and token.split() == [token]
        assert "\x00" not in token
        token.encode()


@given(ANY_TEXT)
def test_folding_twice_changes_nothing_more_for_words(text: str) -> None:
    assert analysis.query_words(analysis.fold(text)) == analysis.query_words(text)


@given(st.text(alphabet="书法茶艺夜里写字图馆湖滨的", max_size=12))
def test_every_word_of_a_question_is_among_the_pairs_or_words_of_the_text_it_was_taken_from(text: str) -> None:
    pairs = set(analysis.bigrams(text))
    for word in analysis.query_words(text):
        assert set(analysis.pairs(word)) <= pairs


@pytest.mark.parametrize("text", ["书" * 10_000, "a" * 10_000, "🎨" * 10_000, "shufa" * 2_000])
def test_ten_thousand_letters_are_no_trouble(text: str) -> None:
    words = analysis.query_words(text)
    assert all(len(word) <= analysis.LONGEST_WORD or analysis.is_han(word) for word in words)
    analysis.typed_sounds(text)
    analysis.sound_keys(text)


def test_threads_that_stem_at_once_get_the_same_stems() -> None:
    words = [f"{stem}{ending}" for stem in ("danc", "writ", "paint", "cook", "walk") for ending in ("ing", "es", "ed")]
    alone = [analysis.stem.__wrapped__(word) for word in words]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(lambda _: [analysis.stem.__wrapped__(word) for word in words], range(40)))
    assert all(stems == alone for stems in together)


def test_importing_it_loads_no_dictionary() -> None:
    heavy = "{'rjieba', 'opencc', 'pypinyin', 'snowballstemmer'}"
    program = f"import sys, city.analysis; sys.exit(len({heavy} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
