"""How a process writes its log: one JSON object a line on stderr, in UTC, with plain traces and no local variables.

Owns: the shape of a line. Called once by each long-running process; local variables stay out of it because they hold
keys and what people typed.
"""

from __future__ import annotations

import sys

import structlog


def configure_logs() -> None:
    """Log JSON lines to stderr from now on."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
