"""The same piece of work in many operating-system processes, begun at the same moment.

Threads would hide what happens between two writers. One server process imports the product once and forks the others,
so that sixteen of them cost little more than one. Called by the races of places, of repeated requests and by the soak.
"""

from __future__ import annotations

import multiprocessing
import queue
import traceback
from collections.abc import Callable
from multiprocessing.synchronize import Barrier
from typing import Any, TypeVar

from sqlalchemy.orm import configure_mappers

T = TypeVar("T")

PRELOADED = ["tests.faults.racing", "tests.faults.repeating", "tests.faults.soaking"]
LONGEST_SECONDS = 1_200
configure_mappers()  # once in the server process, not in each that it forks


def at_once(work: Callable[..., T], shares: list[tuple[Any, ...]]) -> list[T]:
    """Call `work(*share)` in a process of its own for each share, all released by one barrier; return the answers.

    Raises AssertionError with the trace of a process that failed.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(PRELOADED)
    barrier: Barrier = context.Barrier(len(shares))
    answers: multiprocessing.Queue[tuple[bool, Any]] = context.Queue()
    runners = [context.Process(target=_run, args=(work, share, barrier, answers)) for share in shares]
    for runner in runners:
        runner.start()
    told = _gather(answers, len(shares))
    for runner in runners:
        runner.join()
    for well, answer in told:
        assert well, answer
    return [answer for _, answer in told]


def _gather(answers: multiprocessing.Queue[tuple[bool, Any]], count: int) -> list[tuple[bool, Any]]:
    try:
        return [answers.get(timeout=LONGEST_SECONDS) for _ in range(count)]
    except queue.Empty:
        raise AssertionError(f"a process gave no answer within {LONGEST_SECONDS} s") from None


def _run(
    work: Callable[..., Any],
    share: tuple[Any, ...],
    barrier: Barrier,
    answers: multiprocessing.Queue[tuple[bool, Any]],
) -> None:
    try:
        barrier.wait()
        answers.put((True, work(*share)))
    except Exception:
        answers.put((False, traceback.format_exc()))
