"""The verb `learncity import`: what a person at the terminal sees, and what is left in the catalogue."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from city.cli import learncity
from city.config import load_settings
from city.store.database import Database

ROWS = "title.en,date\n" + "".join(f"Tea {number},2026-12-0{number}\n" for number in range(1, 8))


@pytest.fixture
def city(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    monkeypatch.setenv("LEARNCITY_DATA_DIR", str(tmp_path / "var"))
    monkeypatch.setenv("LEARNCITY_NOW", "2026-11-24T12:00:00+08:00")
    runner = CliRunner()
    assert runner.invoke(learncity, ["init"]).exit_code == 0
    return runner


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "courses.csv"
    path.write_text(ROWS, "utf-8")
    return path


def imported(city: CliRunner, path: Path | str, *words: str) -> Result:
    return city.invoke(learncity, ["import", "csv", str(path), "--operator", "tea-house", *words])


def report_of(result: Result) -> dict[str, object]:
    return json.loads(result.stdout)


def messages(report: dict[str, object], of: str) -> str:
    return " ".join(finding["message"] for finding in report[of])  # type: ignore[attr-defined]


def test_an_unknown_operator_is_added_and_said_so(city: CliRunner, table: Path) -> None:
    result = imported(city, table, "--json")
    assert result.exit_code == 0
    assert "tea-house did not exist and was added" in messages(report_of(result), "remarks")
    assert "tea-house" in city.invoke(learncity, ["operator", "list", "--json"]).stdout
    assert messages(report_of(imported(city, table, "--json")), "remarks") == ""


def test_also_when_nothing_of_the_feed_can_be_used(city: CliRunner, table: Path) -> None:
    table.write_text("title.en,date\nTea\n", "utf-8")
    result = imported(city, table, "--json")
    assert (result.exit_code, report_of(result)["refused"]) == (2, 1)
    assert "was added" in messages(report_of(result), "remarks")


def test_a_dry_run_adds_no_operator_and_keeps_no_report(city: CliRunner, table: Path) -> None:
    result = imported(city, table, "--dry-run", "--json")
    assert (result.exit_code, report_of(result)["new"]) == (0, 7)
    assert "would be added" in messages(report_of(result), "remarks")
    assert "tea-house" not in city.invoke(learncity, ["operator", "list", "--json"]).stdout


def test_a_feed_that_is_missing_is_refused_whole_and_the_report_is_kept(city: CliRunner, tmp_path: Path) -> None:
    result = imported(city, tmp_path / "nowhere.csv", "--json")
    assert result.exit_code == 2
    assert "cannot be read" in messages(report_of(result), "refusals")
    assert "Refused:" in result.stderr
    with Database(load_settings().effective_database_url).reading() as work:
        (run,) = work.feeds.all_runs()
    assert run.report["refused"] == 1


def test_an_address_is_told_to_be_downloaded_first(city: CliRunner) -> None:
    result = imported(city, "https://city.example/feed.csv", "--json")
    assert result.exit_code == 2
    assert "not fetched" in messages(report_of(result), "refusals")


def test_a_row_that_lost_a_cell_withdraws_nothing(city: CliRunner, table: Path) -> None:
    assert imported(city, table).exit_code == 0
    table.write_text(ROWS.replace("Tea 7,2026-12-07", "Tea 7"), "utf-8")
    result = imported(city, table, "--json")
    report = report_of(result)
    assert (result.exit_code, report["gone"], report["unchanged"], report["refused"]) == (1, 0, 6, 1)
    assert "no record is taken for gone" in messages(report, "remarks")


def test_a_name_that_is_too_long_for_the_source_is_asked_for_again(city: CliRunner, table: Path) -> None:
    result = imported(city, table, "--source", "x" * 201)
    assert "--source NAME" in str(result.exception)


def test_findings_that_say_the_same_are_told_together_so_that_a_rare_one_is_seen(
    city: CliRunner, tmp_path: Path
) -> None:
    table = tmp_path / "long.csv"
    rows = "".join(f"{number},Tea {number},someday\n" for number in range(40))
    table.write_text(f"source_id,title.en,date\n1000,Tea,2026-12-01\n{rows}1001,,2026-12-02\n", "utf-8")
    told = imported(city, table).stdout
    assert "Refused: 41" in told
    assert "… and 37 more like that" in told
    assert "The row has no title" in told
