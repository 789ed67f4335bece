"""Days in free words: what is certain is read whole, in both languages; what is not is not read at all."""

from __future__ import annotations

from datetime import date, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.sources.dates_in_words import CONTRADICTION, NOT_UNDERSTOOD, SaidDays, read_both, read_words


def days_in(text: str) -> list[date]:
    """Return the days of a text, sorted; [] when one is not certain."""
    said = read_words(text)
    return said.days if said is not None and said.weekdays_agree else []


def days(month: str, *of: int) -> list[date]:
    year, number = month.split("-")
    return [date(int(year), int(number), day) for day in of]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("14/12/2025(Sun)18:30", days("2025-12", 14)),
        ("24.12.2023 (Sun) 3:00pm", days("2023-12", 24)),
        ("10 Jan 2026 (Sat) 4:00pm-5:30pm", days("2026-1", 10)),
        ("December 6, 2023 (Wed) 7:30pm", days("2023-12", 6)),
        ("2023/12/25 (Mon) 8:00PM2023/12/26 (Tue) 2:00PM & 5:00PM", days("2023-12", 25, 26)),
        ("4, 11, 18, 25/11/2023 (Sat) 2:30pm-3:30pm", days("2023-11", 4, 11, 18, 25)),
        ("24-25 Nov 2023 (FRI-SAT) 7:30pm\n26 Nov 2023 (SUN) 1:30pm", days("2023-11", 24, 25, 26)),
        ("1-3/12/2025", days("2025-12", 1, 2, 3)),
        ("1-7 Dec 2025 (Mon-Sun)", days("2025-12", *range(1, 8))),
        ("20-27 Dec 2023 (Wed-Wed) 10:00am - 8:00pm", days("2023-12", *range(20, 28))),
        ("30/12/2025-1/1/2026 (Tue-Thu) 15:00", [date(2025, 12, 30), date(2025, 12, 31), date(2026, 1, 1)]),
        ("30/12/2025(Tue) - 1/1/2026(Thu) 9am-8pm", [date(2025, 12, 30), date(2025, 12, 31), date(2026, 1, 1)]),
        ("12 (Fri) ; 17 (Wed) /12/2025 4:00pm", days("2025-12", 12, 17)),
        ("5, 19 [11:00am-12:00nn], 12 [2:00pm-3:00pm] /11/2023 (Sun)", days("2023-11", 5, 12, 19)),
        ("1 Dec - 29 Dec 2025 (Every Mon) 2pm; Except 8 Dec, 22 Dec 2025", days("2025-12", 1, 15, 29)),
        ("1 Dec to 29 Dec 2025 (Every Mon) 2pm (Except 8/12, 22/12)", days("2025-12", 1, 15, 29)),
        ("1 Dec to 17 Dec 2025 (Every Mon, Wed) 2pm (Except 8/12)", days("2025-12", 1, 3, 10, 15, 17)),
        ("1 Dec to 16 Dec 2025 (Mon) 2pm\n2-3/12/2025", []),  # the 16th is no Monday: is every Monday meant?
        ("1 Dec to 29 Dec 2025 (Mon) 2pm", days("2025-12", 1, 8, 15, 22, 29)),
        ("1 Dec to 14 Dec 2025 (Every Mon) 5pm-7pm, (Every Fri) 2pm (Except 5/12)", days("2025-12", 1, 8, 12)),
        ("3 Nov to 10 Nov, 1 Dec to 8 Dec 2025 (Every Mon) 2pm", days("2025-11", 3, 10) + days("2025-12", 1, 8)),
        ("29 Dec to 5 Jan 2026 (Every Mon) 2pm", [date(2025, 12, 29), date(2026, 1, 5)]),
        ("2 Jan 2026 to 23 Jan 2026 (Every Fri) 2pm (Except 26/12)", days("2026-1", 2, 9, 16, 23)),
        ("2025年12月16日(星期二)下午2時至5時", days("2025-12", 16)),
        ("2025年12月12日-13日(五至六) 晚上7時30分", days("2025-12", 12, 13)),
        ("2025年12月2, 9及16日 (逢星期二) 下午2:00", days("2025-12", 2, 9, 16)),
        ("2025年12月30日至2026年1月1日 (二至四)", [date(2025, 12, 30), date(2025, 12, 31), date(2026, 1, 1)]),
        ("2025年12月1日至12月29日 (逢星期一) 1430-1630, 2025年12月8日, 12月22日除外", days("2025-12", 1, 15, 29)),
        ("2025年12月1日至29日 (每逢星期一) 下午2:00至7:00 (除12月8日及22日外)", days("2025-12", 1, 15, 29)),
        ("2025年12月30日至1月6日 (逢星期二) 下午5:00 (6/1除外)", days("2025-12", 30)),
        ("2025年12月10日 (三) 下午2:00\n2025年12月11日 (四) 上午10:00", days("2025-12", 10, 11)),
    ],
)
def test_days_that_are_certain_are_read(words: str, expected: list[date]) -> None:
    assert days_in(words) == expected


