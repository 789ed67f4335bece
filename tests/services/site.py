"""A real site on loopback: the product's own application behind the product's own server."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from waitress.server import create_server


@contextmanager
def served(application: Any, *, threads: int = 4) -> Iterator[str]:
    """Serve a WSGI application on a free loopback port; yield its address without a slash at the end."""
    server = create_server(application, host="127.0.0.1", port=0, threads=threads)
    thread = threading.Thread(target=_run, args=(server,), name="test-site", daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.effective_port}"
    finally:
        server.close()
        thread.join(timeout=5)


def _run(server: Any) -> None:
    try:
        server.run()
    except OSError:
        """The listening socket was closed under it: that is how it is told to end."""
