"""What free words say for certain, and that nothing is invented from the others."""

from __future__ import annotations

import contextlib
from datetime import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from city.errors import InvalidInput
from indexer.sources.wording import age_from_in, hours_in, plain, prices_in


@pytest.mark.parametrize(
    ("words", "hours"),
    [
        ("10 Jan 2026 (Sat) 4:00pm", [(time(16), None)]),
        ("1/12/2025 2:30pm-7pm", [(time(14, 30), time(19))]),
        ("(Sun) 11:00am-12:00nn", [(time(11), time(12))]),
        ("Jul-Dec 2025 (Every Thu) 0930-1130", [(time(9, 30), time(11, 30))]),
        ("28/01/2026(Wed)14:15,19:15", [(time(14, 15), None), (time(19, 15), None)]),
        ("5pm-7pm, then again 5:00pm-7:00pm", [(time(17), time(19))]),
        ("6/12 (Sat) 2-3pm", [(time(14), time(15))]),
        ("6/12 (Sat) 11-1pm", [(time(11), time(13))]),
        ("下午2時至5時", [(time(14), time(17))]),
        ("上午11時30分至下午1時", [(time(11, 30), time(13))]),
        ("上午11時至1時", [(time(11), time(13))]),
        ("中午12:00至下午2時半", [(time(12), time(14, 30))]),
        ("晚上7:30-9:30", [(time(19, 30), time(21, 30))]),
        ("（日）２:３０ p.m. - 4 p.m.", [(time(14, 30), time(16))]),
        ("晚上12:00", []),
        ("下午14:00", []),
        ("1-31/12/2025", []),
        ("99:99 13pm", []),
        ("12:00mn", []),
    ],
)
def test_hours_in_words(words: str, hours: list[tuple[time, time | None]]) -> None:
    assert hours_in(words) == hours


@pytest.mark.parametrize(
    ("words", "amounts"),
    [
        ("Free Activities", [0]),
        ("Free admission by tickets", [0]),
        ("$80", [8000]),
        ("$480, 380, 260, 160", [48000, 38000, 26000, 16000]),
        ("$480, $280, $180", [48000, 28000, 18000]),
        ("$75-110", None),
        ("$80 (students $40)", None),
        ("", None),
        ("See website", None),
    ],
)
def test_prices_in_words(words: str, amounts: list[int] | None) -> None:
    assert prices_in(words) == amounts


@pytest.mark.parametrize(
    ("words", "age"),
    [
        ("Only for age 6 or above", 6),
        ("For ages 6 and above", 6),
        ("Recommended for ages 6 or above.", 6),
        ("6", 6),
        ("Suitable for all ages", None),
        ("6 to 12", None),
        ("Only for age 6 or above, under 3 free", None),
    ],
)
def test_ages_in_words(words: str, age: int | None) -> None:
    assert age_from_in(words) == age


def test_markup_becomes_plain_text() -> None:
    assert plain("Fun&nbsp;Day<br>Tea &amp;amp; <script>alert(1)</script><b>ink</b>") == "Fun Day\nTea & ink"


@given(st.text(max_size=120))
def test_no_words_make_the_reader_stumble(words: str) -> None:
    hours_in(words)
    prices_in(words)
    age_from_in(words)
    with contextlib.suppress(InvalidInput):
        plain(words)
