"""The words somebody typed → which words an offering must have, in clauses.

Owns: what is a unit of a question (a word, or a phrase the synonyms know), which words are only weak, in which fields a
word is looked for, and what is tried when too little was found: one wrong letter, the sound of the words, most of them.
Pure. Called by `indexer.query`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from city import analysis
from indexer.clauses import (
    AllOf,
    AnyOf,
    AtLeast,
    BeginsWith,
    Boost,
    Clause,
    Constant,
    Everything,
    Lifted,
    Misspelt,
    Nothing,
    OneOf,
    Word,
    all_of,
    best_of,
    one_of,
)
from indexer.fields import BOOSTS
from indexer.synonyms import NO_MEANING, Meaning, Phrase, Synonyms

MOST_WORDS = 24
"""What comes after so many words is not looked at."""
SHORTEST_MISSPELT = 5
SHORTEST_SUGGESTED = 2
SHORT_PINYIN = 3
"""Up to so many letters typed are how a word of a title begins; more may be any neighbouring characters."""
LONGEST_INITIALS = 6
MOST = 2 / 3
"""Share of the words that the weaker question asks for."""

SYNONYM = 0.6
PART = 0.2
"""What a word of a phrase, or what else it is called, counts by itself, beside the whole phrase."""
CHARACTER = 0.5
"""What one character of a Chinese word counts: 汛期 is nearer to 防汛 than what shares its topic alone."""
GUESS = 0.6
TOPIC_ALONE = 0.3
"""What a unit, or a part of one, counts that names a topic and is all that was met."""
MOST_GUESSES = 4
LONGEST_UNKNOWN = 3
SHORTEST_COMPOUND = 3
SHORT_SOUND = 2
TOPIC_SCORE, MAIN_TOPIC_SCORE = 8.0, 8.0
"""What being of the topic that is asked for adds to the words, and being so first of all adds again."""
ALIKE = 2.0
WHOLE_TITLE_SCORE = 30.0
SHORTEST_TITLE, SHORTEST_HAN_TITLE, LONGEST_TITLE = 7, 4, 100
INSIDE_SCORE = 2.0
SPELLING_SCORES = {"title_spellings": 3.0, "name_spellings": 1.0}
SOUND_SCORES = {"title_word_sounds": 3.0, "name_sounds": 1.5}
WORD_FIELDS = ("title_words", "around_words", "description_words")
SYNONYM_FIELDS = ("title_words", "description_words")
"""Where a synonym counts; what it names as a topic counts by the topic itself."""

VAGUE_STEMS = """
课 班 课程 学 学习 学会 教 教学 想 想学 要 找 找找 看 去 怎么 怎样 如何 哪里 哪儿 附近 什么 可以 能 会
class cours lesson learn want find near nearbi show can do best some any about
入门 初级 初学 初学者 零基础 零起点 基础 中级 进阶 提高 高级
beginn introduct intro basic intermedi advanc
"""
WEAK_WORDS = analysis.STOP_WORDS | frozenset(VAGUE_STEMS.split())
"""Stems that add to the score and are not asked for, unless nothing else was typed."""


@dataclass(frozen=True, slots=True)
class Unit:
    """Something that must be met: unstemmed words that stand together, and what else they are called."""

    words: tuple[str, ...]
    meaning: Meaning
    is_weak: bool = False
    guesses: tuple[Unit, ...] = ()
    """What may have been meant: known phrases spelt nearly so, or sounding so."""
    parts: tuple[Unit, ...] = ()
    """The words a phrase or a compound is made of, when they are several."""


@dataclass(frozen=True, slots=True)
class Question:
    """What was typed: units in order, and the Chinese runs as they were written, uncut."""

    units: tuple[Unit, ...] = ()
    han_runs: tuple[str, ...] = ()
    whole: str = ""
    """All of it in one piece."""
    heard: tuple[Unit, ...] = ()
    """Known phrases that sound like all of it."""

    @property
    def words(self) -> tuple[str, ...]:
        """The words to highlight."""
        return tuple(dict.fromkeys(word for unit in self.units for word in unit.words))

    def needed(self) -> list[Unit]:
        """The units that must be met: the strong ones, or all when there are only weak ones."""
        return [unit for unit in self.units if not unit.is_weak] or list(self.units)


def read_question(text: str, synonyms: Synonyms) -> Question:
    """Cut a text into units; the longest phrase the synonyms know is one unit."""
    runs = list(analysis.runs(analysis.fold(text)))[:MOST_WORDS]
    words = [part for run in runs for word in _words_of(run) for part in _parts_of(word, synonyms)][:MOST_WORDS]
    units, at = [], 0
    for phrase in synonyms.phrases(analysis.stems(words)):
        units.append(_read_unit(tuple(words[at : at + len(phrase)]), synonyms.meaning(phrase), phrase, synonyms))
        at += len(phrase)
    whole = analysis.whole_key(text)
    han_runs = tuple(run.text[: MOST_WORDS * 2] for run in runs if run.is_han)
    return Question(tuple(units), han_runs, whole, _known(synonyms.sounding(_sound_of(whole)), synonyms))


def _words_of(run: analysis.Run) -> list[str]:
    """The words of a run; two or three characters of which no two make a word stand together as they were typed."""
    words = analysis.words_of_run(run)
    return [run.text] if 1 < len(words) == len(run.text) <= LONGEST_UNKNOWN else words


def _parts_of(word: str, synonyms: Synonyms) -> list[str]:
    """A long Chinese word that the synonyms do not know is asked for by its parts, which stand in the index as well."""
    if len(word) < SHORTEST_COMPOUND or not analysis.is_han(word) or (word,) in synonyms.meanings:
        return [word]
    return analysis.parts(word)


def _read_unit(words: tuple[str, ...], meaning: Meaning, phrase: Phrase, synonyms: Synonyms) -> Unit:
    is_weak = WEAK_WORDS.issuperset(phrase)
    if meaning != NO_MEANING or is_weak or len(words) > 1:
        return Unit(words, meaning, is_weak, parts=_read_parts(words, synonyms))
    near = synonyms.sounding(_sound_of(words[0]))
    if not analysis.is_han(words[0]):
        near += synonyms.spelt_nearly(words[0])
    return Unit(words, meaning, guesses=_known(near, synonyms))


def _read_parts(words: tuple[str, ...], synonyms: Synonyms) -> tuple[Unit, ...]:
    """The words of a phrase and of its Chinese compounds, weak ones left out, each with its own meaning."""
    found = [part for word in words for part in (analysis.parts(word) if analysis.is_han(word) else [word])]
    kept = [part for part in found if analysis.stem(part) not in WEAK_WORDS]
    return tuple(Unit((part,), synonyms.meaning((analysis.stem(part),))) for part in kept) if len(found) > 1 else ()


def _sound_of(text: str) -> str:
    """How a Chinese text sounds; of letters, themselves."""
    return analysis.sound(text) if analysis.is_han(text) else text.replace("v", "u")


def _known(phrases: Iterable[Phrase], synonyms: Synonyms) -> tuple[Unit, ...]:
    return tuple(Unit(phrase, synonyms.meaning(phrase)) for phrase in phrases)[:MOST_GUESSES]


# ── the question as it stands ─────────────────────────────────────────────────────────────────────────────────────────


def strict(question: Question) -> Clause:
    """Every needed unit, OR all pairs of characters of what was typed; weak words lift what has them."""
    if not question.units:
        return Everything()
    needed = question.needed()
    by_words = _lifted(all_of(_unit(unit) for unit in needed), question)
    if not (pairs := _pairs(question)):
        return by_words
    if len(needed) == 1 and question.han_runs == needed[0].words and _alone(needed[0]):
        return Lifted(by_words, (all_of(pairs),))  # the word is met already by its pairs
    return OneOf((by_words, all_of([*pairs, *(_unit(unit) for unit in needed if not _is_han(unit))])))


def _lifted(matching: Clause, question: Question) -> Clause:
    """Weak words add to the score, and nothing adds as much as being called exactly so."""
    needed = question.needed()
    extras = [_unit(unit) for unit in question.units if unit not in needed]
    if question.whole:
        extras.append(Constant(AnyOf("title_keys", frozenset({question.whole})), WHOLE_TITLE_SCORE))
    return Lifted(matching, tuple(extras)) if extras else matching


def _pairs(question: Question) -> list[Clause]:
    pairs = dict.fromkeys(pair for run in question.han_runs for pair in analysis.pairs(run))
    return [_boosted("bigrams", pair) for pair in pairs]


def _is_han(unit: Unit) -> bool:
    return all(analysis.is_han(word) for word in unit.words)


def _unit(unit: Unit) -> Clause:
    """What has the words, what else they are called or the topic they name, in whatever field; better in some."""
    own, others = tuple(analysis.stems(unit.words)), unit.meaning.others
    met = one_of([_said((own, *others)), *_alone(unit), *_topic(unit)])
    scored = [all_of(map(_word, own)), *(Boost(all_of(map(_synonym, other)), SYNONYM) for other in others)]
    topics = [Constant(topic, TOPIC_SCORE) for topic in _topic(unit)]
    topics += [Constant(topic, MAIN_TOPIC_SCORE) for topic in _topic(unit, "main_topic")]
    return Lifted(Constant(met, 0.0), (best_of(scored), *topics, *_hints(unit)))


def _hints(unit: Unit) -> list[Clause]:
    """What of a title is met in part: the words of a phrase, what else these are called, characters of a word."""
    stems = [analysis.stem(word) for part in unit.parts for word in part.words]
    also = [other[0] for part in unit.parts for other in part.meaning.others if len(other) == 1]
    weights = [*((stem, PART) for stem in stems), *((stem, PART * SYNONYM) for stem in also)]
    found = [Boost(Word("title_words", stem), BOOSTS["title_words"] * weight) for stem, weight in weights]
    han = (word for word in unit.words if len(word) > 1 and analysis.is_han(word))
    letters = dict.fromkeys(letter for word in han for letter in word if letter not in WEAK_WORDS)
    return [*found, *(Boost(Word("bigrams", letter), CHARACTER) for letter in letters)]


def _said(phrases: Iterable[Phrase]) -> Clause:
    """One of the phrases, all its words anywhere in the offering."""
    phrases = list(phrases)
    single = frozenset(phrase[0] for phrase in phrases if len(phrase) == 1)
    several = [all_of(AnyOf("all_words", frozenset({stem})) for stem in each) for each in phrases if len(each) > 1]
    return one_of([*([AnyOf("all_words", single)] if single else []), *several])


def _alone(unit: Unit) -> list[Clause]:
    """One Chinese character stands for itself also inside a word; two or three that make no word, side by side."""
    [word, *more] = unit.words
    if more or len(word) > LONGEST_UNKNOWN or not analysis.is_han(word):
        return []
    return [all_of(Word("bigrams", part) for part in (analysis.pairs(word) or [word]))]


def _topic(unit: Unit, field: str = "topics") -> list[Clause]:
    return [AnyOf(field, unit.meaning.topics)] if unit.meaning.topics else []


def _word(stem: str) -> Clause:
    """The word in any field, best where it says most."""
    return best_of(_boosted(name, stem) for name in WORD_FIELDS)


def _synonym(stem: str) -> Clause:
    """A word of what else it is called."""
    return best_of(_boosted(name, stem) for name in SYNONYM_FIELDS)


def _boosted(name: str, token: str) -> Clause:
    return Boost(Word(name, token), BOOSTS[name])


# ── when too little was found ─────────────────────────────────────────────────────────────────────────────────────────


def weak(question: Question) -> Clause:
    """The question as it stands, OR most of its units, or one that names a topic, where a letter may be wrong."""
    needed = question.needed()
    if not needed:
        return Nothing()
    loosely = tuple(_loosely(unit) for unit in needed)
    most = AtLeast(loosely, math.ceil(len(loosely) * MOST)) if len(loosely) > 1 else loosely[0]
    alone = [unit for unit in needed if len(needed) > 1]
    alone += [part for unit in needed for part in unit.parts]
    topics = [Boost(_unit(unit), TOPIC_ALONE) for unit in alone if unit.meaning.topics]
    heard = [Boost(_unit(unit), GUESS) for unit in question.heard]
    return one_of([strict(question), most, *topics, *heard, *_almost_called(question), *_by_sound(question)])


def _almost_called(question: Question) -> list[Clause]:
    """What is called so but for one letter or character; beside it, words that match stand back."""
    shortest = SHORTEST_HAN_TITLE if analysis.is_han(question.whole) else SHORTEST_TITLE
    if not shortest <= len(question.whole) <= LONGEST_TITLE:
        return []
    return [Constant(Misspelt("title_keys", question.whole), WHOLE_TITLE_SCORE)]


def _loosely(unit: Unit) -> Clause:
    guesses = [all_of(guess) for guess in zip(*(_guesses(word) for word in unit.words), strict=True)]
    known = [Boost(_unit(guess), GUESS) for guess in unit.guesses]
    return best_of([_unit(unit), *known, *(guess for guess in guesses if not _is_hopeless(guess))])


def _guesses(word: str) -> tuple[Clause, Clause]:
    """The word with one wrong letter, and by its sound; Nothing where that cannot be guessed."""
    if analysis.is_han(word):
        return Nothing(), _sounding(analysis.query_sounds(word))
    key = analysis.spelling_key(word)
    return _misspelt(key) if len(key) >= SHORTEST_MISSPELT else Nothing(), one_of([*_sound_of_letters(word)])


def _misspelt(key: str) -> Clause:
    alike = [Constant(AnyOf(name, frozenset({key})), score * ALIKE) for name, score in SPELLING_SCORES.items()]
    return best_of([*alike, *(Constant(Misspelt(name, key), score) for name, score in SPELLING_SCORES.items())])


def _sound_of_letters(letters: str) -> Iterator[Clause]:
    """Letters may be pinyin, or the initials of a Chinese word."""
    if (sounds := analysis.typed_sounds(letters)) != []:
        yield _sounding(sounds)
    if SHORTEST_SUGGESTED <= len(letters) <= LONGEST_INITIALS:
        yield _sounding([letters])


def _sounding(keys: list[str]) -> Clause:
    """Words that sound so, best in the title; a longer sound may also begin or end inside a word."""
    if not keys:
        return Nothing()
    words = [
        Constant(all_of(AnyOf(name, frozenset({key})) for key in keys), score) for name, score in SOUND_SCORES.items()
    ]
    inside = Constant(all_of(AnyOf("title_sounds", frozenset({key})) for key in keys), INSIDE_SCORE)
    return best_of([*words, inside] if _is_long(keys) else words)


def _is_long(keys: list[str]) -> bool:
    """Two syllables in a row are heard everywhere by chance, three are not."""
    return len(keys) > 1 or analysis.syllable_count(keys[0]) > SHORT_SOUND


def _is_hopeless(clause: Clause) -> bool:
    return isinstance(clause, Nothing) or (isinstance(clause, AllOf) and Nothing() in clause.clauses)


def _by_sound(question: Question) -> Iterator[Clause]:
    """All that was typed by its sound in one piece: 舒法 (which is no word), "shu fa"."""
    runs = [analysis.query_sounds(run) for run in question.han_runs]
    latin = [word for unit in question.units for word in unit.words if not analysis.is_han(word)]
    spelt = analysis.typed_sounds("".join(latin)) if len(latin) > 1 else []
    if (runs and all(runs) and not latin) or (spelt and not runs):
        yield _sounding(list(dict.fromkeys([*(key for keys in runs for key in keys), *spelt])))


# ── while typing ──────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Typed:
    """What was typed so far: its letters in one piece, and the titles that may be meant."""

    letters: str
    matching: Clause


def so_far(text: str) -> Typed:
    """Read an unfinished text: all words but the last stand, the last one may go on."""
    words = analysis.query_words(text)[:MOST_WORDS]
    letters = "".join(words)
    if len(letters) < SHORTEST_SUGGESTED:
        return Typed("", Nothing())
    *before, last = words
    typed = all_of([*(_in_title(word) for word in before), one_of([_in_title(last), BeginsWith("title_forms", last)])])
    return Typed(letters, one_of([typed, *_typed_otherwise(letters)]))


def _in_title(word: str) -> Clause:
    return Word("title_words", analysis.stem(word))


def _typed_otherwise(letters: str) -> Iterator[Clause]:
    """The letters may be pinyin, or initials."""
    if letters.isascii() and letters.isalpha():
        yield BeginsWith("title_word_sounds" if len(letters) <= SHORT_PINYIN else "title_sounds", letters)
        if (sounds := analysis.typed_sounds(letters)) != []:
            yield all_of(AnyOf("title_sounds", frozenset({key})) for key in sounds)
