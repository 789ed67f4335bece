"""132 calendars that broke other programs: each comes in or is refused with line and reason, and none hangs."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator
from pathlib import Path

import pytest

from city.clock import FixedClock, SystemClock
from city.store.database import Database
from fixtures.factories import NOW, SHANGHAI
from indexer import importing
from indexer.fetching import Fetcher
from indexer.importing import Importer, ImportOrder
from indexer.reports import ImportReport
from indexer.sources import Reading, SourceOptions, source_of

pytestmark = pytest.mark.real_data

MOST_CPU_SECONDS = 2.0
WITHOUT_EVENT = 24


def read_here(name: str, path: Path, options: SourceOptions) -> Reading:
    """Read in this process: 132 processes of their own would show nothing more here."""
    return source_of(name)(path, options)


@pytest.fixture
def importer(sqlite_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Importer:
    monkeypatch.setattr(importing, "read_bounded", read_here)
    clock = FixedClock(NOW, SHANGHAI)
    return Importer(sqlite_database, clock, SystemClock(SHANGHAI), Fetcher(frozenset()), tmp_path / "feeds")


def imported(
    importer: Importer, folder: Path, names: Collection[str] = ()
) -> Iterator[tuple[str, ImportReport, float]]:
    """Import each file as a source of its own; yield its name, its report and the CPU seconds it took."""
    for path in sorted(path for path in folder.iterdir() if not names or path.name in names):
        began = time.process_time()
        report = importer.run(ImportOrder(path.name, "ical", str(path), "calendars"))
        yield path.name, report, time.process_time() - began


def test_each_of_132_calendars_comes_in_or_is_refused_with_line_and_reason(importer: Importer, real_data: Path) -> None:
    found = list(imported(importer, real_data / "feeds" / "ical"))
    assert len(found) == 132
    assert {name for name, _, seconds in found if seconds > MOST_CPU_SECONDS} == set()
    whole = {name: report for name, report, _ in found if report.refused_whole}
    assert sum("holds no event" in report.refused_whole for report in whole.values()) == WITHOUT_EVENT
    assert {report.exit_code() for report in whole.values()} == {2}
    for name, report, _ in found:
        assert report.new or report.refusals, name
        for refusal in report.refusals:
            assert refusal.message and refusal.remedy, name
            assert refusal.line or "holds no event" in refusal.message, name
    good = {name for name, report, _ in found if report.new}
    assert (len(good), sum(report.new for _, report, _ in found)) == (69, 291)
    again = [report for _, report, _ in imported(importer, real_data / "feeds" / "ical", good)]
    assert sum(report.new + report.changed + report.gone for report in again) == 0
    assert sum(report.unchanged for report in again) == 291


def test_the_titles_of_a_real_calendar_stand_in_the_catalogue(importer: Importer, real_data: Path) -> None:
    path = real_data / "feeds" / "ical" / "fablab_cottbus.ics"
    importer.run(ImportOrder("fablab", "ical", str(path), "fablab", kind="course"))
    with importer.database.reading() as work:
        rows = work.feeds.records("fablab").values()
        offerings = work.offerings.many([row.offering_id for row in rows])
    assert len(offerings) == 28 and {offering.kind for offering in offerings} == {"course"}
    upcoming = [offering for offering in offerings if not offering.is_over(NOW)]
    assert upcoming and all(offering.title and offering.runs[0].class_sessions for offering in offerings)
    zones = {meeting.zone for offering in offerings for meeting in offering.runs[0].class_sessions}
    assert zones == {"Europe/Berlin"}