@pytest.mark.parametrize(
    "words",
    [
        "14/12/2025 to 17/12/2025",  # every day of it?
        "31/5/2024 - 3/11/2024",
        "7/11/2025(Fri) - 27/2/2026(Fri)",
        "14/11-31/12/2025 (Fri-Wed) 9am-5pm",  # the weekdays of both ends
        "2 Dec - 18 Dec 2025 (Tue, Thu) 2pm",
        "Jul-Dec 2025 (Every Thu) 1200-1400",  # also at Christmas?
        "7月-12月 2025 (逢星期四) 1200-1400",
        "Every Sun",
        "1-30/11/2023 (Sat) 2pm",
        "14/12/2025 (Mon) 18:30",
        "31/2/2026",
        "17-14/12/2025",
        "14/12/2025 (Sun) 18:30, except in rain",
        "1 Dec to 29 Dec 2025 (Every Mon) except public holidays",
        "2025年12月1日至12月29日 (逢星期一) 公眾假期除外",
        "1 Dec to 29 Dec 2025 (Every Mon) 2pm (Except 9/12)",  # a Tuesday: is the 8th meant?
        "1 Dec to 29 Dec 2025 (Every Mon) 2pm, Except 8 Dec 2025, 3 Jan 2026",
        "14/12/2025 (Sun) 18:30\nand other days",
        "2026年1月8日至6月25日 (逢星期) 下午5:00",
        "1 Jan to 31 Dec 2024, 1 Jan to 31 Dec 2026, 1 Mar 2025 - 31 Dec 2026 (Every Mon)",
        "26 Nov 2023, 25 Dec (Mon)\n3 Jan",
        "14/12/2025 99:99pm",
        "1/12/20255",
        "14/12",
        "",
    ],
)
def test_whatever_is_not_certain_gives_no_day(words: str) -> None:
    assert days_in(words) == []


def test_hours_belong_to_the_line_that_says_them() -> None:
    said = read_words("16/12/2025 2:30pm; 17/12/2025 7pm\n18/12/2025 (Thu)")
    assert said is not None
    assert said.hours == {
        date(2025, 12, 16): ((time(14, 30), None),),
        date(2025, 12, 17): ((time(19), None),),
        date(2025, 12, 18): (),
    }


def test_several_hours_are_several_meetings_of_one_day_and_of_a_weekly_rule_but_unknown_for_listed_days() -> None:
    one, weekly, listed = (
        read_words(words)
        for words in ("14/12/2025 2pm & 7pm", "1-8 Dec 2025 (Every Mon) 2pm-3pm, 5pm-6pm", "1, 8/12/2025 2pm, 5pm")
    )
    assert one is not None and weekly is not None and listed is not None
    assert list(one.hours.values()) == [((time(14), None), (time(19), None))]
    assert list(weekly.hours.values()) == [((time(14), time(15)), (time(17), time(18)))] * 2
    assert list(listed.hours.values()) == [None, None]


def test_a_day_named_on_two_lines_has_the_hours_of_both() -> None:
    said = read_words("17/01/2026(Sat)15:00\n17/01/2026(Sat)19:30")
    assert said is not None
    assert said.hours == {date(2026, 1, 17): ((time(15), None), (time(19, 30), None))}


def test_two_languages_that_say_the_same_are_certain_even_when_one_names_a_wrong_weekday() -> None:
    said = read_both("2023年12月18日(五) 晚上7:15", "18 Dec 2023 (Mon) 7:15pm")
    assert isinstance(said, SaidDays)
    assert said.hours == {date(2023, 12, 18): ((time(19, 15), None),)}
    assert read_both("2023年12月18日(五)", "18 Dec 2023 (Fri)") == NOT_UNDERSTOOD


def test_two_languages_that_name_different_days_are_not_certain() -> None:
    assert read_both("2-15/12/2025", "2-14/12/2025") == CONTRADICTION


def test_hours_that_differ_between_the_languages_stay_unknown() -> None:
    said = read_both("14/12/2025 (日) 晚上7:30", "14/12/2025 (Sun) 7:00pm")
    assert isinstance(said, SaidDays)
    assert said.hours == {date(2025, 12, 14): None}


@pytest.mark.parametrize(
    ("chinese", "english"), [("", "14/12/2025 2pm"), ("14/12/2025 2pm", "--"), ("待定", "14/12/2025")]
)
def test_one_language_alone_is_enough_when_the_other_says_nothing_that_is_understood(
    chinese: str, english: str
) -> None:
    said = read_both(chinese, english)
    assert isinstance(said, SaidDays)
    assert said.days == days("2025-12", 14)


def test_a_long_line_of_digits_is_left_alone_at_once() -> None:
    assert days_in("1, " * 50_000 + "1/12/2025") == []
    assert days_in("1, " * 600 + "1/12/2025") == days("2025-12", 1)


WORDS = [
    *("14", "31", "12", "2025", "Dec", "Sat", "every", "except", "2pm"),
    *("年", "月", "日", "逢", "星期一", "除", "除外", "至"),
    *("/", "-", ",", ";", "&", "(", ")", "[", "]"),
]


@given(st.lists(st.sampled_from([*WORDS, "\n"]), max_size=25))
def test_no_words_make_the_reader_stumble_or_name_a_day_without_a_year(parts: list[str]) -> None:
    text = " ".join(parts)
    assert not days_in(text) or "2025" in text
