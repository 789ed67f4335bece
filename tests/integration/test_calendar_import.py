"""A calendar through the verb, from the file to the exit code."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from city.cli import learncity
from tests.calendars import calendar, event

WEEKLY = event("DTSTART;TZID=Asia/Shanghai:20261124T190000", "RRULE:FREQ=WEEKLY", "LOCATION:文化馆", uid="weekly")
BROKEN = event("DTSTART:tomorrow", uid="broken")


@pytest.fixture
def city(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    monkeypatch.setenv("LEARNCITY_DATA_DIR", str(tmp_path / "var"))
    monkeypatch.setenv("LEARNCITY_NOW", "2026-11-24T09:00:00+08:00")
    runner = CliRunner()
    assert runner.invoke(learncity, ["init"]).exit_code == 0
    return runner


def imported(city: CliRunner, path: Path) -> tuple[int, dict[str, list[dict[str, object]]]]:
    words = ["import", "ical", str(path), "--operator", "hub", "--source", "hub", "--json"]
    result = city.invoke(learncity, words, catch_exceptions=False)
    return result.exit_code, json.loads(result.stdout)


def test_a_calendar_comes_in_its_bad_event_is_told_and_an_empty_one_changes_nothing(
    city: CliRunner, tmp_path: Path
) -> None:
    path = tmp_path / "programme.ics"
    path.write_bytes(calendar(WEEKLY, BROKEN))
    code, report = imported(city, path)
    assert (code, report["new"], report["refused"]) == (1, 1, 1)
    told = report["refusals"][0]
    assert (told["line"], told["part"], told["field"], told["value"]) == (14, "broken", "DTSTART", "tomorrow")
    path.write_bytes(calendar())
    code, report = imported(city, path)
    assert (code, report["gone"]) == (2, 0)
    assert "holds no event" in str(report["stopped"])
