"""A repository's records: what Dublin Core means, page after page, what changed since, what was deleted."""

from __future__ import annotations

from datetime import date, time
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from city.clock import FixedClock
from city.errors import FeedRefused
from city.model import Status
from city.store.database import Database
from fixtures.factories import NOW, SHANGHAI
from indexer.fetching import Fetcher
from indexer.importing import Importer, ImportOrder
from indexer.reports import ImportReport
from indexer.sources import Reading, SourceOptions, oaipmh
from tests.contract.feeds.repository import Repository, a_deleted, a_page, a_record, an_error, running

FULL = (
    '<dc:title xml:lang="en">Ink and brush</dc:title><dc:title xml:lang="zh">笔与墨</dc:title>'
    "<dc:description>A film in five parts.</dc:description><dc:subject>书法</dc:subject>"
    "<dc:subject>Shelf 7</dc:subject>"
    "<dc:language>chi</dc:language><dc:identifier>ISBN 1</dc:identifier>"
    "<dc:identifier>https://library.example/1</dc:identifier><dc:date>2019</dc:date><dc:creator>Wang</dc:creator>"
)
EVENT = (
    "<dc:title>Reading night</dc:title><dc:type>http://purl.org/dc/dcmitype/Event</dc:type>"
    "<dc:date>2026-12-01T19:00:00+08:00</dc:date><dc:coverage>West Library</dc:coverage>"
)


def read(tmp_path: Path, page: str, mapping: str = "", **options: str) -> Reading:
    (tmp_path / "page.xml").write_text(page, "utf-8")
    (tmp_path / "map.toml").write_text(mapping or "\n", "utf-8")
    rules = tmp_path / "map.toml" if mapping else None
    return oaipmh.read(tmp_path / "page.xml", SourceOptions(mapping=rules, **options))  # type: ignore[arg-type]


def test_a_record_without_a_day_is_an_online_resource_that_is_always_open(tmp_path: Path) -> None:
    (record,) = read(tmp_path, a_page(a_record("oai:a:1", dc=FULL))).records
    assert record.title == {"en": "Ink and brush", "zh-Hans": "笔与墨"}
    assert (record.always_open, record.attendance, record.kind, record.meetings) == (True, "online", "course", ())
    assert (record.topics, record.languages, record.web_address) == (
        ("calligraphy",),
        ("zh",),
        "https://library.example/1",
    )
    assert record.description["en"] == "A film in five parts."
    assert record.description["zh-Hans"] == "Subjects: Shelf 7\nBy: Wang"


def test_an_event_takes_place_on_its_day_at_its_place(tmp_path: Path) -> None:
    reading = read(tmp_path, a_page(a_record("oai:a:2", dc=EVENT)))
    (record,) = reading.records
    assert (record.kind, record.always_open) == ("event", False)
    assert (record.meetings[0].held_on, record.meetings[0].starts_local) == (date(2026, 12, 1), time(19))
    assert reading.venues[0].name == {"en": "West Library"}


def test_a_mapping_says_what_else_an_element_means(tmp_path: Path) -> None:
    mapping = '[columns]\ndate = "date"\n[constants]\nattendance = "in_person"\n[values.topics]\n"Shelf 7" = "film"\n'
    dc = "<dc:title>T</dc:title><dc:date>2026-12-01</dc:date><dc:subject>Shelf 7</dc:subject>"
    (record,) = read(tmp_path, a_page(a_record("1", dc=dc)), mapping).records
    assert (record.attendance, record.topics, record.meetings[0].held_on.day) == ("in_person", ("film",), 1)


def test_what_is_deleted_is_named_and_what_breaks_a_rule_is_refused_alone(tmp_path: Path) -> None:
    page = a_page(
        a_record("1"), a_deleted("2"), a_record("3", dc="<dc:date>2019</dc:date>"), a_record("4"), a_deleted("4")
    )
    reading = read(tmp_path, page)
    assert [record.source_id for record in reading.records] == ["1"]
    assert reading.deleted_ids == {"2", "4"}
    assert [(finding.part, finding.field) for finding in reading.refusals] == [("3", "title")]
    assert (reading.cursor, reading.is_partial) == ("2026-11-25T01:00:00Z", False)


def test_a_page_that_is_not_the_last_takes_nothing_for_gone(tmp_path: Path) -> None:
    assert read(tmp_path, a_page(a_record("1"), token="more")).is_partial


@pytest.mark.parametrize(
    ("page", "said"),
    [
        (an_error("badArgument"), "answers badArgument: Sorry."),
        (an_error("cannotDisseminateFormat"), "cannotDisseminateFormat"),
        ("<rss/>", "no answer of OAI-PMH"),
    ],
)
def test_an_answer_that_is_no_list_is_refused_with_what_the_repository_says(
    tmp_path: Path, page: str, said: str
) -> None:
    with pytest.raises(FeedRefused, match=said):
        read(tmp_path, page)


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FeedRefused, match="no pages"):
        oaipmh.read(tmp_path, SourceOptions())


