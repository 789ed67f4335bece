"""Text → tokens, once, for every search engine and for the recommender. Pure: no disk of ours, no clock, no state.

Owns: folding (width, case, accents, Traditional → Simplified), Chinese words and character pairs, English words and
stems, how a word sounds (pinyin), and the version of all that. Sole owner of rjieba, opencc, pypinyin and
snowballstemmer, which are loaded at the first use so that a web process starts fast. Refuses nothing: any text, also
with NUL or half a surrogate pair, gives tokens without white space. Called by indexer and recommender.
"""

from __future__ import annotations

import re
import threading
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from functools import cache, lru_cache
from typing import Any, NamedTuple

ANALYSIS_VERSION = "3"
"""Raise it whenever the same text gives other tokens; an index made by another version is rebuilt."""

LONGEST_TEXT = 100_000
LONGEST_WORD = 60
LONGEST_WHOLE = 200
WORDS_REMEMBERED = 100_000
TEXTS_REMEMBERED, LONGEST_REMEMBERED = 2_000, 100
LONGEST_SOUND = 4
"""Syllables in a row that the sound keys of a title hold."""

HAN = "\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003fffd"
RUNS = re.compile(rf"(?P<han>[{HAN}]+)|(?P<other>(?:[a-z0-9]+|(?![{HAN}])[^\W_])+)")
POSSESSIVE = re.compile(r"['\u2019]s\b")
ACCENTED = re.compile("[\u00c0-\u024f\u0300-\u036f\u1e00-\u1fff]")
COMBINING = re.compile("[\u0300-\u036f]")
HAN_LETTER = re.compile(f"[{HAN}]")
SOUNDALIKES = (("ph", "f"), ("ck", "k"), ("yse", "ize"), ("ise", "ize"), ("ys", "iz"), ("our", "or"))
DOUBLED = re.compile(r"([b-df-hj-np-tv-z])\1+")
LATIN = re.compile(r"[a-z]+")

COMMON_WORDS = """
a an and are as at be by for from how i in into is it its me my of on or our that the their this to we what when where
which who with you your
的 了 和 与 及 在 是 有 我 我们 你 你们 他 她 它 这 那 个 一 一个 也 都 就 从 到 把 被 让
用 对 为 吗 呢 吧 啊 着 过 之 而 或 等
"""
STOP_WORDS = frozenset(COMMON_WORDS.split())


class Run(NamedTuple):
    """A stretch of one script in a folded text: Chinese characters, or a word of letters and digits."""

    text: str
    is_han: bool
    start: int


def fold(text: str) -> str:
    """Return the text in one width, lower case, without accents, in Simplified characters; never longer than kept.

    Source: Unicode NFKC (UAX 15). What no engine can store (NUL, half surrogate pairs) becomes a blank.
    """
    return _remembered_fold(text) if len(text) <= LONGEST_REMEMBERED else _folded(text)


def _folded(text: str) -> str:
    storable = text[:LONGEST_TEXT].encode("utf-8", "replace").decode().replace("\x00", " ")
    folded = _without_accents(unicodedata.normalize("NFKC", storable).lower())
    return _simplifier().convert(folded) if HAN_LETTER.search(folded) else folded


_remembered_fold = lru_cache(TEXTS_REMEMBERED)(_folded)


def runs(folded: str) -> Iterator[Run]:
    """Yield the runs of a folded text in order."""
    for found in RUNS.finditer(_unpossessed(folded)):
        is_chinese = found.lastgroup == "han"
        yield Run(found.group() if is_chinese else found.group()[:LONGEST_WORD], is_chinese, found.start())


def _unpossessed(folded: str) -> str:
    """Leave out the 's of words, and every place as it was."""
    return POSSESSIVE.sub("  ", folded)


def runs_of(text: str) -> Sequence[Run]:
    """Return the runs of a text as it came; those of a short one are remembered, it is asked for more than once."""
    return _remembered_runs(text) if len(text) <= LONGEST_REMEMBERED else list(runs(fold(text)))


@lru_cache(TEXTS_REMEMBERED)
def _remembered_runs(text: str) -> Sequence[Run]:
    return tuple(runs(fold(text)))


