"""Real course tables and real places of a city come in with a report that a person understands."""

from __future__ import annotations

import json
from pathlib import Path
from statistics import median
from typing import Any

import pytest
from click.testing import CliRunner, Result

from city.analysis import fold
from city.cli import learncity
from city.distances import great_circle_m
from city.services.records import VenueRecord
from indexer.shifting import shift_remarks
from indexer.sources import SourceOptions, csv_file, geojson

pytestmark = pytest.mark.real_data

EDX = """
kind = "course"
[columns]
"Course Name" = "title.en"
"Course Description" = "description.en"
"University" = "note.en"
"Skills" = "note.en"
"Difficulty Level" = "level"
"Course URL" = "web_address"
[constants]
always_open = true
attendance = "online"
languages = "en"
"""
ICOURSE = """
kind = "course"
[columns]
"课程名称" = "title.zh-Hans"
"开课单位" = "summary.zh-Hans"
"课程时长" = "note.zh-Hans"
"课程负载" = "note.zh-Hans"
"课程分类" = "topics"
"课程链接" = "web_address"
[constants]
always_open = true
attendance = "online"
languages = "zh"
[values.topics]
"外语" = "words"
"心理学" = "psychology"
"计算机" = "coding"
"""


@pytest.fixture
def city(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    monkeypatch.setenv("LEARNCITY_DATA_DIR", str(tmp_path / "var"))
    monkeypatch.setenv("LEARNCITY_NOW", "2026-11-25T09:00:00+08:00")
    runner = CliRunner()
    assert runner.invoke(learncity, ["init"]).exit_code == 0
    return runner


def run(city: CliRunner, *words: str) -> Result:
    return city.invoke(learncity, ["import", *words], catch_exceptions=False)


def imported(city: CliRunner, *words: str) -> tuple[int, dict[str, Any]]:
    result = run(city, *words, "--json")
    return result.exit_code, json.loads(result.stdout)


@pytest.mark.parametrize(
    ("file", "mapping", "rows", "refused"),
    [("edx.csv", EDX, 718, [93, 120]), ("icourse163_2017.csv", ICOURSE, 1219, [])],
)
def test_course_tables_are_read_by_a_mapping(
    real_data: Path, tmp_path: Path, file: str, mapping: str, rows: int, refused: list[int]
) -> None:
    rules = tmp_path / "map.toml"
    rules.write_text(mapping, "utf-8")
    reading = csv_file.read(real_data / "feeds" / "courses" / file, SourceOptions(mapping=rules))
    assert len(reading.records) == rows
    assert [finding.line for finding in reading.refusals] == refused
    assert all(record.kind == "course" and record.always_open for record in reading.records)


@pytest.mark.parametrize(
    ("file", "line", "new", "refused"),
    [
        ("edx.csv", '"Course Name" = "title.en"  # sure; "How to Learn Online"', 718, 2),
        ("icourse163_2017.csv", '"课程名称" = "title.zh-Hans"  # sure; ', 1219, 0),
    ],
)
def test_course_tables_show_a_guess_first_come_in_when_it_is_accepted_and_again_without_a_change(
    city: CliRunner, real_data: Path, file: str, line: str, new: int, refused: int
) -> None:
    words = ["csv", str(real_data / "feeds" / "courses" / file), "--operator", "courses"]
    asked = run(city, *words)
    assert asked.exit_code == 2
    assert f"\n{line}" in asked.stdout
    assert "confirm by --mapping MAP.toml, or by --accept-guess" in asked.stdout
    assert asked.stderr.strip() == f"Refused: {file} comes without a mapping; one is guessed from its header."
    code, report = imported(city, *words, "--accept-guess")
    assert (code, report["new"], report["refused"]) == (1 if refused else 0, new, refused)
    again = run(city, *words, "--accept-guess")
    assert f"0 new, 0 changed, {new} unchanged, 0 gone, {refused} refused" in again.stderr


def test_rows_that_are_one_cell_short_are_never_shifted_not_even_by_a_guess(city: CliRunner, real_data: Path) -> None:
    path = str(real_data / "feeds" / "courses" / "udacity_ragged.csv")
    code, report = imported(city, "csv", path, "--operator", "udacity", "--accept-guess")
    assert (code, report["new"], report["refused"]) == (2, 0, 263)
    assert report["refusals"][0] | {"part": ""} == {
        "file": "udacity_ragged.csv", "line": 2, "part": "", "field": "", "value": "Data Engineer",
        "message": "The row has 6 cells, the header 7.", "remedy": "7 cells",
    }  # fmt: skip


def test_the_places_of_a_city_come_in_and_the_second_time_nothing_is_written(city: CliRunner, real_data: Path) -> None:
    folder = real_data / "feeds" / "shanghai_places"
    code, first = imported(city, "geojson", str(folder / "openstreetmap.geojson"), "--operator", "map")
    assert (code, first["new"], first["refused"]) == (1, 1091, 317)
    assert {refusal["message"] for refusal in first["refusals"]} == {"The place has no name."}
    _, second = imported(city, "geojson", str(folder / "openstreetmap.geojson"), "--operator", "map")
    assert [second[count] for count in ("new", "changed", "gone", "unchanged")] == [0, 0, 0, 1091]
    asked = run(city, "geojson", str(folder / "table_da_yi.geojson"), "--operator", "walk")
    assert "are the positions in GCJ-02?" in asked.stdout
    _, declared = imported(
        city, "geojson", str(folder / "table_da_yi.geojson"), "--operator", "walk", "--datum", "GCJ-02"
    )
    assert declared["changed"] == 140
    assert declared["remarks"] == []


def test_districts_are_no_venues(city: CliRunner, real_data: Path) -> None:
    result = run(city, "geojson", str(real_data / "feeds" / "districts" / "ningbo.geojson"), "--operator", "map")
    assert result.exit_code == 2
    assert result.stderr.strip() == "Refused: ningbo.geojson holds 10 areas of a city, and no venue."


def places(real_data: Path, name: str, datum: str = "WGS84") -> list[VenueRecord]:
    return geojson.read(real_data / "feeds" / "shanghai_places" / f"{name}.geojson", SourceOptions(datum=datum)).venues


def test_two_literary_walks_land_beside_their_namesakes_once_converted(real_data: Path) -> None:
    known = [
        (venue.name, (venue.latitude or 0.0, venue.longitude or 0.0))
        for name in ("openstreetmap", "wikidata")
        for venue in places(real_data, name)
    ]
    by_name: dict[str, list[tuple[float, float]]] = {}
    for names, position in known:
        for name in names.values():
            by_name.setdefault(fold(name), []).append(position)

    def off_m(walk: str, datum: str) -> list[float]:
        return [
            min(great_circle_m(at, (venue.latitude or 0.0, venue.longitude or 0.0)) for at in by_name[fold(name)])
            for venue in places(real_data, walk, datum)
            for name in venue.name.values()
            if fold(name) in by_name
        ]

    stated = [*off_m("table_da_yi", "WGS84"), *off_m("table_qian_li", "WGS84")]
    converted = [*off_m("table_da_yi", "GCJ-02"), *off_m("table_qian_li", "GCJ-02")]
    assert len(stated) >= 15
    assert 400 < median(stated) < 600
    assert median(converted) < 80
    for walk in ("table_da_yi", "table_qian_li"):
        assert [remark.remedy for remark in shift_remarks(places(real_data, walk), known, walk)] == ["--datum GCJ-02"]
        assert shift_remarks(places(real_data, walk, "GCJ-02"), known, walk) == []
    osm = [
        (venue.name, (venue.latitude or 0.0, venue.longitude or 0.0)) for venue in places(real_data, "openstreetmap")
    ]
    assert shift_remarks(places(real_data, "wikidata"), osm, "wikidata") == []
