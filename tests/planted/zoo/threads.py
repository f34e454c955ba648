"""Bugs between threads, and between a thread and a loop."""

from __future__ import annotations

import asyncio
import queue
import threading
import time

from tests.planted.zoo.planting import planted


@planted()
async def job_outlives_its_store(*, mended: bool) -> None:
    """A job of a thread goes on after whoever waited for it has given up and closed what it uses."""
    closed = False

    def job() -> bool:
        time.sleep(0.001)
        return closed

    running = asyncio.ensure_future(asyncio.to_thread(job))
    await asyncio.wait([running], timeout=0.010)
    if mended:
        await running
    closed = True
    assert not await running, "used what is closed"


@planted()
async def result_for_a_cancelled_future(*, mended: bool) -> None:
    """A thread hands its result to a loop whose side has been cancelled meanwhile."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[int] = loop.create_future()

    def settle() -> None:
        if not mended or not future.done():
            future.set_result(1)

    def compute() -> None:
        time.sleep(0.001)
        loop.call_soon_threadsafe(settle)

    thread = threading.Thread(target=compute)
    thread.start()
    loop.call_later(0.010, future.cancel)
    await asyncio.wait([future])
    await asyncio.sleep(0.050)
    thread.join()


@planted(holds=2)
async def counted_by_two_threads(*, mended: bool) -> None:
    """Two threads read and write under a lock, and let go of it in between."""
    lock, count = threading.Lock(), 0

    def add() -> None:
        nonlocal count
        if mended:
            with lock:
                count += 1
            return
        with lock:
            read = count
        with lock:
            count = read + 1

    threads = [threading.Thread(target=add) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert count == 2


@planted(holds=2)
async def locks_of_threads_crossed(*, mended: bool) -> None:
    """Two threads take two locks, each in an order of its own."""
    one, other = threading.Lock(), threading.Lock()

    def take(first: threading.Lock, second: threading.Lock) -> None:
        with first, second:
            pass

    pairs = [(one, other), (one, other) if mended else (other, one)]
    threads = [threading.Thread(target=take, args=pair) for pair in pairs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@planted(holds=2)
async def queue_looked_at_first(*, mended: bool) -> None:
    """A thread looks whether something is in a queue, and takes it when another one has."""
    items: queue.Queue[int] = queue.Queue()
    items.put(1)
    taken: list[int] = []

    def take() -> None:
        if not items.empty():
            try:
                taken.append(items.get(block=False) if mended else items.get(timeout=1))
            except queue.Empty:
                if not mended:
                    taken.append(-1)

    await asyncio.gather(asyncio.to_thread(take), asyncio.to_thread(take))
    assert taken == [1]


@planted()
async def stop_before_the_last_item(*, mended: bool) -> None:
    """A thread that is told to stop by a flag leaves what was put before it."""
    items: queue.Queue[int | None] = queue.Queue()
    stopping, worked = threading.Event(), list[int]()

    def work() -> None:
        while mended or not stopping.is_set():
            item = items.get()
            if item is None:
                return
            worked.append(item)

    thread = threading.Thread(target=work)
    thread.start()
    for number in range(2):
        items.put(number)
    await asyncio.sleep(0.010)
    stopping.set()
    items.put(None)
    await asyncio.to_thread(thread.join)
    assert worked == [0, 1], worked
