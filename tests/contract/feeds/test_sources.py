"""The formats: what each makes of good, odd and broken files."""

from __future__ import annotations

from datetime import date, time
from pathlib import Path

import pytest

from city.errors import FeedRefused
from indexer.sources import SourceOptions, lcsd
from indexer.sources import csv_file as csv_source
from tests.contract.feeds.conftest import an_event

OPTIONS = SourceOptions()


def test_an_event_keeps_both_languages_its_days_hours_and_price(programme) -> None:  # type: ignore[no-untyped-def]
    event = an_event(
        "7", dates="10 Jan 2026 (Sat) 4:00pm-5:30pm", price="$80", cat2="inc4sc3", text="Tea&nbsp;<b>ink</b>"
    )
    (record,) = lcsd.read(programme([event], {"7": ["20260110"]}), OPTIONS).records
    assert record.title == {"zh-Hant": "音樂會7", "en": "Concert 7"}
    (meeting,) = record.meetings
    assert (meeting.held_on, meeting.starts_local, meeting.ends_local) == (date(2026, 1, 10), time(16), time(17, 30))
    assert [(price["amount_minor"], price["currency"]) for price in record.prices] == [(8000, "HKD")]
    assert record.description["en"] == "Tea ink"
    assert (record.venue, record.topics, record.zone) == ("62", ("dance",), "Asia/Hong_Kong")


def test_two_dashes_are_no_english_title_and_a_class_is_a_course(programme) -> None:  # type: ignore[no-untyped-def]
    (record,) = lcsd.read(programme([an_event("7", en="--", cat2="inc4sc14")], {"7": ["20260110"]}), OPTIONS).records
    assert record.title == {"zh-Hant": "音樂會7"}
    assert record.kind == "course"


def test_the_sentinel_is_a_remark_and_orphans_are_too(programme) -> None:  # type: ignore[no-untyped-def]
    folder = programme(
        [an_event("7"), an_event("8")], {"7": ["20990101", "20260110"], "8": ["20990101"], "9": ["20260111"]}
    )
    reading = lcsd.read(folder, OPTIONS)
    assert [record.source_id for record in reading.records] == ["7"]
    assert [(finding.part, finding.field) for finding in reading.refusals] == [("8", "indate")]
    assert [finding.message for finding in reading.remarks] == [
        "20990101 stands for no day.",
        "20990101 stands for no day.",
        "1 days name an event that events.xml does not hold.",
    ]


def test_hours_that_belong_to_no_certain_day_stay_unknown(programme) -> None:  # type: ignore[no-untyped-def]
    event = an_event("7", dates="12, 13/12/2025 19:30, 14:00")
    reading = lcsd.read(programme([event], {"7": ["20251212", "20251213"]}), OPTIONS)
    assert [meeting.starts_local for meeting in reading.records[0].meetings] == [None, None]
    assert "not certain" in reading.remarks[0].message


def test_hours_belong_to_the_day_on_whose_line_they_stand(programme) -> None:  # type: ignore[no-untyped-def]
    event = an_event("7", dates="12/12/2025 (Fri) 19:30\n13/12/2025 (Sat) 14:00, 19:30")
    reading = lcsd.read(programme([event], {"7": ["20251212", "20251213", "20251214"]}), OPTIONS)
    assert [(m.held_on.day, m.starts_local) for m in reading.records[0].meetings] == [
        (12, time(19, 30)),
        (13, time(14)),
        (13, time(19, 30)),
        (14, None),
    ]
    assert [(finding.part, finding.field) for finding in reading.remarks] == [("7", "predateE")] * 2
    assert "The words name 2 days, eventDates.xml 3 (they differ first on 2025-12-14)" in reading.remarks[0].message