def seven() -> Repository:
    return Repository([("2026-01-01T00:00:00Z", a_record(f"oai:a:{number}")) for number in range(7)])


def collected(repository: Repository, tmp_path: Path, cursor: str = "", query: str = "") -> list[str]:
    fetcher = Fetcher(frozenset({urlsplit(repository.address).netloc}))
    folder = tmp_path / "pages"
    folder.mkdir(parents=True)
    oaipmh.collect(lambda url: fetcher.fetch(url).content or b"", repository.address + query, cursor, folder)
    return [record.source_id for record in oaipmh.read(folder, SourceOptions()).records]


def test_all_pages_are_asked_for_in_the_set_that_the_address_names(tmp_path: Path) -> None:
    with running(seven()) as repository:
        found = collected(repository, tmp_path, query="?verb=Identify&set=courses&key=7")
        assert found == [f"oai:a:{number}" for number in range(7)]
        assert repository.asked[0] == {"key": "7", "verb": "ListRecords", "metadataPrefix": "oai_dc", "set": "courses"}
        assert [question.get("resumptionToken") for question in repository.asked] == [None, "&3", "&6"]


def test_a_list_is_begun_anew_when_the_repository_forgot_it_but_only_once(tmp_path: Path) -> None:
    with running(seven()) as repository:
        repository.forgets = 1
        assert len(collected(repository, tmp_path)) == 7
    with running(seven()) as repository, pytest.raises(FeedRefused, match="twice forgot"):
        repository.forgets = 2
        collected(repository, tmp_path / "again")


def test_a_repository_that_turns_in_circles_is_left(tmp_path: Path) -> None:
    with running(seven()) as repository, pytest.raises(FeedRefused, match="again and again"):
        repository.loops = True
        collected(repository, tmp_path)


@pytest.mark.parametrize(("name", "value"), [("MOST_PAGES", 2), ("MOST_RECORDS", 5), ("MOST_BYTES", 2_000)])
def test_a_repository_beyond_the_limits_is_refused_with_a_smaller_question(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: int
) -> None:
    monkeypatch.setattr(oaipmh, name, value)
    with running(seven()) as repository, pytest.raises(FeedRefused) as refused:
        collected(repository, tmp_path)
    assert refused.value.remedy == "name a set in the address: ?set=…"


def imported(repository: Repository, database: Database, feeds: Path) -> ImportReport:
    clock, fetcher = FixedClock(NOW, SHANGHAI), Fetcher(frozenset({urlsplit(repository.address).netloc}))
    importer = Importer(database=database, clock=clock, system_clock=clock, fetcher=fetcher, feeds=feeds)
    return importer.run(ImportOrder("repository", "oaipmh", repository.address, "hubin-library"))


def counts(report: ImportReport) -> tuple[int, ...]:
    return report.new, report.changed, report.gone, report.exit_code()


@pytest.mark.parametrize(
    ("granularity", "since"), [("YYYY-MM-DDThh:mm:ssZ", "2026-11-25T01:00:00Z"), ("YYYY-MM-DD", "2026-11-25")]
)
def test_a_later_run_asks_from_the_last_one_on_as_exactly_as_the_repository_can(
    tmp_path: Path, granularity: str, since: str
) -> None:
    with running(seven()) as repository:
        repository.granularity = granularity
        assert collected(repository, tmp_path, cursor="2026-11-25T01:00:00Z") == []
        assert repository.asked[1]["from"] == since


def test_a_later_run_changes_what_changed_withdraws_what_is_deleted_and_may_find_nothing_new(
    sqlite_database: Database, tmp_path: Path
) -> None:
    with running(seven()) as repository:
        assert counts(imported(repository, sqlite_database, tmp_path)) == (7, 0, 0, 0)
        repository.now, later = "2026-11-26T01:00:00Z", "2026-11-25T09:00:00Z"
        repository.records[2] = (later, a_record("oai:a:2", dc="<dc:title>Green tea</dc:title>"))
        repository.records[3] = (later, a_deleted("oai:a:3"))
        repository.records.append((later, a_record("oai:a:9")))
        assert counts(imported(repository, sqlite_database, tmp_path)) == (1, 1, 1, 0)
        quiet = imported(repository, sqlite_database, tmp_path)
    assert (counts(quiet), quiet.unchanged) == ((0, 0, 0, 0), 7)
    with sqlite_database.reading() as work:
        found = work.offerings.by_source("repository", ["oai:a:0", "oai:a:3"])
        assert (found["oai:a:0"].status, found["oai:a:3"].status) == (Status.PUBLISHED, Status.WITHDRAWN)
