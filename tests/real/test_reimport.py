"""A city's programme a week later: the report is the true difference, record by record and field by field."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from lxml import etree

from city.config import load_settings
from city.model import Consumer, Status
from city.store.database import Database
from indexer.importing import ImportOrder
from indexer.reports import ImportReport
from indexer.wiring import build_importer

pytestmark = pytest.mark.real_data

NOW = datetime(2025, 12, 16, 1, tzinfo=UTC)
TODAY = "20251216"
SOURCE = "programme"


class Programme:
    """A copy of a programme folder in memory, to be edited and written somewhere else."""

    def __init__(self, folder: Path) -> None:
        self.trees = {path.name: etree.parse(path) for path in sorted(folder.glob("*.xml"))}
        self.events = {str(element.get("id")): element for element in self._root("events.xml")}
        self.venues = {str(element.get("id")): element for element in self._root("venues.xml")}
        self.days = {str(element.get("id")): element for element in self._root("eventDates.xml")}

    def _root(self, file: str) -> etree._Element:
        return self.trees[file].getroot()

    def text(self, source_id: str, name: str) -> str:
        return (self.events[source_id].findtext(name) or "").strip()

    def put(self, source_id: str, name: str, text: str) -> None:
        element = self.events[source_id].find(name)
        assert element is not None
        element.text = text

    def days_of(self, source_id: str) -> list[str]:
        return [str(entry.text) for entry in self.days[source_id]]

    def add_day(self, source_id: str, day: str) -> None:
        etree.SubElement(self.days[source_id], "indate").text = day

    def remove(self, source_id: str) -> None:
        for found in (self.events.pop(source_id), self.days.pop(source_id)):
            parent = found.getparent()
            assert parent is not None
            parent.remove(found)

    def keep_short_ones(self, most_days: int) -> None:
        for source_id in [found for found in self.events if len(self.days[found]) > most_days]:
            self.remove(source_id)

    def add_like(self, source_id: str, new_id: str) -> None:
        for file, rows in (("events.xml", self.events), ("eventDates.xml", self.days)):
            rows[new_id] = copy.deepcopy(rows[source_id])
            rows[new_id].set("id", new_id)
            self._root(file).append(rows[new_id])

    def stir(self, rng: random.Random) -> None:
        """Change all that says nothing: the order of events, elements, days and attributes, and white space."""
        for file in ("events.xml", "eventDates.xml", "venues.xml"):
            self._root(file)[:] = rng.sample(list(self._root(file)), len(self._root(file)))
        for event in self.events.values():
            event[:] = rng.sample(list(event), len(event))
            source_id = str(event.attrib.pop("id"))
            event.attrib.update({"revised": "1", "id": f" {source_id} "})
            for element in event:
                element.text = f"\n  {element.text or ''}\t "
        for days in self.days.values():
            days[:] = rng.sample(list(days), len(days))

    def write(self, folder: Path) -> Path:
        folder.mkdir()
        for name, tree in self.trees.items():
            tree.write(folder / name, encoding="utf-8", xml_declaration=True)
        return folder


@dataclass
class Week:
    """What the test did to a programme: expected changes as (id, field) → words of the report, and the ids."""

    edited: dict[tuple[str, str], str] = field(default_factory=dict)
    moved: dict[tuple[str, str], str] = field(default_factory=dict)
    removed_over: set[str] = field(default_factory=set)
    removed_ahead: set[str] = field(default_factory=set)
    added: set[str] = field(default_factory=set)
    in_moved_venues: set[str] = field(default_factory=set)


Edit = Callable[[Programme, str], dict[str, str]]
"""Edits one event; returns field of the record → words that the report has to say of it."""


def put(name: str, text: str, told: str, words: str = "") -> Edit:
    def edit(programme: Programme, source_id: str) -> dict[str, str]:
        programme.put(source_id, name, text)
        return {told: words or text}

    return edit


def another_day(programme: Programme, source_id: str) -> dict[str, str]:
    programme.add_day(source_id, "20261224")
    return {"meetings": "1 day more: 2026-12-24"}


def a_day_less(programme: Programme, source_id: str) -> dict[str, str]:
    last = programme.days[source_id][-1]
    programme.days[source_id].remove(last)
    return {"meetings": f"1 day fewer: {date.fromisoformat(str(last.text))}"}


def over_days_less(programme: Programme, source_id: str) -> dict[str, str]:
    """Days that are over pass out of the file, as they may from week to week."""
    entries = programme.days[source_id]
    over = [entry for entry in entries if str(entry.text) < TODAY]
    for entry in over:
        entries.remove(entry)
    return {"meetings": f"{len(over)} day{'s' if len(over) > 1 else ''} fewer"}


def other_hours(programme: Programme, source_id: str) -> dict[str, str]:
    (day,) = programme.days_of(source_id)
    for name in ("predateE", "predateC"):
        programme.put(source_id, name, f"{day[6:]}/{day[4:6]}/{day[:4]} 11:45-12:15")
    return {"date_note": "11:45-12:15", "meetings": "1 day with other hours"}


def costs_a_round_sum(programme: Programme, source_id: str) -> bool:
    return programme.text(source_id, "pricee") in ("$80", "$100", "$150", "$160", "$200")


def has_an_age(programme: Programme, source_id: str) -> bool:
    return programme.text(source_id, "agelimite") == "Only for age 6 or above"


def has_several_days(programme: Programme, source_id: str) -> bool:
    return len(programme.days[source_id]) > 2 and max(programme.days_of(source_id)) > TODAY


def was_before_and_will_be(programme: Programme, source_id: str) -> bool:
    return min(programme.days_of(source_id)) < TODAY < max(programme.days_of(source_id))


def is_one_day(programme: Programme, source_id: str) -> bool:
    return len(programme.days[source_id]) == 1


def is_a_concert(programme: Programme, source_id: str) -> bool:
    return programme.text(source_id, "cat2") == "inc4sc7"


def is_over(programme: Programme, source_id: str) -> bool:
    return max(programme.days_of(source_id)) < TODAY


def is_ahead(programme: Programme, source_id: str) -> bool:
    return not is_over(programme, source_id)


EDITS: list[tuple[int, Callable[[Programme, str], bool], Edit]] = [
    (4, is_ahead, put("titlee", "Quite another title", "title")),
    (2, is_over, put("titlec", "全新名稱", "title")),
    (3, costs_a_round_sum, put("pricee", "$495", "prices", "495.00 HKD")),
    (3, is_ahead, another_day),
    (2, has_several_days, a_day_less),
    (2, was_before_and_will_be, over_days_less),
    (2, is_one_day, other_hours),
    (3, is_ahead, put("venueid", "100", "venue")),
    (2, is_ahead, put("enquiry", "2000 0001", "contact")),
    (1, is_ahead, put("email", "new@example.org", "contact")),
    (1, is_ahead, put("urle", "https://example.org/new", "web_address")),
    (1, is_ahead, put("descc", "全新介紹", "description")),
    (1, is_ahead, put("progtimee", "12 minutes exactly", "description")),
    (1, is_ahead, put("presenterorge", "Presented by somebody else", "description")),
    (1, has_an_age, put("agelimite", "Only for age 12 or above", "age_min", "was 6, is 12")),
    (1, is_a_concert, put("cat2", "inc4sc14", "kind", "was event, is course")),
]


def a_week_later(programme: Programme, rng: random.Random) -> Week:
    """Edit 30, remove 20 and add 10 events, rename one venue and move another; stir all the rest."""
    week, left = Week(), sorted(set(programme.events) - {"161846"})
    rng.shuffle(left)

    def some(n: int, fits: Callable[[Programme, str], bool]) -> Iterator[str]:
        for source_id in [found for found in left if fits(programme, found)][:n]:
            left.remove(source_id)
            yield source_id

    for n, fits, edit in EDITS:
        for source_id in some(n, fits):
            told = edit(programme, source_id)
            week.edited.update({(source_id, name): words for name, words in told.items()})
    week.removed_over, week.removed_ahead = set(some(8, is_over)), set(some(12, is_ahead))
    for number, source_id in enumerate(some(10, is_ahead)):
        programme.add_like(source_id, f"new-{number}")
        week.added.add(f"new-{number}")
    places = {source_id: programme.text(source_id, "venueid") for source_id in set(programme.events) - week.added}
    week.in_moved_venues = {source_id for source_id, venue in places.items() if venue in ("36311771", "100")}
    for source_id in week.removed_over | week.removed_ahead:
        programme.remove(source_id)
    programme.venues["36311771"].find("venuee").text = "A renamed hall"  # type: ignore[union-attr]
    programme.venues["100"].find("latitude").text = "22.45"  # type: ignore[union-attr]
    programme.venues["100"].find("longitude").text = "114.17"  # type: ignore[union-attr]
    week.moved = {("36311771", "name"): "A renamed hall", ("100", "latitude"): "22.45", ("100", "longitude"): "114.17"}
    programme.stir(rng)
    return week


@pytest.fixture
def importing(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Path], ImportReport]:
    monkeypatch.setenv("LEARNCITY_DATA_DIR", str(tmp_path / "var"))
    monkeypatch.setenv("LEARNCITY_NOW", NOW.isoformat())
    importer = build_importer(load_settings(), database)
    return lambda folder: importer.run(ImportOrder(SOURCE, "lcsd", str(folder), "lcsd"))


def versions_of(database: Database) -> dict[str, int]:
    """Return id in the source → version of its offering."""
    with database.reading() as work:
        versions, records = work.offerings.versions(), work.feeds.records(SOURCE)
    return {source_id: versions[record.offering_id] for source_id, record in records.items()}


def told_in(database: Database) -> set[int]:
    with database.reading() as work:
        return set(work.outbox.waiting_ids(Consumer.INDEX).values())


def test_a_week_later_the_report_is_the_true_difference(
    database: Database, real_data: Path, tmp_path: Path, importing: Callable[[Path], ImportReport]
) -> None:
    programme = Programme(real_data / "feeds" / "hk_lcsd" / "2025-12-16")
    if database.engine.dialect.name == "postgresql":  # the whole of it once is enough: most of its work is its days
        programme.keep_short_ones(40)
    good = len(programme.events) - 1
    assert importing(programme.write(tmp_path / "first")).new == good
    week = a_week_later(programme, random.Random(20251223))
    assert len({source_id for source_id, _ in week.edited}) == 30
    later = programme.write(tmp_path / "later")

    report = importing(later)
    changes = {(finding.part, finding.field): finding.message for finding in report.changes}
    expected = week.edited | week.moved
    assert changes.keys() == expected.keys()
    assert [words for key, words in expected.items() if words not in changes[key]] == []
    assert set(report.new_parts) == week.added
    assert set(report.gone_parts) == week.removed_over | week.removed_ahead
    assert set(report.withdrawn_parts) == week.removed_ahead
    assert (report.new, report.changed, report.gone) == (10, 30, 20)
    assert report.unchanged == good - 30 - 20
    assert [finding.part for finding in report.refusals] == ["161846"]

    with database.reading() as work:
        found = work.offerings.by_source(SOURCE, sorted(week.removed_over | week.removed_ahead))
    assert {found[name].status for name in week.removed_ahead} == {Status.WITHDRAWN}
    assert {found[name].status for name in week.removed_over} == {Status.PUBLISHED}
    assert all(found[name].is_over(NOW) for name in week.removed_over)
    touched = {source_id for source_id, _ in week.edited} | week.removed_ahead | week.in_moved_venues
    versions = versions_of(database)
    assert {source_id for source_id, version in versions.items() if version > 1} == touched

    told = told_in(database)
    again = importing(later)
    assert (again.new, again.changed, again.gone, again.changes) == (0, 0, 0, [])
    assert again.unchanged == good - 20 + 10
    assert told_in(database) == told
    assert versions_of(database) == versions
