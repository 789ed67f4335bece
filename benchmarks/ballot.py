"""What a large draw costs: 60,000 entries for 1,000 seats in 40 Runs, drawn, written and audited; CPU seconds, memory.

Goal: the audit of such a file within 30 CPU seconds and 1 GB on one core. Beside it the script of the documents, which
shares no code with the product.
"""

from __future__ import annotations

import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from city.ballot_records import audited, entries_digest, rule_record, run_record, written
from city.drawing import DrawRule, EntryInDraw, RunInDraw, draw, seed_of

ENTRIES, RUNS, SEATS = 60_000, 40, 25
GOAL_SECONDS, GOAL_MB = 30, 1_000
LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"
SCRIPT = Path(__file__).parents[1] / "docs" / "check_draw.py"
T = TypeVar("T")


def main() -> None:
    rng = random.Random(20261125)
    runs, entries = _runs(), [_entry(rng) for _ in range(ENTRIES)]
    rule = DrawRule((("first_time",), (), ("under_served",), (), ()))
    digest = entries_digest(entries)
    seed = seed_of(digest, secret="", public_value="3412 07")
    print(f"{ENTRIES:,} entries for {RUNS * SEATS:,} seats in {RUNS} Runs")
    drawn = _timed("draw", lambda: draw(rule, runs, entries, seed))
    said = {"kind": "public", "source": "", "commitment": "", "secret": "", "public_value": "3412 07", "value": seed}
    head = {"stage": "drawn", "ballot": 1, "name": {}, "rule": rule_record(rule), "seed": said}
    head |= {"entries": len(entries), "entries_sha256": digest}
    text = _timed("write the file", lambda: written(head, [run_record(run, {}) for run in runs], entries, drawn))
    found = _timed(f"audit (goal {GOAL_SECONDS} s)", lambda: audited(text))
    print(
        f"  file {len(text.encode()) / 1e6:.1f} MB; the audit says {'equal' if found.is_equal else found.problems[0]}"
    )
    print(f"  memory at most {_memory_mb(resource.RUSAGE_SELF):.0f} MB (goal {GOAL_MB} MB)")
    _script(text)


def _script(text: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "drawn.jsonl"
        file.write_text(text, encoding="utf-8", newline="")
        done = subprocess.run([sys.executable, "-I", "-S", SCRIPT, file], capture_output=True, text=True, check=False)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(f"  docs/check_draw.py: {used.ru_utime + used.ru_stime:.1f} s, {_memory_mb(resource.RUSAGE_CHILDREN):.0f} MB")
    print(f"  it says: {(done.stdout or done.stderr).strip()[:80]}")


def _timed(what: str, work: Callable[[], T]) -> T:
    started = time.process_time()
    made = work()
    print(f"  {what}: {time.process_time() - started:.1f} s")
    return made


def _memory_mb(who: int) -> float:
    return resource.getrusage(who).ru_maxrss / 1024


def _runs() -> list[RunInDraw]:
    evenings = [f"2026-12-{day:02d}" for day in range(1, 29)]
    return [
        RunInDraw(n, n, SEATS, tuple((f"{day}T11:00Z", f"{day}T12:30Z") for day in evenings[n % 7 :: 7]))
        for n in range(1, RUNS + 1)
    ]


def _entry(rng: random.Random) -> EntryInDraw:
    return EntryInDraw(
        pseudonym="".join(rng.choices(LETTERS, k=10)),
        wishes=tuple(rng.sample(range(1, RUNS + 1), rng.randint(1, 5))),
        party=rng.choice((1, 1, 1, 2, 3)),
        tickets=rng.choice((60, 60, 60, 30, 20)),
        classes=tuple(name for name in ("first_time", "under_served") if rng.random() < 0.4),
    )


if __name__ == "__main__":
    main()
