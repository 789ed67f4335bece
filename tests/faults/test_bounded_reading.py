"""A format's reader that crashes, hangs, swells or turns bad ends in a sentence and takes nothing with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from city.errors import FeedRefused
from indexer.bounded import read_bounded
from indexer.reading_process import ANSWER, ReadBounds, Task, answer_to
from indexer.sources import SourceOptions, csv_file

MISCHIEF = """
import contextlib, os, signal, socket, subprocess, sys, time
from indexer.sources import Finding, Reading
from city.services.records import OfferingRecord

def crash(path, options):
    signal.raise_signal(signal.SIGSEGV)

def hang(path, options):
    time.sleep(600)

def compute(path, options):
    while True: pass

def swell(path, options):
    return [bytearray(1 << 20) for _ in range(4096)]

def dive(path, options):
    return dive(path, options)

def odd(path, options):
    raise KeyError("half \\ud800 of a letter\\n\\x1b[31m")

def babble(path, options):
    return Reading(remarks=[Finding("x" * 1000) for _ in range(1000)])

def lie(path, options):
    reading = Reading()
    reading.records.append(OfferingRecord("1", title="no mapping"))
    return reading

def misbehave(path, options):
    print("noise that is no answer")
    sys.stdout.flush()
    acts = {
        "connect": lambda: socket.create_connection(("127.0.0.1", 9), timeout=1),
        "name": lambda: socket.getaddrinfo("localhost", 80),
        "program": lambda: subprocess.run(["true"]),
        "shell": lambda: os.system("true"),
        "fork": os.fork,
        "write": lambda: (path.parent / "written").write_text("x"),
        "append": lambda: os.open(path, os.O_APPEND),
        "remove": lambda: path.unlink(),
        "native": lambda: __import__("ctypes"),
    }
    done = []
    for name, act in acts.items():
        with contextlib.suppress(PermissionError):
            act()
            done.append(name)
    found = Reading(remarks=[Finding("half \\ud800 of a letter", value="\\x1b[31m\\nred")])
    found.remarks.append(Finding(f"done: {done}"))
    found.remarks.append(Finding(f"environment: {sorted(name for name in os.environ if 'LEARNCITY' in name)}"))
    return found
"""
FAULTS = {
    "crash": "ended its reader (SIGSEGV)",
    "hang": "takes more than 3 seconds to read",
    "compute": "takes more than 2 seconds of computing to read",
    "swell": "needs more than 512 MiB of memory",
    "babble": "holds more than can be handed over",
    "lie": "was not read to its end",
}
SURPRISES = {"dive": "feed.dat is nested too deep as dive.", "odd": "feed.dat cannot be read (KeyError: "}
BOUNDS = {
    "hang": ReadBounds(wall_seconds=3),
    "compute": ReadBounds(cpu_seconds=2),
    "babble": ReadBounds(answer_bytes=100_000),
}


@pytest.fixture
def feed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty feed, beside an installed distribution of formats whose readers are faulty."""
    (tmp_path / "mischief.py").write_text(MISCHIEF)
    about = tmp_path / "mischief-1.dist-info"
    about.mkdir()
    lines = [f"{name} = mischief:{name}" for name in (*FAULTS, *SURPRISES, "misbehave")]
    (about / "entry_points.txt").write_text("\n".join(["[learncity.sources]", *lines]))
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: mischief\nVersion: 1\n")
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "feed.dat").write_text("x")
    return tmp_path / "feed.dat"


@pytest.mark.parametrize("fault", FAULTS)
def test_a_reader_that_fails_is_a_refusal_of_its_file(feed: Path, fault: str) -> None:
    with pytest.raises(FeedRefused) as refused:
        read_bounded(fault, feed, SourceOptions(), bounds=BOUNDS.get(fault))
    assert str(refused.value).startswith("feed.dat ")
    assert FAULTS[fault] in str(refused.value)
    assert str(refused.value).isprintable()
    assert (refused.value.file, bool(refused.value.remedy)) == (str(feed), True)


@pytest.mark.parametrize("surprise", SURPRISES)
def test_whatever_a_format_raises_becomes_one_line(feed: Path, surprise: str) -> None:
    task = Task(surprise, f"mischief:{surprise}", feed, SourceOptions(), ReadBounds())
    refusal = ANSWER.validate_json(answer_to(task)).refusal
    assert refusal is not None
    assert refusal.message.startswith(SURPRISES[surprise])
    assert refusal.message.isprintable()


def test_a_reader_that_turns_bad_reaches_nothing_and_knows_no_secret(
    feed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEARNCITY_SECRET", "a-secret-of-at-least-thirty-two-letters")
    reading = read_bounded("misbehave", feed, SourceOptions())
    assert reading.remarks[0].value == " [31m\nred"
    assert [remark.message for remark in reading.remarks] == ["half   of a letter", "done: []", "environment: []"]
    assert sorted(file.name for file in feed.parent.iterdir()) == ["feed.dat", "mischief-1.dist-info", "mischief.py"]


def test_a_reading_comes_back_as_it_was_made(tmp_path: Path) -> None:
    path = tmp_path / "courses.csv"
    path.write_text("title.zh-Hans,date,starts,price,venue.en,latitude,longitude\n书法,2026-01-10,19:00,20.5,Hall,30.5,114.3\n"
                    "国画,soon,,,,,\n")  # fmt: skip
    here, there = csv_file.read(path, SourceOptions()), read_bounded("csv", path, SourceOptions())
    assert there == here
    assert len(there.records) == len(there.refusals) == 1
    assert [record.sha256() for record in there.records] == [record.sha256() for record in here.records]


def test_the_sentence_of_a_format_comes_back_with_file_and_line(tmp_path: Path) -> None:
    path = tmp_path / "courses.csv"
    path.write_text("title.en,date\nInk\x00,2026-01-10")
    with pytest.raises(FeedRefused, match="NUL") as refused:
        read_bounded("csv", path, SourceOptions())
    assert (refused.value.file, refused.value.line) == (str(path), 2)
