"""The six tiles of the elder home: what older people most often want to learn, in everyday words.

Owns: their order, words, topics and drawings. A tile's key stands in the address of its list (`?topic=calligraphy`).
"""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from city.model import Kind

PHONE = Markup(
    '<path d="M6.5 3 9.5 8 7.5 10c1 3 3.5 5.5 6.5 6.5l2-2 5 3c-.4 2.5-2 3.5-4 3.5C10 21 3 14 3 7c0-2 1-3.5 3.5-4z"/>'
)
SPEAKER = Markup('<path d="M4 9.5v5h4l5 4v-13l-5 4zM16.5 9c1.5 2 1.5 4 0 6M19 6c3.5 4 3.5 8 0 12"/>')


@dataclass(frozen=True)
class Tile:
    """One tile: words in both languages, what it finds, a drawing of 24 units drawn with lines."""

    key: str
    words: dict[str, str]
    drawing: Markup
    topics: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()

    @property
    def query(self) -> dict[str, str]:
        """Return the address parameters of its list."""
        return {"topic": self.key} if self.topics else {"kind": self.key}


TILES = (
    Tile(
        "calligraphy",
        {"zh": "写字画画", "en": "Write and paint"},
        Markup(
            '<path d="M21 3 11.5 13.5"/><path d="M11.5 13.5c-2.5-1-4.5.5-5 2.5-.3 1.5-1.5 3-3.5 3.5 '
            '3.5 1.8 8 1.5 9-1.5.6-1.8.5-3.5-.5-4.5z"/>'
        ),
        topics=("calligraphy", "ink_painting", "drawing", "paper_craft"),
    ),
    Tile(
        "singing",
        {"zh": "唱歌跳舞", "en": "Sing and dance"},
        Markup('<path d="M9 18V6l11-2.5V16"/><circle cx="6.5" cy="18" r="2.5"/><circle cx="17.5" cy="16" r="2.5"/>'),
        topics=("singing", "dance", "opera", "instruments"),
    ),
    Tile(
        "smartphone",
        {"zh": "用手机", "en": "Use a phone"},
        Markup('<rect x="6.5" y="2" width="11" height="20" rx="2"/><path d="M10.5 18.5h3"/>'),
        topics=("smartphone", "online_safety", "video_making"),
    ),
    Tile(
        "health",
        {"zh": "养身体", "en": "Stay well"},
        Markup('<path d="M12 20.5S3.5 15.5 3.5 9.5a4.5 4.5 0 0 1 8.5-2 4.5 4.5 0 0 1 8.5 2c0 6-8.5 11-8.5 11z"/>'),
        topics=("health",),
    ),
    Tile(
        "gardening",
        {"zh": "种花做菜", "en": "Grow and cook"},
        Markup('<path d="M12 21v-9.5M12 14.5c0-4.5 3-7 8-7 0 4.5-3 7-8 7zM12 11.5c0-3.5-3-6-7.5-6 0 3.5 3 6 7.5 6z"/>'),
        topics=("gardening", "flowers", "cooking", "tea", "nutrition"),
    ),
    Tile(
        "route",
        {"zh": "到处走走", "en": "Walk around"},
        Markup(
            '<circle cx="4.5" cy="18" r="2.3"/><circle cx="19.5" cy="6" r="2.3"/><path d="m6.5 16.5 4-4 3 .8 4.3-5.5"/>'
        ),
        kinds=(Kind.ROUTE,),
    ),
)
BY_KEY = {tile.key: tile for tile in TILES}
