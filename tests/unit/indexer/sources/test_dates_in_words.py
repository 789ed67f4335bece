"""Days in free words: what is certain is read whole, what is not is not read at all."""

from __future__ import annotations

from datetime import date

import pytest

from indexer.sources.dates_in_words import days_in


def days(month: str, *of: int) -> list[date]:
    year, number = month.split("-")
    return [date(int(year), int(number), day) for day in of]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("14/12/2025(Sun)18:30", days("2025-12", 14)),
        ("24.12.2023 (Sun) 3:00pm", days("2023-12", 24)),
        ("10 Jan 2026 (Sat) 4:00pm-5:30pm", days("2026-1", 10)),
        ("4, 11, 18, 25/11/2023 (Sat) 2:30pm-3:30pm", days("2023-11", 4, 11, 18, 25)),
        ("24-25 Nov 2023 (FRI-SAT) 7:30pm\n26 Nov 2023 (SUN) 1:30pm", days("2023-11", 24, 25, 26)),
        ("1-3/12/2025", days("2025-12", 1, 2, 3)),
    ],
)
def test_full_dates_with_nothing_but_weekdays_and_hours_are_read(words: str, expected: list[date]) -> None:
    assert days_in(words) == expected


@pytest.mark.parametrize(
    "words",
    [
        "14/12/2025 to 17/12/2025",
        "Every Sun",
        "4 Jul 2023 - 19 Dec 2023 (Every Tue) 12:00nn-2:00pm",
        "1-30/11/2023 (Sat) 2pm",
        "14/12/2025 (Mon) 18:30",
        "31/2/2026",
        "17-14/12/2025",
        "14/12/2025 (Sun) 18:30, except in rain",
        "14/12/2025 (Sun) 18:30\nand other days",
        "1/12/20255",
        "14/12",
        "",
    ],
)
def test_whatever_is_not_certain_gives_no_day(words: str) -> None:
    assert days_in(words) == []


def test_a_long_line_of_digits_is_left_alone_at_once() -> None:
    assert days_in("1, " * 50_000 + "1/12/2025") == []
