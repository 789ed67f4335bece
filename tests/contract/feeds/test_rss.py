"""News feeds with event days: RSS, RDF and Atom, with and without them, well-formed and not."""

from __future__ import annotations

from datetime import date, time
from pathlib import Path

import pytest

from city.errors import FeedRefused
from indexer.sources import Reading, SourceOptions, rss

HEAD = (
    '<?xml version="1.0"?><rss version="2.0" xmlns:ev="http://purl.org/rss/1.0/modules/event/" '
    'xmlns:xcal="urn:ietf:params:xml:ns:xcal" xmlns:gd="http://schemas.google.com/g/2005" '
    'xmlns:mec="http://webnus.net/rss/mec/" xml:base="https://library.example/">'
)
CONSTANT = "[constants]\nalways_open = true\nattendance = 'online'\n"


def read(tmp_path: Path, *items: str, mapping: str = "", head: str = HEAD, **options: object) -> Reading:
    path, rules = tmp_path / "news.xml", tmp_path / "map.toml"
    joined = "".join(f"<item>{item}</item>" for item in items)
    path.write_text(f"{head}<channel><title>N</title><language>zh-CN</language>{joined}</channel></rss>", "utf-8")
    rules.write_text(mapping or "\n", "utf-8")
    return rss.read(path, SourceOptions(mapping=rules if mapping else None, **options))  # type: ignore[arg-type]


def test_an_item_with_an_event_day_becomes_an_offering_with_its_hours_place_and_clean_text(tmp_path: Path) -> None:
    reading = read(
        tmp_path,
        "<title>夜读 &amp;amp; 茶</title><link>/events/7</link><guid isPermaLink='false'>e7</guid>"
        "<category>书法</category><category>屠龙术</category><ev:location>城西馆</ev:location>"
        "<ev:startdate>2026-12-01T11:00:00+00:00</ev:startdate><ev:enddate>2026-12-01T12:30:00Z</ev:enddate>"
        "<description>&lt;p onclick='x()'&gt;来读书&lt;script&gt;alert(1)&lt;/script&gt;&lt;/p&gt;</description>",
    )
    (record,) = reading.records
    assert (record.source_id, record.title) == ("e7", {"zh-Hans": "夜读 & 茶"})
    assert (record.web_address, record.languages) == ("https://library.example/events/7", ("zh",))
    (meeting,) = record.meetings
    assert (meeting.held_on, meeting.starts_local, meeting.ends_local) == (date(2026, 12, 1), time(19), time(20, 30))
    assert record.topics == ("calligraphy",)
    assert record.description == {"zh-Hans": "来读书\n\n分类：屠龙术"}
    assert reading.venues[0].name == {"zh-Hans": "城西馆"}
    assert reading.is_partial


@pytest.mark.parametrize(
    ("when", "hour"),
    [
        ("<xcal:dtstart>2026-12-01 19:30:00</xcal:dtstart>", time(19, 30)),
        ("<xcal:dtstart>20261201T113000Z</xcal:dtstart>", time(19, 30)),
        ("<gd:when startTime='2026-12-01T19:30:00+08:00'/>", time(19, 30)),
        ("<mec:startDate>2026-12-01</mec:startDate>", None),
        ("<ev:startdate>20261201</ev:startdate>", None),
    ],
)
def test_the_day_is_read_from_each_known_extension_and_an_hour_only_if_stated(
    tmp_path: Path, when: str, hour: time | None
) -> None:
    (record,) = read(tmp_path, f"<title>Tea</title><guid>1</guid>{when}").records
    assert (record.meetings[0].held_on, record.meetings[0].starts_local) == (date(2026, 12, 1), hour)


