"""What the frame of a page says: title, place in the navigation, the capsule on the lines, who is signed in.

Owns: `PageFrame`, which `base.html` and `elder_base.html` read as `page`. Each view builds one and nothing else of the
frame. Words in it are already in the page's language.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

SECTIONS = ("find", "routes", "night", "places", "mine")


@dataclass(frozen=True)
class Capsule:
    """The white capsule that lies across the four lines: where this is, and the page about it."""

    text: Any
    """str or Words."""
    url: str


@dataclass(frozen=True)
class PageFrame:
    """The frame of one page.

    `title` is unique on the site and plain text (an error page begins with 出错了 / "Error:"); `section` one of
    SECTIONS or ""; `kind` an offering's kind, whose line then leads into the page; `at_home` is true where the strip
    stands inside main instead of the header; `citizen` is the signed-in citizen's name as text, "" for a stranger.
    """

    title: str
    section: str = ""
    kind: str = ""
    capsule: Capsule | None = None
    at_home: bool = False
    citizen: str = ""
    demo: bool = False
    phone: str = ""
    city: Any = ""
    """The city's name beside the brand, as str or Words."""
