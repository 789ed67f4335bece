"""Whether the audit log is whole: every entry carries its own hash and that of the one before, to the head.

Owns: the walk, and how a break is told. A changed field, a missing or added entry, and a head that was moved are all
found. Whoever rewrites the whole chain is found by the head that goes to the log stream each day.
"""

from __future__ import annotations

from dataclasses import dataclass

from city.model.audit import BEGINNING
from city.services.permissions import Actor, Operation, require
from city.store.database import Database

Head = tuple[int, str]
"""How many entries there are, and the hash of the last."""


@dataclass(frozen=True)
class Verdict:
    """What the walk found: the entries that are in order, the last hash, and the first break in a sentence."""

    entry_count: int
    head_sha256: str
    broken: str = ""
    broken_id: int | None = None

    @property
    def whole(self) -> bool:
        return not self.broken


def verify_log(database: Database, actor: Actor) -> Verdict:
    """Walk the chain from its beginning; raises NotAllowed for whoever may not read the log."""
    require(actor, Operation.SEE_AUDIT_LOG)
    before = head_of(database)
    count, last, met_head = 0, BEGINNING, before == (0, BEGINNING)
    with database.reading() as work:
        for entry in work.audit_log.all():
            if entry.previous_sha256 != last:
                what = "does not follow the one before it: entries are missing or were added"
                return Verdict(count, last, f"Entry {entry.id} {what}.", entry.id)
            if entry.digest() != entry.sha256:
                return Verdict(count, last, f"Entry {entry.id} was changed after it was written.", entry.id)
            count, last = count + 1, entry.sha256
            met_head = met_head or (count, last) == before
    return Verdict(count, last, _against_heads((count, last), met_head, before, head_of(database)))


def head_of(database: Database) -> Head:
    """Return the end of the chain as it was kept by whoever wrote last."""
    with database.reading() as work:
        head = work.audit_log.head()
        return head.entry_count, head.sha256


def _against_heads(walked: Head, met_head: bool, before: Head, after: Head) -> str:
    """Compare with the heads kept before and after the walk: others may write meanwhile, but nothing may be missing."""
    if walked[0] < before[0]:
        return f"The log has {walked[0]} entries, but {before[0]} were written: the last ones are missing."
    if walked[0] > after[0]:
        return f"The log has {walked[0]} entries, but {after[0]} were written: the last ones were added by hand."
    if not met_head or (walked[0] == after[0] and walked[1] != after[1]):
        return "The last entry is not the one that was written last."
    return ""
