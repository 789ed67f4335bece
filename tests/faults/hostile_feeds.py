"""Feeds made to break a reader: good ones damaged by a seeded die, and attacks by name, one for each known weakness.

`python -m tests.faults.hostile_feeds FOLDER` reads every case of a folder in a child of its own, with the product's own
limits and guard, and prints an outcome a line: tests and drill start it, so that a case that gets through hurts nobody.
"""

from __future__ import annotations

import json
import os
import random
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from indexer.reading_process import ANSWER, ReadBounds, Task, answer_to, limit_this_process
from indexer.sources import GROUP, SourceOptions
from tests.faults.feed_attacks import ATTACKS
from tests.faults.good_feeds import GOOD, TEXT, Files

NOW = datetime(2025, 12, 16, 1, tzinfo=UTC)
BOUNDS = ReadBounds(cpu_seconds=12, wall_seconds=90)


@dataclass(frozen=True)
class Case:
    """One feed under the name of what is wrong with it."""

    name: str
    format: str
    files: Files = field(repr=False)


@dataclass(frozen=True)
class Outcome:
    """What became of a case: how its reader ended, what it cost, and the first sentence that it left."""

    name: str
    format: str
    ending: str
    cpu_seconds: float
    message: str = ""
    record_count: int = 0
    places: tuple[tuple[str, int | None, str, str], ...] = ()
    """Of each refusal of a single record: file, line, part and message."""

    @property
    def is_told(self) -> bool:
        """True when the whole was refused in a sentence, or every refused record has a place and a reason."""
        if self.ending == "refused":
            return bool(self.message)
        return all(message and (file or line or part) for file, line, part, message in self.places)


def attacks(formats: Sequence[str]) -> Iterator[Case]:
    """Yield the named attacks on the formats."""
    for name in formats:
        for title, files in ATTACKS[name]():
            yield Case(title, name, files)


