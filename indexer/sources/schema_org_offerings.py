"""Which nodes of schema.org and OpenActive are offerings, which are parts of one, and what becomes of each.

Owns: what belongs together: sessions with their series, instances with their course, slots with their facility. A node
that says nothing of its own but a time is a part. Called by the sources jsonld and rpde.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from city.errors import InvalidInput
from city.services.records import OfferingRecord
from indexer.sources import Finding, Reading, SourceOptions
from indexer.sources.schema_org import Graph, Node, kept_id, listed, types
from indexer.sources.schema_org_offering import (
    ABOVE,
    ALWAYS_PARTS,
    FACILITIES,
    Entry,
    Group,
    OfferingMaker,
    Told,
    Undated,
)
from indexer.sources.schema_org_places import Places, Where

BELOW = ("subEvent", "subEvents", "event", "hasCourseInstance")
WHOLES = frozenset({"Course", "CourseInstance", "SessionSeries", "FacilityUse", "IndividualFacilityUse"})
"""What is attended or booked as a whole: its parts are no offerings of their own."""
EVENTS = frozenset({"Festival", "EventSeries", "Hackathon", "CourseInstance", "Course", "SessionSeries"})
LONGEST_CHAIN = 5
UNMATCHED_SHOWN = 20


def is_offering(node: Node) -> bool:
    """True for what one can take part in: an event of any kind, a course, a trip, a facility one can hire."""
    return any(is_event(kind) or kind in FACILITIES | ALWAYS_PARTS | {"TouristTrip"} for kind in types(node))


def is_event(kind: str) -> bool:
    """True for a type that is schema.org's Event, one of its subtypes, or a course."""
    return kind in EVENTS or (kind.endswith("Event") and kind != "DeliveryEvent")


