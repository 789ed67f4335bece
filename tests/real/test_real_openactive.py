"""OpenActive's own examples come in with all they say, or are refused with a reason; a real walk is a route page."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time
from pathlib import Path

import pytest
from click.testing import CliRunner

from city.cli import learncity
from city.config import load_settings
from city.errors import FeedRefused
from city.services.records import MeetingRecord, OfferingRecord
from indexer.sources import Reading, SourceOptions, jsonld, routeguide, rpde
from web.wiring import build_site

pytestmark = pytest.mark.real_data
OPTIONS = SourceOptions(zone="Europe/London", now=datetime(2018, 7, 30, tzinfo=UTC))
NO_SERIES = re.compile(
    r"holds no offering: It belongs to https?://\S+, which is not here, and has no name of its own[.]"
)


@pytest.fixture
def examples(real_data: Path) -> Path:
    return real_data / "feeds" / "openactive" / "data-models" / "versions" / "2.x" / "examples"


@pytest.fixture
def page(examples: Path) -> Callable[[str], Reading]:
    """Read an example of a change feed's page by its name."""
    return lambda name: rpde.read(examples / f"{name}_example_1.json", OPTIONS)


def only(reading: Reading) -> OfferingRecord:
    assert reading.refusals == []
    (record,) = reading.records
    return record


def test_every_example_comes_in_or_is_refused_with_what_it_holds(examples: Path) -> None:
    told: dict[str, str] = {}
    for path in sorted(examples.rglob("*.json")):
        is_feed = '"items": [' in path.read_text("utf-8")
        try:
            reading = (rpde if is_feed else jsonld).read(path, OPTIONS)
            told[path.stem] = (
                f"{len(reading.records)} records, {len(reading.venues)} venues, {len(reading.refusals)} refused"
            )
        except FeedRefused as refused:
            told[path.stem] = str(refused).removeprefix(path.name).strip()
    assert len(told) == 36
    came = {name: said for name, said in told.items() if "record" in said}
    assert came == {
        "courseinstance_event_example_1": "1 records, 1 venues, 0 refused",
        "courseinstance_example_1": "1 records, 1 venues, 0 refused",
        "event_eventseries_example_1": "1 records, 1 venues, 0 refused",
        "event_example_1": "1 records, 1 venues, 0 refused",
        "facilityuse_example_1": "1 records, 1 venues, 0 refused",
        "ondemandevent_example_1": "1 records, 0 venues, 0 refused",
        "order_feed_example_1": "0 records, 0 venues, 1 refused",
        "part-one-finished": "1 records, 1 venues, 0 refused",
        "part-two-finished": "1 records, 1 venues, 0 refused",
        "place_example_1": "0 records, 1 venues, 0 refused",
        "scheduledsession_example_1": "1 records, 1 venues, 0 refused",
        "sessionseries-eventseries-split_example_1": "1 records, 1 venues, 0 refused",
        "sessionseries-split-virtual_example_1": "1 records, 1 venues, 0 refused",
        "sessionseries-split_example_1": "1 records, 1 venues, 0 refused",
        "sessionseries_example_1": "1 records, 1 venues, 0 refused",
    }
    refused_whole = {name: said for name, said in told.items() if name not in came}
    assert {name for name, said in refused_whole.items() if NO_SERIES.fullmatch(said)} == {
        "scheduledsession-split_example_1", "scheduledsession-split-virtual_example_1", "slot_example_1",
    }  # fmt: skip
    others = sorted(said for said in refused_whole.values() if not NO_SERIES.fullmatch(said))
    assert all(said.startswith("holds no offering: what it holds is ") for said in others)
    assert len([said for said in others if re.search("1 Order(Quote|Proposal)?[.]$", said)]) == len(others) - 2


def test_a_series_keeps_its_two_sessions_with_hours_seats_and_prices(page: Callable[[str], Reading]) -> None:
    reading = page("sessionseries")
    record = only(reading)
    assert (record.title, record.kind, record.zone) == ({"en": "Virtual BODYPUMP"}, "event", "Europe/London")
    assert [run.meetings for run in record.runs] == [
        (MeetingRecord(date(2018, 10, day), time(20, 15), time(20, 45)),) for day in (2, 9)
    ]
    assert [run.seat_count for run in record.runs] == [16, 16]
    assert [(price["amount_minor"], price["currency"], price["label"]["en"]) for price in record.prices] == [
        (330, "GBP", "Oxygen - Adult"), (330, "GBP", "Oxygen - Senior"),
    ]  # fmt: skip
    assert (record.age_min, record.level, record.attendance) == (16, "beginner", "in_person")
    assert record.contact == "Everyone Active · 01455 890508 · customerservices@gll.org"
    (venue,) = reading.venues
    assert (venue.source_id, venue.access_features) == ("0140", ("parking",))
    assert venue.opening_hours["4"] == [["06:00", "12:00"]]
    assert venue.special_hours["2021-01-15"] == []
    assert (reading.is_partial, reading.cursor.endswith("afterId=1402CBP20150217")) == (True, True)


