"""Pools of threads in a run, and those outside of it."""

from __future__ import annotations

import asyncio
import concurrent.futures
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import detrun


def test_a_pool_that_was_there_before_has_workers_of_its_own_in_each_run() -> None:
    with ThreadPoolExecutor(2, "kept") as kept:
        real = kept.submit(threading.get_ident).result()

        async def main() -> Any:
            loop = asyncio.get_running_loop()
            told = [await loop.run_in_executor(kept, lambda: threading.current_thread().name) for _ in range(2)]
            return told, kept.submit(threading.get_ident).result()

        runs = [detrun.run(main, seed=3) for _ in range(2)]
        assert [run.outcome for run in runs] == ["ok", "ok"]
        assert runs[0].value == runs[1].value
        assert set(runs[0].value[0]) <= {"kept_0", "kept_1"}
        assert runs[0].value[1] != real
        assert kept.submit(threading.get_ident).result() == real


def test_a_pool_that_a_run_made_serves_the_next_run_as_well() -> None:
    kept: list[Any] = []

    def main() -> Any:
        if not kept:
            kept.append(ThreadPoolExecutor(1, "kept"))
        return kept[0].submit(lambda: threading.current_thread().name).result()

    assert [detrun.run(main).value for _ in range(3)] == ["kept_0"] * 3


def test_shutting_down_an_older_pool_inside_a_run_ends_it_there_alone() -> None:
    with ThreadPoolExecutor(1) as kept:

        def main() -> Any:
            assert kept.submit(int).result() == 0
            kept.shutdown()
            try:
                kept.submit(int)
            except RuntimeError as error:
                return str(error)

        assert detrun.run(main).value == "cannot schedule new futures after shutdown"
        assert kept.submit(int).result() == 0


def test_threads_outside_work_as_ever_while_a_run_goes_on() -> None:
    stop = threading.Event()
    done = threading.Semaphore(0)

    def work(number: int) -> int:
        done.release()
        return number

    def outside() -> list[int]:
        numbers: list[int] = []
        with ThreadPoolExecutor(2) as pool:
            while not stop.is_set():
                numbers += pool.map(work, range(10))
        return numbers

    async def main() -> Any:
        lock, order = threading.Lock(), []

        def note(name: str) -> None:
            for _ in range(5):
                with lock:
                    order.append(name)

        await asyncio.gather(*(asyncio.to_thread(note, name) for name in "abc"))
        return order

    with ThreadPoolExecutor(1) as caller:
        real = caller.submit(outside)
        done.acquire()
        runs = [detrun.run(main, seed=seed) for seed in (1, 2, 1, 2) * 5]
        stop.set()
        numbers = real.result()
    assert {run.outcome for run in runs} == {"ok"}
    assert len({(run.digest, tuple(run.value)) for run in runs}) == 2
    assert numbers == list(range(10)) * (len(numbers) // 10)


def test_futures_and_threads_hash_by_number_inside_and_as_ever_outside() -> None:
    outside: Future[None] = Future()
    known = hash(outside)

    def main() -> Any:
        futures: list[Future[None]] = [Future() for _ in range(4)]
        assert hash(outside) == known
        return [hash(future) for future in futures], [futures.index(future) for future in set(futures)]

    assert detrun.run(main).value == ([1, 2, 3, 4], [0, 1, 2, 3])
    assert hash(outside) == known == object.__hash__(outside)


def test_who_waits_for_several_futures_gets_them_in_the_same_order_again() -> None:
    def main() -> Any:
        with ThreadPoolExecutor(4) as pool:
            futures = [pool.submit(int, number) for number in range(8)]
            done = concurrent.futures.wait(set(futures)).done
            return [future.result() for future in done], [future.result() for future in set(futures)]

    runs = [detrun.run(main, seed=7) for _ in range(10)]
    assert len({str(run.value) for run in runs}) == len({run.digest for run in runs}) == 1
