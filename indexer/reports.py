"""The report of one import: what a person reads on the terminal, what a machine reads as JSON, what is kept.

Owns: the report's form and the exit code that follows from it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from city.services.publishing import FeedOutcome, FieldChange
from indexer.sources import Finding

ALL_IN, SOME_REFUSED, NOTHING_USABLE = 0, 1, 2
SHOWN_FINDINGS = 20


@dataclass
class ImportReport:
    """Counts and findings of one run."""

    format: str
    source: str
    operator: str
    dry_run: bool
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    gone: int = 0
    changes: list[Finding] = field(default_factory=list)
    refusals: list[Finding] = field(default_factory=list)
    remarks: list[Finding] = field(default_factory=list)
    stopped: str = ""
    """Why the brake stopped the run."""
    refused_whole: str = ""
    """Why the feed as a whole could not be used."""
    was_unchanged: bool = False
    """True when the address itself said that nothing changed, so that nothing was read."""
    run_id: int | None = None
    """The number under which the report was kept, None of a dry run."""

    def add_outcome(self, outcome: FeedOutcome) -> None:
        """Take over what loading did."""
        if outcome.operator_created:
            done = "would be added" if self.dry_run else "was added"
            message = f"Operator {self.operator} did not exist and {done}, named after its slug."
            self.remarks.append(Finding(message, part=self.operator))
        for topic in sorted(outcome.unknown_topics):
            self.remarks.append(Finding("This topic is not in the controlled list and was left out.", value=topic))
        self.stopped = outcome.braked
        if self.stopped:
            return
        self.new, self.changed = outcome.new, outcome.changed
        self.unchanged, self.gone = outcome.unchanged, outcome.gone
        self.changes += [
            Finding(_told(change), self.source, None, change.source_id, change.field, change.after)
            for change in outcome.changes
        ]

    def exit_code(self) -> int:
        """0 all in, 1 some refused, 2 nothing usable or stopped by the brake."""
        usable = self.new + self.changed + self.unchanged or self.was_unchanged
        if self.stopped or self.refused_whole or (not usable and not self.gone):
            return NOTHING_USABLE
        return SOME_REFUSED if self.refusals else ALL_IN

    def as_json(self) -> dict[str, Any]:
        return {
            "format": self.format,
            "source": self.source,
            "operator": self.operator,
            "dry_run": self.dry_run,
            "new": self.new,
            "changed": self.changed,
            "unchanged": self.unchanged,
            "gone": self.gone,
            "refused": len(self.refusals),
            "notes": len(self.remarks),
            "stopped": self.stopped or self.refused_whole,
            "changes": [finding.as_json() for finding in self.changes],
            "refusals": [finding.as_json() for finding in self.refusals],
            "remarks": [finding.as_json() for finding in self.remarks],
        }

    def summary(self) -> str:
        """Return the closing line."""
        tried = " (dry run: nothing was written)" if self.dry_run else ""
        if self.refused_whole:
            return f"Refused: {self.refused_whole}{tried}"
        if self.stopped:
            return f"Stopped, nothing was changed: {self.stopped}. Look, then repeat with --allow-mass-change."
        return (
            f"{self.new} new, {self.changed} changed, {self.unchanged} unchanged, {self.gone} gone, "
            f"{len(self.refusals)} refused, {len(self.remarks)} remarks{tried}"
        )

    def as_text(self) -> str:
        """Return the report for a person: the first findings of each list, with places and remedies."""
        blocks = [
            _block("Refused", self.refusals),
            _block("Changed", self.changes),
            _block("Remarks", self.remarks),
        ]
        head = f"Import of {self.source} ({self.format}) for operator {self.operator}"
        return "\n".join([head, *(block for block in blocks if block)])


def _told(change: FieldChange) -> str:
    """Say what a field was and is, of whom, and whether a person's edit stands instead."""
    of_whom = "of the venue: " if change.is_venue else ""
    kept = "; edited by hand, so the offering keeps its own" if change.kept else ""
    return f"{of_whom}was {_short(change.before)}, is {_short(change.after)}{kept}"


def _block(title: str, findings: list[Finding]) -> str:
    if not findings:
        return ""
    lines = [f"{title}: {len(findings)}", *(f"  {_line(finding)}" for finding in findings[:SHOWN_FINDINGS])]
    if len(findings) > SHOWN_FINDINGS:
        lines.append(f"  … and {len(findings) - SHOWN_FINDINGS} more (--json shows all)")
    return "\n".join(lines)


def _line(finding: Finding) -> str:
    place = ":".join(str(part) for part in (finding.file, finding.line) if part)
    what = " ".join(part for part in (finding.part, finding.field) if part)
    value = f" ({_short(finding.value)})" if finding.value not in (None, "") else ""
    remedy = f" → {finding.remedy}" if finding.remedy else ""
    return " ".join(part for part in (place, what) if part) + f": {finding.message}{value}{remedy}"


def _short(value: Any) -> str:
    text = "nothing" if value in (None, "", [], {}) else str(value)
    return text if len(text) <= 80 else text[:77] + "…"
