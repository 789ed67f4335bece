"""`make run`: make whatever the sample city still lacks, then serve it until INT or TERM.

Owns: the order of the steps, what decides whether one is needed, the two processes and their end. Interrupted at any
point, the next run finishes the job, because each step says by itself what is still to do.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

LEARNCITY = str(Path(sys.executable).parent / "learncity")
READY_SECONDS = 60
END_SECONDS = 15
HOST = "127.0.0.1"


class Stopped(Exception):
    """INT or TERM came."""


@dataclass(frozen=True)
class Repair:
    """A finding of `learncity doctor` and the verb that sets it right."""

    check: str
    title: str
    verb: tuple[str, ...]


REPAIRS = (
    Repair("artefact", "Learning from what the citizens did", ("train",)),
    Repair("index", "Building the search index", ("index", "rebuild")),
)


def main() -> int:
    """Prepare, serve, wait; return the exit code."""
    parser = argparse.ArgumentParser(description="Make and serve the sample city.")
    parser.add_argument("--port", type=int, default=8000)
    port = parser.parse_args().port
    if fault := _port_fault(port):
        print(fault, file=sys.stderr)
        return 2
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _stop)
    try:
        return _prepare() or _serve(port)
    except (Stopped, KeyboardInterrupt):
        print("\nStopped. `make run` goes on from here.", file=sys.stderr)
        return 0


def _stop(_number: int, _frame: FrameType | None) -> None:
    raise Stopped


def _port_fault(port: int) -> str:
    """Say in a sentence why the port cannot be had, "" when it can."""
    if not 1 <= port <= 65535:
        return f"{port} is not a port: use a number from 1 to 65535, like PORT=8080 make run."
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as taken:
            return f"Port {port} cannot be used ({taken.strerror}): stop what runs there, or PORT={port + 80} make run."
    return ""


def _prepare() -> int:
    """Run each step that is still needed; return the exit code when there is no city to serve.

    Without a model or an index the site still answers, by what is popular and from the database: it says so.
    """
    started = time.monotonic()
    faults = _faults()
    if faults & {"database", "migrations"} and (code := _step("Making the database ready", ("init",))):
        return code
    if code := _step("Looking after the sample city", ("sample", "--sync")):
        return code
    for repair in REPAIRS:
        if repair.check in faults and _step(repair.title, repair.verb):
            print(f"  That failed; the site opens without. Look: {LEARNCITY} doctor", file=sys.stderr)
    print(f"→ Ready after {time.monotonic() - started:.0f} s", file=sys.stderr)
    return 0


def _step(title: str, verb: tuple[str, ...]) -> int:
    print(f"→ {title}", file=sys.stderr, flush=True)
    child = subprocess.Popen([LEARNCITY, *verb], stdout=subprocess.DEVNULL)
    try:
        return child.wait()
    except Stopped:
        _end([child])
        raise


def _faults() -> set[str]:
    """Return the names of the checks of `learncity doctor` that found something."""
    said = subprocess.run([LEARNCITY, "doctor", "--json"], capture_output=True, text=True, check=False).stdout
    return {finding["name"] for finding in json.loads(said) if not finding["ok"]}


def _serve(port: int) -> int:
    """Start site and worker in this process group; when one of them ends, or a signal comes, end both."""
    children = [
        subprocess.Popen([LEARNCITY, "serve", "--host", HOST, "--port", str(port)]),
        subprocess.Popen([LEARNCITY, "worker"]),
    ]
    try:
        citizens = [*_sample_citizens(), "", *_sample_staff()]
        if not _is_ready(port, children):
            print("The site did not become ready; its messages stand above.", file=sys.stderr)
            return 1
        _welcome(port, citizens)
        while all(child.poll() is None for child in children):
            time.sleep(0.3)
        print("One of the two processes ended; its messages stand above.", file=sys.stderr)
        return 1
    except (Stopped, KeyboardInterrupt):
        print("\nEnding site and worker.", file=sys.stderr)
        return 0
    finally:
        _end(children)


def _is_ready(port: int, children: list[subprocess.Popen[bytes]]) -> bool:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline and all(child.poll() is None for child in children):
        try:
            with urllib.request.urlopen(f"http://{HOST}:{port}/livez", timeout=2):
                return True
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    return False


def _welcome(port: int, citizens: list[str]) -> None:
    """Print the addresses and the sample citizens one can sign in as."""
    site = f"http://{HOST}:{port}"
    lines = [
        "",
        "云渡 Yundu is open.",
        f"  site, Chinese   {site}/zh/",
        f"  site, English   {site}/en/",
        f"  elder view      {site}/zh/e/",
        f"  API             {site}/api/v1/openapi.json",
        f"  sign in         {site}/zh/sign-in",
        f"  portal of staff {site}/zh/o/",
        "",
        *citizens,
        "",
        "Ctrl-C ends it; `make run` brings it back.",
    ]
    print("\n".join(lines), flush=True)


def _sample_citizens() -> list[str]:
    said = subprocess.run([LEARNCITY, "sample", "--citizens", "--json"], capture_output=True, text=True, check=False)
    citizens = json.loads(said.stdout) if said.returncode == 0 else []
    rows = [f"  {row['slug']:<18} {row['name']['zh-Hans']}  {row['introduction']['en']}" for row in citizens]
    return ["Sample citizens to sign in as:", *rows] if rows else []


def _sample_staff() -> list[str]:
    said = subprocess.run([LEARNCITY, "sample", "--staff", "--json"], capture_output=True, text=True, check=False)
    staff = json.loads(said.stdout) if said.returncode == 0 else []
    rows = [f"  {row['role']:<18} {row['name']}  {row['for']}".rstrip() for row in staff]
    return ["Sample staff to try the portal as:", *rows] if rows else []


def _end(children: list[subprocess.Popen[bytes]]) -> None:
    """Ask the children to end, wait, and end by force whoever does not."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    for child in children:
        if child.poll() is None:
            child.terminate()
    deadline = time.monotonic() + END_SECONDS
    for child in children:
        try:
            child.wait(timeout=max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


if __name__ == "__main__":
    os.environ.setdefault("PYTHONUNBUFFERED", "1")
    sys.exit(main())
