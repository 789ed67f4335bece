"""The hand-written stylesheets: those made small, to be put into the page itself, and the file of the portal.

Owns: reading `site.css`, `elder.css` and `sheet.css` (what is printed) of `web/static` once. A page of the elder view
carries the second whole and nothing of the first, so that it weighs little; a test holds the colours they share
together.
"""

from __future__ import annotations

import hashlib
import re
from functools import cache
from pathlib import Path

from markupsafe import Markup

STATIC = Path(__file__).parent.parent / "static"
FILE_OF_VIEW = {"standard": "site.css", "elder": "elder.css", "sheet": "sheet.css"}


@cache
def stylesheet(view: str = "standard") -> Markup:
    """Return the CSS of a view, small, to stand in a `<style>` with the page's nonce."""
    css = (STATIC / FILE_OF_VIEW[view]).read_text(encoding="utf-8")
    return Markup(_small(css))  # noqa: S704  (our own file)


@cache
def staff_stylesheet() -> str:
    """Return the address of the portal's own file, with its hash, so that a browser may keep it for good."""
    digest = hashlib.sha256((STATIC / "staff.css").read_bytes()).hexdigest()
    return f"/static/staff.css?v={digest[:16]}"


def _small(css: str) -> str:
    """Drop comments and white space that no browser needs."""
    without_comments = re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)
    packed = re.sub(r"\s+", " ", without_comments)
    return re.sub(r" ?([{};,>]) ?|(:) (?=[^{}]*[;}])", r"\1\2", packed).replace(";}", "}").strip()