def damaged(count: int, seed: int, formats: Sequence[str]) -> Iterator[Case]:
    """Yield cases from good feeds, formats and kinds of damage in turn."""
    rng = random.Random(seed)
    good = {name: GOOD[name](TEXT) for name in formats}
    for number in range(count):
        name = formats[number % len(formats)]
        damage = DAMAGES[(number // len(formats)) % len(DAMAGES)]
        files = dict(good[name])
        victim = rng.choice(sorted(files))
        files[victim] = damage(rng, files[victim])
        yield Case(f"{damage.__name__.strip('_')} {seed}/{number}", name, files)


def _truncated(rng: random.Random, content: bytes) -> bytes:
    return content[: rng.randrange(len(content))]


def _inserted(rng: random.Random, content: bytes) -> bytes:
    at = rng.randrange(len(content))
    piece = rng.choice(
        [bytes([rng.randrange(256)]) * rng.choice([1, 10, 5_000]), b'"', b"\r\n", b"<", b"{", b"\x00", b"\xed\xa0\x80"]
    )
    return content[:at] + piece + content[at:]


def _deleted(rng: random.Random, content: bytes) -> bytes:
    at = rng.randrange(len(content))
    return content[:at] + content[at + rng.choice([1, 3, 40, 400]) :]


def _noise(rng: random.Random, content: bytes) -> bytes:
    changed = bytearray(content)
    for _ in range(rng.choice([1, 5, 60])):
        changed[rng.randrange(len(changed))] = rng.randrange(256)
    return bytes(changed)


def _repeated(rng: random.Random, content: bytes) -> bytes:
    start = rng.randrange(len(content))
    piece = content[start : start + rng.choice([1, 20, 300])]
    return content[:start] + piece * rng.choice([2, 50, 1_000]) + content[start:]


def _odd_values(rng: random.Random, content: bytes) -> bytes:
    """Put another kind of value where one stands: for JSON by its tree, for other text by swapping words."""
    try:
        tree = json.loads(content)
    except ValueError:
        words = re.split(rb"([,;:<>=\r\n]+)", content)
        for _ in range(3):
            words[rng.randrange(len(words))] = rng.choice(ODD_WORDS)
        return b"".join(words)
    for _ in range(rng.choice([1, 3])):
        holder, key = rng.choice(list(_leaves(tree)) or [([0], 0)])
        holder[key] = deepcopy(rng.choice(ODD_VALUES))
    return json.dumps(tree).encode()


ODD_WORDS = (
    b"",
    b"-1",
    b"99999999999999999999",
    b"20260230T256199",
    b"FREQ=SECONDLY",
    b"\xff\xfe",
    b"=cmd()",
    b"P1Y2M",
    b"NaN",
)
ODD_VALUES: tuple[Any, ...] = (
    None,
    True,
    -1,
    1e308,
    10**30,
    "",
    "x" * 5_000,
    [],
    {},
    [[]],
    [None],
    {"@id": "#"},
    {"@value": {}},
    "\ud800",
    {"@type": ["Event", {}]},
    ["2026-01-01", 5],
    "2026-02-30T25:61:61+99:99",
    "P99999999Y",
)
DAMAGES = (_truncated, _inserted, _deleted, _noise, _repeated, _odd_values)


def _leaves(tree: Any) -> Iterator[tuple[Any, Any]]:
    """Yield every place of a JSON tree as (holder, key)."""
    pairs = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    for key, value in list(pairs):
        yield tree, key
        yield from _leaves(value)


def outcomes(cases: Sequence[Case], folder: Path) -> list[Outcome]:
    """Write the cases into a folder and have all of them read by one clean process; return what became of each."""
    for number, case in enumerate(cases):
        place = folder / str(number)
        place.mkdir()
        for name, content in case.files.items():
            (place / name).write_bytes(content)
        (folder / f"{number}.case").write_text(json.dumps([case.name, case.format, sorted(case.files)]))
    command = [sys.executable, "-B", "-m", "tests.faults.hostile_feeds", str(folder)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, encoding="utf-8")
    assert ended.returncode == 0, ended.stderr[-3_000:]
    rows = [json.loads(line) for line in ended.stdout.splitlines()]
    return [Outcome(**row | {"places": tuple(map(tuple, row["places"]))}) for row in rows]


def main(folder: Path) -> None:
    """Read every case of a folder in a child of its own and print its outcome."""
    sys.modules["numpy"] = None  # type: ignore[assignment]  # as in the product's process
    sources = {entry.name: entry.value for entry in entry_points(group=GROUP)}
    for value in sources.values():
        import_module(value.partition(":")[0])
    for note in sorted(folder.glob("*.case"), key=lambda path: int(path.stem)):
        name, feed_format, files = json.loads(note.read_text())
        path = folder / note.stem / (files[0] if len(files) == 1 else "")
        options = SourceOptions(kind="route" if feed_format == "routeguide" else "event", now=NOW, accept_guess=True)
        task = Task(feed_format, sources[feed_format], path, options, BOUNDS)
        outcome = replace(_read_in_a_child(task, folder / "answer"), name=name)
        print(json.dumps(asdict(outcome)), flush=True)


def _read_in_a_child(task: Task, answer: Path) -> Outcome:
    answer.unlink(missing_ok=True)
    child = os.fork()
    if not child:
        _be_the_child(task, answer)
    _, status, usage = os.wait4(child, 0)
    code, cpu_seconds = os.waitstatus_to_exitcode(status), usage.ru_utime + usage.ru_stime
    if code:
        return Outcome("", task.format, f"ended with {code}", cpu_seconds)
    read = ANSWER.validate_json(answer.read_bytes())
    if read.refusal is not None:
        return Outcome("", task.format, "refused", cpu_seconds, read.refusal.message)
    places = tuple((each.file, each.line, each.part, each.message) for each in read.reading.refusals[:50])
    count = len(read.reading.records) + (len(read.reading.venues) if read.reading.places_only else 0)
    return Outcome("", task.format, "accepted", cpu_seconds, record_count=count, places=places)


def _be_the_child(task: Task, answer: Path) -> None:
    """Read under the product's limits; never returns."""
    code = 70
    try:
        with answer.open("wb") as file:
            limit_this_process(task.bounds)
            file.write(answer_to(task))
        code = 0
    finally:
        os._exit(code)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
