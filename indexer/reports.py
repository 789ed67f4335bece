"""The report of one import: what a person reads on the terminal, what a machine reads as JSON, what is kept.

Owns: the report's form and the exit code that follows from it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import Any

from city.services.publishing import FeedOutcome
from indexer.change_words import told
from indexer.sources import Finding

ALL_IN, SOME_REFUSED, NOTHING_USABLE = 0, 1, 2
SHOWN_FINDINGS = 20
SHOWN_OF_A_KIND = 3
VARYING = re.compile(r"[0-9]+|'[^']*'|\"[^\"]*\"")


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
    new_parts: list[str] = field(default_factory=list)
    """Ids of the records that came in, and of those that had been gone and came back."""
    gone_parts: list[str] = field(default_factory=list)
    withdrawn_parts: list[str] = field(default_factory=list)
    """Those of the gone ones that were still to come; the others were over and stay as they were."""
    changes: list[Finding] = field(default_factory=list)
    refusals: list[Finding] = field(default_factory=list)
    remarks: list[Finding] = field(default_factory=list)
    stopped: str = ""
    """Why the brake stopped the run."""
    refused_whole: str = ""
    """Why the feed as a whole could not be used."""
    guessed_mapping: str = ""
    """The mapping file guessed for a table that came without one, to be confirmed."""
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
        self.new_parts, self.gone_parts = outcome.new_ids + outcome.returned_ids, outcome.gone_ids
        self.withdrawn_parts = outcome.withdrawn_ids
        back = "This record had been gone and is back: its offering is shown again, under the same address."
        self.remarks += [Finding(back, self.source, part=source_id) for source_id in outcome.returned_ids]
        self.changes += [
            Finding(told(change), self.source, None, change.source_id, change.field, change.after)
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
            "new_parts": self.new_parts,
            "gone_parts": self.gone_parts,
            "withdrawn_parts": self.withdrawn_parts,
            "guessed_mapping": self.guessed_mapping,
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
            _block("Changed", self.changes, with_values=False),
            self._gone_in_words(),
            _block("Remarks", self.remarks),
        ]
        head = f"Import of {self.source} ({self.format}) for operator {self.operator}"
        guessed = f"\n{self.guessed_mapping}\n" if self.guessed_mapping else ""
        return "\n".join([head, *(block for block in (*blocks, guessed) if block)])

    def _gone_in_words(self) -> str:
        """Say which records are not in the feed any more, and which of them were taken out of the lists."""
        if not self.gone_parts:
            return ""
        withdrawn = set(self.withdrawn_parts)
        over = [part for part in self.gone_parts if part not in withdrawn]
        groups = (("still to come, so withdrawn", self.withdrawn_parts), ("over, so left as they were", over))
        lines = [f"  {what}: {len(parts)} ({_ids(parts)})" for what, parts in groups if parts]
        return "\n".join([f"Gone: {len(self.gone_parts)}", *lines])


def _ids(parts: list[str]) -> str:
    more = f" and {len(parts) - SHOWN_FINDINGS} more" if len(parts) > SHOWN_FINDINGS else ""
    return ", ".join(parts[:SHOWN_FINDINGS]) + more


def _block(title: str, findings: list[Finding], *, with_values: bool = True) -> str:
    """Return a list for a person: of findings that say the same the first few, so that a rare one is seen too."""
    if not findings:
        return ""
    lines, told_of = [f"{title}: {len(findings)}"], 0
    for alike in _by_kind(findings):
        if told_of >= SHOWN_FINDINGS:
            break
        shown = alike[: SHOWN_OF_A_KIND if len(alike) > SHOWN_OF_A_KIND + 1 else len(alike)]
        lines += [f"  {_line(finding if with_values else replace(finding, value=None))}" for finding in shown]
        if len(alike) > len(shown):
            lines.append(f"    … and {len(alike) - len(shown)} more like that")
        told_of += len(shown)
    lines.append("  --json shows all of them" if told_of < len(findings) else "")
    return "\n".join(line for line in lines if line)


def _by_kind(findings: list[Finding]) -> list[list[Finding]]:
    """Return findings that say the same but for numbers and quoted words together, in the order of their first."""
    kinds: dict[tuple[str, str], list[Finding]] = {}
    for finding in findings:
        kinds.setdefault((finding.field, VARYING.sub("#", finding.message)), []).append(finding)
    return list(kinds.values())


def _line(finding: Finding) -> str:
    place = ":".join(str(part) for part in (finding.file, finding.line) if part)
    what = " ".join(part for part in (finding.part, finding.field) if part)
    value = f" ({_short(finding.value)})" if finding.value not in (None, "") else ""
    remedy = f" → {finding.remedy}" if finding.remedy else ""
    return " ".join(part for part in (place, what) if part) + f": {finding.message}{value}{remedy}"


def _short(value: Any) -> str:
    text = "nothing" if value in (None, "", [], {}) else " ".join(str(value).split())
    return text if len(text) <= 80 else text[:77] + "…"
