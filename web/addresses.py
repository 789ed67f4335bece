"""The form of an address: its language, ids that fit a database, where a redirect may lead, the other language.

Owns: the converters `language` and `int` (bounded), `current_language`, `safe_next`. The path alone tells a page's
language; where a path has none (an error, `/`) the language last read decides, then Accept-Language, then the first.
Called by the app and by every view that redirects.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

import flask
from flask import g, request
from werkzeug.routing import BaseConverter, IntegerConverter, ValidationError

from city.asking import LARGEST_ID
from city.config import Settings
from web.cookies import keep_cookie
from web.parts import parts

LANGUAGE_COOKIE = "language"
SLUG = r"[a-z0-9][a-z0-9_-]{0,63}"


class BoundedInteger(IntegerConverter):
    """An id: at most what a database's 64 bits hold; anything above names nothing."""

    def to_python(self, value: str) -> Any:
        found = super().to_python(value)
        if found > LARGEST_ID:
            raise ValidationError
        return found


class Slug(BaseConverter):
    """A readable key, like hubin or ink_painting."""

    regex = SLUG


def install_addresses(app: flask.Flask, settings: Settings) -> None:
    """Teach the app its converters and take the language out of every address before a view sees it."""
    language = type("Language", (BaseConverter,), {"regex": "|".join(settings.languages)})
    app.url_map.converters |= {"int": BoundedInteger, "slug": Slug, "language": language}
    app.url_value_preprocessor(_take_language)
    app.url_defaults(_add_language)
    app.after_request(_remember_language)


def current_language() -> str:
    """Return zh or en: the language of the address, else the one the reader wants."""
    return getattr(g, "language", None) or _language_of_path() or _wanted_language()


def other_languages() -> list[tuple[str, str]]:
    """Return (language, address of the same page with the same query) for every other language."""
    if getattr(g, "language", None) is None:
        return [(other, f"/{other}/") for other in parts().settings.languages if other != current_language()]
    rest = request.full_path.rstrip("?")[len(f"/{g.language}") :]
    return [(other, f"/{other}{rest}") for other in parts().settings.languages if other != g.language]


def safe_next(target: str | None, otherwise: str) -> str:
    """Return `target` when it leads to a page of this site, else `otherwise`.

    One slash first, then neither slash nor backslash; no backslash anywhere; only printable letters; no scheme, no
    host (reliability.md A9).
    """
    return target if target and _stays_here(target) else otherwise


def is_slug(text: str) -> bool:
    """True when the text could be a readable key, like hubin."""
    return re.fullmatch(SLUG, text) is not None


def _stays_here(target: str) -> bool:
    if not target.startswith("/") or target[1:2] in ("/", "\\") or "\\" in target or not target.isprintable():
        return False
    try:
        split = urlsplit(target)
    except ValueError:
        return False
    return not split.scheme and not split.netloc


def _take_language(endpoint: str | None, values: dict[str, Any] | None) -> None:
    g.language = values.pop("language", None) if values else None


def _add_language(endpoint: str, values: dict[str, Any]) -> None:
    if "language" not in values and flask.current_app.url_map.is_endpoint_expecting(endpoint, "language"):
        values["language"] = current_language()


def _language_of_path() -> str:
    """Return the language an address begins with though nothing is found at it, "" when it begins with none."""
    first = request.path.split("/")[1]
    return first if first in parts().settings.languages else ""


def _wanted_language() -> str:
    languages = parts().settings.languages
    kept = request.cookies.get(LANGUAGE_COOKIE)
    if kept in languages:
        return kept
    return request.accept_languages.best_match(languages, languages[0])


def _remember_language(response: flask.Response) -> flask.Response:
    """Keep the language of the page just read when it is not what the reader would get anyway."""
    read = getattr(g, "language", None)
    is_page = request.method == "GET" and response.status_code == 200 and response.mimetype == "text/html"
    if read is not None and is_page and read != _wanted_language():
        keep_cookie(response, LANGUAGE_COOKIE, read)
    return response
