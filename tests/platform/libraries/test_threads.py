"""Threads of the standard library: pools, what they share, and loops that each have a thread."""

from __future__ import annotations

import asyncio
import concurrent.futures
import queue
import threading
import time
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor
from typing import Any

from tests.platform.libraries.seeds import check_order

NAMES = ("ann", "ben", "cat")


def test_threads_have_coroutines_run_by_the_loop_and_wait_for_them() -> None:
    async def main() -> Any:
        order: list[Any] = []

        async def note(name: str, number: int) -> int:
            await asyncio.sleep(0.001)
            order.append((name, number))
            return number

        def work(loop: asyncio.AbstractEventLoop, name: str) -> int:
            return sum(asyncio.run_coroutine_threadsafe(note(name, number), loop).result() for number in range(3))

        loop = asyncio.get_running_loop()
        assert await asyncio.gather(*(asyncio.to_thread(work, loop, name) for name in NAMES)) == [3, 3, 3]
        return order

    check_order(main)


def test_a_coroutine_that_a_thread_waits_for_too_long_is_cancelled_by_it() -> None:
    async def main() -> Any:
        cancelled = []

        async def forever() -> None:
            try:
                await asyncio.sleep(3600)
            except asyncio.CancelledError:
                cancelled.append(True)
                raise

        def work(loop: asyncio.AbstractEventLoop) -> str:
            future = asyncio.run_coroutine_threadsafe(forever(), loop)
            try:
                future.result(timeout=2)
            except TimeoutError:
                future.cancel()
                return "too long"
            return "in time"

        loop = asyncio.get_running_loop()
        answers = await asyncio.gather(*(asyncio.to_thread(work, loop) for _ in range(2)))
        await asyncio.sleep(1)
        assert answers == ["too long"] * 2
        assert cancelled == [True, True]

    check_order(main)


def test_a_pool_counts_what_a_lock_guards() -> None:
    def main() -> Any:
        lock, order, count = threading.Lock(), [], [0]

        def work(name: str) -> None:
            for _ in range(3):
                with lock:
                    count[0] += 1
                    order.append(name)

        with ThreadPoolExecutor(3) as pool:
            for future in concurrent.futures.as_completed([pool.submit(work, name) for name in NAMES]):
                future.result()
        assert count == [9]
        return order

    check_order(main)


def test_a_counter_without_a_lock_loses_what_two_threads_add_at_once() -> None:
    lost = []

    def main() -> Any:
        count = [0]

        def add(pause: threading.Event) -> None:
            before = count[0]
            pause.wait(0)
            count[0] = before + 1

        with ThreadPoolExecutor(2) as pool:
            for _ in range(4):
                pool.submit(add, threading.Event())
        lost.append(4 - count[0])
        return count

    check_order(main)
    assert set(lost) > {0}


def test_futures_of_a_pool_are_waited_for_in_any_way() -> None:
    def main() -> Any:
        order: list[Any] = []

        def work(number: int) -> int:
            time.sleep(0.001 * (number % 2))
            return number

        with ThreadPoolExecutor(4) as pool:
            futures: list[Future[int]] = [pool.submit(work, number) for number in range(6)]
            first = concurrent.futures.wait(futures, return_when=FIRST_COMPLETED)
            order.append([future.result() for future in first.done])
            order.extend(future.result() for future in concurrent.futures.as_completed(futures))
            order.extend(pool.map(work, range(3)))
            rest = concurrent.futures.wait(futures)
            order.append([future.result() for future in rest.done])
        return order

    check_order(main)


