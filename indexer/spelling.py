""" "Did you mean": a question with words nobody uses, put into words that offerings and topics do use.

Owns: English words one edit apart (insert, delete, replace, swap of neighbours; "calligrafy" sounds like calligraphy),
Chinese words that sound the same. It proposes only; who asks decides whether the proposal finds anything, and shows it,
never applying it silently. Pure. Called by `indexer.helping`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from city import analysis

SHORTEST_LATIN = 4
SHORTEST_HAN, LONGEST_HAN = 2, 6
LONGEST_DIFFERENCE = 3
"""Letters by which words that sound nearly alike may differ in length."""


@dataclass
class KnownWords:
    """The words of texts that can be found: how often each is used, and how the Chinese ones sound."""

    counts: Counter[str] = field(default_factory=Counter)
    stems: set[str] = field(default_factory=set)
    by_sound: dict[tuple[str, ...], str] = field(default_factory=dict)
    sound_keys: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, texts: Iterable[str]) -> KnownWords:
        """Read titles and names; a name in full counts as a word too."""
        known = cls()
        for text in texts:
            known._read(text)
        return known

    def and_of(self, texts: Iterable[str]) -> KnownWords:
        """Return these words with those of more texts; this one stays as it is."""
        more = KnownWords(Counter(self.counts), set(self.stems), dict(self.by_sound), set(self.sound_keys))
        for text in texts:
            more._read(text)
        return more

    def _read(self, text: str) -> None:
        words = analysis.index_words(text)
        self.counts.update(words)
        self.stems.update(analysis.stems(words))
        self.sound_keys.update(analysis.sound_keys(text))
        for word in (*words, analysis.fold(text)):
            if SHORTEST_HAN <= len(word) <= LONGEST_HAN and all(map(analysis.is_han, word)):
                self.by_sound.setdefault(analysis.syllables(word), word)


def proposal(text: str, known: KnownWords) -> str:
    """Return the question with each unknown word replaced by a known one that is near, "" when nothing is to change."""
    folded = analysis.fold(text)
    written = text if len(text) == len(folded) else folded
    parts, end = [], 0
    for run in analysis.runs(folded):
        parts += [written[end : run.start], _respelt(run, written, known)]
        end = run.start + len(run.text)
    found = "".join([*parts, written[end:]])
    return found if analysis.fold(found) != folded else ""


def _respelt(run: analysis.Run, written: str, known: KnownWords) -> str:
    kept = written[run.start : run.start + len(run.text)]
    if run.is_han:
        return _same_sound(run.text, known) or kept
    return _one_edit_away(run.text, known) or kept


def _one_edit_away(word: str, known: KnownWords) -> str:
    """Return the known word that sounds alike, else the most used one an edit away; "" for known words and pinyin."""
    if len(word) < SHORTEST_LATIN or not word.isalpha() or _is_known(word, known):
        return ""
    near = [other for other in known.counts if other.isascii() and other.isalpha() and _is_near(word, other)]
    sound = analysis.spelling_key(word)
    return max(near, key=lambda other: (analysis.spelling_key(other) == sound, known.counts[other], other), default="")


def _is_near(word: str, other: str) -> bool:
    """True when the words are one edit apart, as written or as they sound."""
    if abs(len(word) - len(other)) > LONGEST_DIFFERENCE:
        return False
    key, other_key = analysis.spelling_key(word), analysis.spelling_key(other)
    return is_one_edit(word, other) or key == other_key or is_one_edit(key, other_key)


def _is_known(word: str, known: KnownWords) -> bool:
    sounds = analysis.typed_sounds(word)
    return (
        word in known.counts
        or analysis.stem(word) in known.stems
        or word in known.sound_keys
        or (bool(sounds) and known.sound_keys.issuperset(sounds))
    )


def _same_sound(run: str, known: KnownWords) -> str:
    """Return the run with the longest stretches that sound like a known word written as that, "" when none does."""
    found, at = run, 0
    while at < len(run):
        size = next((n for n in range(min(LONGEST_HAN, len(run) - at), 1, -1) if _heard(run[at : at + n], known)), 1)
        if size > 1:
            found = found[:at] + _heard(run[at : at + size], known) + found[at + size :]
        at += size
    return found if found != run else ""


def _heard(stretch: str, known: KnownWords) -> str:
    """Return the known word that the stretch is or sounds like, "" when there is none."""
    return stretch if stretch in known.counts else known.by_sound.get(analysis.syllables(stretch), "")


def is_one_edit(a: str, b: str) -> bool:
    """True when one insertion, deletion, replacement or swap of neighbours makes one word the other."""
    if a == b or abs(len(a) - len(b)) > 1:
        return False
    short, long = sorted((a, b), key=len)
    at = next((i for i, letter in enumerate(short) if letter != long[i]), len(short))
    if len(short) < len(long):
        return short[at:] == long[at + 1 :]
    if short[at + 1 :] == long[at + 1 :]:
        return True
    return short[at : at + 2] == long[at : at + 2][::-1] and short[at + 2 :] == long[at + 2 :]
