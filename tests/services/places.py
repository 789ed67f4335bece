"""Where servers for tests live and as whom they run.

Servers refuse to run as root, so as root they run as `nobody`; every folder above theirs must let that account pass,
which a checkout or pytest's own folders often do not.
"""

from __future__ import annotations

import os
import shutil
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

AS_ROOT = os.geteuid() == 0
UNPRIVILEGED = "nobody"


def cache_folder() -> Path:
    """Return where fetched servers are kept between runs, outside the checkout."""
    base = Path("/var/cache") if AS_ROOT else Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = base / "learncity-tests"
    folder.mkdir(parents=True, exist_ok=True)
    if AS_ROOT:
        folder.chmod(0o755)
    return folder


@contextmanager
def data_folder(name: str) -> Iterator[Path]:
    """Yield a folder directly under the system's temporary folder that the server's own account may write to."""
    folder = Path(tempfile.mkdtemp(prefix=f"learncity-{name}-"))
    try:
        if AS_ROOT:
            shutil.chown(folder, UNPRIVILEGED)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def unprivileged() -> dict[str, Any]:
    """Return the arguments of `subprocess` that start a server as an account it accepts."""
    return {"user": UNPRIVILEGED, "extra_groups": []} if AS_ROOT else {}


def free_port() -> int:
    """Return a loopback port that nobody used a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