def test_a_day_of_publication_is_no_day_of_an_event(tmp_path: Path) -> None:
    reading = read(
        tmp_path, "<title>N</title><guid isPermaLink='false'>1</guid><pubDate>Mon, 30 Nov 2026 10:00:00 Z</pubDate>"
    )
    (finding,) = reading.refusals
    assert (finding.message, finding.part, finding.file) == ("No day is stated.", "1", "news.xml item 1")
    assert "always_open = true" in finding.remedy


def test_a_mapping_may_say_that_all_items_are_open_or_that_publication_is_the_day(tmp_path: Path) -> None:
    item = "<title>A film to watch</title><guid>1</guid><pubDate>Mon, 30 Nov 2026 20:00:00 GMT</pubDate>"
    assert read(tmp_path, item, mapping=CONSTANT).records[0].always_open
    published = read(tmp_path, item, mapping='[columns]\npublished = "date"\n').records[0]
    assert published.meetings[0].held_on == date(2026, 12, 1)


def test_a_wrong_day_is_refused_alone_and_never_guessed(tmp_path: Path) -> None:
    item = "<title>T</title><guid isPermaLink='false'>{}</guid><ev:startdate>{}</ev:startdate>"
    reading = read(tmp_path, item.format("1", "2026-12-01"), item.format("2", "next week"))
    assert [record.source_id for record in reading.records] == ["1"]
    assert [(finding.part, finding.field, finding.value) for finding in reading.refusals] == [
        ("2", "startdate", "next week")
    ]


def test_an_item_of_several_days_begins_on_its_first_and_keeps_the_feeds_words(tmp_path: Path) -> None:
    item = "<title>T</title><guid>1</guid><ev:startdate>2026-12-01</ev:startdate><ev:enddate>2026-12-05</ev:enddate>"
    (record,) = read(tmp_path, item).records
    assert [meeting.held_on.day for meeting in record.meetings] == [1]
    assert record.date_note == {"en": "2026-12-01 – 2026-12-05"}


def test_atom_is_read_with_its_own_ids_bases_and_languages(tmp_path: Path) -> None:
    path = tmp_path / "feed.atom"
    path.write_text(
        '<feed xmlns="http://www.w3.org/2005/Atom" xmlns:ev="http://purl.org/rss/1.0/modules/event/" xml:lang="en">'
        '<title>T</title><id>u</id><entry xml:base="https://a.example/d/"><title>Tea</title><id>urn:1</id>'
        '<link href="e1"/><summary>Short</summary><content type="html">&lt;b&gt;Long&lt;/b&gt;</content>'
        "<ev:startdate>2026-12-01</ev:startdate></entry></feed>",
        "utf-8",
    )
    (record,) = rss.read(path, SourceOptions()).records
    assert (record.source_id, record.web_address) == ("urn:1", "https://a.example/d/e1")
    assert (record.summary["en"], record.description["en"], record.languages) == ("Short", "Long", ("en",))


def test_a_feed_that_is_not_well_formed_is_read_as_far_as_it_goes_and_says_so(tmp_path: Path) -> None:
    reading = read(tmp_path, "<title>Tea &nbsp; ink</title><guid>1</guid><ev:startdate>2026-12-01</ev:startdate>")
    assert reading.records[0].title["en"] == "Tea ink"
    assert "not well-formed" in reading.remarks[0].message


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("<!DOCTYPE html><html><body>hi</body></html>", "is a web page"),
        ('<!DOCTYPE rss [<!ENTITY a "b">]><rss version="2.0"/>', "document type"),
        ("<rss version='2.0'><channel></channel></rss>", "holds no items"),
        ("plain words", "holds no items"),
        ('<rss xmlns="a b" version="2.0"><channel/></rss>', "cannot be read as a feed|holds no items"),
        ("{}", "holds no items"),
    ],
)
def test_what_is_no_feed_is_refused_whole(tmp_path: Path, content: str, said: str) -> None:
    path = tmp_path / "news.xml"
    path.write_text(content, "utf-8")
    with pytest.raises(FeedRefused, match=said):
        rss.read(path, SourceOptions())
