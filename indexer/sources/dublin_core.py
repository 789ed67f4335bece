"""Dublin Core elements as cells by field name, for `CellRecords`.

Owns: what each of the fifteen elements means for an offering. dc:date says when something was published, so it is a day
of the offering only where dc:type says Event (DCMI type vocabulary) or the mapping says so; without a day a record is
an online resource that is always open. Source: DCMI Metadata Terms. Called by `oaipmh`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from lxml import etree

from indexer.sources.mapping import TableMapping
from indexer.sources.scripts_of_text import language_of, tag_of
from indexer.sources.topic_words import parted

LANG = "{http://www.w3.org/XML/1998/namespace}lang"
DAY = re.compile(r"(\d{4}-\d\d-\d\d)(?:T(\d\d:\d\d)\S*)?")
NOTED = {"subject": "Subjects", "coverage": "Coverage", "creator": "By", "publisher": "Publisher"}
"""Elements without a field of ours, and how the description leads them in."""

Elements = Mapping[str, Sequence[etree._Element]]


def cells_of(dc: etree._Element, source_id: str, mapping: TableMapping, kind: str) -> dict[str, str]:
    """Return the cells of one record; constants of the mapping stand above what is only taken for granted."""
    elements: dict[str, list[etree._Element]] = {}
    for element in dc.iterchildren(tag=etree.Element):
        if (element.text or "").strip():
            elements.setdefault(etree.QName(element).localname, []).append(element)
    cells = {"source_id": source_id, **_by_columns(elements, mapping)}
    declared = [language_of(element.text or "") for element in elements.get("language", ())]
    for name, cell in _usual(elements, "|".join(filter(None, declared)), mapping).items():
        cells.setdefault(name, cell)
    return cells | {name: cell for name, cell in _granted(cells, kind).items() if name not in mapping.constants}


def _by_columns(elements: Elements, mapping: TableMapping) -> dict[str, str]:
    """Return what the mapping's columns, named like elements, make of them."""
    return {
        field: "|".join(_text(element) for element in elements[name])
        for name, field in mapping.columns.items()
        if name in elements
    }


def _usual(elements: Elements, languages: str, mapping: TableMapping) -> dict[str, str]:
    found = {**_texts("title", elements, " / "), **_texts("description", elements, "\n\n")}
    found |= {"languages": languages, "web_address": _web_address(elements)}
    subjects = [_text(element) for element in elements.get("subject", ())]
    topics, others = parted(subjects, mapping.values.get("topics", {}))
    found["topics"] = "|".join(topics)
    if _is_event(elements):
        found["date"] = "|".join(_day(element) for element in elements.get("date", ()))
        found["venue"] = next((_text(element) for element in elements.get("coverage", ())), "")
    notes = [
        f"{title}: {'; '.join(words)}" for name, title in NOTED.items() if (words := _noted(name, elements, others))
    ]
    found[f"note.{tag_of(found.get('title.zh-Hans', '') or found.get('title.zh-Hant', ''))}"] = "\n".join(notes)
    return {name: cell for name, cell in found.items() if cell}


def _text(element: etree._Element) -> str:
    return (element.text or "").strip()


def _texts(name: str, elements: Elements, joint: str) -> dict[str, str]:
    """Return a text by language; several of one language are joined."""
    found: dict[str, list[str]] = {}
    for element in elements.get(name, ()):
        found.setdefault(f"{name}.{tag_of(_text(element), element.get(LANG, ''))}", []).append(_text(element))
    return {field: joint.join(texts) for field, texts in found.items()}


def _web_address(elements: Elements) -> str:
    addresses = (_text(element) for name in ("identifier", "relation") for element in elements.get(name, ()))
    return next((text for text in addresses if text.startswith(("https://", "http://"))), "")


def _noted(name: str, elements: Elements, other_subjects: Sequence[str]) -> list[str]:
    if name == "subject":
        return list(other_subjects)
    if name == "coverage" and _is_event(elements):
        return []
    return [_text(element) for element in elements.get(name, ())]


def _is_event(elements: Elements) -> bool:
    types = (_text(element).rstrip("/").rpartition("/")[2].lower() for element in elements.get("type", ()))
    return "event" in types


def _day(element: etree._Element) -> str:
    """Return a day of W3CDTF as a table's cell; its hour without the offset is that of the clock on the wall."""
    match = DAY.fullmatch(_text(element))
    return " ".join(filter(None, match.groups())) if match else _text(element)


def _granted(cells: Mapping[str, str], kind: str) -> dict[str, str]:
    if "date" in cells or "from" in cells:
        return {}
    granted = {"always_open": "yes", "attendance": "online"}
    return granted | ({"kind": "course"} if kind == "event" else {})  # what has no day is no event
