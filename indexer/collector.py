"""Python's garbage collector at rest while many objects are made that all stay for a while.

Owns: `collector_at_rest`. It concerns the whole process: keep what is done within it short, or bounded by what is read.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def collector_at_rest() -> Iterator[None]:
    """Keep the collector from walking again and again over thousands of objects of which none is garbage yet."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
