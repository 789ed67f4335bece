"""Has a feed read in a process of its own, so that no file can take the caller's memory, time, secrets or life with it.

Owns: how that process is started and how its end becomes a sentence. Its answer is checked field by field: what a
parser hands over is data, never code. `learncity import` and the worker call `read_bounded`.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from importlib.metadata import entry_points
from pathlib import Path
from typing import IO

import structlog
from pydantic import ValidationError

from city.errors import FeedRefused
from indexer.reading_process import ANSWER, TASK, ReadBounds, Task
from indexer.sources import GROUP, Reading, SourceOptions

log = structlog.get_logger(__name__)


def read_bounded(source_name: str, path: Path, options: SourceOptions, *, bounds: ReadBounds | None = None) -> Reading:
    """Return what a format's source reads from a path; raises FeedRefused, also when its process crashes or hangs."""
    entry = next(iter(entry_points(group=GROUP, name=source_name)))
    task = Task(source_name, entry.value, path, options, bounds or ReadBounds())
    with tempfile.TemporaryFile() as answer, tempfile.TemporaryFile() as complaints:
        code = _run(task, answer, complaints)
        if code:
            _log_complaints(task, code, complaints)
            raise _ended(task, code)
        answer.seek(0)
        return _judged(task, answer.read())


def _run(task: Task, answer: IO[bytes], complaints: IO[bytes]) -> int:
    """Run the process to its end and return its exit code; raises FeedRefused when it takes too long."""
    process = subprocess.Popen(
        [sys.executable, "-P", "-B", "-m", "indexer.reading_process"],
        stdin=subprocess.PIPE,
        stdout=answer,
        stderr=complaints,
        env={"PYTHONPATH": os.pathsep.join(sys.path), "PYTHONUTF8": "1"},  # and no secret of ours
        start_new_session=True,
    )
    try:
        process.communicate(TASK.dump_json(task), timeout=task.bounds.wall_seconds)
    except subprocess.TimeoutExpired as hangs:
        raise _refused(task, f"takes more than {task.bounds.wall_seconds} seconds to read") from hangs
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
    return process.returncode


def _log_complaints(task: Task, code: int, complaints: IO[bytes]) -> None:
    complaints.seek(0)
    last_words = complaints.read()[-2_000:].decode("utf-8", "replace")
    log.warning("feed_reader_ended", format=task.format, file=str(task.path), code=code, last_words=last_words)


def _ended(task: Task, code: int) -> FeedRefused:
    """Return the sentence for a process that did not end by itself."""
    if code == -signal.SIGXCPU:
        return _refused(task, f"takes more than {task.bounds.cpu_seconds} seconds of computing to read")
    if code == -signal.SIGXFSZ:
        return _refused(task, "holds more than can be handed over")
    how = signal.Signals(-code).name if code < 0 else f"exit code {code}"
    return _refused(task, f"ended its reader ({how})")


def _judged(task: Task, raw: bytes) -> Reading:
    """Return the reading of an answer; one that is not of the form agreed on counts as no answer."""
    try:
        answer = ANSWER.validate_json(raw)
    except ValidationError as wrong:
        log.warning("feed_reader_answer", format=task.format, file=str(task.path), wrong=str(wrong)[:2_000])
        raise _refused(task, "was not read to its end") from wrong
    if answer.refusal is not None:
        refusal = answer.refusal
        raise FeedRefused(refusal.message, file=refusal.file, line=refusal.line, remedy=refusal.remedy)
    return answer.reading


def _refused(task: Task, what: str) -> FeedRefused:
    return FeedRefused(
        f"{task.path.name} {what} as {task.format}.", file=str(task.path), remedy="check the file, or split it"
    )
