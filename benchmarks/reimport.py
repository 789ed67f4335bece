"""What importing costs: a programme of 1,000 events for the first time and again unchanged, and what is written then.

The programme is generated in the LCSD form: a third are exhibitions on every day of a month, a third weekly classes
over half a year, a third single concerts. `python -m benchmarks.reimport FOLDER` measures a folder of yours instead.
"""

from __future__ import annotations

import hashlib
import resource
import sqlite3
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from xml.sax.saxutils import escape

from city.clock import SystemClock
from city.store import schema
from city.store.database import Database
from city.store.unit_of_work import UnitOfWork
from fixtures.factories import SHANGHAI
from indexer.fetching import Fetcher
from indexer.importing import Importer, ImportOrder
from indexer.reports import ImportReport

EVENTS, VENUES = 1_000, 60
GOAL_AGAIN_S, GOAL_LOCK_S = 2.0, 2.5
KEPT_OF_A_RUN = {"import_run", "source", "sqlite_sequence"}
"""Tables that a run writes although nothing changed: its report, and when the source was read last."""
FIRST_DAY = date(2026, 12, 1)


def main(folder: Path | None) -> int:
    """Import twice, print, and return 1 when a goal is missed."""
    with tempfile.TemporaryDirectory() as place:
        feed, file = folder or a_programme(Path(place) / "programme"), Path(place) / "city.db"
        database = TimedDatabase(f"sqlite:///{file}")
        schema.upgrade(database)
        clock = SystemClock(SHANGHAI)
        importer = Importer(database, clock, clock, Fetcher(), Path(place) / "feeds")
        first = measured(importer, database, feed, "first import")
        before = fingerprints(file)
        again = measured(importer, database, feed, "again, unchanged")
        written = {table for table, found in fingerprints(file).items() if before.get(table) != found} - KEPT_OF_A_RUN
        print(f"again: {len(written)} tables of the catalogue written {sorted(written)} (goal 0)")
        return int(bool(written) or again[0] > GOAL_AGAIN_S or first[1] > GOAL_LOCK_S)


class TimedDatabase(Database):
    """A database that knows what its longest writing transaction took, in CPU seconds: no neighbour lengthens them."""

    longest = 0.0

    @contextmanager
    def writing(self) -> Iterator[UnitOfWork]:
        started = time.process_time()
        with super().writing() as work:
            yield work
        self.longest = max(self.longest, time.process_time() - started)


def measured(importer: Importer, database: TimedDatabase, feed: Path, name: str) -> tuple[float, float]:
    """Run an import, print what it cost, and return its CPU seconds and those while it held the write lock."""
    database.longest, started = 0.0, cpu_seconds()
    report = importer.run(ImportOrder("programme", "lcsd", str(feed), "lcsd"))
    here, reading = (now - before for now, before in zip(cpu_seconds(), started, strict=True))
    goal = f"in all < {GOAL_AGAIN_S} s" if report.unchanged else f"under the lock < {GOAL_LOCK_S} s"
    print(
        f"{name}: {counted(report)}; {here + reading:.2f} s CPU ({reading:.2f} of it the reading process, "
        f"{database.longest:.2f} of it under the write lock; goal: {goal})"
    )
    return here + reading, database.longest


def counted(report: ImportReport) -> str:
    return f"{report.new} new, {report.changed} changed, {report.unchanged} unchanged, {len(report.refusals)} refused"


def cpu_seconds() -> tuple[float, float]:
    """Return CPU seconds of this process and of the processes it waited for."""
    used = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    here, children = (usage.ru_utime + usage.ru_stime for usage in used)
    return here, children


def fingerprints(file: Path) -> dict[str, str]:
    """Return a hash of all rows of each table."""
    connection = sqlite3.connect(file)
    tables = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    found = {table: hashlib.sha256() for table in tables}
    for table, digest in found.items():
        for row in connection.execute(f'SELECT * FROM "{table}" ORDER BY 1'):
            digest.update(repr(row).encode())
    connection.close()
    return {table: digest.hexdigest() for table, digest in found.items()}


def a_programme(folder: Path) -> Path:
    """Write events.xml, venues.xml and eventDates.xml."""
    folder.mkdir()
    events = [an_event(number) for number in range(EVENTS)]
    venues = (f'<venue id="{n}"><venuec>會堂{n}</venuec><venuee>Hall {n}</venuee></venue>' for n in range(VENUES))
    days = (
        f'<event id="{number}">{"".join(f"<indate>{day:%Y%m%d}</indate>" for day in of)}</event>'
        for number, (_, of) in enumerate(events)
    )
    for name, root, rows in (
        ("events.xml", "events", (text for text, _ in events)),
        ("venues.xml", "venues", venues),
        ("eventDates.xml", "event_dates", days),
    ):
        (folder / name).write_text(f"<{root}>\n{chr(10).join(rows)}\n</{root}>", "utf-8")
    return folder


def an_event(number: int) -> tuple[str, list[date]]:
    """Return an event's element and its days."""
    start = FIRST_DAY + timedelta(days=number % 28)
    days, english, chinese = (a_month, a_class, a_concert)[number % 3](start)
    values = {
        "titlec": f"城市節目{number}號", "titlee": f"Programme number {number}", "cat2": "inc4sc14",
        "predateC": chinese, "predateE": english, "venueid": str(number % VENUES), "pricee": "$80",
        "descc": "介紹文字。" * 40, "desce": "Some words on what there is to see and to learn. " * 12,
        "presenterorge": "Presented by the city", "enquiry": "2000 0000", "agelimite": "Only for age 6 or above",
    }  # fmt: skip
    texts = "".join(f"<{name}>{escape(text)}</{name}>" for name, text in values.items())
    return f'<event id="{number}">{texts}</event>', days


def a_month(start: date) -> tuple[list[date], str, str]:
    days = [FIRST_DAY + timedelta(days=step) for step in range(31)]
    return days, "1-31/12/2026", "1-31/12/2026"


def a_class(start: date) -> tuple[list[date], str, str]:
    days = [start + timedelta(weeks=step) for step in range(26)]
    last = days[-1]
    english = f"{start.day} {start:%b %Y} to {last.day} {last:%b %Y} (Every {start:%a}) 5:00pm-7:00pm"
    weekday = "一二三四五六日"[start.weekday()]
    return days, english, f"{start:%Y年%m月%d日}至{last:%Y年%m月%d日} (逢星期{weekday}) 下午5:00至晚上7:00"


def a_concert(start: date) -> tuple[list[date], str, str]:
    weekday = "一二三四五六日"[start.weekday()]
    return [start], f"{start.day} {start:%b %Y} ({start:%a}) 7:30pm", f"{start:%Y年%m月%d日} ({weekday}) 晚上7:30"


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]) if len(sys.argv) > 1 else None))
