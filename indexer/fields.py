"""The fields of a document: their names, types and boosts, as data with a version.

Owns: FIELDS, BOOSTS, MAPPING_VERSION. Every engine makes its mapping of them; read by the engines, by
`indexer.document` and `indexer.matching`.
"""

from __future__ import annotations

from enum import StrEnum

MAPPING_VERSION = "9"
"""Raise it with every change of FIELDS or of what a document holds; an index made by another mapping is rebuilt."""


class FieldType(StrEnum):
    """What an engine does with a field."""

    WORDS = "words"
    """Ready-made tokens between blanks, scored by BM25."""
    KEYS = "keys"
    """Ready-made tokens between blanks, matched but not scored."""
    KEYWORD = "keyword"
    """Whole values, filtered and counted."""
    NUMBER = "number"
    """Whole numbers up to 2^63, filtered by range and sorted by."""


FIELDS = {
    "title_words": FieldType.WORDS,
    "bigrams": FieldType.WORDS,
    "around_words": FieldType.WORDS,
    "description_words": FieldType.WORDS,
    "all_words": FieldType.KEYS,
    "title_forms": FieldType.KEYS,
    "title_keys": FieldType.KEYS,
    "title_spellings": FieldType.KEYS,
    "name_spellings": FieldType.KEYS,
    "title_sounds": FieldType.KEYS,
    "title_word_sounds": FieldType.KEYS,
    "name_sounds": FieldType.KEYS,
    "kind": FieldType.KEYWORD,
    "topics": FieldType.KEYWORD,
    "main_topic": FieldType.KEYWORD,
    "areas": FieldType.KEYWORD,
    "district": FieldType.KEYWORD,
    "audiences": FieldType.KEYWORD,
    "languages": FieldType.KEYWORD,
    "attendance": FieldType.KEYWORD,
    "access": FieldType.KEYWORD,
    "venue": FieldType.KEYWORD,
    "operator": FieldType.KEYWORD,
    "is_free": FieldType.KEYWORD,
    "has_seats": FieldType.KEYWORD,
    "always_open": FieldType.KEYWORD,
    "weekdays": FieldType.KEYWORD,
    "dayparts": FieldType.KEYWORD,
    "weekday_parts": FieldType.KEYWORD,
    "part_weekdays": FieldType.KEYWORD,
    "slots": FieldType.KEYWORD,
    "day_slots": FieldType.KEYWORD,
    "hours": FieldType.KEYWORD,
    "completions": FieldType.KEYWORD,
    "days": FieldType.NUMBER,
    "price_minor": FieldType.NUMBER,
    "listed_until": FieldType.NUMBER,
    "browse_order": FieldType.NUMBER,
    "soonest_order": FieldType.NUMBER,
    "newest_order": FieldType.NUMBER,
}
"""Beside these every engine keeps an offering's id, its row's version, its position, its merit and its titles."""

ALWAYS_THERE = "\u2205"
"""A token in every field of words, also of a tombstone: so each engine's BM25 counts the same documents and lengths."""
TOMBSTONE_WORDS = {name: ALWAYS_THERE for name, type_ in FIELDS.items() if type_ is FieldType.WORDS}

BOOSTS = {
    "title_words": 3.0,
    "around_words": 1.2,
    "description_words": 0.6,
    "bigrams": 0.3,
}
"""How much a word says by where it stands. Around: topics, venue, operator, areas, words for when, for whom and how."""
