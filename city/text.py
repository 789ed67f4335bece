"""The one boundary through which text from outside enters: forms, the API and imports all call it.

Owns: Unicode form (NFC), what is stripped (control, bidi and invisible letters), what is refused (NUL, lone
surrogates), lengths in letters and bytes. Source: Unicode UAX 15, general categories Cc, Cf, Cs.
"""

from __future__ import annotations

import unicodedata

from city.errors import InvalidInput

BYTES_PER_LETTER = 4


def clean_line(text: str, *, field: str = "", longest: int = 300) -> str:
    """Return one line: NFC, invisible letters gone, runs of white space made one blank.

    Raises InvalidInput for NUL, lone surrogates, and more than `longest` letters.
    """
    return " ".join(clean_text(text, field=field, longest=longest).split())


def clean_text(text: str, *, field: str = "", longest: int = 20_000) -> str:
    """Return a text of several lines, cleaned like `clean_line` but with line ends (LF) and tabs kept."""
    _refuse_unstorable(text, field)
    kept = "".join(letter for letter in _newlines(unicodedata.normalize("NFC", text)) if _is_shown(letter)).strip()
    if len(kept) > longest or len(kept.encode()) > longest * BYTES_PER_LETTER:
        raise InvalidInput(
            f"The text has {len(kept)} letters.", field=field, value=kept[:80], remedy=f"at most {longest} letters"
        )
    return kept


def _newlines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n").replace("\u2029", "\n")


def _is_shown(letter: str) -> bool:
    return letter in "\n\t" or unicodedata.category(letter) not in ("Cc", "Cf")


def _refuse_unstorable(text: str, field: str) -> None:
    if "\x00" in text:
        raise InvalidInput("The text holds a NUL byte.", field=field, remedy="text without NUL bytes")
    if any(0xD800 <= ord(letter) <= 0xDFFF for letter in text):
        raise InvalidInput("The text holds half of a surrogate pair.", field=field, remedy="valid Unicode text")
