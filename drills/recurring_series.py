"""A thousand series in twenty zones over every change of clocks of 2026: each meeting keeps its hour.

    python -m drills.recurring_series [SEED]

Prints one line a goal: id, figure, goal, pass or MISSED. Ends with 1 when a goal is missed. The twin adds weeks to the
first instant, as UTC arithmetic does, and has to move meetings to another hour.
"""

from __future__ import annotations

import sys

from tests.clock_changes import ZONES, series_of, tally, utc_arithmetic

SERIES, SEED = 1_000, 2026


def main(seed: int) -> int:
    """Read all series, compare, print; return 1 when a goal was missed."""
    many = list(series_of(seed, SERIES))
    found, moved = tally(many), utc_arithmetic(many)
    due = found.stated - found.skipped
    kept = (
        f"{found.kept:,} of {due:,} meetings of {found.series:,} series in {len(ZONES)} zones at their hour; "
        f"{found.skipped} in skipped hours left out, {found.twice} at the first of double hours (seed {seed})"
    )
    missed = told("A15", kept, "100 %", found.kept == due and bool(found.skipped and found.twice))
    missed += told("A15 twin", f"{moved:,} meetings moved by UTC arithmetic", "> 0", moved > 0)
    return bool(missed)


def told(name: str, figure: str, goal: str, reached: bool) -> bool:
    """Print the line of a goal; return whether it was missed."""
    print(f"{name}: {figure} (goal {goal}): {'pass' if reached else 'MISSED'}", flush=True)
    return not reached


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else SEED))
