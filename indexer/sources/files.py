"""Reading a feed's files within bounds, before anything is parsed.

Owns: sizes and how a missing, oversized or hostile file is refused. Limits are those of the feed chapter in
docs/imports.md.
"""

from __future__ import annotations

import re
from pathlib import Path

from lxml import etree

from city.errors import FeedRefused

LARGEST_BYTES = 10 * 1024 * 1024
DEEPEST = 20
DOCTYPE = re.compile(rb"<!\s*(DOCTYPE|ENTITY)", re.IGNORECASE)


def read_bytes(path: Path) -> bytes:
    """Return a file's bytes; raises FeedRefused when it is missing, a folder, unreadable, empty or too large."""
    try:
        size = path.stat().st_size
        if path.is_dir():
            raise FeedRefused(f"{path.name} is a folder.", file=str(path), remedy="name a file")
        if size > LARGEST_BYTES:
            raise FeedRefused(
                f"{path.name} has {size:,} bytes, more than the {LARGEST_BYTES:,} that are read.",
                file=str(path),
                remedy="split the file",
            )
        content = path.read_bytes()
    except OSError as unreadable:
        raise FeedRefused(
            f"{path.name} cannot be read: {unreadable.strerror}.", file=str(path), remedy="check the path"
        ) from unreadable
    if not content.strip():
        raise FeedRefused(f"{path.name} is empty.", file=str(path), remedy="a file with records")
    return content


def read_xml(path: Path) -> etree._Element:
    """Return the root of an XML file; a document type, entities, depth beyond DEEPEST and broken XML are refused."""
    content = read_bytes(path)
    if DOCTYPE.search(content):
        raise FeedRefused(f"{path.name} declares a document type.", file=str(path), remedy="XML without DOCTYPE")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError as broken:
        line = broken.lineno or None
        raise FeedRefused(
            f"{path.name} is not well-formed XML: {' '.join(broken.msg.split())}.",
            file=str(path),
            line=line,
            remedy="well-formed XML",
        ) from broken
    if root.getroottree().docinfo.doctype:
        raise FeedRefused(f"{path.name} declares a document type.", file=str(path), remedy="XML without DOCTYPE")
    _refuse_depth(root, path)
    return root


def _refuse_depth(root: etree._Element, path: Path) -> None:
    level, depth = [root], 0
    while level:
        depth += 1
        if depth > DEEPEST:
            raise FeedRefused(
                f"{path.name} is nested more than {DEEPEST} deep.", file=str(path), line=level[0].sourceline
            )
        level = [child for element in level for child in element]
