"""What changed in a record or a venue between two runs of its source, field by field.

Owns: `FieldChange` and how it is found. Called by `city.services.publishing`; told in words by the indexer's reports.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class FieldChange:
    """What one field of one record (or of one venue) was and is; `kept` says that a person's edit stands instead."""

    source_id: str
    field: str
    before: Any
    after: Any
    is_venue: bool = False
    kept: bool = False


def venue_changes(source_id: str, different: Mapping[str, tuple[Any, Any]]) -> list[FieldChange]:
    """Return what `fill_venue` wrote as changes of the venue."""
    return [
        FieldChange(source_id, name, _as_told(before), _as_told(after), is_venue=True)
        for name, (before, after) in different.items()
    ]


def _as_told(value: Any) -> Any:
    return dict(value) if isinstance(value, Mapping) else value


def differences(
    source_id: str, before: Mapping[str, Any], after: Mapping[str, Any], locked: set[str]
) -> list[FieldChange]:
    """Return the fields in which a record's values differ, by name; `locked` ones were edited by hand."""
    names = sorted(before.keys() | after.keys())
    return [
        FieldChange(source_id, name, before.get(name), after.get(name), kept=name in locked)
        for name in names
        if before.get(name) != after.get(name)
    ]