def index_words(text: str) -> list[str]:
    """Return the words to index, unstemmed; of a compound Chinese word its parts as well."""
    found = list[str]()
    if len(text) <= LONGEST_REMEMBERED:
        for run in _remembered_runs(text):
            found += _segmenter().cut_for_search(run.text) if run.is_han else (run.text,)
        return found
    for han, other in RUNS.findall(_unpossessed(fold(text))):  # the places in a long text nobody asks for
        found += _segmenter().cut_for_search(han) if han else (other[:LONGEST_WORD],)
    return found


def query_words(text: str) -> list[str]:
    """Return the words of a question, unstemmed, each letter in one of them only."""
    return [word for run in runs_of(text) for word in words_of_run(run)]


def whole_key(text: str) -> str:
    """Return all words of a text in one piece, by which a whole title is compared; "" for one too long to be typed."""
    key = "".join(run.text for run in runs_of(text))
    return key if len(key) <= LONGEST_WHOLE else ""


def words_of_run(run: Run) -> list[str]:
    """Return the words of one run."""
    return list(_segmenter().cut(run.text)) if run.is_han else [run.text]


@lru_cache(WORDS_REMEMBERED)
def _parts(word: str) -> tuple[str, ...]:
    inside = [part for part in _segmenter().cut_for_search(word) if part != word]
    found, at = list[str](), 0
    while at < len(word):
        part = next((each for each in inside if word.startswith(each, at)), word[at])
        found.append(part)
        at += len(part)
    return tuple(found) if any(len(part) > 1 for part in found) else (word,)


def parts(word: str) -> list[str]:
    """Return the words a compound Chinese word is made of, from left to right: 招聘会 → 招聘, 会."""
    return list(_parts(word))


def is_han(word: str) -> bool:
    """True when the (folded) word begins with a Chinese character."""
    return HAN_LETTER.match(word) is not None


@lru_cache(WORDS_REMEMBERED)
def stem(word: str) -> str:
    """Return the English stem of a folded word; Chinese words and numbers stay as they are (Porter 2)."""
    if not LATIN.fullmatch(word):
        return word
    with _STEMMING:  # the stemmer keeps its state between steps and must not be shared by two threads at once
        return str(_stemmer().stemWord(word))


def stems(words: Iterable[str]) -> list[str]:
    """Return the stems of the words, in order."""
    return list(map(stem, words))


def bigrams(text: str) -> list[str]:
    """Return every single Chinese character and every pair of neighbours, so that no cut between words loses one."""
    found: list[str] = []
    for run in runs_of(text):
        if run.is_han:
            found.extend(run.text)
            found.extend(pairs(run.text))
    return found


def pairs(han: str) -> list[str]:
    """Return the pairs of neighbouring characters of a run."""
    return [han[at : at + 2] for at in range(len(han) - 1)]


@lru_cache(WORDS_REMEMBERED)
def spelling_key(word: str) -> str:
    """Return how an English word is compared when its spelling is in doubt: like sounds alike, no double consonants."""
    if not LATIN.fullmatch(word):
        return word
    for heard, written in SOUNDALIKES:
        word = word.replace(heard, written)
    return DOUBLED.sub(r"\1", word)


@lru_cache(WORDS_REMEMBERED)
def syllables(han: str) -> tuple[str, ...]:
    """Return the pinyin of each character of a (folded) Chinese word, without tones, ü written u."""
    return tuple(sound.replace("v", "u") for sound in _pinyin().lazy_pinyin(han, errors="ignore"))


def sound(han: str) -> str:
    """Return the pinyin of a Chinese word in one piece: 书法 → shufa."""
    return "".join(syllables(han))


def initials(han: str) -> list[str]:
    """Return the initials people type for a Chinese word: 书法 → shf and sf."""
    heard = syllables(han)
    long = "".join(part[:2] if part[:2] in ("zh", "ch", "sh") else part[:1] for part in heard)
    return list(dict.fromkeys([long, "".join(part[:1] for part in heard)]))