def test_how_to_get_tickets_and_whom_to_ask_is_told(programme) -> None:  # type: ignore[no-untyped-def]
    more = (
        "<enquiry>2268 7323</enquiry><email>tea@example.org</email><saledate>2025-12-01 00:00:00.000</saledate>"
        "<tagenturle>https://tickets.example/en</tagenturle><tagenturlc>javascript:1</tagenturlc>"
        "<progtimee>45 minutes</progtimee></event>"
    )
    event = an_event("7", text="Tea").replace("</event>", more)
    (record,) = lcsd.read(programme([event], {"7": ["20260110"]}), OPTIONS).records
    assert record.description == {
        "zh-Hant": "門票由2025-12-01起發售",
        "en": "Tea\n\n45 minutes\n\nTickets on sale from 2025-12-01\n\nTickets: https://tickets.example/en",
    }
    assert record.contact == "2268 7323, tea@example.org"


def test_without_canonical_days_what_is_known_keeps_its_days(programme) -> None:  # type: ignore[no-untyped-def]
    event = an_event("7", dates="14/12/2025 (Sun) 18:30")
    assert lcsd.read(programme([event], None), OPTIONS).keep_if_known == {"meetings"}
    assert lcsd.read(programme([event], {"7": ["20251214"]}), OPTIONS).keep_if_known == frozenset()


def test_an_id_that_stands_twice_is_taken_once_and_both_lines_are_told(programme) -> None:  # type: ignore[no-untyped-def]
    days = {"7": ["20260110"], " 7 ": ["20260111"]}
    reading = lcsd.read(programme([an_event("7"), "\n", an_event(" 7 ", en="Another")], days), OPTIONS)
    assert [(record.title["en"], len(record.meetings)) for record in reading.records] == [("Concert 7", 2)]
    (finding,) = reading.refusals
    assert (finding.part, finding.field, finding.line) == ("7", "id", 4)
    assert "line 1" in finding.message


@pytest.mark.parametrize(
    ("dates", "taken"), [("14/12/2025(Sun)18:30", 1), ("14/12/2025 to 17/12/2025", 0), ("Every Sun", 0)]
)
def test_without_canonical_days_only_days_that_are_certain_are_taken(programme, dates: str, taken: int) -> None:  # type: ignore[no-untyped-def]
    reading = lcsd.read(programme([an_event("7", dates=dates)], None), OPTIONS)
    assert len(reading.records) == taken
    assert len(reading.refusals) == 1 - taken


def test_an_unknown_venue_is_a_remark_and_the_place_stays_unknown(programme) -> None:  # type: ignore[no-untyped-def]
    reading = lcsd.read(programme([an_event("7", venue="404")], {"7": ["20260110"]}), OPTIONS)
    assert reading.records[0].venue is None
    assert reading.remarks[0].field == "venueid"


