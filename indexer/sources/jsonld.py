"""schema.org JSON-LD: a .json or .jsonld file, or an HTML page with script blocks of type application/ld+json.

Owns: which nodes of a document are looked at, and where they stand in it. What they mean is told by
`schema_org_offerings`; a page that describes other things (its publisher, its breadcrumbs) is read for its offerings
only. A document that holds none is refused with what it does hold. Microdata and RDFa are not read.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

from lxml import etree, html

from city.errors import FeedRefused
from indexer.sources import Finding, Reading, SourceOptions
from indexer.sources.files import parsed_json, read_text
from indexer.sources.schema_org import Graph, Node, Vocabulary, identity, listed, made_plain, types
from indexer.sources.schema_org_offering import Entry
from indexer.sources.schema_org_offerings import Offerings, is_offering

CONTAINERS = ("@graph", "mainEntity", "mainEntityOfPage", "itemListElement", "item", "hasPart", "event", "events",
              "dataFeedElement", "makesOffer", "itemOffered")  # fmt: skip
"""Where a node that is no offering keeps offerings."""
DEEPEST_CONTAINER = 5
MOST_OFFERINGS = 20_000
MOST_BLOCKS = 1_000
WRAPPED = re.compile(r"^\s*(?://)?\s*(?:<!--|<!\[CDATA\[)|(?://)?\s*(?:-->|\]\]>)\s*$")
REMEDY = "Event, EventSeries, Course or TouristTrip of https://schema.org"
OTHER_FORMATS = {"RouteGuide": "routeguide"}


@dataclass(frozen=True)
class Block:
    """One JSON-LD text of a document, and the line on which it begins."""

    text: str
    line: int = 1


def read(path: Path, options: SourceOptions) -> Reading:
    """Read one document; raises FeedRefused when it is neither JSON nor a page with blocks, or holds no offering."""
    text = read_text(path)
    blocks, language = ([Block(text)], "") if not _is_page(text) else _blocks(text, path)
    reading = Reading()
    document = _Document(path, options, language)
    for block in blocks:
        try:
            document.add(block)
        except FeedRefused as refused:
            if len(blocks) == 1:
                raise
            reading.refusals.append(Finding(str(refused), path.name, refused.line, remedy=refused.remedy))
    entries = document.entries()
    if not entries:
        raise document.holds_none()
    Offerings(document.graph, options, reading, language=document.language).transform(entries)
    return reading


def _is_page(text: str) -> bool:
    return text.lstrip("\ufeff \t\r\n")[:1] == "<"


def _blocks(text: str, path: Path) -> tuple[list[Block], str]:
    """Return the JSON-LD blocks of a page and the language its root states."""
    parser = html.HTMLParser(encoding="utf-8", no_network=True, huge_tree=False)
    try:
        root = html.document_fromstring(text.encode(), parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError, ValueError) as broken:
        raise FeedRefused(f"{path.name} is not a page that can be read: {broken}.", file=str(path)) from broken
    scripts = [script for script in root.iter("script") if "ld+json" in (script.get("type") or "").lower()]
    blocks = [Block(WRAPPED.sub("", script.text), script.sourceline or 1) for script in scripts if script.text]
    if len(blocks) > MOST_BLOCKS:
        raise FeedRefused(f"{path.name} has more than {MOST_BLOCKS:,} blocks of JSON-LD.", file=str(path))
    if not blocks:
        raise FeedRefused(
            f"{path.name} is a page without JSON-LD.", file=str(path), remedy='<script type="application/ld+json">'
        )
    return blocks, root.get("lang") or ""


class _Document:
    """All blocks of one file or page."""

    def __init__(self, path: Path, options: SourceOptions, language: str) -> None:
        self.graph, self.language = Graph(), language
        self._path, self._options = path, options
        self._found: list[tuple[Node, Block]] = []
        self._held: Counter[str] = Counter()
        self._reached: dict[int, tuple[int, int]] = {}

    def add(self, block: Block) -> None:
        """Take in one block; raises FeedRefused when it is not JSON, or another format's."""
        value = parsed_json(block.text, self._path, block.line)
        if isinstance(value, dict) and isinstance(value.get("items"), list) and "next" in value:
            raise FeedRefused(
                f"{self._path.name} is a page of a change feed.", file=str(self._path), remedy="learncity import rpde"
            )
        context = value.get("@context") if isinstance(value, dict) else None
        self.language = Vocabulary().within(context).language or self.language
        plain = made_plain(value, Vocabulary())
        self.graph.add(plain)
        self._found += [(node, block) for node in self._offerings(plain, 0)]

    def entries(self) -> list[Entry]:
        """Return the offerings at the top of the document, each node once, with the line where it stands."""
        if len(self._found) > MOST_OFFERINGS:
            raise FeedRefused(
                f"{self._path.name} has more than {MOST_OFFERINGS:,} records.", file=str(self._path), remedy="split it"
            )
        return [self._entry(self.graph.resolved(node), block) for node, block in self._found]

    def holds_none(self) -> FeedRefused:
        other = next((OTHER_FORMATS[kind] for kind in self._held if kind in OTHER_FORMATS), "")
        held = ", ".join(f"{count} {kind}" for kind, count in self._held.most_common(5)) or "no node with a type"
        return FeedRefused(
            f"{self._path.name} holds no offering: what it holds is {held}.",
            file=str(self._path),
            remedy=f"learncity import {other}" if other else REMEDY,
        )

    def _offerings(self, value: Any, depth: int) -> Iterator[Node]:
        for node in (part for part in listed(value) if isinstance(part, dict)):
            if is_offering(node) or self._is_undeclared(node):
                yield node
                continue
            self._held.update(types(node))
            if depth < DEEPEST_CONTAINER:
                for name in CONTAINERS:
                    yield from self._offerings(node.get(name), depth + 1)

    def _is_undeclared(self, node: Node) -> bool:
        """True for a record without a type: `--kind` says what it is."""
        return "@type" not in node and bool(listed(node.get("name"))) and bool(listed(node.get("startDate")))

    def _entry(self, node: Node, block: Block) -> Entry:
        known = identity(node)
        if self._options.address and known.startswith(("#", "/")):
            known = urljoin(self._options.address, known)
        return Entry(node, self._path.name, self._line(node, block), known)

    def _line(self, node: Node, block: Block) -> int:
        """Return the line where a node's id or name stands, else where its block begins.

        Nodes come in the order of the text, so each is looked for from the one before it.
        """
        for said in (node.get("@id"), node.get("name")):
            if isinstance(said, str) and said and (at := self._place_of(said, block)) >= 0:
                position, line = self._reached.get(id(block), (0, block.line))
                line += block.text.count("\n", position, at)
                self._reached[id(block)] = at, line
                return line
        return block.line

    def _place_of(self, said: str, block: Block) -> int:
        since, _ = self._reached.get(id(block), (0, 0))
        plain = json.dumps(said, ensure_ascii=False)
        places = (block.text.find(written, since) for written in (plain, plain.replace("/", "\\/"), json.dumps(said)))
        return next((at for at in places if at >= 0), -1)
