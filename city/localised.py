"""One text in several languages, keyed by BCP 47 tag, with a stated order of falling back.

Owns: `LocalisedText`. Free of database and framework, so that a feed's reader can make one.
"""

from __future__ import annotations

from collections.abc import ItemsView, Iterator, Mapping, ValuesView

FALLBACK = {"zh": ("zh-Hans", "zh-Hant", "en"), "en": ("en", "zh-Hans", "zh-Hant")}


class LocalisedText(Mapping[str, str]):
    """One text in several languages, keyed by BCP 47 tag (zh-Hans, zh-Hant, en); immutable, never holds empty texts."""

    __slots__ = ("_texts",)

    def __init__(self, texts: Mapping[str, str] | None = None) -> None:
        given = sorted(texts.items()) if texts else ()
        self._texts = {tag: text for tag, text in given if text and text.strip()}

    def __getitem__(self, tag: str) -> str:
        return self._texts[tag]

    def __iter__(self) -> Iterator[str]:
        return iter(self._texts)

    def __len__(self) -> int:
        return len(self._texts)

    def items(self) -> ItemsView[str, str]:
        return self._texts.items()

    def values(self) -> ValuesView[str]:
        return self._texts.values()

    def __eq__(self, other: object) -> bool:
        if isinstance(other, LocalisedText):
            return self._texts == other._texts
        return isinstance(other, Mapping) and self._texts == dict(other)

    def __hash__(self) -> int:
        return hash(tuple(self._texts.items()))

    def __repr__(self) -> str:
        return f"LocalisedText({self._texts!r})"

    def best(self, language: str) -> tuple[str, str]:
        """Return (text, its tag) for a page in `language` (zh or en), in the order of FALLBACK; ("", "") if none."""
        for tag in (*FALLBACK.get(language, ()), *self._texts):
            if tag in self._texts:
                return self._texts[tag], tag
        return "", ""
