"""A real, throw-away PostgreSQL for one test run, and a fresh migrated database for each test that asks.

A database is copied from a template that was migrated once, which takes milliseconds.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import psycopg

from city.store import schema
from city.store.database import Database
from tests.services.elasticsearch import ServiceMissing
from tests.services.places import UNPRIVILEGED, data_folder, free_port, unprivileged

TEMPLATE = "learncity_template"
# A test run outlives no power cut; the tests that kill the server ask for `durable`.
FAST = ("-c", "fsync=off", "-c", "full_page_writes=off", "-c", "synchronous_commit=off")


@dataclass
class Cluster:
    """A running cluster; `url(name)` is the SQLAlchemy address of one of its databases."""

    port: int
    folder: Path
    binaries: Path
    process: subprocess.Popen[bytes] | None = None
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def url(self, name: str) -> str:
        return f"postgresql+psycopg://learncity@127.0.0.1:{self.port}/{name}"

    def new_database(self, template: str = TEMPLATE) -> str:
        """Copy the template; return the new database's address."""
        name = f"city_{os.getpid()}_{next(self._numbers)}"
        self.run(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return self.url(name)

    def drop(self, url: str) -> None:
        self.run(f'DROP DATABASE IF EXISTS "{url.rsplit("/", 1)[1]}" WITH (FORCE)')

    def run(self, statement: str) -> None:
        """Run one statement outside any transaction."""
        with psycopg.connect(
            host="127.0.0.1", port=self.port, user="learncity", dbname="postgres", autocommit=True
        ) as c:
            c.execute(statement)  # type: ignore[arg-type]

    def start(self, *, durable: bool = False) -> None:
        """Start the server and wait until it answers."""
        options = ["-D", str(self.folder / "data"), "-p", str(self.port), "-k", str(self.folder)]
        settings = ["-c", "listen_addresses=127.0.0.1", "-c", "max_connections=60", *(() if durable else FAST)]
        with (self.folder / "server.log").open("ab") as log:
            self.process = subprocess.Popen(
                [self.binaries / "postgres", *options, *settings],
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                **unprivileged(),
            )
        self._wait()

    def stop(self) -> None:
        """End the server at once (immediate shutdown); its data stay."""
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def _wait(self) -> None:
        for _ in range(200):
            asked = [self.binaries / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(self.port)]
            if subprocess.run(asked, check=False).returncode == 0:
                return
            if self.process is not None and self.process.poll() is not None:
                break
            subprocess.run(["sleep", "0.1"], check=True)
        raise ServiceMissing("PostgreSQL did not start:\n" + (self.folder / "server.log").read_text()[-2000:])


def binaries() -> Path:
    """Return the folder with initdb and postgres; Debian keeps them outside PATH."""
    if (found := shutil.which("postgres")) is not None:
        return Path(found).resolve().parent
    places = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda place: int(place.parent.name))
    if not places:
        raise ServiceMissing("PostgreSQL is missing: type `make services`, or apt-get install postgresql.")
    return places[-1]


@contextmanager
def running(*, durable: bool = False) -> Iterator[Cluster]:
    """Make and start a cluster with a migrated template; end it by its id and remove it afterwards."""
    with data_folder("postgresql") as folder:
        made = [
            binaries() / "initdb",
            "-D",
            folder / "data",
            "-U",
            "learncity",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--locale=C.UTF-8",
        ]
        subprocess.run([*made, "--no-sync"], check=True, stdout=subprocess.DEVNULL, cwd=folder, **unprivileged())
        log = folder / "server.log"
        log.touch()
        if unprivileged():
            shutil.chown(log, UNPRIVILEGED)
        cluster = Cluster(free_port(), folder, binaries())
        cluster.start(durable=durable)
        try:
            _make_template(cluster)
            yield cluster
        finally:
            cluster.stop()


def _make_template(cluster: Cluster) -> None:
    cluster.run(f'CREATE DATABASE "{TEMPLATE}"')
    database = Database(cluster.url(TEMPLATE))
    schema.upgrade(database)
    database.dispose()
