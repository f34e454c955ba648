"""Turns that never end: they are ended, the run has failed by a limit, and where it was is told."""

from __future__ import annotations

import asyncio
import signal
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

import detrun
from detrun.errors import LimitReached
from detrun.model import Run
from detrun.scheduler.endless import LIMIT, bounded

SHORT = 0.2


async def spinning() -> None:
    """Never gives anybody else a turn."""

    async def spin() -> None:
        while True:
            pass

    await asyncio.gather(asyncio.sleep(0.001), spin())


async def in_a_thread() -> None:
    """The same, in a thread of its own."""

    def spin() -> None:
        while True:
            pass

    await asyncio.to_thread(spin)


async def swallowing() -> None:
    """Does not want to hear of errors."""
    while True:
        try:
            while True:
                pass
        except Exception:
            continue


def ended(program: Callable[[], Any]) -> Run:
    """The run of a program of which no turn may last."""
    with bounded(SHORT):
        return detrun.run(program, strategy="default")


@pytest.mark.parametrize("program", [spinning, swallowing, in_a_thread])
def test_a_turn_that_never_ends_is_ended(program: Callable[[], Any]) -> None:
    run = ended(program)

    assert run.outcome == "limit"
    assert isinstance(run.error, LimitReached)
    assert run.error.limit.startswith(LIMIT)


def test_it_is_told_where_that_was() -> None:
    run = ended(spinning)

    assert run.failure is not None
    assert LIMIT + " of spinning.<locals>.spin" in run.failure.message
    assert "in spin: " in (run.failure.where or "")


def test_a_run_that_is_ended_so_is_the_same_each_time() -> None:
    assert ended(spinning).digest == ended(spinning).digest


def test_who_takes_steps_may_compute_for_as_long_as_it_takes() -> None:
    async def busy() -> None:
        for _ in range(300):
            sum(range(200_000))
            await asyncio.sleep(0)

    began = time.process_time()
    assert ended(busy).outcome == "ok"
    assert time.process_time() - began > SHORT


def test_signals_are_what_they_were_afterwards() -> None:
    before = signal.getsignal(signal.SIGVTALRM)
    with bounded(SHORT), bounded(SHORT):
        pass

    assert (signal.getsignal(signal.SIGVTALRM), signal.getitimer(signal.ITIMER_VIRTUAL)) == (before, (0.0, 0.0))


def test_only_the_main_thread_can_have_it() -> None:
    before = signal.getsignal(signal.SIGVTALRM)
    seen = []

    def look() -> None:
        with bounded(SHORT):
            seen.append(signal.getsignal(signal.SIGVTALRM))

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()

    assert seen == [before]
