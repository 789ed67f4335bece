"""The site's two languages behind one module: sentences, plurals, and texts of the catalogue with their language tag.

Owns: flask-babel, the catalogues of sentences (`translations/zh/LC_MESSAGES/*.po`, one a room, read as they are when
the site starts: nothing has to be compiled), `Words`. English is the language sentences are written in. Words of lists
(kinds, audiences, weekdays) and figures are in `vocabulary.py` and `formatters.py`, which need no request.
"""

from __future__ import annotations

import io
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import flask
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import Translations
from flask_babel import Babel, Domain, gettext, lazy_gettext, ngettext, pgettext
from markupsafe import Markup, escape

from city.localised import LocalisedText
from web.addresses import current_language

__all__ = [
    "Words",
    "gettext",
    "html_tag",
    "install_language",
    "joined",
    "lazy_gettext",
    "ngettext",
    "pgettext",
    "sentence",
    "typed",
    "words",
]

FOLDER = Path(__file__).parent / "translations"
UNBROKEN = '<span class="nb">'
END = Markup("</span>")
HTML_TAGS = {"zh": "zh-Hans", "en": "en"}


@dataclass(frozen=True)
class Words:
    """A text of the catalogue; on a page of another language it carries its own `lang`."""

    text: str
    tag: str = ""
    """BCP 47 tag, "" when it is the page's own."""

    def __str__(self) -> str:
        return self.text

    def __bool__(self) -> bool:
        return bool(self.text)

    def __html__(self) -> str:
        text = escape(self.text)
        return Markup('<span lang="{}">{}</span>').format(self.tag, text) if self.tag else text

    def attribute(self) -> Markup:
        """Return ` lang="…"` for the element that holds this text alone, or nothing."""
        return Markup(' lang="{}"').format(self.tag) if self.tag else Markup("")


def words(text: LocalisedText, language: str = "") -> Words:
    """Return the best text for a page in `language` (the present page's by default)."""
    shown_in = language or current_language()
    best, tag = text.best(shown_in)
    return Words(best, "" if tag == HTML_TAGS[shown_in] else tag)


def typed(text: str) -> Words:
    """Return what somebody typed, marked as Chinese on an English page when it has Chinese letters."""
    chinese = any("\u3400" <= letter <= "\u9fff" for letter in text)
    return Words(text, "zh-Hans" if chinese and current_language() != "zh" else "")


def message(text: str) -> str:
    """Mark a sentence that is translated later, where it is shown."""
    return text


def sentence(text: str, **parts: Any) -> Markup:
    """Return the translated sentence with its parts put in; Words keep their language, plain text is escaped."""
    translated = Markup(escape(gettext(text)))  # noqa: S704  (escaped)
    return translated % parts if parts else translated


def joined(items: Iterable[Any], language: str = "") -> Markup:
    """Return the items with the language's comma between them."""
    comma = "，" if (language or current_language()) == "zh" else ", "
    said = [escape(item) for item in items]
    return Markup("").join([*(_with_comma(item, comma) for item in said[:-1]), *said[-1:]])


def _with_comma(item: Markup, comma: str) -> Markup:
    """Put the comma after the item, inside a last unbroken piece: a browser breaks the line right after it."""
    last = item.rfind("<span")
    if item.endswith(END) and item.startswith(UNBROKEN, last):
        return item[: -len(END)] + comma.rstrip() + END + comma[len(comma.rstrip()) :]
    return item + comma


def html_tag(language: str = "") -> str:
    """Return the BCP 47 tag of a language's pages, by default of the present one."""
    return HTML_TAGS[language or current_language()]


def install_language(app: flask.Flask) -> None:
    """Give templates `_`, `ngettext`, `words` and the page's tag; the address alone decides the language."""
    _SentenceBabel(app, locale_selector=current_language)
    app.jinja_env.globals.update(words=words, typed=typed, html_tag=html_tag, joined=joined)
    app.jinja_env.filters["urlencode_pairs"] = urlencode


class _SentenceDomain(Domain):
    """Sentences straight from the .po file."""

    def get_translations(self) -> Translations:
        return translations(current_language())


class _SentenceBabel(Babel):
    """Flask-Babel on that domain."""

    domain_instance = _SentenceDomain()


@cache
def translations(language: str) -> Translations:
    """Return the sentences of a language; English, in which they are written, has none to look up."""
    catalogue = Catalog(locale=language)
    for file in sorted((FOLDER / language / "LC_MESSAGES").glob("*.po")):
        with file.open("rb") as source:
            for message in read_po(source, locale=language):
                catalogue[message.id] = message
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return Translations(compiled)
