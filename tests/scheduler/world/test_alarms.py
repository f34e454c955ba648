"""Alarms go off in virtual time."""

from __future__ import annotations

import asyncio
import signal
import threading
import time
from collections.abc import Callable

import pytest

import detrun


def test_an_alarm_goes_off_in_virtual_time_and_once() -> None:
    async def main() -> list[object]:
        began, log = time.monotonic(), list[object]()
        signal.signal(signal.SIGALRM, lambda *_: log.append(round(time.monotonic() - began)))
        log.append(signal.alarm(1000))
        log.append(signal.alarm(60))
        await asyncio.sleep(3600)
        return [*log, signal.alarm(0)]

    assert detrun.run(main, strategy="default").result() == [0, 1000, 60, 0]


def test_a_timer_goes_off_again_and_again_until_it_is_stopped() -> None:
    async def main() -> list[object]:
        began, log = time.monotonic(), list[object]()
        signal.signal(signal.SIGALRM, lambda *_: log.append(round(time.monotonic() - began, 2)))
        signal.setitimer(signal.ITIMER_REAL, 0.5, 0.25)
        await asyncio.sleep(1.1)
        left = signal.setitimer(signal.ITIMER_REAL, 0)
        await asyncio.sleep(10)
        return [*log, tuple(round(seconds, 2) for seconds in left)]

    assert detrun.run(main, strategy="default").result() == [0.5, 0.75, 1.0, (0.15, 0.25)]


def test_an_alarm_interrupts_whoever_sleeps_or_pauses() -> None:
    def main() -> list[object]:
        def out(*_: object) -> None:
            raise TimeoutError

        began, log = time.monotonic(), list[object]()
        signal.signal(signal.SIGALRM, out)
        waits: list[Callable[[], object]] = [lambda: time.sleep(100), signal.pause]
        for wait in waits:
            signal.setitimer(signal.ITIMER_REAL, 2.0)
            with pytest.raises(TimeoutError):
                wait()
            log.append(round(time.monotonic() - began))
        signal.signal(signal.SIGALRM, lambda *_: log.append("rang"))
        signal.alarm(1)
        time.sleep(10)
        return [*log, round(time.monotonic() - began)]

    assert detrun.run(main).result() == [2, 4, "rang", 14]


def test_who_waits_only_for_an_alarm_is_not_stuck_and_may_die_of_it() -> None:
    async def main() -> None:
        signal.alarm(10)
        await asyncio.Event().wait()

    run = detrun.run(main)

    assert (run.exit_code, round(run.virtual_seconds)) == (128 + signal.SIGALRM, 10)


def test_a_timer_of_work_goes_off_for_who_works_and_not_for_who_waits() -> None:
    async def main() -> list[object]:
        log: list[object] = []
        signal.signal(signal.SIGVTALRM, lambda *_: log.append("rang"))
        signal.setitimer(signal.ITIMER_VIRTUAL, 0.01)
        await asyncio.sleep(1000)
        log.append("waited")
        while log[-1] == "waited":
            await asyncio.sleep(0)
        return log

    assert detrun.run(main, strategy="default").result() == ["waited", "rang"]


def test_alarms_that_never_end_end_at_a_limit() -> None:
    def main() -> None:
        signal.signal(signal.SIGALRM, lambda *_: None)
        signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)
        time.sleep(3600)

    assert detrun.run(main, max_steps=1000).outcome == "limit"


def test_an_alarm_that_another_thread_waits_for_is_handled_by_the_main_thread() -> None:
    async def main() -> list[object]:
        log: list[object] = []
        signal.signal(signal.SIGALRM, lambda *_: log.append(threading.current_thread() is threading.main_thread()))
        signal.alarm(5)
        await asyncio.to_thread(time.sleep, 10)
        return log

    for seed in range(10):
        assert detrun.run(main, seed=seed).result() == [True]
