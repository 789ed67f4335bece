"""The breaker: nobody waits for an engine that failed five times, and one question in a while tries again."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from fixtures.factories import NOW, SHANGHAI
from indexer.breaker import FAILURES, PAUSE, Breaker


class HandClock:
    """A clock that a test moves by hand."""

    zone: ZoneInfo = SHANGHAI

    def __init__(self) -> None:
        self.instant = NOW

    def now(self) -> datetime:
        return self.instant

    def today(self):  # type: ignore[no-untyped-def]
        return self.instant.astimezone(self.zone).date()


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def breaker(clock: HandClock) -> Breaker:
    return Breaker(clock)


def shut(breaker: Breaker) -> None:
    for _ in range(FAILURES):
        breaker.failed()


def test_it_is_open_at_first_and_after_a_few_failures(breaker: Breaker) -> None:
    told = [breaker.failed() for _ in range(FAILURES - 1)]
    assert (any(told), breaker.lets_through(), breaker.is_shut) == (False, True, False)


def test_the_fifth_failure_in_a_row_shuts_it_and_says_so_once(breaker: Breaker) -> None:
    told = [breaker.failed() for _ in range(FAILURES + 2)]
    assert told == [False] * (FAILURES - 1) + [True, False, False]
    assert not breaker.lets_through()


def test_an_answer_between_failures_starts_the_count_again(breaker: Breaker) -> None:
    for _ in range(FAILURES - 1):
        breaker.failed()
    breaker.succeeded()
    breaker.failed()
    assert breaker.lets_through()


def test_after_the_pause_one_question_tries_and_the_others_do_not_wait(breaker: Breaker, clock: HandClock) -> None:
    shut(breaker)
    clock.instant += PAUSE
    assert [breaker.lets_through() for _ in range(3)] == [True, False, False]


def test_a_trial_that_is_answered_opens_it_for_all(breaker: Breaker, clock: HandClock) -> None:
    shut(breaker)
    clock.instant += PAUSE
    assert breaker.lets_through()
    breaker.succeeded()
    assert all(breaker.lets_through() for _ in range(3))


def test_a_trial_that_fails_keeps_it_shut_for_another_pause(breaker: Breaker, clock: HandClock) -> None:
    shut(breaker)
    clock.instant += PAUSE
    breaker.lets_through()
    assert not breaker.failed()
    clock.instant += PAUSE - timedelta(milliseconds=1)
    assert not breaker.lets_through()
    clock.instant += timedelta(milliseconds=1)
    assert breaker.lets_through()


def test_five_trials_fit_into_the_ten_seconds_within_which_answers_are_to_be_whole(
    breaker: Breaker, clock: HandClock
) -> None:
    shut(breaker)
    trials = 0
    for _ in range(10):
        clock.instant += timedelta(seconds=1)
        trials += breaker.lets_through()
    assert trials == 5