def test_a_folder_without_events_or_with_broken_xml_is_refused_whole(programme, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(FeedRefused, match="is not a folder"):
        lcsd.read(tmp_path / "nowhere", OPTIONS)
    folder = programme([an_event("7")], {"7": ["20260110"]})
    (folder / "events.xml").write_text("<events><event>", "utf-8")
    with pytest.raises(FeedRefused, match="not well-formed") as refused:
        lcsd.read(folder, OPTIONS)
    assert refused.value.line == 1


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_document_type_is_refused_before_any_entity_is_read(programme, encoding: str) -> None:  # type: ignore[no-untyped-def]
    folder = programme([an_event("7")], {"7": ["20260110"]})
    bomb = f'<?xml version="1.0" encoding="{encoding}"?><!DOCTYPE x [<!ENTITY a "aaaa">]><events>&a;</events>'
    (folder / "events.xml").write_text(bomb, encoding)
    with pytest.raises(FeedRefused, match="document type"):
        lcsd.read(folder, OPTIONS)


def a_csv(tmp_path: Path, text: str, mapping: str = "") -> tuple[Path, SourceOptions]:
    path, rules = tmp_path / "courses.csv", tmp_path / "map.toml"
    path.write_text(text, "utf-8")
    rules.write_text(mapping, "utf-8")
    return path, SourceOptions(mapping=rules if mapping else None)


def test_columns_named_by_field_need_no_mapping(tmp_path: Path) -> None:
    path, options = a_csv(
        tmp_path,
        "title.zh-Hans,title.en,date,starts,seats,price\n夜里写字,Evening brush,2026-12-01|2026-12-08,19:00,12,免费\n",
    )
    (record,) = csv_source.read(path, options).records
    assert record.title == {"zh-Hans": "夜里写字", "en": "Evening brush"}
    assert [meeting.held_on.day for meeting in record.meetings] == [1, 8]
    assert (record.seat_count, record.prices[0]["amount_minor"], record.kind) == (12, 0, "event")


def test_a_mapping_names_columns_constants_and_formats(tmp_path: Path) -> None:
    mapping = """
date_format = "%d.%m.%Y"
kind = "course"
[columns]
"Course Name" = "title.en"
"Day" = "date"
[constants]
audiences = ["older_people"]
"""
    path, options = a_csv(tmp_path, "Course Name,Day,Rating\nTea,27.11.2026,4.6\n", mapping)
    (record,) = csv_source.read(path, options).records
    assert (record.kind, record.audiences, record.meetings[0].held_on) == (
        "course",
        ("older_people",),
        date(2026, 11, 27),
    )


def test_a_row_with_another_cell_count_is_refused_with_its_line_and_never_shifted(tmp_path: Path) -> None:
    path, options = a_csv(
        tmp_path, 'title.en,date\n"Two\nlines",2026-12-01\nShort\nLong,2026-12-01,x\nTea,2026-12-01\n'
    )
    reading = csv_source.read(path, options)
    assert [(finding.line, finding.message) for finding in reading.refusals] == [
        (4, "The row has 1 cells, the header 2."),
        (5, "The row has 3 cells, the header 2."),
    ]
    assert [record.title["en"] for record in reading.records] == ["Two lines", "Tea"]


@pytest.mark.parametrize(
    ("row", "field"),
    [
        (",2026-12-01,,", "title"),
        ("Tea,1 December,,", "date"),
        ("Tea,,,", "date"),
        ("Tea,2026-12-01,a dozen,", "seats"),
        ("Tea,2026-12-01,,cheap", "price"),
    ],
)
def test_a_cell_that_breaks_a_rule_names_its_field_and_what_would_be_right(
    tmp_path: Path, row: str, field: str
) -> None:
    path, options = a_csv(tmp_path, f"title.en,date,seats,price\n{row}\n")
    (finding,) = csv_source.read(path, options).refusals
    assert (finding.line, finding.field) == (2, field)
    assert finding.remedy


def test_gb18030_is_read_and_a_nul_byte_is_not(tmp_path: Path) -> None:
    path = tmp_path / "gb.csv"
    path.write_bytes("title.zh-Hans,date\n夜里写字,2026-12-01\n".encode("gb18030"))
    assert csv_source.read(path, OPTIONS).records[0].title["zh-Hans"] == "夜里写字"
    path.write_bytes(b"title.en,date\nTea\x00,2026-12-01\n")
    with pytest.raises(FeedRefused, match="NUL") as refused:
        csv_source.read(path, OPTIONS)
    assert refused.value.line == 2


def test_a_mapping_that_names_an_unknown_column_or_field_is_refused(tmp_path: Path) -> None:
    path, options = a_csv(tmp_path, "Name\nTea\n", '[columns]\n"Titel" = "title.en"\n')
    with pytest.raises(FeedRefused, match="Titel"):
        csv_source.read(path, options)
    path, options = a_csv(tmp_path, "Name\nTea\n", '[columns]\n"Name" = "titel"\n')
    with pytest.raises(FeedRefused, match="titel"):
        csv_source.read(path, options)


def test_a_refused_row_is_named_by_the_id_it_would_have_had(tmp_path: Path) -> None:
    path, options = a_csv(tmp_path, "title.en,date,seats\nTea,2026-12-01,12\n")
    (good,) = csv_source.read(path, options).records
    path, options = a_csv(tmp_path, "title.en,date,seats\nTea,2026-12-01,many\n")
    (finding,) = csv_source.read(path, options).refusals
    assert finding.part == good.source_id
