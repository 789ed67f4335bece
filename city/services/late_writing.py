"""Writing that never delays a page: one thread flushes a buffer, at most a second late.

Owns: the thread, when it starts and how it ends. What is kept, and what is lost when the database does not keep up, is
the buffer's: views and shown lists in `interacting`, counts of searches in `demand`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

FLUSH_SECONDS = 1.0


class LateWriter:
    """Calls `flush` every `flush_seconds` in a thread of its own, from the first time it is asked to run."""

    def __init__(self, name: str, flush: Callable[[], None], flush_seconds: float = FLUSH_SECONDS) -> None:
        self._name = name
        self._flush = flush
        self._flush_seconds = flush_seconds
        self._wake = threading.Event()
        self._stopped = False
        self._thread: threading.Thread | None = None

    def ensure_running(self) -> None:
        """Start the thread if it does not live: also in a process that was forked after the first start."""
        if self._thread is None or not self._thread.is_alive():
            self._thread = threading.Thread(target=self._keep_writing, name=self._name, daemon=True)
            self._thread.start()

    def close(self) -> None:
        """End the thread and write what is left."""
        self._stopped = True
        self._wake.set()
        if self._thread is not None:
            self._thread.join(timeout=5)
        self._flush()

    def _keep_writing(self) -> None:
        while not self._stopped:
            self._wake.wait(self._flush_seconds)
            self._flush()