class Offerings:
    """Turns the entries of one document into a reading."""

    def __init__(
        self,
        graph: Graph,
        options: SourceOptions,
        reading: Reading,
        *,
        language: str = "",
        leaves_undated: bool = False,
    ) -> None:
        self._leaves_undated = leaves_undated
        self._graph, self._options, self._reading, self._language = graph, options, reading, language
        self._places = Places(graph, options.datum, language)
        self._unmatched: dict[str, None] = {}
        self._opened_ids: set[int] = set()

    def transform(self, entries: Sequence[Entry]) -> None:
        """Add records, venues, refusals and remarks of all entries to the reading."""
        seen: dict[str, Entry] = {}
        for group in self._groups(entries):
            try:
                for one in self._by_place(group):
                    record = self._record(one)
                    self._refuse_twin(record, one.entry, seen)
                    self._reading.records.append(record)
            except Undated as wrong:
                self._undated(group.entry, wrong)
            except InvalidInput as wrong:
                self._reading.refusals.append(group.entry.finding(str(wrong), wrong.field, wrong.value, wrong.remedy))
        self._reading.venues += self._places.venues.values()
        self._tell_unmatched(entries)

    def _undated(self, entry: Entry, wrong: Undated) -> None:
        """Refuse what has no day; in a change feed it is what has no session any more, and is gone for now."""
        finding = entry.finding(str(wrong), wrong.field, wrong.value, wrong.remedy)
        if self._leaves_undated:
            self._reading.remarks.append(finding)
            self._reading.deleted_ids |= {entry.id}
        else:
            self._reading.refusals.append(finding)

    def _tell_unmatched(self, entries: Sequence[Entry]) -> None:
        if self._unmatched:
            shown = ", ".join(list(self._unmatched)[:UNMATCHED_SHOWN])
            message = "These words name no topic of the controlled list."
            self._reading.remarks.append(Finding(message, entries[0].file, field="keywords", value=shown))

    def _refuse_twin(self, record: OfferingRecord, entry: Entry, seen: dict[str, Entry]) -> None:
        known = seen.setdefault(record.source_id, entry)
        if known is not entry:
            where = f"in line {known.line}" if known.line else f"as {known.id}"
            raise InvalidInput(
                f"The same record stands {where} already.",
                field="@id",
                value=record.source_id,
                remedy="one id a record",
            )

    # what belongs together

    def _groups(self, entries: Sequence[Entry]) -> list[Group]:
        """Return the offerings with their parts; a part that is an entry itself is found by what it belongs to."""
        groups: dict[int, Group] = {}
        by_id: dict[str, Group] = {}
        parts: list[tuple[Entry, list[Node]]] = []
        opened = list(self._opened(entries))
        self._opened_ids = {id(entry.node) for entry in opened}
        for entry in opened:
            chain = self._chain(entry.node)
            if len(chain) > 1 and self._is_part(chain[0], chain[1]):
                parts.append((entry, chain))
                continue
            group = groups[id(entry.node)] = Group(entry, chain)
            by_id.update(dict.fromkeys(self._names(entry.node), group))
        for entry, chain in parts:
            self._join(entry, chain, groups, by_id)
        return [group for group in groups.values() if not self._is_left_to_its_parts(group)]

    def _opened(self, entries: Sequence[Entry]) -> Iterator[Entry]:
        """Yield entries and, after each, the parts that stand inside it, each of them once."""
        seen: set[str] = set()
        for entry in entries:
            yield from self._with_parts(entry, seen, 0)

    def _with_parts(self, entry: Entry, seen: set[str], depth: int) -> Iterator[Entry]:
        if (name := str(entry.node.get("@id", ""))) and name in seen:
            return
        seen |= {name} if name else set()
        yield entry
        for below in (part for key in BELOW for part in self._graph.nodes(entry.node.get(key))):
            inner = {"superEvent": entry.node, **below} if not self._above(below) else below
            if depth < LONGEST_CHAIN and is_offering(below):
                yield from self._with_parts(Entry(inner, entry.file, entry.line), seen, depth + 1)

    def _above(self, node: Node) -> Node | None:
        return next((above for key in ABOVE for above in self._graph.nodes(node.get(key))), None)

    def _chain(self, node: Node) -> list[Node]:
        chain = [node]
        while len(chain) < LONGEST_CHAIN and (above := self._above(chain[-1])) is not None:
            if any(above is known or (above.get("@id") and above.get("@id") == known.get("@id")) for known in chain):
                break
            chain.append(above)
        return chain

    def _is_part(self, node: Node, above: Node) -> bool:
        """True when a node is one time of what stands above it, not an offering of its own."""
        if "EventSeries" in types(above) and set(types(node)) & WHOLES:
            return False
        if "CourseInstance" in types(node):
            return id(above) in self._opened_ids  # else the instance is what is published, and carries its course
        if set(types(node)) & ALWAYS_PARTS or set(types(above)) & WHOLES:
            return True
        same_name = not node.get("name") or node.get("name") == above.get("name")
        return same_name and (not node.get("location") or node.get("location") == above.get("location"))

    def _names(self, node: Node) -> list[str]:
        inner = (str(part.get("@id") or "") for part in self._graph.nodes(node.get("individualFacilityUse")))
        return [name for name in (str(node.get("@id") or ""), *inner) if name]

    def _join(self, entry: Entry, chain: list[Node], groups: dict[int, Group], by_id: dict[str, Group]) -> None:
        """Put a part to the offering it belongs to; where only the part names it, it becomes one."""
        for at, above in enumerate(chain[1:], start=1):
            known = groups.get(id(above)) or by_id.get(str(above.get("@id") or ""))
            if known is not None:
                known.parts.append(entry)
                return
            if at + 1 < len(chain) and self._is_part(above, chain[at + 1]):
                continue
            whole = Entry(above, entry.file, entry.line)
            group = groups[id(above)] = Group(whole, chain[at:], [entry])
            by_id.update(dict.fromkeys(self._names(above), group))
            return

    def _is_left_to_its_parts(self, group: Group) -> bool:
        """True for a series whose members are offerings of their own, and which states no time itself."""
        node = group.entry.node
        has_time = any(listed(node.get(name)) for name in ("startDate", "eventSchedule", "courseSchedule"))
        members = [part for key in BELOW for part in self._graph.nodes(node.get(key)) if is_offering(part)]
        return bool(members) and not group.parts and not has_time

    def _by_place(self, group: Group) -> list[Group]:
        """Return a course held at several places as one offering a place; anything else as it is."""
        held: dict[str, list[Entry]] = {}
        for part in group.parts:
            where = self._places.where(part.node.get("location")) if "Course" in types(group.entry.node) else Where()
            held.setdefault(where.venue.source_id if where.venue else "", []).append(part)
        if len(held.keys() - {""}) < 2:
            return [group]
        return [
            Group(self._at_place(group.entry, place), [*group.chain, parts[0].node], parts)
            for place, parts in held.items()
        ]

    def _at_place(self, entry: Entry, place: str) -> Entry:
        return Entry(entry.node, entry.file, entry.line, kept_id(f"{entry.id}@{place}"))

    # one offering

    def _record(self, group: Group) -> OfferingRecord:
        return OfferingMaker(
            group, self._graph, self._places, self._options, self._told(group), self._language
        ).record()

    def _told(self, group: Group) -> Told:
        def remark(finding: Finding) -> None:
            told = group.entry.finding(finding.message, finding.field, finding.value, finding.remedy)
            self._reading.remarks.append(told)

        return Told(remark, lambda words: self._unmatched.update(dict.fromkeys(words)))
