"""A real Elasticsearch for one test run: fetched once with Maven, checked by SHA-256, started on loopback.

`python -m tests.services.elasticsearch` fetches what a run will need, so that no test waits for it. The
distribution is for tests only; it is never shipped.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from elasticsearch import ApiError, Elasticsearch, TransportError

from tests.services.places import cache_folder, data_folder, unprivileged

ARTEFACT = "org.elasticsearch.distribution.integ-test-zip:elasticsearch"
COPY_GOAL = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy"
START_SECONDS = 180
JVM_OPTIONS = "-Xms256m -Xmx256m -XX:+UseSerialGC -XX:TieredStopAtLevel=1"
SETTINGS = """\
cluster.name: learncity-tests
discovery.type: single-node
xpack.security.enabled: false
xpack.ml.enabled: false
http.host: 127.0.0.1
transport.host: 127.0.0.1
http.port: 0
transport.port: 0
node.portsfile: true
cluster.routing.allocation.disk.threshold_enabled: false
path.data: {data}
path.logs: {logs}
"""


@dataclass(frozen=True)
class Version:
    """One release, what its archive must hash to, and the Java it asks for."""

    number: str
    sha256: str
    java: int


OLDER = Version("8.19.20", "f75a726a3ccac1a3cefc3b99b2458def9cda69b3b3fc9a42e98bbef21c10e949", 17)
NEWER = Version("9.5.4", "d9b0c28e08e499f6510b52ad66ec4bf9cdceab97cc28b3456989b8744b896934", 21)


class ServiceMissing(RuntimeError):
    """A real part cannot be had here; the sentence says what to type."""


def versions_that_run() -> list[Version]:
    """Return the releases for which a Java is found; the older one must run, the newer one only where it can."""
    return [OLDER] + ([NEWER] if java_home(NEWER.java) else [])


def java_home(at_least: int) -> Path | None:
    """Return the newest Java home of at least that version, None when there is none."""
    places = [Path(os.environ["JAVA_HOME"])] if os.environ.get("JAVA_HOME") else []
    places += sorted(Path("/usr/lib/jvm").glob("*")) if Path("/usr/lib/jvm").is_dir() else []
    if (found := shutil.which("java")) is not None:
        places.append(Path(found).resolve().parent.parent)
    numbered = [(_java_version(place), place) for place in places if (place / "bin" / "java").exists()]
    fitting = [pair for pair in numbered if pair[0] >= at_least]
    return min(fitting)[1] if fitting else None


def _java_version(home: Path) -> int:
    said = subprocess.run([home / "bin" / "java", "-version"], capture_output=True, text=True, check=False).stderr
    found = re.search(r'version "(\d+)', said)
    return int(found.group(1)) if found else 0


def fetched(version: Version) -> Path:
    """Return the unpacked release, fetching it when it is not there yet; a half-done fetch is done again."""
    home = cache_folder() / f"elasticsearch-{version.number}"
    if not (home / ".complete").exists():
        archive = _archive(version)
        shutil.rmtree(home, ignore_errors=True)
        with zipfile.ZipFile(archive) as packed:
            packed.extractall(cache_folder())
        _open_to_all(home)
        archive.unlink()
        (home / ".complete").touch()
    return home


def _archive(version: Version) -> Path:
    """Fetch the archive with Maven and compare its hash, which `mvn -C` cannot do here (no checksums are served)."""
    if shutil.which("mvn") is None:
        raise ServiceMissing("Maven is missing: type `make services`, or apt-get install maven.")
    print(f"→ Fetching Elasticsearch {version.number} for the tests", file=sys.stderr, flush=True)
    folder = cache_folder() / "fetched"
    command = [
        "mvn",
        "-q",
        "-B",
        COPY_GOAL,
        f"-Dartifact={ARTEFACT}:{version.number}:zip",
        f"-DoutputDirectory={folder}",
    ]
    subprocess.run(command, check=True, stdout=sys.stderr)
    archive = folder / f"elasticsearch-{version.number}.zip"
    found = hashlib.sha256(archive.read_bytes()).hexdigest()
    if found != version.sha256:
        archive.unlink()
        raise ServiceMissing(f"Elasticsearch {version.number} came with SHA-256 {found}, expected {version.sha256}.")
    return archive


def _open_to_all(home: Path) -> None:
    """Zip archives unpack without their rights: let the server's account read all and run the scripts."""
    for path in home.rglob("*"):
        path.chmod(0o755 if path.is_dir() or "bin" in path.parts else 0o644)
    home.chmod(0o755)


@dataclass(frozen=True)
class Access:
    """How a node is reached: http, or https with the file of who signed its certificate, and as whom."""

    scheme: str = "http"
    certificate_authority: Path | None = None
    name_and_password: tuple[str, str] | None = None

    def client(self, url: str, **options: Any) -> Elasticsearch:
        """Return a client that may do all."""
        secured: dict[str, Any] = {"basic_auth": self.name_and_password} if self.name_and_password else {}
        if self.certificate_authority is not None:
            secured["ca_certs"] = str(self.certificate_authority)
        return Elasticsearch(url, **secured, **options)


