"""Opening hours as maps write them become weekly intervals, or stay unknown."""

from __future__ import annotations

import pytest

from indexer.sources.opening_hours import week_of

DAY = [["09:00", "17:00"]]


@pytest.mark.parametrize(
    ("text", "week"),
    [
        ("Tu-Su 09:00-17:00", {str(day): DAY for day in range(1, 7)}),
        ("Mo-Fr 09:00-17:00; PH off", {str(day): DAY for day in range(5)}),
        ("09:00-17:00; Mo off", {"0": [], **{str(day): DAY for day in range(1, 7)}}),
        ("Tu, Th 9:00-11:30, 13:00-16:30", {day: [["09:00", "11:30"], ["13:00", "16:30"]] for day in "13"}),
        ("We-Th, Sa-Su 09:00-17:00", dict.fromkeys("2356", DAY)),
        ("Sa-Mo 09:00-17:00", dict.fromkeys("056", DAY)),
        ("Fr 18:00-02:00", {"4": [["18:00", "23:59"]], "5": [["00:00", "02:00"]]}),
        ("Mo 08:00-24:00", {"0": [["08:00", "23:59"]]}),
        ("24/7", {str(day): [["00:00", "23:59"]] for day in range(7)}),
    ],
)
def test_the_common_forms_are_read(text: str, week: dict[str, list[list[str]]]) -> None:
    assert week_of(text) == week


@pytest.mark.parametrize(
    "text",
    ["", "Apr-Sep Tu-Su 09:00-17:00", "sunrise-sunset", "9:00-17:00（16:00停止入馆）", "Mo 10:00+", "Mo[1] 10:00-12:00",
     "PH 10:00-12:00", "Mo 25:00-26:00", "Mo-Fr 09:00-17:00 \"by appointment\"", "Mo 09:00-17:00;" * 40],
)  # fmt: skip
def test_what_says_more_stays_unknown(text: str) -> None:
    assert week_of(text) is None
