"""Where in a shown text the words of a question stand, by offsets, so that a page marks them without any engine.

Owns: how offsets survive folding (width, accents, Traditional → Simplified). Pure. Called by `indexer.search`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from city import analysis

Span = tuple[int, int]


def spans(text: str, words: Sequence[str]) -> tuple[Span, ...]:
    """Return [start, end) of every place where a word (folded, unstemmed) or its stem stands, merged and in order."""
    if not words or not text:
        return ()
    folded, starts = _folded_with_offsets(text)
    found = sorted(_in_folded(folded, words))
    return _merged((starts[start], starts[end]) for start, end in found)


def _folded_with_offsets(text: str) -> tuple[str, Sequence[int]]:
    """Return the folded text and, for each of its letters and its end, where that stands in the text."""
    folded = analysis.fold(text)
    if len(folded) == len(text):
        return folded, range(len(text) + 1)
    pieces = [analysis.fold(letter) for letter in text]
    starts = [at for at, piece in enumerate(pieces) for _ in piece]
    return "".join(pieces), [*starts, len(text)]


def _in_folded(folded: str, words: Sequence[str]) -> Iterator[Span]:
    han = [word for word in words if analysis.is_han(word)]
    other = {analysis.stem(word) for word in words if not analysis.is_han(word)}
    for run in analysis.runs(folded):
        if run.is_han:
            for word in han:
                yield from ((run.start + at, run.start + at + len(word)) for at in _places(run.text, word))
        elif analysis.stem(run.text) in other:
            yield run.start, run.start + len(run.text)


def _places(text: str, word: str) -> Iterator[int]:
    at = text.find(word)
    while at >= 0:
        yield at
        at = text.find(word, at + 1)


def _merged(found: Iterator[Span]) -> tuple[Span, ...]:
    """Join spans that touch or overlap."""
    merged: list[Span] = []
    for start, end in found:
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        elif end > start:
            merged.append((start, end))
    return tuple(merged)
