"""Unit tests touch no disk and no socket: the guard fails them and says by name what they touched."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from typing import Any

import pytest

WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
HARMLESS = (os.devnull, ".pyc", "/.lock")  # the last is the lock of pytest's own temporary folders
_guarded: list[str] = []


def _guard(event: str, arguments: tuple[Any, ...]) -> None:
    if not _guarded:
        return
    if event == "socket.connect":
        raise AssertionError(f"{_guarded[-1]} is a unit test and opened a socket to {arguments[1]}")
    if event == "open" and _writes(*arguments):
        raise AssertionError(f"{_guarded[-1]} is a unit test and wrote the file {arguments[0]}")


def _writes(path: object, mode: str | None, flags: int) -> bool:
    if isinstance(path, int) or str(path).endswith(HARMLESS) or ".pyc." in str(path):
        return False
    return any(letter in mode for letter in "wax+") if mode else bool(flags & WRITING)


sys.addaudithook(_guard)


@pytest.fixture(autouse=True)
def _no_disk_and_no_socket(request: pytest.FixtureRequest) -> Iterator[None]:
    _guarded.append(request.node.nodeid)
    yield
    _guarded.pop()
