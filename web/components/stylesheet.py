"""The one hand-written stylesheet, cut into what a view needs and made small, to be put into the page itself.

Owns: reading `web/static/site.css` once and its parts, which begin at lines `/* part: NAME */`. A page of the elder
view carries the shared and the elder part only.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from markupsafe import Markup

STYLESHEET = Path(__file__).parent.parent / "static" / "site.css"
PARTS_OF_VIEW = {"standard": ("shared", "standard"), "elder": ("shared", "elder")}


@cache
def stylesheet(view: str = "standard") -> Markup:
    """Return the CSS of a view, small, to stand in a `<style>` with the page's nonce."""
    parts = _parts(STYLESHEET.read_text(encoding="utf-8"))
    css = "".join(parts[name] for name in PARTS_OF_VIEW[view])
    return Markup(_small(css))  # noqa: S704  (our own file)


def _parts(css: str) -> dict[str, str]:
    pieces = re.split(r"/\* part: (\w+) \*/", css)
    return dict(zip(pieces[1::2], pieces[2::2], strict=True))


def _small(css: str) -> str:
    """Drop comments and white space that no browser needs."""
    without_comments = re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)
    packed = re.sub(r"\s+", " ", without_comments)
    return re.sub(r" ?([{};,>]) ?|(:) (?=[^{}]*[;}])", r"\1\2", packed).replace(";}", "}").strip()
