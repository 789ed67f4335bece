"""Words made to run as code or to show what they are not, and what may be kept of them; shared by test and drill."""

from __future__ import annotations

import html
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import nh3

from city.errors import FeedRefused
from indexer.sources import Reading, SourceOptions, source_of
from tests.faults.good_feeds import GOOD
from tests.faults.hostile_feeds import NOW

SCRIPTS = (
    "<script>alert(1)</script>",
    "<SCRIPT SRC=//h.example/x.js>",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "<script\n>alert(1)",
    "<img src=x onerror=alert(1)>",
    "<img src=x:alert(1) onerror=eval(src)>",
    '"><img src=x onerror=alert(1)>',
    "'><svg onload=alert(1)>",
    "<svg/onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    "<svg><a xlink:href=javascript:alert(1)>x</a></svg>",
    "<iframe src=javascript:alert(1)>",
    "<iframe srcdoc='<script>alert(1)</script>'>",
    "<object data=javascript:alert(1)>",
    "<embed src=javascript:alert(1)>",
    "<a href=javascript:alert(1)>x</a>",
    "<a href='java\tscript:alert(1)'>x</a>",
    "<a href=data:text/html,<script>alert(1)</script>>x</a>",
    "<body onload=alert(1)>",
    "<details open ontoggle=alert(1)>",
    "<video><source onerror=alert(1)>",
    "<input autofocus onfocus=alert(1)>",
    "<form action=javascript:alert(1)><button>x</button></form>",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
    "<style>@import 'javascript:alert(1)'</style>",
    "<div style=width:expression(alert(1))>x</div>",
    "<link rel=stylesheet href=javascript:alert(1)>",
    "<meta http-equiv=refresh content=0;url=javascript:alert(1)>",
    "<base href=javascript:/a/>",
    "<template><script>alert(1)</script></template>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<!--><img src=x onerror=alert(1)>-->",
    "<![CDATA[<script>alert(1)</script>]]>",
    "<?xml-stylesheet href='javascript:alert(1)'?>",
    "</title><script>alert(1)</script>",
    "</textarea><script>alert(1)</script>",
    "</script><script>alert(1)</script>",
    "x' onmouseover='alert(1)",
    'x" autofocus onfocus="alert(1)',
    "`<img src=`x` onerror=alert(1)>`",
    "<x onclick=alert(1)>x",
    "<b/onmouseover=alert(1)>x</b>",
    "<img src=x onerror\x0b=alert(1)>",
    "<\x00script>alert(1)</script>",
    "<img/src='x'onerror=alert(1)//>",
    "<p><b>fine</b></p>",
    "{{7*7}}{% debug %}${7*7}",
    "]]><x/>",
    "<\u200bscript>alert(1)</script>",
    "\u202egnp.<script>alert(1)",
)


def _referenced(text: str) -> str:
    return "".join(f"&#{ord(letter)};" for letter in text)


WRITINGS = (
    str,
    html.escape,
    lambda text: html.escape(html.escape(text)),
    _referenced,
    lambda text: text.replace("<", "<\u200b", 1).swapcase(),
    lambda text: f"Ink \u2067{text}\u2069 书法",
)
PAYLOADS = tuple(writing(script) for script in SCRIPTS for writing in WRITINGS)


NO_WORDS = {"web_address", "source_id"}
"""Fields that hold no words: a web address begins with http, an id stands in reports."""


def read(name: str, text: str, folder: Path) -> Reading:
    """Read the good feed of a format with one text in every field of words; a refused one gives nothing."""
    files = GOOD[name](text)
    for file, content in files.items():
        (folder / file).write_bytes(content)
    path = folder / next(iter(files)) if len(files) == 1 else folder
    try:
        return source_of(name)(path, SourceOptions(kind="route" if name == "routeguide" else "event", now=NOW))
    except FeedRefused:
        return Reading()


def harm_in(reading: Reading) -> list[tuple[str, str]]:
    """Return the texts of a reading that are more than words, each with its field."""
    texts = texts_in([*reading.records, *reading.venues])
    return [(field, text) for field, text in texts if not _is_fit(field, text)]


def _is_fit(field: str, text: str) -> bool:
    if field == "web_address" and text and not text.startswith(("https://", "http://")):
        return False
    return is_plain(text) and (field in NO_WORDS or is_harmless(text))


def texts_in(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """Yield every text of a record with the name of its field."""
    if isinstance(value, str):
        yield name, value
    elif isinstance(value, Mapping):
        for key, part in value.items():
            yield from texts_in(part, name or str(key))
    elif isinstance(value, (list, tuple, set, frozenset)):
        for part in value:
            yield from texts_in(part, name)
    elif is_dataclass(value):
        for one in fields(value):
            yield from texts_in(getattr(value, one.name), one.name)


def is_harmless(text: str) -> bool:
    """True when a text holds words only: no markup under any layer of references, no letter that hides or turns."""
    return html.unescape(nh3.clean(text, tags=set())) == text and is_plain(text)


def is_plain(text: str) -> bool:
    """True when a text holds no letter that hides or turns others, and all are composed."""
    shown = all(letter == "\n" or unicodedata.category(letter) not in ("Cc", "Cf", "Cs") for letter in text)
    return shown and unicodedata.is_normalized("NFC", text)
