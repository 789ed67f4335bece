"""Tables of a real office: odd headers, merged cells, words for values, and a mapping guessed and confirmed."""

from __future__ import annotations

from pathlib import Path

import pytest

from city.errors import FeedRefused
from indexer.sources import SourceOptions, csv_file
from indexer.sources.guessed_mapping import guessed_mapping

NIGHT_SCHOOL = """2026年秋季市民夜校课程表,,,,,,,
课程名称,类别,上课时间,,地点,学费（元）,名额,老师
,,日期,时段,,,,
书法入门,书法,2026-09-02至2026-09-30 每周三,19:00-20:30,文化馆 301,500,20人,王老师
太极拳,养生,2026-09-03|2026-09-10,18:30-20:00,,免费,30,李老师
"""


def written(tmp_path: Path, text: str, mapping: str = "", **options: object) -> tuple[Path, SourceOptions]:
    path, rules = tmp_path / "courses.csv", tmp_path / "map.toml"
    path.write_text(text, "utf-8")
    rules.write_text(mapping or "\n", "utf-8")
    return path, SourceOptions(mapping=rules if mapping else None, **options)  # type: ignore[arg-type]


def test_a_night_schools_table_comes_in_by_a_mapping_with_merged_cells_words_and_a_weekly_rule(tmp_path: Path) -> None:
    mapping = """
kind = "night_school"
fill_down = ["地点"]
[columns]
"课程名称" = "title.zh-Hans"
"类别" = "topics"
"上课时间 日期" = "date"
"上课时间 时段" = "hours"
"地点" = "venue.zh-Hans"
"学费（元）" = "price"
"名额" = "seats"
"老师" = "note.zh-Hans"
[values.topics]
"书法" = "calligraphy"
"养生" = ["tai_chi", "health"]
"""
    reading = csv_file.read(*written(tmp_path, NIGHT_SCHOOL, mapping))
    first, second = reading.records
    assert [meeting.held_on.day for meeting in first.meetings] == [2, 9, 16, 23, 30]
    assert str(first.meetings[0].ends_local) == "20:30:00"
    assert (first.kind, first.topics, second.topics) == ("night_school", ("calligraphy",), ("tai_chi", "health"))
    assert (first.seat_count, first.prices[0]["amount_minor"], second.prices[0]["amount_minor"]) == (20, 50_000, 0)
    assert first.description["zh-Hans"] == "老师：王老师"
    assert first.venue == second.venue == reading.venues[0].source_id
    assert reading.refusals == []
    path, _ = written(tmp_path, NIGHT_SCHOOL)
    toml = guessed_mapping(path).toml
    assert '# fill_down = ["地点"]' in toml
    for line in ('kind = "night_school"', '"上课时间 时段" = "hours"', '"上课时间 日期" = "date"'):
        assert line in toml


def test_a_table_without_a_mapping_is_shown_a_guess_and_does_not_go_in(tmp_path: Path) -> None:
    path, options = written(tmp_path, "课程名称,开课日期,学费\n书法,2026/9/2,500\n国画,2026/9/3,免费\n")
    reading = csv_file.read(path, options)
    assert reading.records == []
    for line in ('"课程名称" = "title.zh-Hans"  # sure; "书法", "国画"', 'date_format = "%Y/%m/%d"', 'kind = "course"'):
        assert line in reading.guessed_mapping
    (finding,) = reading.refusals
    assert finding.remedy == "confirm by --mapping MAP.toml, or by --accept-guess"


def test_a_guess_that_is_accepted_is_told_column_by_column_and_the_same_as_when_it_is_saved(tmp_path: Path) -> None:
    text = "Course Name,Fee,Start date,End date,Weekday,Start time,Rating\nTea,20,1.9.2026,30.9.2026,Tue,19:00,4.6\n"
    path, options = written(tmp_path, text, accept_guess=True)
    accepted = csv_file.read(path, options)
    assert [meeting.held_on.day for meeting in accepted.records[0].meetings] == [1, 8, 15, 22, 29]
    assert "Guessed, sure: column Fee is price." in [remark.message for remark in accepted.remarks]
    assert accepted.remarks[-1].message == "Column Rating is not used."
    saved = csv_file.read(*written(tmp_path, text, guessed_mapping(path).toml))
    assert saved.records == accepted.records


