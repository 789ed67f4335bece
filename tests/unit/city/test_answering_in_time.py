"""Until when somebody who is offered a place has to say yes: time enough, never at night, before it begins."""

from __future__ import annotations

from datetime import datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from city.model import Run
from city.services.seats import ANSWER_BEFORE_START, LEAST_TIME_TO_ANSWER, answer_by, next_start
from city.services.telling import by_day
from fixtures.factories import SHANGHAI, a_meeting, a_run, in_days


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """An instant of the city's clocks, `day` days after the factories' today."""
    return datetime.combine(in_days(day), time(hour, minute), tzinfo=SHANGHAI)


def a_run_at(day: int, hour: int, *, answer_hours: int = 24) -> Run:
    run = a_run(answer_hours=answer_hours)
    run.class_sessions = [a_meeting(in_days(day), time(hour), None)]
    return run


@pytest.mark.parametrize(
    ("now", "until"),
    [
        (at(0, 12), at(1, 12)),  # a day from noon
        (at(0, 20, 59), at(1, 20, 59)),
        (at(0, 23), at(2, 12)),  # told at 8 in the morning; a day from then is not quite day yet, so noon
        (at(0, 3), at(1, 12)),
    ],
)
def test_a_day_to_answer_counts_from_when_the_message_goes_out(now: datetime, until: datetime) -> None:
    assert answer_by(a_run_at(7, 19), now, SHANGHAI) == until


def test_the_answer_is_needed_two_hours_before_it_begins() -> None:
    assert answer_by(a_run_at(0, 19), at(0, 12), SHANGHAI) == at(0, 17)


def test_what_begins_early_in_the_morning_is_answered_the_evening_before() -> None:
    assert answer_by(a_run_at(1, 8), at(0, 12), SHANGHAI) == at(0, 21)


def test_where_no_time_is_left_to_ask_the_place_is_given_outright() -> None:
    assert answer_by(a_run_at(0, 19), at(0, 16, 30), SHANGHAI) is None
    assert answer_by(a_run_at(1, 8), at(0, 22), SHANGHAI) is None


def test_a_course_that_has_begun_is_answered_before_its_next_meeting() -> None:
    run = a_run_at(0, 9)
    run.class_sessions.append(a_meeting(in_days(1), time(9), None))
    assert next_start(run, at(0, 10), SHANGHAI) == at(1, 9)
    assert answer_by(run, at(0, 10), SHANGHAI) == at(0, 21)


def test_a_meeting_that_does_not_take_place_is_not_waited_for() -> None:
    run = a_run_at(1, 9)
    run.class_sessions[0].cancelled = True
    assert next_start(run, at(0, 10), SHANGHAI) is None


def test_a_meeting_without_an_hour_counts_from_the_morning() -> None:
    run = a_run()
    run.class_sessions = [a_meeting(in_days(1), None)]
    assert next_start(run, at(0, 10), SHANGHAI) == at(1, 8)


@given(
    minutes=st.integers(0, 3 * 24 * 60),
    begins_in=st.integers(0, 4 * 24 * 60),
    answer_hours=st.integers(1, 72),
)
def test_no_time_to_answer_runs_out_at_night_or_after_the_meeting(
    minutes: int, begins_in: int, answer_hours: int
) -> None:
    now = at(0, 0) + timedelta(minutes=minutes)
    begins = now + timedelta(minutes=begins_in)
    local = begins.astimezone(SHANGHAI)
    run = a_run(answer_hours=answer_hours)
    run.class_sessions = [a_meeting(local.date(), local.time().replace(tzinfo=None), None)]
    until = answer_by(run, now, SHANGHAI)
    if until is not None:
        assert time(8) < until.astimezone(SHANGHAI).time() <= time(21)
        assert until - by_day(now, SHANGHAI) >= LEAST_TIME_TO_ANSWER
        if begins > now:
            assert until <= begins - ANSWER_BEFORE_START
