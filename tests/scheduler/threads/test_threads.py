"""Threads of a program take part in its run: one at a time, in an order that the run decides."""

from __future__ import annotations

import asyncio
import queue
import threading
import time
from _thread import start_new_thread
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

import detrun


def counted(threads: int = 3) -> Callable[[], int]:
    """A program whose threads increment in two locked halves, so that increments are lost when they meet."""

    def main() -> int:
        lock, begin, total = threading.Lock(), threading.Event(), [0]

        def increment() -> None:
            begin.wait()
            with lock:
                seen = total[0]
            with lock:
                total[0] = seen + 1

        workers = [threading.Thread(target=increment) for _ in range(threads)]
        for worker in workers:
            worker.start()
        begin.set()
        for worker in workers:
            worker.join()
        return total[0]

    return main


def test_a_seed_decides_who_goes_on_and_decides_it_again() -> None:
    runs = [detrun.run(counted(), seed=seed) for seed in range(50)]
    again = [detrun.run(counted(), seed=seed) for seed in range(50)]

    assert [run.digest for run in runs] == [run.digest for run in again]
    assert [run.value for run in runs] == [run.value for run in again]
    assert {run.value for run in runs} == {1, 2, 3}


def test_by_default_a_thread_goes_on_until_it_waits() -> None:
    assert detrun.run(counted(), strategy="default").value == 3


def test_what_was_decided_between_threads_can_be_decided_again() -> None:
    lost = next(run for run in (detrun.run(counted(), seed=seed) for seed in range(50)) if run.value == 1)

    again = detrun.run(counted(), strategy=detrun.Recorded(lost.decisions))

    assert (again.value, again.digest) == (1, lost.digest)


def test_a_thread_sleeps_in_virtual_time_while_others_go_on() -> None:
    def main() -> list[tuple[str, float]]:
        begun = time.monotonic()
        woken: list[tuple[str, float]] = []

        def sleep(name: str, seconds: float) -> None:
            time.sleep(seconds)
            woken.append((name, round(time.monotonic() - begun)))

        threads = [threading.Thread(target=sleep, args=(name, seconds)) for name, seconds in (("b", 20), ("a", 10))]
        for thread in threads:
            thread.start()
        time.sleep(15)
        woken.append(("main", round(time.monotonic() - begun)))
        for thread in threads:
            thread.join()
        return woken

    run = detrun.run(main)

    assert run.result() == [("a", 10), ("main", 15), ("b", 20)]
    assert run.wall_seconds < 5


async def in_a_thread() -> list[int]:
    return list(await asyncio.gather(*[asyncio.to_thread(pow, n, 2) for n in range(5)]))


async def in_a_pool() -> list[int]:
    loop = asyncio.get_running_loop()
    with ThreadPoolExecutor(2) as pool:
        return [await loop.run_in_executor(pool, pow, n, 2) for n in range(5)]


async def back_and_forth() -> list[int]:
    loop = asyncio.get_running_loop()

    def ask(n: int) -> int:
        return asyncio.run_coroutine_threadsafe(asyncio.sleep(n, n * n), loop).result()

    return list(await asyncio.gather(*[asyncio.to_thread(ask, n) for n in range(5)]))


def loop_in_a_thread() -> list[int]:
    results: queue.Queue[int] = queue.Queue()

    async def work() -> None:
        for n in range(5):
            await asyncio.sleep(1)
            results.put(n * n)

    threading.Thread(target=asyncio.run, args=(work(),)).start()
    return [results.get() for _ in range(5)]


def with_events() -> list[int]:
    squares: list[int] = []
    ready = threading.Condition()

    def work() -> None:
        for n in range(5):
            with ready:
                squares.append(n * n)
                ready.notify()

    with ready:
        start_new_thread(work, ())
        ready.wait_for(lambda: len(squares) == 5)
    return squares


@pytest.mark.parametrize("program", [in_a_thread, in_a_pool, back_and_forth, loop_in_a_thread, with_events])
def test_what_is_done_with_threads_works_under_every_seed(program: Callable[[], Any]) -> None:
    for seed in range(30):
        first, second = (detrun.run(program, seed=seed) for _ in range(2))
        assert first.result() == [0, 1, 4, 9, 16]
        assert first.digest == second.digest


def test_two_seconds_are_not_waited_for() -> None:
    def main() -> tuple[bool, bool, bool]:
        lock, event = threading.Lock(), threading.Event()
        lock.acquire()
        with pytest.raises(queue.Empty):
            queue.SimpleQueue[int]().get(timeout=2)
        return lock.acquire(timeout=2), event.wait(2), threading.Semaphore(0).acquire(timeout=2)

    run = detrun.run(main)

    assert run.result() == (False, False, False)
    assert round(run.virtual_seconds) == 8


def test_threads_and_pools_are_numbered_by_run() -> None:
    def main() -> list[Any]:
        seen: list[Any] = []

        def look() -> None:
            seen.append((threading.current_thread().name, threading.get_ident()))

        thread = threading.Thread(target=look)
        thread.start()
        thread.join()
        with ThreadPoolExecutor(1) as pool:
            pool.submit(look).result()
        return [*seen, threading.get_ident(), threading.main_thread().ident, threading.current_thread().name]

    first, second = (detrun.run(main).result() for _ in range(2))

    assert first == second == [("Thread-1 (look)", 2), ("ThreadPoolExecutor-0_0", 3), 1, 1, "MainThread"]


def test_a_future_that_is_resolved_from_another_thread_does_not_wake_the_loop() -> None:
    async def main() -> None:
        future = asyncio.get_running_loop().create_future()
        threading.Thread(target=future.set_result, args=(None,)).start()
        await future

    outcomes = {detrun.run(main, seed=seed).outcome for seed in range(50)}

    assert outcomes == {"ok", "stuck"}


def test_threads_outside_a_run_go_on_meanwhile() -> None:
    stop, counted = threading.Event(), [0]

    def count() -> None:
        while not stop.is_set():
            counted[0] += 1
            time.sleep(0.0001)

    thread = threading.Thread(target=count)
    thread.start()
    try:
        before = counted[0]
        while counted[0] < before + 5:
            detrun.run(in_a_thread)
    finally:
        stop.set()
        thread.join()