def test_producers_and_consumers_share_a_queue_that_is_too_small() -> None:
    def main() -> Any:
        shared: queue.Queue[Any] = queue.Queue(maxsize=2)
        taken: list[Any] = []

        def produce(name: str) -> None:
            for number in range(3):
                shared.put((name, number))

        def consume() -> None:
            while (item := shared.get()) is not None:
                taken.append(item)
                shared.task_done()

        consumers = [threading.Thread(target=consume) for _ in range(2)]
        producers = [threading.Thread(target=produce, args=(name,)) for name in NAMES]
        for thread in consumers + producers:
            thread.start()
        for thread in producers:
            thread.join()
        shared.join()
        for _ in consumers:
            shared.put(None)
        for thread in consumers:
            thread.join()
        assert sorted(taken) == [(name, number) for name in NAMES for number in range(3)]
        return taken

    check_order(main)


def test_conditions_barriers_and_semaphores_let_through_whom_they_should() -> None:
    async def main() -> Any:
        condition, barrier, room = threading.Condition(), threading.Barrier(3), threading.Semaphore(2)
        order: list[Any] = []
        inside = [0, 0]

        def work(name: str) -> None:
            barrier.wait()
            with room:
                inside[0] += 1
                inside[1] = max(inside)
                time.sleep(0.001)
                inside[0] -= 1
            with condition:
                order.append(name)
                condition.notify_all()
                condition.wait_for(lambda: len(order) == 3, timeout=60)
            order.append(barrier.wait())

        await asyncio.gather(*(asyncio.to_thread(work, name) for name in NAMES))
        assert sorted(order[:3]) == list(NAMES)
        assert sorted(order[3:]) == [0, 1, 2]
        assert inside[0] == 0
        assert inside[1] <= 2
        return order

    check_order(main)


def test_a_timer_thread_comes_when_its_time_does_or_never() -> None:
    def main() -> Any:
        order: list[Any] = []
        timers = [threading.Timer(delay, order.append, [delay]) for delay in (0.02, 0.01, 60)]
        for timer in timers:
            timer.start()
        time.sleep(30)
        timers[2].cancel()
        for timer in timers:
            timer.join()
        assert sorted(order) == [0.01, 0.02]
        return order

    check_order(main)


def test_a_loop_in_a_thread_is_spoken_to_from_another_loop() -> None:
    async def main() -> Any:
        order: list[Any] = []
        here, begun = asyncio.get_running_loop(), threading.Event()
        other: list[Any] = []

        async def serve() -> None:
            other.append((asyncio.get_running_loop(), asyncio.Event()))
            begun.set()
            for number in range(3):
                await asyncio.sleep(0.001)
                here.call_soon_threadsafe(order.append, ("there", number))
            await other[0][1].wait()

        thread = threading.Thread(target=asyncio.run, args=(serve(),))
        thread.start()
        await asyncio.to_thread(begun.wait)
        loop, leave = other[0]
        for number in range(3):
            await asyncio.sleep(0.001)
            loop.call_soon_threadsafe(order.append, ("here", number))
        back = asyncio.run_coroutine_threadsafe(asyncio.sleep(0.001, "back"), loop)
        assert await asyncio.wrap_future(back) == "back"
        loop.call_soon_threadsafe(leave.set)
        await asyncio.to_thread(thread.join)
        assert len(order) == 6
        return order

    check_order(main)


def test_a_loop_that_runs_for_ever_in_a_thread_is_stopped_by_the_main_thread() -> None:
    def main() -> Any:
        loop = asyncio.new_event_loop()
        thread = threading.Thread(target=loop.run_forever)
        thread.start()
        futures = [asyncio.run_coroutine_threadsafe(asyncio.sleep(0.01 * number, number), loop) for number in range(3)]
        order = [future.result() for future in concurrent.futures.as_completed(futures)]
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
        assert sorted(order) == [0, 1, 2]
        return order

    check_order(main)


def test_what_a_thread_keeps_for_itself_is_its_own_in_every_run() -> None:
    mine = threading.local()

    async def main() -> Any:
        def count() -> tuple[str, int]:
            mine.count = getattr(mine, "count", 0) + 1
            return threading.current_thread().name, mine.count

        return await asyncio.gather(*(asyncio.to_thread(count) for _ in range(4)))

    check_order(main)
