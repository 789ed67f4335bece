"""A site on loopback that many connections read while its search engine is stopped, silent, missing or damaged.

Also the twin without a breaker, in which everybody waits for an engine that says nothing. The site is served by
waitress in a process of its own. Run by the tests in a small size and by `drills/search_outage.py` in the full one.
"""

from __future__ import annotations

import http.client
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from waitress.server import create_server

from city.config import load_settings
from city.store.database import Database
from indexer.breaker import FAILURES, PAUSE, Breaker
from indexer.engines.choosing import engine_for
from indexer.search import IndexSearch
from recommender.wiring import build_recommender
from tests.services.elasticsearch import Node
from tests.services.places import free_port
from web.app import create_app
from web.commands import listen, server_options

ROOT = Path(__file__).resolve().parents[2]
ANSWER = "/api/v1/search?q=ink"
PAGES = ("/en/search?q=ink", "/en/search?q=ink&kind=course", ANSWER)
MARKS = (b"Search is resting", b'"degraded":true', b'"degraded": true')
NEVER = 1_000_000_000
LIMITS = "search=1000000/minute,pages=1000000/minute,api=1000000/minute"
PATIENCE_SECONDS = 60


def main(port: str, failures: str, pause_seconds: str) -> None:
    """Serve the environment's city with a breaker of these figures until killed."""
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # readers are to queue here
    settings = load_settings()
    database = Database(settings.effective_database_url)
    clock = settings.system_clock
    search = IndexSearch(
        engine_for(settings),
        database,
        clock=settings.catalogue_clock,
        system_clock=clock,
        breaker=Breaker(clock, failures=int(failures), pause=timedelta(seconds=float(pause_seconds))),
    )
    site = create_app(settings, database=database, search=search, recommender=build_recommender(settings, database))
    create_server(site, sockets=[listen("127.0.0.1", int(port))], **server_options(settings)).run()


@contextmanager
def served(
    environment: Mapping[str, str], *, failures: int = FAILURES, pause: timedelta = PAUSE
) -> Iterator[tuple[str, int]]:
    """Serve the city of an environment; yield host and port when it lives."""
    port = free_port()
    clean = {name: value for name, value in os.environ.items() if not name.startswith("LEARNCITY_")}
    command = [sys.executable, "-m", "tests.faults.outage", str(port), str(failures), str(pause.total_seconds())]
    with subprocess.Popen(command, cwd=ROOT, env=clean | environment | {"LEARNCITY_LIMITS": LIMITS}) as serving:
        try:
            _wait_until_it_lives(port, serving)
            yield "127.0.0.1", port
        finally:
            serving.kill()


def _wait_until_it_lives(port: int, serving: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < until and serving.poll() is None:
        with suppress(OSError, http.client.HTTPException):
            if _asked(http.client.HTTPConnection("127.0.0.1", port, timeout=5), "/livez")[0] == 200:
                return
        time.sleep(0.05)
    raise AssertionError("the site did not come up")


@contextmanager
def silenced(node: Node) -> Iterator[None]:
    """Stop a server with all it started (SIGSTOP), and let it go on afterwards."""
    family = node.family()
    for member in family:
        os.kill(member, signal.SIGSTOP)
    try:
        yield
    finally:
        for member in reversed(family):
            os.kill(member, signal.SIGCONT)


@dataclass
class Answers:
    """What many connections were told: how often which status, how many were marked as reduced, how long each took."""

    statuses: Counter[int] = field(default_factory=Counter)
    reduced: int = 0
    seconds: list[float] = field(default_factory=list)

    @property
    def count(self) -> int:
        return sum(self.statuses.values())

    def percentile_ms(self, share: float) -> float:
        """Return the time within which this share of the answers came."""
        return 1000 * sorted(self.seconds)[min(len(self.seconds) - 1, int(share * len(self.seconds)))]


def read(address: tuple[str, int], *, connections: int, seconds: float, pages: Sequence[str] = PAGES) -> Answers:
    """Let many connections ask for the pages, one after the other, for so long; each asks once at least."""
    found, lock, until = Answers(), threading.Lock(), time.monotonic() + seconds

    def reader(number: int) -> None:
        connection = http.client.HTTPConnection(*address, timeout=PATIENCE_SECONDS)
        for turn in range(number, NEVER):
            began = time.perf_counter()
            status, reduced = _asked(connection, pages[turn % len(pages)])
            with lock:
                found.statuses[status] += 1
                found.reduced += reduced
                found.seconds.append(time.perf_counter() - began)
            if time.monotonic() > until:
                return connection.close()

    readers = [threading.Thread(target=reader, args=(number,)) for number in range(connections)]
    for each in readers:
        each.start()
    for each in readers:
        each.join()
    return found


def seconds_until_whole(address: tuple[str, int]) -> float:
    """Ask until an answer is no longer reduced; return how long that took."""
    began = time.monotonic()
    while time.monotonic() < began + PATIENCE_SECONDS:
        if _asked(http.client.HTTPConnection(*address, timeout=PATIENCE_SECONDS), ANSWER) == (200, False):
            return time.monotonic() - began
        time.sleep(0.05)
    raise AssertionError("the site still answers from the database")


def _asked(connection: http.client.HTTPConnection, page: str) -> tuple[int, bool]:
    """Return the status, and whether the answer says that it is a reduced one."""
    connection.request("GET", page)
    answer = connection.getresponse()
    body = answer.read()
    return answer.status, any(mark in body for mark in MARKS)


if __name__ == "__main__":
    main(*sys.argv[1:])
