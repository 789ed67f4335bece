"""Excel workbooks as offices keep them: real dates and hours, merged headers, formulas, several sheets."""

from __future__ import annotations

import zipfile
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from city.errors import FeedRefused
from indexer.sources import SourceOptions, excel

MIDNIGHT, MORNING = datetime(2026, 12, 1), datetime(2026, 12, 3, 8, 15)  # noqa: DTZ001  (a sheet has no zones)
HEADER = ["title.zh-Hans", "date", "starts", "price", "seats"]


def a_workbook(tmp_path: Path, *rows: list[Any], **sheets: list[list[Any]]) -> Path:
    book = openpyxl.Workbook()
    book.active.title = "秋季"
    for row in rows:
        book.active.append(row)
    for name, content in sheets.items():
        sheet = book.create_sheet(name)
        for row in content:
            sheet.append(row)
    book.save(tmp_path / "night.xlsx")
    return tmp_path / "night.xlsx"


def options(tmp_path: Path, mapping: str = "", **more: Any) -> SourceOptions:
    (tmp_path / "map.toml").write_text(mapping or "\n", "utf-8")
    return SourceOptions(mapping=tmp_path / "map.toml" if mapping else None, **more)


def test_real_dates_hours_and_numbers_are_read_as_they_are_meant(tmp_path: Path) -> None:
    path = a_workbook(
        tmp_path,
        HEADER,
        ["书法", MIDNIGHT, time(19, 30), 500, 20.0],
        [None, None, None, None, None],
        ["国画", date(2026, 12, 2), None, 12.5, "30人"],
        ["太极", MORNING, None, "免费", None],
    )
    first, second, third = excel.read(path, SourceOptions()).records
    assert (first.meetings[0].held_on, first.meetings[0].starts_local) == (date(2026, 12, 1), time(19, 30))
    assert (first.prices[0]["amount_minor"], first.seat_count) == (50_000, 20)
    assert (second.prices[0]["amount_minor"], second.seat_count, second.meetings[0].starts_local) == (1_250, 30, None)
    assert (third.meetings[0].starts_local, third.prices[0]["amount_minor"]) == (time(8, 15), 0)


def test_a_wrong_cell_names_sheet_row_and_column(tmp_path: Path) -> None:
    path = a_workbook(tmp_path, ["课程", "日期", "名额"], ["书法", date(2026, 12, 1), "许多"])
    mapping = '[columns]\n"课程" = "title"\n"日期" = "date"\n"名额" = "seats"\n'
    (finding,) = excel.read(path, options(tmp_path, mapping)).refusals
    assert (finding.file, finding.line, finding.field) == ("night.xlsx [秋季]", 2, "seats")
    assert finding.message.startswith("Column 'C 名额': ")


def test_the_first_sheet_with_rows_is_read_or_the_one_that_is_named(tmp_path: Path) -> None:
    path = a_workbook(
        tmp_path, ["只有一行"], 春=[HEADER, ["春", date(2026, 4, 1)]], 夏=[HEADER, ["夏", date(2026, 7, 1)]]
    )
    assert excel.read(path, SourceOptions()).records[0].title["zh-Hans"] == "春"
    assert excel.read(path, options(tmp_path, 'sheet = "夏"')).records[0].title["zh-Hans"] == "夏"
    with pytest.raises(FeedRefused, match="no sheet called '冬'") as refused:
        excel.read(path, options(tmp_path, 'sheet = "冬"'))
    assert refused.value.remedy == "its sheets are 秋季, 春, 夏"


def test_a_merged_title_and_a_header_of_two_merged_rows_are_understood(tmp_path: Path) -> None:
    path = a_workbook(
        tmp_path,
        ["2026年秋季课程表"],
        ["课程名称", "上课时间", None, "地点"],
        [None, "日期", "时间", None],
        ["书法", date(2026, 12, 1), "19:00-20:30", "文化馆"],
        ["国画", date(2026, 12, 2), "19:00-20:30", None],
    )
    book = openpyxl.load_workbook(path)
    for merged in ("A1:D1", "B2:C2", "A2:A3", "D2:D3", "D4:D5"):
        book.active.merge_cells(merged)
    book.save(path)
    mapping = """
header_rows = 2
fill_down = "地点"
[columns]
"课程名称" = "title"
"上课时间 日期" = "date"
"上课时间 时间" = "hours"
"地点" = "venue"
"""
    reading = excel.read(path, options(tmp_path, mapping))
    assert [record.meetings[0].ends_local for record in reading.records] == [time(20, 30), time(20, 30)]
    assert len(reading.venues) == 1


def test_a_formula_is_never_evaluated_and_refuses_its_row_where_no_value_is_kept(tmp_path: Path) -> None:
    path = a_workbook(
        tmp_path, HEADER, ["书法", date(2026, 12, 1), None, "=100*5"], ["国画", date(2026, 12, 2), None, 3]
    )
    reading = excel.read(path, SourceOptions())
    assert [record.title["zh-Hans"] for record in reading.records] == ["国画"]
    (finding,) = reading.refusals
    assert (finding.line, finding.field) == (2, "price")
    assert "formula" in finding.message


def test_a_formula_whose_value_is_kept_is_read_as_that_value(tmp_path: Path) -> None:
    path = a_workbook(tmp_path, HEADER, ["书法", date(2026, 12, 1), None, "=100*5"])
    _with_part(path, "xl/worksheets/sheet1.xml", "<v></v>", "<v>500</v>", "<v/>", "<v>500</v>", "<v />", "<v>500</v>")
    (record,) = excel.read(path, SourceOptions()).records
    assert record.prices[0]["amount_minor"] == 50_000


def test_an_error_in_a_cell_refuses_its_row_but_not_in_a_column_that_is_not_used(tmp_path: Path) -> None:
    path = a_workbook(tmp_path, [*HEADER, "其他"], ["书法", date(2026, 12, 1), None, 5, 3, "#REF!"], ["国画", "#N/A"])
    reading = excel.read(path, SourceOptions())
    assert len(reading.records) == 1
    assert [finding.line for finding in reading.refusals] == [3]


def test_an_old_workbook_is_refused_with_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "old.xls"
    path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600)
    with pytest.raises(FeedRefused, match=r"old \.xls workbook") as refused:
        excel.read(path, SourceOptions())
    assert refused.value.remedy == "save it as .xlsx without a password, or as CSV"


def test_a_damaged_sheet_is_refused_whole(tmp_path: Path) -> None:
    path = a_workbook(tmp_path, HEADER, ["书法", date(2026, 12, 1)])
    _with_part(path, "xl/worksheets/sheet1.xml", "</sheetData>", "</sheetDate>")
    with pytest.raises(FeedRefused, match="cannot be read as a workbook"):
        excel.read(path, SourceOptions())


def test_a_workbook_without_a_mapping_is_shown_a_guess(tmp_path: Path) -> None:
    path = a_workbook(tmp_path, ["课程", "开课日期", "学费"], ["书法", date(2026, 12, 1), 500])
    assert '"学费" = "price"  # sure; "500"' in excel.read(path, SourceOptions()).guessed_mapping
    reading = excel.read(path, options(tmp_path, accept_guess=True))
    assert reading.records[0].prices[0]["amount_minor"] == 50_000


def _with_part(path: Path, part: str, *replacements: str) -> None:
    """Rewrite one part of a workbook: each text by the one after it."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    text = parts[part].decode()
    for before, after in zip(replacements[::2], replacements[1::2], strict=True):
        text = text.replace(before, after)
    parts[part] = text.encode()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
