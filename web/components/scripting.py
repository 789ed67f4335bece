"""Texts inside a page's script: in their own letters, so that they weigh little, and closed against markup.

Owns: the one way in which text enters a script. Called by templates.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from markupsafe import Markup

CLOSED = str.maketrans(
    {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "'": "\\u0027", "\u2028": "\\u2028", "\u2029": "\\u2029"}
)


def spoken(texts: Sequence[str]) -> Markup:
    """Return texts as a JavaScript array; no letter of them can end the script or begin markup."""
    written = json.dumps([str(text) for text in texts], ensure_ascii=False, separators=(",", ":"))
    return Markup(written.translate(CLOSED))  # noqa: S704  (closed above)