@dataclass
class Node:
    """A node that runs: its address and process, so that a test can stop, silence and kill it."""

    url: str
    process: subprocess.Popen[bytes]
    home: Path
    java: Path
    folder: Path
    access: Access = Access()

    def family(self) -> list[int]:
        """The process with all it started: a launcher, and the server itself."""
        return [self.process.pid, *_descendants(self.process.pid)]

    def kill_and_start(self) -> None:
        """Kill it and start it on the same data at the same address."""
        self.kill()
        self.start_again()

    def kill(self) -> None:
        """kill -9 of the server and its launcher."""
        for member in reversed(self.family()):
            os.kill(member, signal.SIGKILL)
        self.process.wait()

    def start_again(self) -> None:
        """Start it after its end on the same data at the same address, and wait until it is healthy."""
        port = self.url.rpartition(":")[2]
        settings = self.folder / "config" / "elasticsearch.yml"
        settings.write_text(settings.read_text().replace("http.port: 0", f"http.port: {port}"))
        (self.folder / "logs" / "http.ports").unlink(missing_ok=True)
        self.process = _launched(self.home, self.java, self.folder)
        _wait(self.process, self.folder, self.access)


@contextmanager
def running(version: Version, prepare: Callable[[Path], Access] | None = None) -> Iterator[Node]:
    """Start a node of its own folder and yield it when it is healthy; stop it by its id at the end.

    `prepare` may change the configuration before the start (in the folder `config` of the one given).
    """
    home, java = fetched(version), java_home(version.java)
    if java is None:
        raise ServiceMissing(
            f"Elasticsearch {version.number} needs Java {version.java}: apt-get install openjdk-17-jre-headless."
        )
    with data_folder("elasticsearch") as folder:
        _configure(home, folder)
        access = prepare(folder) if prepare else Access()
        process = _launched(home, java, folder)
        node = None
        try:
            node = Node(_wait(process, folder, access), process, home, java, folder, access)
            yield node
        finally:
            last = node.process if node else process
            last.kill()
            last.wait()


def _configure(home: Path, folder: Path) -> None:
    config = folder / "config"
    shutil.copytree(home / "config", config)
    (config / "elasticsearch.yml").write_text(SETTINGS.format(data=folder / "data", logs=folder / "logs"))
    _leave_the_collector_to_us(config / "jvm.options")
    (folder / "tmp").mkdir()


def environment(java: Path, folder: Path) -> dict[str, str]:
    """Return the environment of the distribution's scripts for a node in `folder`."""
    return {
        "PATH": os.environ["PATH"],
        "ES_JAVA_HOME": str(java),
        "ES_PATH_CONF": str(folder / "config"),
        "ES_JAVA_OPTS": JVM_OPTIONS,
        "ES_TMPDIR": str(folder / "tmp"),
        "HOME": str(folder),
    }


def _launched(home: Path, java: Path, folder: Path) -> subprocess.Popen[bytes]:
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o777 if path.is_dir() else 0o666)
    with (folder / "console.log").open("ab") as console:
        return subprocess.Popen(
            [home / "bin" / "elasticsearch"],
            env=environment(java, folder),
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=console,
            stderr=subprocess.STDOUT,
            **unprivileged(),
        )


def _descendants(pid: int) -> list[int]:
    children = [
        int(child)
        for tasks in Path(f"/proc/{pid}/task").glob("*/children")
        for child in tasks.read_text("ascii").split()
    ]
    return [found for child in children for found in (child, *_descendants(child))]


def _leave_the_collector_to_us(options: Path) -> None:
    """The distribution names a garbage collector for big heaps; Java accepts only one."""
    lines = options.read_text().splitlines()
    options.write_text("\n".join(line for line in lines if "UseG1GC" not in line) + "\n")


def _wait(process: subprocess.Popen[bytes], folder: Path, access: Access) -> str:
    """Return the address as soon as the cluster is yellow; raise with the console's end when it never is."""
    ports, deadline = folder / "logs" / "http.ports", time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        if ports.exists() and (address := ports.read_text().split()):
            url = f"{access.scheme}://{address[0]}"
            if _is_healthy(url, access):
                return url
        time.sleep(0.25)
    console = (folder / "console.log").read_text(errors="replace")[-2000:]
    ended = f"ended with {process.returncode}" if process.poll() is not None else f"is not healthy in {START_SECONDS} s"
    raise ServiceMissing(f"Elasticsearch {ended}. Its console ends with:\n{console}")


def _is_healthy(url: str, access: Access) -> bool:
    with access.client(url, request_timeout=5, max_retries=0) as client:
        try:
            client.cluster.health(wait_for_status="yellow", timeout="4s")
        except (ApiError, TransportError):
            return False
    return True


if __name__ == "__main__":
    for each in versions_that_run():
        fetched(each)
    if len(versions_that_run()) == 1:
        print(f"Elasticsearch {NEWER.number} is not tried: no Java {NEWER.java} or newer was found.", file=sys.stderr)