def sound_keys(text: str) -> list[str]:
    """Return the pinyin of every 2 to 4 neighbouring characters, marks not heard, and the initials of words."""
    words = [word for run in runs_of(text) if run.is_han for word in words_of_run(run)]
    heard = [part for word in words for part in syllables(word)]
    found, longer = list[str](), heard
    for size in range(2, LONGEST_SOUND + 1):
        longer = [before + part for before, part in zip(longer, heard[size - 1 :], strict=False)]
        found += longer
    for word in words:
        found += word_sounds(word)[1:]
    return list(dict.fromkeys(found))


@lru_cache(WORDS_REMEMBERED)
def word_sounds(word: str) -> tuple[str, ...]:
    """Return how a Chinese word of 2 characters or more sounds, then its initials; nothing for other words."""
    return (sound(word), *initials(word)) if len(word) > 1 and is_han(word) else ()


def query_sounds(han: str) -> list[str]:
    """Return the sound keys that must all be met by a text that sounds like the Chinese word (2 characters or more)."""
    return _windows(list(syllables(han)))


def typed_sounds(letters: str) -> list[str]:
    """Return the sound keys that must all be met when the letters are pinyin; [] when they cannot be."""
    heard = _cut_into_syllables(letters.replace("v", "u"))
    return _windows(heard) if len(heard) > LONGEST_SOUND else ["".join(heard)] if heard else []


def syllable_count(letters: str) -> int:
    """Return of how few syllables the letters can be made, 0 when they are no pinyin."""
    return len(_cut_into_syllables(letters))


def content_tokens(text: str) -> list[str]:
    """Return one bag of words for learning from texts in any language: Chinese words, English stems, no stop words."""
    words = (word for word in index_words(text) if word not in STOP_WORDS and not word.isdigit())
    return [stem(word) for word in words if len(word) > 1]


def _windows(heard: list[str]) -> list[str]:
    size = min(LONGEST_SOUND, len(heard))
    return list(dict.fromkeys("".join(heard[at : at + size]) for at in range(len(heard) - size + 1) if size > 1))


@lru_cache(10_000)
def _best_cut(letters: str) -> tuple[str, ...] | None:
    """Cut letters into as few syllables as possible, None when that cannot be done."""
    best: list[tuple[str, ...] | None] = [(), *([None] * len(letters))]
    for end in range(1, len(letters) + 1):
        for start in range(max(0, end - 6), end):
            before, part = best[start], letters[start:end]
            if before is not None and part in _all_syllables() and _is_shorter((*before, part), best[end]):
                best[end] = (*before, part)
    return best[-1]


def _is_shorter(found: tuple[str, ...], known: tuple[str, ...] | None) -> bool:
    return known is None or len(found) < len(known)


def _cut_into_syllables(letters: str) -> list[str]:
    return list(_best_cut(letters) or ()) if len(letters) <= LONGEST_WORD and LATIN.fullmatch(letters) else []


def _without_accents(text: str) -> str:
    """Leave the accents of Latin and Greek letters out; other scripts need theirs."""
    if text.isascii() or not ACCENTED.search(text):
        return text
    apart = unicodedata.normalize("NFD", text)
    return unicodedata.normalize("NFC", COMBINING.sub("", apart))


_STEMMING = threading.Lock()


@cache
def _simplifier() -> Any:
    from opencc import OpenCC  # loaded at the first use: the four libraries together take half a second

    return OpenCC("t2s")


@cache
def _segmenter() -> Any:
    from rjieba import Jieba

    return Jieba()


@cache
def _pinyin() -> Any:
    import pypinyin

    return pypinyin


@cache
def _stemmer() -> Any:
    from snowballstemmer import stemmer

    return stemmer("english")


@cache
def _all_syllables() -> frozenset[str]:
    from pypinyin.constants import PINYIN_DICT
    from pypinyin.contrib.tone_convert import to_normal

    heard = (
        to_normal(each).replace("ü", "u").replace("v", "u") for many in PINYIN_DICT.values() for each in many.split(",")
    )
    return frozenset(part for part in heard if LATIN.fullmatch(part))
