"""The folder of the embedded index: which index in it answers, who may write, what a rebuild leaves behind.

Owns: `current` (a file that names the folder that answers, swapped in one step), `former` (the one kept back), the
locks of the one writer (`lock`, held for a batch or a swap) and of the one rebuild (`rebuilding`, held from its begin
to its end, so that edits go on meanwhile), and `made.json` (by which analysis and mapping an index was made). Knows no
document. Called by `indexer.engines.tantivy` and `tantivy_writing` alone.
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from city.analysis import ANALYSIS_VERSION
from city.errors import IndexLocked, SearchUnavailable
from indexer.fields import MAPPING_VERSION

CURRENT, FORMER, MADE = "current", "former", "made.json"
LOCK, REBUILDING = "lock", "rebuilding"
DOES = {LOCK: "writes", REBUILDING: "rebuilds"}
TRIES, TRY_AGAIN_SECONDS = 600, 0.1
"""A finished rebuild waits a minute for a batch of the sync to end."""
REMEDY = "type: learncity index rebuild"


@dataclass(frozen=True)
class Made:
    """By which versions an index was made."""

    analysis_version: str = ANALYSIS_VERSION
    mapping_version: str = MAPPING_VERSION


class IndexFolder:
    """One folder with the index that answers, the former one, and perhaps one being built."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def current(self) -> Path:
        """Return the folder that answers; raises SearchUnavailable when there is none."""
        try:
            name = (self.root / CURRENT).read_text(encoding="ascii").strip()
        except (OSError, UnicodeDecodeError) as missing:
            raise SearchUnavailable(f"There is no search index in {self.root}; {REMEDY}.") from missing
        folder = self.root / name
        if not name or Path(name).name != name or not folder.is_dir():
            raise SearchUnavailable(f"The search index {name[:40]!r} is gone from {self.root}; {REMEDY}.")
        return folder

    def exists(self) -> bool:
        """True when an index was ever made here; it may be damaged."""
        return (self.root / CURRENT).exists()

    def new(self) -> Path:
        """Make an empty folder for an index; what a killed rebuild left behind is removed."""
        self.root.mkdir(parents=True, exist_ok=True)
        self._remove_others({self._named(CURRENT), self._named(FORMER)})
        folder = self.root / f"index-{secrets.token_hex(6)}"
        folder.mkdir()
        return folder

    def swap(self, folder: Path) -> None:
        """Let `folder` answer from now on; the one before is kept, older ones are removed."""
        before = self._named(CURRENT)
        if before:
            self._point(FORMER, before)
        self._point(CURRENT, folder.name)
        self._remove_others({folder.name, before})

    @contextmanager
    def writing(self, *, patiently: bool = False) -> Iterator[None]:
        """Hold the lock of the one writer; raises IndexLocked when another has it, at once or after a minute."""
        with self._locked(LOCK, TRIES if patiently else 1):
            yield

    @contextmanager
    def rebuilding(self) -> Iterator[None]:
        """Hold the lock of the one rebuild; raises IndexLocked when another has it."""
        with self._locked(REBUILDING, 1):
            yield

    @contextmanager
    def _locked(self, lock: str, tries: int) -> Iterator[None]:
        self.root.mkdir(parents=True, exist_ok=True)
        with (self.root / lock).open("a+", encoding="ascii") as file:
            for tries_left in reversed(range(tries)):
                if _taken(file):
                    break
                if not tries_left:
                    raise IndexLocked(self._locked_by(file, lock))
                time.sleep(TRY_AGAIN_SECONDS)
            file.truncate(0)
            file.write(str(os.getpid()))
            file.flush()
            yield

    def _locked_by(self, file: IO[str], lock: str) -> str:
        file.seek(0)
        holder = file.read(20).strip() or "unknown"
        return (
            f"Another process (number {holder}) {DOES[lock]} the search index in {self.root}. "
            "Wait until it is done, or end it, and try again."
        )

    def _named(self, pointer: str) -> str:
        try:
            return (self.root / pointer).read_text(encoding="ascii").strip()
        except (OSError, UnicodeDecodeError):
            return ""

    def _point(self, pointer: str, name: str) -> None:
        beside = self.root / f"{pointer}.new"
        with beside.open("w", encoding="ascii") as file:
            file.write(name)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(self.root / pointer)

    def _remove_others(self, kept: set[str]) -> None:
        for folder in self.root.glob("index-*"):
            if folder.name not in kept:
                shutil.rmtree(folder, ignore_errors=True)


def _taken(file: IO[str]) -> bool:
    """Take the lock on a file, which ends with the file or the process; False when somebody else has it."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def note_versions(folder: Path) -> None:
    """Write down by which versions the index in `folder` is made."""
    made = Made()
    note = {"analysis_version": made.analysis_version, "mapping_version": made.mapping_version}
    (folder / MADE).write_text(json.dumps(note), encoding="utf-8")


def noted_versions(folder: Path) -> Made:
    """Return by which versions an index was made; raises SearchUnavailable when nobody can tell."""
    try:
        note = json.loads((folder / MADE).read_text(encoding="utf-8"))
        return Made(str(note["analysis_version"]), str(note["mapping_version"]))
    except (OSError, ValueError, KeyError, TypeError) as unreadable:
        raise SearchUnavailable(f"The search index in {folder} is damaged; {REMEDY}.") from unreadable


@contextmanager
def explained(root: Path) -> Iterator[None]:
    """Turn whatever tantivy and the file system raise into SearchUnavailable."""
    try:
        yield
    except (OSError, ValueError) as fault:
        raise SearchUnavailable(f"The search index in {root} cannot be used ({_line(fault)}); {REMEDY}.") from fault
    except BaseException as fault:
        if type(fault).__name__ != "PanicException":  # what tantivy's own broken promises become; it is no Exception
            raise
        raise SearchUnavailable(f"The search index in {root} is damaged ({_line(fault)}); {REMEDY}.") from fault


def _line(fault: BaseException) -> str:
    return " ".join(str(fault).split())[:200]
