"""Real feeds of real cities come in whole, say what they could not use, and change nothing the second time."""

from __future__ import annotations

import json
from collections import Counter
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner
from lxml import etree

from city.cli import learncity
from indexer.sources.dates_in_words import CONTRADICTION, NOT_UNDERSTOOD, SaidDays, read_both

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
    assert (code, report["new"], report["refused"]) == (1, 795, 153)
    refusals: list[dict[str, str]] = report["refusals"]  # type: ignore[assignment]
    assert Counter(refusal["message"] for refusal in refusals) == {NOT_UNDERSTOOD: 148, CONTRADICTION: 5}
    assert all(refusal["part"] and refusal["value"] and refusal["remedy"] for refusal in refusals)


FEED_CONTRADICTS_ITSELF = {
    *("175805", "175798", "175735"),  # a run of three days, of which eventDates.xml holds one
    *("171046", "177276"),  # six and five single days, of which it holds two
    "176349",  # every Sunday, without two of them
    *("177372", "177285", "177286"),  # one day of a weekly rule is missing
    *("177986", "177987"),  # three Saturdays and Sundays, of which it holds others
}
"""Events whose words name days, in both languages and with the right weekdays, that eventDates.xml does not hold."""


def test_days_in_words_agree_with_the_canonical_days_where_both_are_there(real_data: Path) -> None:
    folder = real_data / "feeds" / "hk_lcsd" / "2025-12-16"
    canonical = {
        event.get("id"): {date.fromisoformat(str(entry.text)) for entry in event.iterfind("indate")}
        for event in etree.parse(folder / "eventDates.xml").getroot()
    }
    events = list(etree.parse(folder / "events.xml").getroot().iter("event"))
    said = {event.get("id"): read_both(*(event.findtext(name) or "" for name in ("predateC", "predateE")))
            for event in events}  # fmt: skip
    days = {source_id: set(found.days) for source_id, found in said.items() if isinstance(found, SaidDays)}
    read = sum(len(found) for found in days.values())
    right = sum(len(found & canonical[source_id]) for source_id, found in days.items())
    print(f"{len(days)} of {len(events)} events understood, {right} of {read} days right; not understood:")
    print(*(f"  {key}: {found}" for key, found in said.items() if isinstance(found, str)), sep="\n")
    assert len(days) >= 0.87 * len(events)
    assert read > 11_000
    assert right / read >= 0.997
    assert {source_id for source_id, found in days.items() if found - canonical[source_id]} == FEED_CONTRADICTS_ITSELF
