"""Two thousand damaged feeds, attacks by name, a good large calendar, 300 payloads a format, a thousand forged ids.

    python -m drills.hostile_feeds [SEED ...]

Prints one line a goal: id, figure, goal, pass or MISSED. Ends with 1 when a goal is missed. A1 words of feeds stay
words, A3 hostile feeds end in a sentence within a second of computing, A16 forged ids touch nothing of others.
"""

from __future__ import annotations

import re
import sys
import tempfile
import time
from collections.abc import Sequence
from itertools import count
from pathlib import Path

from indexer.sources.ical_scan import scan
from tests.faults import hostile_words
from tests.faults.forged_ids import forge
from tests.faults.good_feeds import GOOD, ical
from tests.faults.hostile_feeds import Case, Outcome, attacks, damaged, outcomes

SEEDS, A_SEED, EVENTS, FORGED = (1, 2, 3, 4), 500, 20_000, 1_000
MOST_CPU_SECONDS, MOST_SCAN_SECONDS, MOST_IMPORT_SECONDS = 1.0, 2.0, 10.0
RECURRING = 20
"""One event of so many in the calendar is a series."""
FORMATS = sorted(GOOD)


def main(seeds: Sequence[int]) -> int:
    """Read everything and print what became of it; return 1 when a goal is missed."""
    missed = told("A3 by name", read(list(attacks(FORMATS))))
    for seed in seeds:
        missed += told(f"A3 seed {seed}", read(list(damaged(A_SEED, seed, FORMATS))))
    missed += told_of_a_large_calendar()
    missed += told_of_words()
    missed += told_of_forged_ids()
    return bool(missed)


def read(cases: Sequence[Case]) -> list[Outcome]:
    with tempfile.TemporaryDirectory(prefix="learncity-feeds-") as folder:
        return outcomes(cases, Path(folder))


def told(name: str, all_of: Sequence[Outcome]) -> bool:
    """Print the line of one lot and, under it, each that missed; return whether one did."""
    faults = [one for one in all_of if one.ending not in ("refused", "accepted") or not one.is_told]
    slow = [one for one in all_of if one.cpu_seconds >= MOST_CPU_SECONDS]
    refused = sum(one.ending == "refused" for one in all_of)
    slowest = max(one.cpu_seconds for one in all_of)
    figure = f"{len(all_of)} feeds, {refused} refused whole, {len(faults)} faults, slowest {slowest:.2f} s"
    line(name, figure, f"0 faults, each < {MOST_CPU_SECONDS:g} s CPU", reached=not faults and not slow)
    for one in [*faults, *slow]:
        print(f"    {one.format}: {one.name}: {one.ending}, {one.cpu_seconds:.2f} s {one.message[:60]}")
    return bool(faults or slow)


def told_of_a_large_calendar() -> bool:
    """Print what a good calendar of 20,000 events costs to look through, and from file to records."""
    content, turn = a_calendar(), count()
    content = re.sub(rb"RRULE:.*\r\n", lambda rule: b"" if next(turn) % RECURRING else rule[0], content)
    began = time.process_time()
    scan(content, "good.ics")
    scanned = time.process_time() - began
    (outcome,) = read([Case("good", "ical", {"good.ics": content})])
    reached = (
        outcome.record_count == EVENTS and outcome.cpu_seconds < MOST_IMPORT_SECONDS and scanned < MOST_SCAN_SECONDS
    )
    figure = f"{outcome.record_count} records, scan {scanned:.2f} s, all {outcome.cpu_seconds:.2f} s, {outcome.ending}"
    goal = f"scan < {MOST_SCAN_SECONDS:g} s, all < {MOST_IMPORT_SECONDS:g} s CPU"
    line("A3 good calendar", figure, goal, reached=reached)
    return not reached


def a_calendar() -> bytes:
    """Return a calendar of as many events as one may have, in not more lines than one may have."""
    (full,) = ical("书法 Ink", EVENTS).values()
    return re.sub(rb"(?:DTSTAMP|CATEGORIES|CONTACT|URL):.*\r\n", b"", full)


def told_of_words() -> bool:
    """Print how many of all payloads through all formats are more than words afterwards."""
    with tempfile.TemporaryDirectory(prefix="learncity-words-") as folder:
        readings = [(name, text, hostile_words.read(name, f"Ink {text}", Path(folder))) for name in FORMATS
                    for text in hostile_words.PAYLOADS]  # fmt: skip
    harmful = [(name, text) for name, text, reading in readings if hostile_words.harm_in(reading)]
    brought = sum(bool(reading.records or reading.venues) for _, _, reading in readings)
    figure = f"{len(readings)} payloads, {brought} brought in, {len(harmful)} more than words"
    line("A1 words of feeds", figure, "0 are more than words", reached=not harmful)
    for name, text in harmful[:10]:
        print(f"    {name}: {text[:90]!r}")
    return bool(harmful)


def told_of_forged_ids() -> bool:
    touched = forge(FORGED)
    line("A16 forged ids", f"{touched} of {FORGED} touched", "0 records of another source touched", reached=not touched)
    return bool(touched)


def line(name: str, figure: str, goal: str, *, reached: bool) -> None:
    print(f"{name:20} {figure:72} goal: {goal:40} {'pass' if reached else 'MISSED'}", flush=True)


if __name__ == "__main__":
    sys.exit(main([int(seed) for seed in sys.argv[1:]] or SEEDS))
