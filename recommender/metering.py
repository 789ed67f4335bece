"""What work costs: CPU-seconds (user and system, all threads) and the peak of memory.

Owns: reading the process's own meters. Refuses: nothing; a system that cannot tell the peak gives NaN.
Called by: evaluate, training.
"""

import math
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

STATUS, CLEAR = Path("/proc/self/status"), Path("/proc/self/clear_refs")


@dataclass
class Meter:
    """Filled in when the metered block ends."""

    cpu_s: float = 0.0
    peak_mib: float = math.nan


@contextmanager
def metered(*, reset_peak: bool = True) -> Iterator[Meter]:
    """Meter a block of work; the peak is the whole process's within the block where the system can reset it."""
    meter = Meter()
    if reset_peak:
        _reset_peak()
    started = time.process_time()
    yield meter
    meter.cpu_s = time.process_time() - started
    meter.peak_mib = peak_mib()


def _reset_peak() -> None:
    """Ask Linux to forget the peak so far (man 5 proc, clear_refs: 5)."""
    try:
        CLEAR.write_text("5")
    except OSError:
        return


def peak_mib() -> float:
    """The highest resident memory so far, in MiB; NaN where the system does not say."""
    if not sys.platform.startswith("linux") or not STATUS.exists():
        return math.nan
    for line in STATUS.read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    return math.nan
