"""Which of our language tags a text has: what it declares, else what its script shows.

Owns: the tags zh-Hans, zh-Hant, en and how a declared language leads to one. Traditional is told from Simplified by
`city.analysis.fold`, which writes Simplified.
"""

from __future__ import annotations

import re
import unicodedata

from city.analysis import fold

HAN = re.compile(r"[㐀-鿿]")
LANGUAGE = re.compile(r"([a-z]{2,3})(?:[-_].*)?$", re.IGNORECASE)
TRADITIONAL = ("zh-hant", "zh-tw", "zh-hk", "zh-mo")
THREE_LETTERS = {"chi": "zh", "zho": "zh", "cmn": "zh", "eng": "en"}
LOOKED_AT = 200
TRADITIONAL_SHARE = 0.1
"""From this share of characters that Simplified writes differently on, a text is Traditional."""


def tag_of(text: str, declared: str = "") -> str:
    """Return the tag for a text: Chinese characters decide before a declared language, which templates often forget."""
    if not (han := HAN.findall(text[:LOOKED_AT])) and not (han := HAN.findall(text)[:LOOKED_AT]):
        return "en"
    if declared.lower().replace("_", "-").startswith(TRADITIONAL):
        return "zh-Hant"
    letters = unicodedata.normalize("NFKC", "".join(han))
    different = sum(before != after for before, after in zip(letters, fold(letters), strict=False))
    return "zh-Hant" if different >= TRADITIONAL_SHARE * len(letters) and different else "zh-Hans"


def language_of(declared: str) -> str:
    """Return the language part of what a feed declares ("eng", "en-GB", "chi"), "" when that is none."""
    match = LANGUAGE.fullmatch(declared.strip())
    found = match[1].lower() if match else ""
    return THREE_LETTERS.get(found, found)
