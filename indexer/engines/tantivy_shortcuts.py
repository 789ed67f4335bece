"""What the embedded index holds beside FIELDS so that a question takes one look where it took many.

Owns three shortcuts, each made when a document is written and read when a question is asked. A choice of several
values of one field ("saturday or sunday") is one token, for tantivy walks a union from end to end however few
documents the rest of a question leaves. The first letters of a title's words are tokens, for two letters begin half a
dictionary. All values of a document in one field are one value of a column, for columns of which every document has
exactly one are counted many times faster. Answers are the same with and without.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from functools import lru_cache

from city.terms import Attendance, Kind
from indexer.document import DAYPARTS, Document

SHORTCUTS = "shortcuts"
"""The field of all tokens for choices and beginnings."""
CHOICES: Mapping[str, tuple[str, ...]] = {
    "kind": tuple(Kind),
    "attendance": tuple(Attendance),
    "dayparts": DAYPARTS,
    "weekdays": tuple(map(str, range(7))),
}
"""Fields of few values, in the order in which neighbours are wanted together: from one of them to another."""
BEGUN = ("title_forms", "title_word_sounds")
BEGINNING = 2
"""Letters that begin so many words that going through these takes longest; Chinese characters begin few."""
SETS_REMEMBERED = 10_000


def choice_tokens(name: str, values: Collection[str]) -> list[str] | None:
    """Return tokens of the neighbours among several values; None when none stand side by side or one is not known."""
    known = CHOICES.get(name, ())
    if len(values) < 2 or not set(known).issuperset(values):
        return None
    return [_choice(name, *run) for run in _runs(sorted(map(known.index, values)))]


def _runs(places: list[int]) -> Iterator[tuple[int, int]]:
    """Yield (first, last) of what stands side by side."""
    first = last = places[0]
    for place in places[1:]:
        if place > last + 1:
            yield first, last
            first = place
        last = place
    yield first, last


def beginning_token(name: str, beginning: str) -> str | None:
    """Return the token of a word that begins so; None when the index has none for it."""
    is_known = name in BEGUN and len(beginning) == BEGINNING and beginning.isascii()
    return _begun(name, beginning) if is_known else None


def shortcuts(document: Document) -> str:
    """Return the tokens of a document between blanks."""
    choices = (_choices_met(name, document.keywords.get(name, ())) for name in CHOICES)
    starts = (_starts(name, document.words.get(name, ())) for name in BEGUN)
    return " ".join((*choices, *starts))


@lru_cache(SETS_REMEMBERED)
def _choices_met(name: str, values: tuple[str, ...]) -> str:
    """From each value to each one after it, where one of these lies between."""
    met = [at for at, value in enumerate(CHOICES[name]) if value in values]
    places = range(len(CHOICES[name]))
    spans = ((first, last) for first in places for last in places[first:])
    return " ".join(_choice(name, first, last) for first, last in spans if any(first <= at <= last for at in met))


def _choice(name: str, first: int, last: int) -> str:
    return f"{name}:{first}-{last}"


def _starts(name: str, words: tuple[str, ...]) -> str:
    return " ".join(_begun(name, start) for start in {word[:BEGINNING] for word in words if word.isascii()})


def _begun(name: str, beginning: str) -> str:
    return f"{name}:{beginning}"


# ── columns ───────────────────────────────────────────────────────────────────────────────────────────────────────────


PACKED = {
    name: f"{name}_packed"
    for name in (
        "district",
        "audiences",
        "access",
        "weekdays",
        "dayparts",
        "weekday_parts",
        "part_weekdays",
    )
}
"""Field → column with the set of its values: few sets occur. A document has many topics, in many combinations."""
COUNTED_ALONE = frozenset({"district", "weekday_parts", "part_weekdays"})
"""Fields nobody filters by: their column is all the index has of them."""
BETWEEN = "\n"


def column_of(name: str) -> str:
    """Return the column by which a field is counted."""
    return PACKED.get(name, name)


@lru_cache(SETS_REMEMBERED)
def packed(values: tuple[str, ...]) -> str:
    """Return the one value for all that a document has in a field."""
    return BETWEEN.join(sorted(values))


def unpacked(counts: Mapping[str, int]) -> dict[str, int]:
    """Return how many documents have each value, from how many have each set of values."""
    found = dict[str, int]()
    for values, count in counts.items():
        for value in filter(None, values.split(BETWEEN)):
            found[value] = found.get(value, 0) + count
    return found
