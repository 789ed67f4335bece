"""What completes to the name of a topic or venue while somebody types: from each word on, by sound and by initials.

Owns: the keys, and what stands behind each of them in a document. Called by `indexer.document`.
"""

from __future__ import annotations

import json
from functools import lru_cache

from city import analysis
from city.localised import LocalisedText

NAMES_REMEMBERED = 20_000


@lru_cache(NAMES_REMEMBERED)
def name_completions(type_: str, key: str, name: LocalisedText, also: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Return what completes to a name: from each of its words on, in letters, pinyin and initials."""
    names = json.dumps(dict(name), ensure_ascii=False)
    starts = dict.fromkeys(start for text in (*name.values(), *also) for start in completion_keys(text))
    return tuple(f"{start}\t{type_}\t{key}\t{names}" for start in starts)


def completion_keys(text: str) -> list[str]:
    """Return the text without blanks from each word on, and for Chinese how that sounds and its initials."""
    words, found = analysis.query_words(text), list[str]()
    for at, word in enumerate(words):
        rest = words[at:]
        found.append("".join(rest))
        if analysis.is_han(word):
            han = "".join(each for each in rest if analysis.is_han(each))
            found += [analysis.sound(han), *analysis.initials(han)]
    return [key for key in dict.fromkeys(found) if len(key) > 1]
