"""Two kept reports of one source side by side: what is new, what is over, what stayed.

Owns: when two findings are the same one, though their lines moved. Called by `learncity source compare`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

COUNTS = ("new", "changed", "unchanged", "gone", "refused", "notes")
LISTS = ("refusals", "remarks")

Report = Mapping[str, Any]


@dataclass(frozen=True)
class Comparison:
    """Counts of both, and of each list the findings only the later one has, only the earlier one had, and both."""

    counts: Mapping[str, tuple[int, int]]
    appeared: Mapping[str, list[Report]]
    vanished: Mapping[str, list[Report]]
    stayed: Mapping[str, int]

    def as_json(self) -> dict[str, Any]:
        return {
            "counts": {name: {"earlier": was, "later": now} for name, (was, now) in self.counts.items()},
            "appeared": dict(self.appeared),
            "vanished": dict(self.vanished),
            "stayed": dict(self.stayed),
        }

    def as_text(self) -> str:
        """Return it for a person: a line a count that differs, then findings with their remedies."""
        moved = [f"{name}: {was} → {now}" for name, (was, now) in self.counts.items() if was != now]
        lines = [", ".join(moved) or "The counts are the same."]
        for name in LISTS:
            lines += [f"new {name}: {_line(finding)}" for finding in self.appeared[name]]
            lines += [f"over {name}: {_line(finding)}" for finding in self.vanished[name]]
            lines.append(f"{name} in both: {self.stayed[name]}")
        return "\n".join(lines)


def compare_reports(earlier: Report, later: Report) -> Comparison:
    """Compare two reports as they are kept."""
    keyed = {
        name: ({_key(finding): finding for finding in earlier.get(name, ())},
               {_key(finding): finding for finding in later.get(name, ())})
        for name in LISTS
    }  # fmt: skip
    return Comparison(
        counts={name: (int(earlier.get(name, 0)), int(later.get(name, 0))) for name in COUNTS},
        appeared={name: [now[key] for key in now if key not in was] for name, (was, now) in keyed.items()},
        vanished={name: [was[key] for key in was if key not in now] for name, (was, now) in keyed.items()},
        stayed={name: len(was.keys() & now.keys()) for name, (was, now) in keyed.items()},
    )


def _key(finding: Report) -> tuple[str, ...]:
    """A finding is the same one when it says the same of the same record, wherever in the file that stands now."""
    part = str(finding.get("part", "")) or str(finding.get("line", ""))
    return part, str(finding.get("field", "")), str(finding.get("message", ""))


def _line(finding: Report) -> str:
    what = " ".join(str(finding[key]) for key in ("part", "field") if finding.get(key))
    remedy = f" → {finding['remedy']}" if finding.get("remedy") else ""
    return f"{what or finding.get('line') or '-'}: {finding.get('message', '')}{remedy}"
