"""Real feeds of real cities come in whole, say what they could not use, and change nothing the second time."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from lxml import etree

from city.cli import learncity
from indexer.sources.dates_in_words import days_in

pytestmark = pytest.mark.real_data


@pytest.fixture
def city(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    monkeypatch.setenv("LEARNCITY_DATA_DIR", str(tmp_path / "var"))
    monkeypatch.setenv("LEARNCITY_NOW", "2025-12-16T09:00:00+08:00")
    runner = CliRunner()
    assert runner.invoke(learncity, ["init"]).exit_code == 0
    return runner


def imported(city: CliRunner, *words: str) -> tuple[int, dict[str, object]]:
    result = city.invoke(learncity, ["import", *words, "--json"], catch_exceptions=False)
    return result.exit_code, json.loads(result.stdout)


def test_a_citys_programme_comes_in_and_the_second_time_nothing_is_written(city: CliRunner, real_data: Path) -> None:
    folder = str(real_data / "feeds" / "hk_lcsd" / "2025-12-16")
    code, first = imported(city, "lcsd", folder, "--operator", "lcsd")
    assert code == 1  # one event has no day but the sentinel
    assert (first["new"], first["refused"]) == (1018, 1)
    assert any("20990101" in str(remark) for remark in first["remarks"])  # type: ignore[attr-defined]
    assert sum("does not hold" in remark["message"] for remark in first["remarks"]) == 155  # type: ignore[attr-defined]
    _, second = imported(city, "lcsd", folder, "--operator", "lcsd")
    assert [second[count] for count in ("new", "changed", "gone", "unchanged")] == [0, 0, 0, 1018]


def test_a_programme_without_canonical_days_gives_the_days_its_words_say_for_certain(
    city: CliRunner, real_data: Path
) -> None:
    folder = str(real_data / "feeds" / "hk_lcsd" / "2023-11")
    code, report = imported(city, "lcsd", folder, "--operator", "lcsd")
    assert (code, report["new"], report["refused"]) == (1, 541, 407)
    assert {refusal["message"] for refusal in report["refusals"]} == {"No day is stated for this event."}  # type: ignore[attr-defined]


def test_days_in_words_agree_with_the_canonical_days_where_both_are_there(real_data: Path) -> None:
    folder = real_data / "feeds" / "hk_lcsd" / "2025-12-16"
    read = right = 0
    canonical = {
        event.get("id"): {entry.text for entry in event.iterfind("indate")}
        for event in etree.parse(folder / "eventDates.xml").getroot()
    }
    for event in etree.parse(folder / "events.xml").getroot().iter("event"):
        words = event.findtext("predateE") or ""
        days = {f"{day:%Y%m%d}" for day in days_in(words)}
        read, right = read + len(days), right + len(days & canonical.get(event.get("id"), set()))
    assert read > 5_000
    assert right / read >= 0.97


def test_rows_that_are_one_cell_short_are_all_refused_by_line(city: CliRunner, real_data: Path) -> None:
    path = str(real_data / "feeds" / "courses" / "udacity_ragged.csv")
    code, report = imported(city, "csv", path, "--operator", "udacity")
    assert (code, report["refused"]) == (2, 263)
    assert all(refusal["line"] > 1 for refusal in report["refusals"])  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("file", "columns", "rows"),
    [
        (
            "edx.csv",
            '"Course Name" = "title.en"\n"Course Description" = "description.en"\n"Course URL" = "web_address"',
            700,
        ),
        (
            "icourse163_2017.csv",
            '"课程名称" = "title.zh-Hans"\n"开课单位" = "summary.zh-Hans"\n"课程链接" = "web_address"',
            1200,
        ),
    ],
)
def test_course_tables_come_in_with_a_mapping(
    city: CliRunner, real_data: Path, tmp_path: Path, file: str, columns: str, rows: int
) -> None:
    mapping = tmp_path / "map.toml"
    mapping.write_text(
        f'kind = "course"\n[columns]\n{columns}\n[constants]\nalways_open = true\nattendance = "online"\n'
    )
    path = str(real_data / "feeds" / "courses" / file)
    _, report = imported(city, "csv", path, "--operator", "courses", "--mapping", str(mapping))
    assert report["new"] >= rows  # type: ignore[operator]
