"""Completions while typing: `/suggest?q=` as a plain page of links, and as JSON for a search box that asks for it.

Owns: both forms of the answer. Without JavaScript the page does the same work.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import flask
from flask import request

from city.ports import Suggestion
from city.text import clean_line
from web.addresses import current_language
from web.frames import frame
from web.language import Words, gettext, html_tag
from web.parts import parts

LONGEST_TEXT = 200
N = 8
PAGE_OF = {"offering": "offerings", "topic": "topics", "venue": "venues"}

completing = flask.Blueprint("completing", __name__)


@dataclass(frozen=True)
class Completion:
    """One completion: its words and the page about it."""

    words: Words
    url: str


@completing.get("/suggest")
def suggest() -> flask.typing.ResponseReturnValue:
    """Complete what is being typed."""
    text = clean_line(request.args.get("q", ""), field="q", longest=LONGEST_TEXT)
    found = parts().search.suggest(text, language=current_language(), n=N) if text else ()
    completions = _completions(found)
    if request.accept_mimetypes.best_match(["text/html", "application/json"]) == "application/json":
        rows = [{"text": each.words.text, "url": each.url} for each in completions]
        return flask.jsonify(completions=rows)
    title = gettext('Words that begin with "%(text)s"', text=text) if text else gettext("Complete a word")
    return flask.render_template("suggest.html", page=frame(title, section="find"), text=text, completions=completions)


def _completions(found: Sequence[Suggestion]) -> list[Completion]:
    """Return those whose page is known to this site."""
    language, own = current_language(), html_tag()
    return [
        Completion(
            Words(each.text, "" if each.language == own else each.language),
            f"/{language}/{PAGE_OF[each.type]}/{each.key}",
        )
        for each in found
        if each.type in PAGE_OF
    ]
