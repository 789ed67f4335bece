"""The process in which a feed is read: what it is told, what it answers, what it may use and what it may not do.

Owns: its limits (memory, time, size) and its guard (no connection, no program, no written file). The answer is JSON. It
is started by `indexer.bounded` as `python -m indexer.reading_process` and is no verb. macOS does not enforce the limit
of memory; the others hold there too.
"""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import sys
from dataclasses import dataclass, field, replace
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from city.errors import FeedRefused, InvalidInput
from indexer.sources import GROUP, Finding, Reading, SourceOptions

if sys.platform != "win32":
    import resource

FORBIDDEN = (
    *("socket.connect", "socket.getaddrinfo", "socket.bind"),
    *("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.fork", "ctypes."),
    *("os.remove", "os.rename", "os.rmdir", "os.mkdir", "os.link", "os.symlink", "os.truncate", "os.chmod", "os.kill"),
)
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
LONGEST_REASON = 300


@dataclass(frozen=True)
class ReadBounds:
    """What reading one feed may cost."""

    memory_bytes: int = 512 * 1024 * 1024
    cpu_seconds: int = 20
    wall_seconds: int = 30
    answer_bytes: int = 256 * 1024 * 1024


@dataclass(frozen=True)
class Task:
    """What the process is told: which format, and `source` of which module, reads which path, and its limits."""

    format: str
    source: str
    path: Path
    options: SourceOptions
    bounds: ReadBounds


@dataclass(frozen=True)
class Refusal:
    """A FeedRefused on its way through JSON."""

    message: str
    file: str = ""
    line: int | None = None
    remedy: str = ""


@dataclass(frozen=True)
class Answer:
    """What the process found: a reading, or why there is none."""

    reading: Reading = field(default_factory=Reading)
    refusal: Refusal | None = None


TASK: TypeAdapter[Task] = TypeAdapter(Task)
ANSWER: TypeAdapter[Answer] = TypeAdapter(Answer)


def answer_to(task: Task) -> bytes:
    """Read a feed in this process and return the answer as JSON; whatever its source raises becomes a refusal."""
    refusal: Refusal | None
    try:
        read = EntryPoint(task.format, task.source, GROUP).load()
        return ANSWER.dump_json(Answer(_speakable(read(task.path, task.options))))
    except FeedRefused as refused:
        refusal = Refusal(_shown(str(refused)), _shown(refused.file), refused.line, _shown(refused.remedy))
    except InvalidInput as wrong:
        refusal = _refusal(task, f"breaks a rule ({wrong})")
    except RecursionError:
        refusal = _refusal(task, "is nested too deep")
    except MemoryError:
        refusal = None  # said below, when what filled the memory is gone
    except Exception as wrong:  # a parser met what it was not made for; the sentence names it
        refusal = _refusal(task, f"cannot be read ({type(wrong).__name__}: {wrong})")
    if refusal is None:
        refusal = _refusal(task, f"needs more than {task.bounds.memory_bytes // 1024**2} MiB of memory")
    return ANSWER.dump_json(Answer(refusal=refusal))


def _refusal(task: Task, what: str) -> Refusal:
    message = _shown(f"{task.path.name} {what[:LONGEST_REASON]} as {task.format}.")
    return Refusal(message, _shown(str(task.path)), remedy=f"a whole, well-formed {task.format} feed")


def _shown(text: str) -> str:
    """Return a text as one line that any terminal and JSON can carry."""
    return "".join(letter if letter.isprintable() else " " for letter in text)


def _speakable(reading: Reading) -> Reading:
    """Return the reading with findings that any terminal can show: they quote what was refused for its letters."""
    refusals, remarks = (
        [replace(each, **_mended(each)) for each in found] for found in (reading.refusals, reading.remarks)
    )
    return replace(reading, refusals=refusals, remarks=remarks)


def _mended(finding: Finding) -> dict[str, Any]:
    """Return the texts of a finding that hold what cannot be shown, with blanks in its place; lines stay lines."""
    texts = {name: value for name, value in vars(finding).items() if isinstance(value, str) and not value.isprintable()}
    return {name: "\n".join(map(_shown, text.split("\n"))) for name, text in texts.items()}


def limit_this_process(bounds: ReadBounds) -> None:
    """Lower what this process may use and do, for good."""
    sys.modules["numpy"] = None  # type: ignore[assignment]  # openpyxl would load it, with its threads and memory
    if sys.platform != "win32":
        signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
        signal.alarm(bounds.wall_seconds + 5)  # should the caller be gone
        _lower(resource.RLIMIT_AS, bounds.memory_bytes)
        _lower(resource.RLIMIT_CPU, bounds.cpu_seconds, grace=1)
        _lower(resource.RLIMIT_FSIZE, bounds.answer_bytes)
        _lower(resource.RLIMIT_CORE, 0)
    sys.addaudithook(_guard)


def _lower(kind: int, most: int, *, grace: int = 0) -> None:
    hardest = resource.getrlimit(kind)[1]
    hard = most + grace if hardest == resource.RLIM_INFINITY else min(most + grace, hardest)
    with contextlib.suppress(ValueError, OSError):  # macOS refuses the limit of memory
        resource.setrlimit(kind, (min(most, hard), hard))


def _guard(event: str, arguments: tuple[Any, ...]) -> None:
    """Refuse what reading a file never needs."""
    writes = event == "open" and _writes(arguments[1], arguments[2])
    if writes or event.startswith(FORBIDDEN):
        raise PermissionError(f"reading a feed never needs {event}")


def _writes(mode: str | None, flags: int) -> bool:
    return any(letter in mode for letter in "wax+") if mode else bool(flags & WRITING)


def main() -> None:
    """Be the process: take a task from stdin, give the answer on stdout."""
    task = TASK.validate_json(sys.stdin.buffer.read())
    answer = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a library prints is no part of the answer
    limit_this_process(task.bounds)
    gc.disable()  # it lives for one file, whose records all stay, and its memory is bounded
    with answer:
        answer.write(answer_to(task))


if __name__ == "__main__":
    main()
