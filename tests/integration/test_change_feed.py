"""An OpenActive change feed over the network: brought in whole, then followed through changes, breaks and repeats."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from city.cli import learncity
from city.config import load_settings
from city.model import Offering
from city.store.database import Database
from tests.faults.loopback import Server, answer, serving

SERIES = {"@context": "https://openactive.io/", "@type": "SessionSeries", "name": "Tai chi by the lake"}
NUMBERS = range(1, 7)


def an_item(kind: str, item_id: str, modified: int, data: dict[str, Any] | None) -> dict[str, Any]:
    row = {"state": "updated" if data else "deleted", "kind": kind, "id": item_id, "modified": modified}
    return row | ({"data": data} if data else {})


def a_series(number: int, modified: int = 1, **more: Any) -> dict[str, Any]:
    return an_item("SessionSeries", str(number), modified, SERIES | {"@id": f"https://id.example/{number}"} | more)


def a_session(number: int, day: int, modified: int = 2) -> dict[str, Any]:
    data = {"@type": "ScheduledSession", "@id": f"https://id.example/{number}/{day}", "maximumAttendeeCapacity": 12,
            "superEvent": f"https://id.example/{number}", "startDate": f"2026-12-{day:02}T07:00:00+08:00"}  # fmt: skip
    return an_item("ScheduledSession", f"{number}/{day}", modified, data)


class Feed:
    """A published feed: pages by number, the last one empty."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.broken: int | None = None
        self.pages: list[list[dict[str, Any]]] = []

    def publish(self, *pages: list[dict[str, Any]], broken: int | None = None) -> None:
        """Add pages; one of them answers 503, as busy servers do."""
        self.pages += pages
        for at, items in enumerate([*self.pages, []]):
            following = self.address(min(at + 1, len(self.pages)))
            page = {"next": following, "items": items, "license": "https://licence.example/"}
            talk = answer(json.dumps(page).encode()) if at != broken else answer(status="503 Service Unavailable")
            self.server.talks[f"/rpde?after={at}"] = talk

    def address(self, at: int = 0) -> str:
        return self.server.url(f"/rpde?after={at}")

    def asked(self) -> list[int]:
        """Return the pages that were asked for since this was asked last."""
        found = [int(head.split(b" ")[1].rsplit(b"=", 1)[1]) for head in self.server.requests]
        self.server.requests.clear()
        return found


@pytest.fixture
def feed() -> Iterator[Feed]:
    with serving({}) as server:
        yield Feed(server)


@pytest.fixture
def city(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, feed: Feed) -> CliRunner:
    monkeypatch.setenv("LEARNCITY_DATA_DIR", str(tmp_path / "var"))
    monkeypatch.setenv("LEARNCITY_NOW", "2026-11-24T12:00:00+08:00")
    monkeypatch.setenv("LEARNCITY_FEED_HOSTS", f"127.0.0.1:{feed.server.port}")
    runner = CliRunner()
    assert runner.invoke(learncity, ["init"]).exit_code == 0
    return runner


def imported(city: CliRunner, feed: Feed, *words: str) -> dict[str, Any]:
    result = city.invoke(learncity, ["import", "rpde", feed.address(), "--operator", "lake", "--json", *words])
    report: dict[str, Any] = json.loads(result.stdout)
    return report


def counts(report: dict[str, Any]) -> tuple[int, ...]:
    return tuple(report[name] for name in ("new", "changed", "unchanged", "gone"))


def offered(number: int) -> tuple[str, list[str]]:
    """Return an offering's status and the days of its runs that were not called off."""
    with Database(load_settings().effective_database_url).reading() as work:
        name = work.feeds.sources()[0].name
        found: Offering = work.offerings.by_source(name, [f"SessionSeries/{number}"])[f"SessionSeries/{number}"]
        return found.status, sorted(f"{meeting.held_on:%d}" for meeting in found.meetings())


def test_a_feed_is_followed_through_changes_breaks_repeats_and_deletes(city: CliRunner, feed: Feed) -> None:
    series, sessions = [a_series(number) for number in NUMBERS], [a_session(number, 1) for number in NUMBERS]
    feed.publish(sessions[:3], series, sessions[3:], broken=2)
    first = imported(city, feed)
    assert (counts(first), feed.asked()) == ((3, 0, 0, 0), [0, 1, 2])
    assert any("503" in remark["message"] for remark in first["remarks"])

    feed.publish()
    assert (counts(imported(city, feed)), feed.asked()) == ((3, 0, 3, 0), [2, 3])

    changes = [a_session(1, 8, 5), sessions[0], an_item("ScheduledSession", "2/1", 6, None), a_session(2, 15, 7)]
    feed.publish(changes, [an_item("SessionSeries", "3", 8, None), an_item("ScheduledSession", "3/1", 9, None)])
    assert (counts(imported(city, feed)), feed.asked()) == ((0, 2, 3, 1), [3, 4, 5])
    assert [offered(number) for number in (1, 2)] == [("published", ["01", "08"]), ("published", ["15"])]
    assert offered(3)[0] == "withdrawn"
    assert (counts(imported(city, feed)), feed.asked()) == ((0, 0, 5, 0), [5])
