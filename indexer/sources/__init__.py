"""One file a feed format, each extract → transform; loading is `city.services.publishing`.

Owns: what a source gives back (`Reading`) and how a finding names its place. A new source is one file and one entry
point of the group `learncity.sources`: a function `(path, options) -> Reading` that raises FeedRefused when the file as
a whole cannot be used.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import datetime
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from city.services.records import OfferingRecord, VenueRecord

GROUP = "learncity.sources"


@dataclass(frozen=True)
class Finding:
    """Something to tell about one place of a feed; `part` is the record's id, `remedy` what would be right."""

    message: str
    file: str = ""
    line: int | None = None
    part: str = ""
    field: str = ""
    value: Any = None
    remedy: str = ""

    def as_json(self) -> dict[str, Any]:
        row = asdict(self)
        return {key: row[key] for key in ("file", "line", "part", "field", "value", "message", "remedy")}


@dataclass(frozen=True)
class SourceOptions:
    """What the command line says beside the path: the kind of undeclared records, and a mapping file."""

    kind: str = "event"
    mapping: Path | None = None
    zone: str = "Asia/Shanghai"
    datum: str = "WGS84"
    """In which datum the source states positions: WGS84, GCJ-02 or BD-09."""
    accept_guess: bool = False
    """True when a mapping guessed from a table's header may be used without asking."""
    cursor: str = ""
    """Where a change feed went to last time; "" at its first run."""
    now: datetime | None = None
    """The catalogue's instant, aware: where the window of expanded recurrences begins; None only where none recur."""
    address: str = ""
    """The web address the content was fetched from, "" for a file."""


@dataclass
class Reading:
    """All that one feed holds: venues, good records, refusals of single records, and remarks."""

    venues: list[VenueRecord] = field(default_factory=list)
    records: list[OfferingRecord] = field(default_factory=list)
    refusals: list[Finding] = field(default_factory=list)
    remarks: list[Finding] = field(default_factory=list)
    is_partial: bool = False
    """True for a change feed: what it does not name stays as it is."""
    deleted_ids: frozenset[str] = frozenset()
    """Ids that a change feed says are deleted."""
    cursor: str = ""
    """Where a change feed goes on next time."""
    places_only: bool = False
    """True where the venues are what the feed is about."""
    guessed_mapping: str = ""
    """A mapping file guessed for a table that came without one: nothing goes in before a person confirms it."""
    keep_if_known: frozenset[str] = frozenset()
    """Fields of OfferingRecord that this run cannot tell for sure: a record that is known keeps what it had."""


Source = Callable[[Path, SourceOptions], Reading]


def formats() -> list[str]:
    """Return the names of the formats that are installed."""
    return sorted(entry.name for entry in entry_points(group=GROUP))


def source_of(name: str) -> Source:
    """Return the source of a format."""
    found: Source = next(iter(entry_points(group=GROUP, name=name))).load()
    return found
