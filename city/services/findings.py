"""What is wrong or doubtful about a form, as a sentence with its parts, so that every language can say it.

Owns: `Finding`. The sentence is English with %(name)s for its parts; parts are values (a day, an hour, a number, a
text in several languages), which the page words. Called by the forms of offerings and venues.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from city.errors import InvalidInput


def message(text: str) -> str:
    """Mark a sentence that is translated where it is shown."""
    return text


@dataclass(frozen=True)
class Finding:
    """One thing about one field of a form."""

    field: str
    text: str
    parts: Mapping[str, Any] = dataclasses.field(default_factory=dict)

    def in_english(self) -> str:
        """Return the sentence for whoever reads no page: a log, a command."""
        return self.text % {name: str(value) for name, value in self.parts.items()}


class NotComplete(InvalidInput):
    """A form with errors; `findings` are all of them, in the order of the form."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings = tuple(findings)
        first = self.findings[0]
        super().__init__(first.in_english(), field=first.field)


class NotConfirmed(InvalidInput):
    """A form that may be right but should be looked at again; `findings` say why, `mark` confirms exactly these."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings = tuple(findings)
        self.mark = mark_of(self.findings)
        first = self.findings[0]
        super().__init__(first.in_english(), field=first.field, remedy="say that it is meant so")


def mark_of(findings: Iterable[Finding]) -> str:
    """Return by what exactly these doubts are confirmed: others that come up later ask again."""
    told = [[each.field, each.in_english()] for each in findings]
    return hashlib.sha256(json.dumps(told, ensure_ascii=False).encode()).hexdigest()[:16]
