"""What a calendar of 20,000 events costs: scanned, read, brought in for the first time, and again unchanged.

One event in twenty is a course of twelve weekly evenings. The same file is read by icalendar and expanded by
recurring-ical-events alone, beside us. `python -m benchmarks.calendar_import [EVENTS]`.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import recurring_ical_events
from icalendar import Calendar

from benchmarks.reimport import TimedDatabase, counted, cpu_seconds
from city.clock import FixedClock, SystemClock
from city.store import schema
from fixtures.factories import NOW, SHANGHAI, TODAY
from indexer.fetching import Fetcher
from indexer.importing import Importer, ImportOrder
from indexer.sources import SourceOptions
from indexer.sources.ical import read_content
from indexer.sources.ical_scan import MOST_EVENTS, scan
from indexer.sources.recurrences import WINDOW_DAYS

GOAL_S, GOAL_SCAN_S = 10.0, 2.0
VENUES = 200
TITLES = ("书法晚课", "水墨写意", "Evening calligraphy", "太极晨练", "亲子陶艺", "Bird watching", "手机课堂", "合唱团")
WORDS = "带上笔和纸\\, 教室在二楼。\\n初学者也欢迎。 Bring a cup; tea is there."


def main(events: int) -> int:
    """Measure, print, and return 1 when a goal is missed."""
    content = a_calendar(events)
    scanning = cpu_of(lambda: scan(content, "year.ics"))
    reading = cpu_of(lambda: read_content(content, "year.ics", SourceOptions(now=NOW)))
    print(f"{events:,} events, {len(content) / 1e6:.1f} MB: scanned in {scanning:.2f} s CPU (goal < {GOAL_SCAN_S} s), "
          f"read in {reading:.2f} s (the scan is part of it)")  # fmt: skip
    print(f"beside us, icalendar and recurring-ical-events alone: {cpu_of(lambda: alone(content)):.2f} s CPU")
    with tempfile.TemporaryDirectory() as place:
        total = imported(Path(place), content)
    return int(total > GOAL_S or scanning > GOAL_SCAN_S)


def imported(place: Path, content: bytes) -> float:
    """Import twice as the verb does, print the split, and return the CPU seconds of the first time."""
    path = place / "year.ics"
    path.write_bytes(content)
    database = TimedDatabase(f"sqlite:///{place / 'city.db'}")
    schema.upgrade(database)
    importer = Importer(database, FixedClock(NOW, SHANGHAI), SystemClock(SHANGHAI), Fetcher(), place / "feeds")
    spent = []
    for name in ("first import", "again, unchanged"):
        before = cpu_seconds()
        report = importer.run(ImportOrder("year", "ical", str(path), "college"))
        here, child = (now - then for now, then in zip(cpu_seconds(), before, strict=True))
        spent.append(here + child)
        print(f"{name}: {counted(report)}; {here + child:.2f} s CPU ({child:.2f} s the reading process, {here:.2f} s "
              f"handing over and loading; goal < {GOAL_S} s)")  # fmt: skip
    return spent[0]


def cpu_of(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began


def alone(content: bytes) -> int:
    """Return how many meetings the libraries alone find."""
    calendar = Calendar.from_ical(content)
    return len(recurring_ical_events.of(calendar).between(TODAY, TODAY + timedelta(days=WINDOW_DAYS)))


def a_calendar(events: int) -> bytes:
    """Return a calendar of so many events, spread over the coming year."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//college//year//EN", "X-WR-TIMEZONE:Asia/Shanghai"]
    for number in range(events):
        lines += an_event(number, TODAY + timedelta(days=number % 300))
    return ("\r\n".join([*lines, "END:VCALENDAR"]) + "\r\n").encode()


def an_event(number: int, day: date) -> list[str]:
    hour = 8 + number % 12
    return [
        "BEGIN:VEVENT",
        f"UID:{number}@college.example",
        f"DTSTART;TZID=Asia/Shanghai:{day:%Y%m%d}T{hour:02}0000",
        f"DTEND;TZID=Asia/Shanghai:{day:%Y%m%d}T{hour:02}4500",
        f"SUMMARY:{TITLES[number % len(TITLES)]} {number}",
        f"DESCRIPTION:{WORDS}",
        f"LOCATION:文化馆 {number % VENUES}",
        *(["RRULE:FREQ=WEEKLY;COUNT=12"] if number % 20 == 0 else []),
        "END:VEVENT",
    ]


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else MOST_EVENTS))
