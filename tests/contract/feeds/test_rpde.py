"""OpenActive's change feed, page by page: the form of pages, the latest state of items, and how pages are gathered."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from city.errors import FeedRefused
from indexer.sources import Reading, SourceOptions, rpde

OPTIONS = SourceOptions(now=datetime(2026, 11, 24, 4, tzinfo=UTC))
FIRST = "https://feed.example/sessions"
SERIES_ID = "https://id.example/series/1"


def a_series(modified: int = 1, name: str = "Tai chi", **more: Any) -> dict[str, Any]:
    data = {"@context": "https://openactive.io/", "@type": "SessionSeries", "@id": SERIES_ID, "name": name} | more
    return {"state": "updated", "kind": "SessionSeries", "id": "s1", "modified": modified, "data": data}


def a_session(number: int, modified: int = 2, day: str = "2026-12-01", **more: Any) -> dict[str, Any]:
    data = {"@type": "ScheduledSession", "@id": f"{SERIES_ID}/{number}", "superEvent": SERIES_ID,
            "startDate": f"{day}T07:00:00+08:00", "maximumAttendeeCapacity": 12} | more  # fmt: skip
    return {"state": "updated", "kind": "ScheduledSession", "id": number, "modified": modified, "data": data}


def deleted(item: dict[str, Any], modified: int = 9) -> dict[str, Any]:
    return {"state": "deleted", "kind": item["kind"], "id": item["id"], "modified": modified}


def a_page(*items: Any, following: str = f"{FIRST}?after=1") -> bytes:
    return json.dumps({"next": following, "items": items, "license": "https://licence.example/"}).encode()


@pytest.fixture
def pages(tmp_path: Path) -> Callable[..., Reading]:
    """Read pages that lie in a folder."""

    def reading(*contents: bytes) -> Reading:
        for at, content in enumerate(contents, start=1):
            (tmp_path / f"{at}.json").write_bytes(content)
        return rpde.read(tmp_path, OPTIONS)

    return reading


class Feed:
    """Pages by address; what is asked for is noted, what is an error is raised."""

    def __init__(self, folder: Path, pages: dict[str, bytes]) -> None:
        self.pages, self.folder, self.asked = pages, folder, list[str]()

    def fetch(self, url: str) -> bytes:
        self.asked.append(url)
        if url not in self.pages:
            raise FeedRefused(f"{url} answers 404.", file=url)
        return self.pages[url]

    def collect(self, cursor: str = "", address: str = FIRST) -> Reading:
        self.asked.clear()
        rpde.collect(self.fetch, address, cursor, self.folder)
        return rpde.read(self.folder, OPTIONS)


@pytest.fixture
def feed(tmp_path: Path) -> Feed:
    two, three = f"{FIRST}?after=2", f"{FIRST}?after=3"
    return Feed(tmp_path, {
        FIRST: a_page(a_series(), a_session(1), following=two),
        two: a_page(a_session(2, 3, "2026-12-08"), following=three),
        three: a_page(following=three),
    })  # fmt: skip


def test_sessions_join_their_series_whichever_page_they_stand_on(pages: Callable[..., Reading]) -> None:
    reading = pages(
        a_page(a_session(1), a_session(2, 3, "2026-12-08", eventStatus="EventCancelled")), a_page(a_series())
    )
    (record,) = reading.records
    assert (record.source_id, record.title) == ("SessionSeries/s1", {"en": "Tai chi"})
    assert [(run.source_id, run.seat_count, run.cancelled) for run in record.runs] == [
        ("ScheduledSession/1", 12, False), ("ScheduledSession/2", 12, True),
    ]  # fmt: skip
    assert (reading.is_partial, reading.cursor) == (True, f"{FIRST}?after=1")


def test_a_later_change_wins_however_often_and_in_which_order_items_come(pages: Callable[..., Reading]) -> None:
    changes = [a_series(1), a_series(5, "Tai chi by the lake"), deleted(a_session(1), 7), a_session(1, 2), a_session(2)]
    hashes = set()
    for order in list(permutations(changes))[::17]:
        (record,) = pages(a_page(*order, *order[:2])).records
        assert [run.source_id for run in record.runs] == ["ScheduledSession/2"]
        hashes.add(record.sha256())
    assert len(hashes) == 1
    assert record.title == {"en": "Tai chi by the lake"}


def test_what_is_deleted_is_named_and_a_series_without_sessions_is_gone_too(pages: Callable[..., Reading]) -> None:
    event = a_series() | {"kind": "Event", "id": "e1"}
    reading = pages(a_page(a_series(), deleted(a_session(1)), deleted(event)))
    assert reading.records == reading.refusals == []
    assert reading.deleted_ids == {"Event/e1", "ScheduledSession/1", "SessionSeries/s1"}


def test_facilities_have_slots_and_other_kinds_are_told(pages: Callable[..., Reading]) -> None:
    use = {"@type": "FacilityUse", "@id": "https://f.example/1", "name": "Badminton",
           "individualFacilityUse": [{"@type": "IndividualFacilityUse", "@id": "https://f.example/1/a"}]}  # fmt: skip
    slot = {"@type": "Slot", "@id": "https://f.example/1/a/9", "facilityUse": "https://f.example/1/a",
            "startDate": "2026-12-01T09:00:00+08:00", "duration": "PT1H", "maximumUses": 1}  # fmt: skip
    rows = [("FacilityUse", use), ("IndividualFacilityUse/Slot", slot), ("Dragon", {"@type": "Dragon"})]
    reading = pages(
        a_page(*({"state": "updated", "kind": kind, "id": 1, "modified": 1, "data": data} for kind, data in rows))
    )
    (record,) = reading.records
    assert (record.source_id, record.runs[0].seat_count) == ("FacilityUse/1", 1)
    assert [remark.message for remark in reading.remarks] == ["1 of kind Dragon are no offerings and are left out."]


@pytest.mark.parametrize(
    ("change", "field"),
    [({"id": ""}, "id"), ({"kind": None}, "kind"), ({"modified": True}, "modified"), ({"state": "new"}, "state"),
     ({"data": "x"}, "data")],
)  # fmt: skip
def test_an_item_of_another_form_is_refused_alone(
    pages: Callable[..., Reading], change: dict[str, Any], field: str
) -> None:
    reading = pages(a_page(a_series(), a_session(1), a_session(2) | change))
    assert len(reading.records) == 1
    (refusal,) = reading.refusals
    assert (refusal.field, refusal.file) == (field, "1.json")
    assert refusal.message == f"Item 3 of the page has no usable {field}."


@pytest.mark.parametrize(
    ("page", "sentence"),
    [
        (b'{"items": []}', "1.json does not say which page is next."),
        (b'{"@type": "Event"}', "1.json is no page of a change feed: it has no list of items."),
        (a_page(a_session(1)),
         f"{{folder}} holds no offering: It belongs to {SERIES_ID}, which is not here, and has no name of its own."),
    ],
)  # fmt: skip
def test_what_is_no_page_or_useless_is_refused_whole(
    pages: Callable[..., Reading], tmp_path: Path, page: bytes, sentence: str
) -> None:
    with pytest.raises(FeedRefused) as refused:
        pages(page)
    assert str(refused.value) == sentence.format(folder=tmp_path.name)


def test_gathering_reads_to_the_last_page_and_then_asks_only_for_what_is_new(feed: Feed) -> None:
    first = feed.collect()
    assert feed.asked == [FIRST, f"{FIRST}?after=2", f"{FIRST}?after=3"]
    assert (len(first.records[0].runs), first.is_partial, first.cursor) == (2, False, f"{FIRST}?after=3")
    four = f"{FIRST}?after=4"
    feed.pages |= {f"{FIRST}?after=3": a_page(a_session(3, 4, "2026-12-15"), deleted(a_session(1)), following=four),
                   four: a_page(following=four)}  # fmt: skip
    second = feed.collect(first.cursor)
    assert feed.asked == [f"{FIRST}?after=3", four]
    assert [run.source_id for run in second.records[0].runs] == ["ScheduledSession/2", "ScheduledSession/3"]
    assert feed.collect(second.cursor).records[0].sha256() == second.records[0].sha256()


def test_a_feed_that_breaks_off_keeps_what_came_and_goes_on_there(feed: Feed) -> None:
    last = feed.pages.pop(f"{FIRST}?after=2")
    broken = feed.collect()
    assert (broken.is_partial, broken.cursor, len(broken.records[0].runs)) == (True, f"{FIRST}?after=2", 1)
    assert "answers 404" in broken.remarks[0].message
    feed.pages[f"{FIRST}?after=2"] = last
    whole = feed.collect(broken.cursor)
    assert feed.asked == [f"{FIRST}?after=2", f"{FIRST}?after=3"]
    assert (whole.is_partial, len(whole.records[0].runs)) == (False, 2)


def test_a_feed_that_gives_not_one_page_is_refused_and_keeps_its_place(feed: Feed) -> None:
    cursor = feed.collect().cursor
    kept = feed.pages.pop(cursor)
    with pytest.raises(FeedRefused, match="answers 404"):
        feed.collect(cursor)
    feed.pages[cursor] = kept
    assert len(feed.collect(cursor).records[0].runs) == 2


def test_a_lost_folder_or_another_address_begins_at_the_first_page(feed: Feed) -> None:
    cursor = feed.collect().cursor
    for path in feed.folder.iterdir():
        path.unlink()
    assert len(feed.collect(cursor).records[0].runs) == 2
    assert feed.asked[0] == FIRST
    feed.pages["https://other.example/"] = a_page(following="https://other.example/")
    assert feed.collect(cursor, "https://other.example/").records == []


def test_two_feeds_of_one_source_are_joined(feed: Feed) -> None:
    series = "https://feed.example/series"
    feed.pages |= {series: a_page(a_series(), following=f"{series}?2"), f"{series}?2": a_page(following=f"{series}?2"),
                   FIRST: a_page(a_session(1), following=f"{FIRST}?after=2")}  # fmt: skip
    reading = feed.collect(address=f"{series} {FIRST}")
    assert (len(reading.records[0].runs), reading.cursor) == (2, f"{series}?2 {FIRST}?after=3")


@pytest.mark.parametrize("following", ["https://elsewhere.example/2", "http://feed.example/2", "/2"])
def test_a_page_that_leads_to_another_host_is_not_followed(feed: Feed, following: str) -> None:
    feed.pages[f"{FIRST}?after=2"] = a_page(a_session(2), following=following)
    reading = feed.collect()
    assert feed.asked == [FIRST, f"{FIRST}?after=2"]
    assert "leads to another host" in reading.remarks[0].message
    assert (reading.cursor, len(reading.records[0].runs)) == (f"{FIRST}?after=2", 1)


def test_pages_that_run_in_a_circle_end(feed: Feed) -> None:
    feed.pages[f"{FIRST}?after=2"] = a_page(a_session(2, 3, "2026-12-08"), following=FIRST)
    reading = feed.collect()
    assert feed.asked == [FIRST, f"{FIRST}?after=2"]
    assert "names a page before it" in reading.remarks[0].message


def test_a_run_ends_at_its_limits_and_the_next_one_goes_on(feed: Feed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rpde, "MOST_PAGES", 1)
    first = feed.collect()
    assert "This run ended after 1 pages" in first.remarks[0].message
    assert (first.is_partial, first.cursor) == (True, f"{FIRST}?after=2")
    feed.collect(first.cursor)
    assert feed.collect(f"{FIRST}?after=3").is_partial is False


def test_many_stored_pages_become_few_and_say_the_same(feed: Feed, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = feed.collect()
    monkeypatch.setattr(rpde, "COMPACT_FROM", 2)
    again = feed.collect(whole.cursor)
    assert [path.name for path in sorted(feed.folder.glob("page-*"))] == ["page-000003.json"]
    assert again.records == whole.records
