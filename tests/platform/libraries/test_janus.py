"""janus: queues with one end in a thread and the other on the loop."""

from __future__ import annotations

import asyncio
import queue
from typing import Any

import pytest

from tests.platform.libraries.seeds import check_order

janus = pytest.importorskip("janus", reason="shows that janus runs unmodified")


def _put(sync: Any, name: str) -> None:
    for number in range(4):
        sync.put((name, number))


def test_what_threads_put_the_loop_gets_each_threads_in_order() -> None:
    async def main() -> Any:
        shared: Any = janus.Queue(maxsize=2)
        threads = [asyncio.create_task(asyncio.to_thread(_put, shared.sync_q, name)) for name in ("ann", "ben")]
        got = [await shared.async_q.get() for _ in range(8)]
        await asyncio.gather(*threads)
        await shared.aclose()
        for name in ("ann", "ben"):
            assert [number for who, number in got if who == name] == [0, 1, 2, 3]
        return got

    check_order(main)


def test_what_the_loop_puts_threads_get_once() -> None:
    def take(sync: Any, taken: list[int]) -> None:
        while (item := sync.get()) is not None:
            taken.append(item)
            sync.task_done()
        sync.task_done()

    async def main() -> Any:
        shared: Any = janus.Queue()
        taken: list[list[int]] = [[], []]
        threads = [asyncio.create_task(asyncio.to_thread(take, shared.sync_q, mine)) for mine in taken]
        for item in (*range(6), None, None):
            await shared.async_q.put(item)
        await shared.async_q.join()
        await asyncio.gather(*threads)
        await shared.aclose()
        assert sorted(taken[0] + taken[1]) == list(range(6))
        return taken

    check_order(main)


def test_a_thread_that_waits_for_too_long_is_told_so() -> None:
    async def main() -> Any:
        shared: Any = janus.PriorityQueue()

        def wait() -> Any:
            try:
                return shared.sync_q.get(timeout=5)
            except queue.Empty:
                return "nothing"

        async def put(after: float) -> None:
            await asyncio.sleep(after)
            await shared.async_q.put(after)

        got = await asyncio.gather(asyncio.to_thread(wait), asyncio.to_thread(wait), put(1), put(10))
        assert set(got[:2]) == {1, "nothing"}
        assert await shared.async_q.get() == 10
        await shared.aclose()
        return got

    check_order(main)
