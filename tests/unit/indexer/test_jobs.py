"""The worker's loop: a fault that lasts is said once, tried again soon, and its end is said too."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from city.errors import DatabaseUnavailable, IndexLocked, SearchUnavailable
from fixtures.factories import NOW, SHANGHAI
from indexer.jobs import SyncLoop, check, tidy
from indexer.reconcile import Drift
from indexer.sync import Synced
from indexer.upkeep import Started


class Clock:
    """A clock that a test moves by hand."""

    zone: ZoneInfo = SHANGHAI
    instant: datetime = NOW

    def now(self) -> datetime:
        return self.instant

    def pass_by(self, seconds: float) -> None:
        self.instant += timedelta(seconds=seconds)


class Upkeep:
    """An upkeep that does what a test says."""

    def __init__(self) -> None:
        self.fault: Exception | None = None
        self.starts = 0
        self.well = True
        self.done = Synced()

    def start(self) -> Started:
        self._raise()
        self.starts += 1
        self.well = True
        return Started()

    def is_well(self) -> bool:
        self._raise()
        return self.well

    def sync_once(self) -> Synced:
        self._raise()
        return self.done

    def check(self, *, repair: bool) -> tuple[Drift, Drift]:
        return (Drift(9, missing=frozenset({4, 5})), Drift(9)) if repair else (Drift(), Drift())

    def tidy(self) -> int:
        return 7

    def _raise(self) -> None:
        if self.fault:
            raise self.fault


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def upkeep() -> Upkeep:
    return Upkeep()


@pytest.fixture
def loop(upkeep: Upkeep, clock: Clock) -> SyncLoop:
    return SyncLoop(upkeep, clock)  # type: ignore[arg-type]


def test_it_starts_once_and_says_what_was_indexed_only_when_something_was(loop: SyncLoop, upkeep: Upkeep) -> None:
    assert [loop.step(), loop.step()] == ["", ""]
    upkeep.done = Synced(3, written=2, taken_out=1)
    assert loop.step() == "2 offerings indexed, 1 taken out"
    assert upkeep.starts == 1


@pytest.mark.parametrize("fault", [SearchUnavailable("The engine is silent."), DatabaseUnavailable("No database.")])
def test_a_fault_is_said_when_it_begins_and_when_it_is_over(
    loop: SyncLoop, upkeep: Upkeep, clock: Clock, fault: Exception
) -> None:
    upkeep.fault = fault
    said = []
    for _ in range(10):
        said.append(loop.step())
        clock.pass_by(0.3)
    upkeep.fault = None
    clock.pass_by(2)
    said.append(loop.step())
    assert [each for each in said if each] == [f"{fault} Trying again.", "The index is kept again."]


def test_while_it_waits_to_try_again_the_engine_is_left_alone(loop: SyncLoop, upkeep: Upkeep, clock: Clock) -> None:
    upkeep.fault = SearchUnavailable("silent")
    loop.step()
    upkeep.fault = None
    clock.pass_by(1.9)
    loop.step()
    assert upkeep.starts == 0
    clock.pass_by(0.1)
    loop.step()
    assert upkeep.starts == 1


def test_an_index_another_process_writes_is_waited_for_in_silence(loop: SyncLoop, upkeep: Upkeep, clock: Clock) -> None:
    loop.step()
    upkeep.fault = IndexLocked("Another process writes.")
    assert loop.step() == ""
    upkeep.fault = None
    clock.pass_by(2)
    loop.step()
    assert upkeep.starts == 1


def test_an_index_found_unwell_is_started_again(loop: SyncLoop, upkeep: Upkeep, clock: Clock) -> None:
    loop.step()
    upkeep.well = False
    loop.step()
    assert upkeep.starts == 1
    clock.pass_by(11)
    loop.step()
    assert upkeep.starts == 2


def test_the_hourly_check_and_the_nightly_tidying_say_their_figures(upkeep: Upkeep) -> None:
    assert check(upkeep) == "The index differs from the catalogue: 2 missing, of 9 compared. 0 left."  # type: ignore[arg-type]
    assert tidy(upkeep) == "7 outbox rows of last week erased."  # type: ignore[arg-type]
