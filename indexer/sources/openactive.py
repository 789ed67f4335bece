"""OpenActive's kinds of items in a change feed, and how they come together to offerings.

Owns: which kinds are read (sessions and their series, events, courses, things on demand, facilities and their slots,
places), and how what came item by item is joined: a session's run to its series, a slot's to its facility. Orders are
nobody's offering. Called by `rpde`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from city.errors import InvalidInput
from indexer.sources import Finding, Reading, SourceOptions
from indexer.sources.schema_org import Graph, Vocabulary, made_plain, types
from indexer.sources.schema_org_offering import Entry
from indexer.sources.schema_org_offerings import Offerings, is_offering
from indexer.sources.schema_org_places import Places

PLACE = "Place"


@dataclass(frozen=True)
class Item:
    """One item of a change feed in its latest state; `data` is None when it is deleted. `file` and `line` say where."""

    kind: str
    id: str
    data: Mapping[str, Any] | None
    file: str = ""
    line: int | None = None

    @property
    def source_id(self) -> str:
        return f"{self.kind}/{self.id}"


def join(items: Sequence[Item], options: SourceOptions, reading: Reading) -> None:
    """Add to the reading what the items are together: records, venues, refusals, remarks and deleted ids."""
    graph, plain = Graph(), []
    for item in items:
        if item.data is None:
            reading.deleted_ids |= {item.source_id}
            continue
        node = made_plain(item.data, Vocabulary())
        graph.add(node)
        plain.append((item, node))
    resolved = [(item, graph.resolved(node)) for item, node in plain]
    entries = [Entry(node, item.file, item.line, item.source_id) for item, node in resolved if is_offering(node)]
    Offerings(graph, options, reading, leaves_undated=True).transform(entries)
    if not entries and any(PLACE in types(node) for _, node in resolved):
        reading.places_only = True
        _add_venues(graph, [(item, node) for item, node in resolved if PLACE in types(node)], options, reading)
    _tell_others([item for item, node in resolved if not is_offering(node) and PLACE not in types(node)], reading)


def _add_venues(graph: Graph, nodes: Sequence[tuple[Item, Any]], options: SourceOptions, reading: Reading) -> None:
    places = Places(graph, options.datum)
    for item, node in nodes:
        told = Entry(node, item.file, item.line, item.source_id)
        try:
            findings = places.where(node).findings
            reading.remarks += [told.finding(each.message, each.field, each.value, each.remedy) for each in findings]
        except InvalidInput as wrong:
            reading.refusals.append(told.finding(str(wrong), wrong.field, wrong.value, wrong.remedy))
    reading.venues += places.venues.values()


def _tell_others(items: Sequence[Item], reading: Reading) -> None:
    """Say once a kind how many items of it nobody can take part in."""
    for kind, count in Counter(item.kind for item in items).items():
        first = next(item for item in items if item.kind == kind)
        message = f"{count} of kind {kind} are no offerings and are left out."
        reading.remarks.append(Finding(message, first.file, first.line, first.source_id, "kind", kind))