def test_a_series_in_two_feeds_is_joined_with_its_session(examples: Path, tmp_path: Path) -> None:
    for name in ("sessionseries-split", "scheduledsession-split"):
        (tmp_path / f"{name}.json").write_bytes((examples / f"{name}_example_1.json").read_bytes())
    record = only(rpde.read(tmp_path, OPTIONS))
    (run,) = record.runs
    assert (run.source_id, run.seat_count) == ("ScheduledSession/C5EE1E55-2DE6-44F7-A865-42F268A82C63", 10)
    assert run.meetings == (MeetingRecord(date(2016, 5, 9), time(19, 15), time(20, 15)),)


def test_courses_events_and_facilities_say_what_they_said(page: Callable[[str], Reading]) -> None:
    camp = only(page("courseinstance"))
    assert (camp.kind, camp.seat_count, camp.age_min, camp.age_max) == ("course", 30, 11, 16)
    assert camp.meetings == tuple(MeetingRecord(date(2018, 8, day), time(9), time(17)) for day in (1, 2, 3))
    assert [m.held_on.day for m in only(page("courseinstance_event")).meetings] == [2, 9]
    ride = only(page("event_eventseries"))
    assert ride.title == {"en": "Alan's social ride group Gorhambury House loop"}
    assert ride.meetings == (MeetingRecord(date(2019, 8, 25), time(10), time(12, 40)),)
    assert (ride.prices[0]["amount_minor"], ride.seat_count) == (0, 30)
    on_demand = only(page("ondemandevent"))
    assert (on_demand.attendance, on_demand.always_open) == ("online", True)
    tennis = only(page("facilityuse"))
    assert (tennis.always_open, "Sat 07:15–17:30" in tennis.date_note["en"]) == (True, True)
    virtual = only(page("sessionseries-split-virtual"))
    assert (virtual.attendance, virtual.venue, len(virtual.meetings)) == ("online", None, 5)


def test_a_place_is_a_venue_with_its_lift_and_hours(page: Callable[[str], Reading]) -> None:
    reading = page("place")
    (venue,) = reading.venues
    assert reading.places_only
    assert venue.access_features == ("accessible_toilet", "lift", "parking", "toilet")
    assert venue.opening_hours["6"] == [["08:30", "18:00"]]


def test_the_real_walk_is_a_route_of_seven_stops(real_data: Path) -> None:
    reading = routeguide.read(real_data / "feeds" / "openactive" / "route-guide" / "attingham_example.json", OPTIONS)
    record = only(reading)
    assert [stop.name["en"] for stop in record.stops] == [
        "Attingham Park", "Walled Garden", "River Tern", "Activity",
        "Attingham Deer", "The Repton Oak", "The ice house",
    ]  # fmt: skip
    assert [stop.walk_minutes_to_next for stop in record.stops] == [10, 10, 10, 10, 10, 10, 0]
    assert record.stops[-1].features == ("toilet",)
    assert "Cross the cable stay bridge" in record.stops[2].text["en"]
    assert "bear left following signs" in record.stops[2].text["en"]
    assert record.summary["en"] == "About 4 km, a loop back to the start, 45–60 minutes"
    assert (record.level, record.access_features) == ("intermediate", ("parking", "toilet"))
    assert record.surface["en"].startswith("Walking on a mixture of grass, hoggin and woodland paths")
    assert record.contact == "01743 708162 · attingham@nationaltrust.org.uk"
    assert [remark.field for remark in reading.remarks] == [*["indicativeDuration"] * 3, "category"]


def test_the_real_walk_lands_as_a_route_page_with_its_stops(
    real_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEARNCITY_DATA_DIR", str(tmp_path / "var"))
    city = CliRunner()
    city.invoke(learncity, ["init"])
    path = real_data / "feeds" / "openactive" / "route-guide" / "attingham_example.json"
    words = ["import", "routeguide", str(path), "--operator", "national-trust", "--json"]
    first, second = (json.loads(city.invoke(learncity, words).stdout) for _ in range(2))
    assert [report[name] for report in (first, second) for name in ("new", "unchanged", "refused")] == [
        1,
        0,
        0,
        0,
        1,
        0,
    ]
    client = build_site(load_settings()).test_client()
    page = client.get("/en/offerings/1").text
    assert "Wildlife walk at Attingham Park" in page
    for stop in ("Walled Garden", "River Tern", "The Repton Oak", "The ice house"):
        assert page.count(stop) >= 2  # once on the map, once in the list
    assert page.count("10 minutes") >= 6
    assert 'role="img"' in page
