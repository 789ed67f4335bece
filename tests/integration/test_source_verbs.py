"""Sources that are imported again and again: the verbs, and what the worker does when one is due."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from city.cli import learncity
from city.clock import FixedClock
from city.config import load_settings
from city.errors import NotFound
from city.services.permissions import Actor
from city.services.sourcing import NewSource, Sourcing
from city.store.database import Database
from fixtures.factories import NOW, SHANGHAI
from indexer.scheduling import import_due
from indexer.wiring import build_importer

HEADER = "source_id,title.en,date\n"
ROWS = HEADER + "".join(f"{number},Tea {number},2026-12-0{number}\n" for number in range(1, 8))


@dataclass
class Feed:
    """A small web server that publishes one table, with an ETag."""

    body: str = ROWS
    asked: list[str] = field(default_factory=list)
    address: str = ""
    status: int = 200
    files: dict[str, str] = field(default_factory=dict)
    """Path → content, where a folder is published in place of the one table."""


@pytest.fixture
def feed() -> Iterator[Feed]:
    published = Feed()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if published.files:
                self._answer_file(published.files.get(self.path))
                return
            tag = f'"{hash(published.body)}"'
            same = self.headers.get("If-None-Match") == tag
            published.asked.append("again" if same else "whole")
            self.send_response(304 if same else published.status)
            self.send_header("ETag", tag)
            self.end_headers()
            if not same:
                self.wfile.write(published.body.encode())

        def _answer_file(self, content: str | None) -> None:
            self.send_response(404 if content is None else 200)
            self.end_headers()
            self.wfile.write((content or "").encode())

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    published.address = f"http://127.0.0.1:{server.server_port}/courses.csv"
    yield published
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def city(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, feed: Feed) -> CliRunner:
    monkeypatch.setenv("LEARNCITY_DATA_DIR", str(tmp_path / "var"))
    monkeypatch.setenv("LEARNCITY_NOW", "2026-11-24T12:00:00+08:00")
    monkeypatch.setenv("LEARNCITY_FEED_HOSTS", feed.address.split("/")[2])
    runner = CliRunner()
    assert runner.invoke(learncity, ["init"]).exit_code == 0
    return runner


def type_in(city: CliRunner, *words: str) -> Result:
    return city.invoke(learncity, ["source", *words])


def added(city: CliRunner, feed: Feed, *words: str) -> Result:
    return type_in(city, "add", "tea", "csv", feed.address, "--operator", "tea-house", "--every", "6h", *words)


def listed(city: CliRunner) -> dict[str, object]:
    (row,) = json.loads(type_in(city, "list", "--json").stdout)
    return row  # type: ignore[no-any-return]


def worker_at(hours: float) -> str:
    """Do once what the worker does, some hours after NOW."""
    settings = load_settings()
    database = Database(settings.effective_database_url)
    sourcing = Sourcing(database, FixedClock(NOW + timedelta(hours=hours), SHANGHAI))
    importer = build_importer(settings, database)
    importer.system_clock = FixedClock(NOW + timedelta(hours=hours), SHANGHAI)
    return import_due(sourcing, importer)


def test_the_worker_imports_what_is_due_and_asks_only_for_what_changed(city: CliRunner, feed: Feed) -> None:
    assert "was added: the worker imports it every 6h" in added(city, feed).stdout
    assert "7 new" in worker_at(0)
    assert worker_at(1) == ""
    assert "0 changed, 7 unchanged" in worker_at(7)
    feed.body = ROWS.replace("Tea 3", "Green tea")
    assert "1 changed, 6 unchanged" in worker_at(14)
    assert feed.asked == ["whole", "again", "whole"]
    assert listed(city)["last_good_at"]


def test_a_feed_that_fails_keeps_its_offerings_and_says_why(city: CliRunner, feed: Feed) -> None:
    added(city, feed)
    worker_at(0)
    good = listed(city)["last_good_at"]
    feed.status = 500
    feed.body = "broken"
    assert "Refused" in worker_at(7)
    row = listed(city)
    assert "500" in str(row["last_error"])
    assert row["last_good_at"] == good
    feed.status, feed.body = 200, ROWS
    assert "7 unchanged" in worker_at(14)
    assert listed(city)["last_error"] == ""


def test_a_paused_source_waits_until_it_is_resumed(city: CliRunner, feed: Feed) -> None:
    added(city, feed)
    assert "is paused" in type_in(city, "pause", "tea").stdout
    assert worker_at(0) == ""
    assert "goes on" in type_in(city, "pause", "tea", "--resume").stdout
    assert "7 new" in worker_at(0)


def test_a_source_can_be_run_by_hand_and_tried_first(city: CliRunner, feed: Feed) -> None:
    added(city, feed)
    tried = type_in(city, "run", "tea", "--dry-run", "--json")
    assert (json.loads(tried.stdout)["new"], tried.exit_code) == (7, 0)
    assert json.loads(type_in(city, "run", "tea", "--json").stdout)["new"] == 7


def test_reports_are_kept_and_two_of_them_compared(city: CliRunner, feed: Feed) -> None:
    added(city, feed)
    feed.body = ROWS + "8,Tea 8,someday\n"
    type_in(city, "run", "tea")
    feed.body = ROWS + "9,,2026-12-09\n"
    type_in(city, "run", "tea")
    reports = json.loads(type_in(city, "reports", "tea", "--json").stdout)
    later, earlier = (report["id"] for report in reports)
    compared = type_in(city, "compare", str(earlier), str(later))
    assert "new: 7 → 0" in compared.stdout
    assert "new refusals: 9" in compared.stdout
    assert "over refusals: 8" in compared.stdout


def test_an_interval_that_nobody_can_mean_is_refused(city: CliRunner, feed: Feed) -> None:
    for wrong, sentence in (("soon", "write it like 30m"), ("1m", "too short or too long"), ("99d", "too short")):
        result = type_in(city, "add", "tea", "csv", feed.address, "--operator", "tea-house", "--every", wrong)
        assert sentence in str(result.exception), wrong


def test_what_is_not_there_is_said_with_the_verb_that_lists_it(city: CliRunner) -> None:
    for words in (("run", "tea"), ("pause", "tea"), ("reports", "tea"), ("compare", "1", "2")):
        result = type_in(city, *words)
        assert isinstance(result.exception, NotFound)
        assert "learncity source" in str(result.exception)


def test_two_workers_never_run_one_source_at_the_same_time(database: Database) -> None:
    sourcing = Sourcing(database, FixedClock(NOW, SHANGHAI))
    sourcing.add(Actor.system(), NewSource("tea", "csv", "/tea.csv", "tea-house", 60))
    assert sourcing.claim_due() is not None
    assert sourcing.claim_due() is None


def test_a_programme_of_three_files_is_fetched_from_its_folder(city: CliRunner, feed: Feed) -> None:
    event = "<titlec>音樂會</titlec><titlee>Concert</titlee><venueid>1</venueid><predateE>4/12/2026 7:30pm</predateE>"
    feed.files = {
        "/programme/events.xml": f'<events><event id="7">{event}</event></events>',
        "/programme/venues.xml": '<venues><venue id="1"><venuec>大會堂</venuec><venuee>Hall</venuee></venue></venues>',
    }
    folder = feed.address.rsplit("/", 1)[0] + "/programme"
    words = ["import", "lcsd", folder, "--operator", "lcsd", "--json"]
    report = json.loads(city.invoke(learncity, words).stdout)
    assert (report["new"], report["refused"]) == (1, 0)
    assert "There is no eventDates.xml" in report["remarks"][0]["message"]
    del feed.files["/programme/venues.xml"]
    refused = city.invoke(learncity, words)
    assert refused.exit_code == 2
    assert "venues.xml is not fetched: nothing is there" in refused.stderr
