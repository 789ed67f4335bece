"""The guard of unit tests is proven by breaking it."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest


def test_a_unit_test_that_writes_a_file_fails_and_is_named(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match=r"test_a_unit_test_that_writes_a_file.*wrote the file"):
        (tmp_path / "notes.txt").write_text("x")


def test_a_unit_test_that_opens_a_socket_fails_and_is_named() -> None:
    with socket.socket() as probe, pytest.raises(AssertionError, match="test_a_unit_test_that_opens_a_socket"):
        probe.connect(("127.0.0.1", 9))
