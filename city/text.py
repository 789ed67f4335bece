"""The one boundary through which text from outside enters: forms, the API and imports all call it.

Owns: Unicode form (NFC), what is stripped (control, bidi and invisible letters), what is refused (NUL, lone
surrogates), lengths in letters and bytes. Source: Unicode UAX 15, general categories Cc, Cf, Cs.
"""

from __future__ import annotations

import unicodedata

from city.errors import InvalidInput

BYTES_PER_LETTER = 4
MOST_STRIPPED = 4
"""A text may be this many times longer than its limit before invisible letters are stripped."""
INVISIBLE = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0\ufffe\uffff")
"""Letters of other categories that show nothing: joiners, fillers and two that are no letters at all."""


def clean_line(text: str, *, field: str = "", longest: int = 300) -> str:
    """Return one line: NFC, invisible letters gone, runs of white space made one blank.

    Raises InvalidInput for NUL, lone surrogates, and more than `longest` letters.
    """
    return " ".join(clean_text(text, field=field, longest=longest).split())


def clean_text(text: str, *, field: str = "", longest: int = 20_000) -> str:
    """Return a text of several lines, cleaned like `clean_line` but with line ends (LF) and tabs kept."""
    if len(text) > longest * MOST_STRIPPED:
        raise _too_long(text, field, longest)
    lines = (line if _is_plain(line) else _stripped(line, field) for line in _newlines(text).split("\n"))
    kept = unicodedata.normalize("NFC", "\n".join(lines)).strip()
    if len(kept) > longest or len(kept.encode()) > longest * BYTES_PER_LETTER:
        raise _too_long(kept, field, longest)
    return kept


def _too_long(text: str, field: str, longest: int) -> InvalidInput:
    return InvalidInput(
        f"The text has {len(text)} letters.", field=field, value=text[:80], remedy=f"at most {longest} letters"
    )


def _newlines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n").replace("\u2029", "\n")


def _is_plain(line: str) -> bool:
    """True when nothing in a line has to be stripped or refused: quick, and so for nearly all lines."""
    return line.isprintable() and INVISIBLE.isdisjoint(line)


def _stripped(line: str, field: str) -> str:
    _refuse_unstorable(line, field)
    return "".join(letter for letter in line if _is_shown(letter))


def _is_shown(letter: str) -> bool:
    return letter == "\t" or (unicodedata.category(letter) not in ("Cc", "Cf") and letter not in INVISIBLE)


def _refuse_unstorable(text: str, field: str) -> None:
    if "\x00" in text:
        raise InvalidInput("The text holds a NUL byte.", field=field, remedy="text without NUL bytes")
    if any(0xD800 <= ord(letter) <= 0xDFFF for letter in text):
        raise InvalidInput("The text holds half of a surrogate pair.", field=field, remedy="valid Unicode text")