@pytest.mark.parametrize(
    ("header", "cells", "field"),
    [
        ("上课时间", ["2026-12-01", "2026-12-08"], "date"),
        ("上课时间", ["19:00-20:30", "9:00-10:30"], "hours"),
        ("上课时间", ["待定", "每周见群通知"], "date_note.zh-Hans"),
        ("人数", ["20", "30人"], "seats"),
        ("人数", ["若干", "不限"], "note.zh-Hans"),
        ("参加人数", ["984", "2255"], "note.zh-Hans"),
        ("主办单位", ["文化馆", "图书馆"], "note.zh-Hans"),
        ("价格", ["20元", "免费"], "price"),
        ("报名链接", ["https://a.example/1", "https://a.example/2"], "web_address"),
        ("Location", ["City Hall", "Park"], "venue.en"),
        ("Evening class fee", ["20", "free"], "price"),
        ("备注说明", ["带笔", "带纸"], "note.zh-Hans"),
        ("序号", ["1", "2"], ""),
    ],
)
def test_what_the_cells_say_decides_what_a_header_means(
    tmp_path: Path, header: str, cells: list[str], field: str
) -> None:
    path, _ = written(tmp_path, f"课程,{header}\n" + "".join(f"课{cell},{cell}\n" for cell in cells))
    guess = guessed_mapping(path)
    assert {column.name: column.field for column in (*guess.columns, *guess.unused)}[header] == field


def test_topics_are_named_by_our_own_words_and_what_has_none_is_left_to_the_operator(tmp_path: Path) -> None:
    path, _ = written(tmp_path, "课程,类别\n一,书法\n二,屠龙术\n")
    toml = guessed_mapping(path).toml
    assert '"书法" = "calligraphy"' in toml
    assert '# "屠龙术" = a topic of the list' in toml


def test_a_cell_may_name_several_topics_by_our_words_or_their_synonyms(tmp_path: Path) -> None:
    text = "title,always_open,topics\n一,是,书法、国画\n二,是,calligraphy/毛笔字;屠龙术\n"
    first, second = csv_file.read(*written(tmp_path, text)).records
    assert (first.topics, second.topics) == (("calligraphy", "ink_painting"), ("calligraphy", "屠龙术"))


def test_a_table_whose_header_names_no_title_says_so(tmp_path: Path) -> None:
    with pytest.raises(FeedRefused, match="looks like a title"):
        csv_file.read(*written(tmp_path, "甲,乙\n1,2\n"))


def test_columns_that_are_not_ours_are_told_or_guessed_and_never_dropped_in_silence(tmp_path: Path) -> None:
    reading = csv_file.read(*written(tmp_path, "title.en,date,Fee\nTea,2026-12-01,20\n"))
    assert [remark.message for remark in reading.remarks] == ["Column Fee is not used."]
    reading = csv_file.read(*written(tmp_path, "title,date,Fee\nTea,2026-12-01,20\n", accept_guess=True))
    assert reading.records[0].prices[0]["amount_minor"] == 2_000


def test_a_ragged_row_is_refused_by_its_line_before_anything_is_guessed(tmp_path: Path) -> None:
    reading = csv_file.read(*written(tmp_path, "课程,地点,学费\n书法,文化馆\n国画,图书馆\n"))
    assert [(finding.line, finding.message) for finding in reading.refusals] == [
        (2, "The row has 2 cells, the header 3."),
        (3, "The row has 2 cells, the header 3."),
    ]
    assert reading.records == []


def test_a_wrong_cell_names_its_line_and_its_column(tmp_path: Path) -> None:
    mapping = '[columns]\n"课程" = "title"\n"人数" = "seats"\n[constants]\nalways_open = true\n'
    (finding,) = csv_file.read(*written(tmp_path, "课程,人数\n书法,12\n国画,许多\n", mapping)).refusals
    assert (finding.line, finding.field, finding.value) == (3, "seats", "许多")
    assert finding.message.startswith("Column '人数': ")


@pytest.mark.parametrize(
    ("mapping", "said"),
    [
        ('header_row = "one"', "header_row"),
        ('date_format = "%Q"', "date_format"),
        ("columns = 3", "columns"),
        ("[values]\ntopics = 3", "values.topics"),
        ("[values.titel]\na = 'b'", "titel"),
        ("fill_down = ['Room']\n[columns]\n'课程' = 'title'", "Room"),
        ("kind = ", "not TOML"),
    ],
)
def test_a_wrong_mapping_is_refused_with_the_key(tmp_path: Path, mapping: str, said: str) -> None:
    with pytest.raises(FeedRefused, match=said):
        csv_file.read(*written(tmp_path, "课程,人数\n书法,12\n", mapping))


def test_semicolons_part_cells_where_the_header_is_parted_by_them(tmp_path: Path) -> None:
    (record,) = csv_file.read(*written(tmp_path, "title.en;date;price\nTea, ink;2026-12-01;3.50\n")).records
    assert (record.title["en"], record.prices[0]["amount_minor"]) == ("Tea, ink", 350)


def test_positions_of_a_table_are_converted_from_the_declared_datum(tmp_path: Path) -> None:
    text = "title.en,date,venue.en,latitude,longitude\nTea,2026-12-01,Hall,31.17530398,121.53154186\n"
    reading = csv_file.read(*written(tmp_path, text, datum="GCJ-02"))
    assert (reading.venues[0].latitude, reading.venues[0].longitude) == pytest.approx(
        (31.1774276, 121.5272106), abs=1e-6
    )
