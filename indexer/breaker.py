"""A breaker between a question and an engine that may not answer: after some failures in a row nobody waits any more.

Owns: when the way is open, shut, or open for one trial. Refuses nothing itself: the caller asks `lets_through()` and
reports. Runs on real time, also when the catalogue's clock is fixed; threads share one breaker. Source: Nygard,
"Release It!", the stability pattern circuit breaker.
"""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

from city.clock import Clock

FAILURES = 5
PAUSE = timedelta(seconds=2)
"""Five trials fit into the ten seconds within which answers are to be whole again; a cold engine is slow at first."""


class Breaker:
    """Shuts after `failures` failures in a row; after `pause` one question may try, and opens it when answered."""

    def __init__(self, clock: Clock, *, failures: int = FAILURES, pause: timedelta = PAUSE) -> None:
        self._clock = clock
        self._failures = failures
        self._pause = pause
        self._lock = threading.Lock()
        self._in_a_row = 0
        self._next_trial_at: datetime | None = None

    def lets_through(self) -> bool:
        """True when a question may be asked now; while shut only one in each pause may, as a trial."""
        with self._lock:
            if self._next_trial_at is None:
                return True
            now = self._clock.now()
            if now < self._next_trial_at:
                return False
            self._next_trial_at = now + self._pause
            return True

    def succeeded(self) -> None:
        """Open it: the engine answered."""
        with self._lock:
            self._in_a_row = 0
            self._next_trial_at = None

    def failed(self) -> bool:
        """Count a failure; return True when this one shut the breaker."""
        with self._lock:
            self._in_a_row += 1
            if self._in_a_row < self._failures:
                return False
            shut_now = self._next_trial_at is None
            self._next_trial_at = self._clock.now() + self._pause
            return shut_now

    @property
    def is_shut(self) -> bool:
        """True while the engine is not asked but for trials."""
        with self._lock:
            return self._next_trial_at is not None
