"""asgiref, which Django crosses between threads and loops with: `sync_to_async` and `async_to_sync`."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest

from tests.platform.libraries.seeds import check_order

sync = pytest.importorskip("asgiref.sync", reason="shows that asgiref runs unmodified")


def test_sensitive_functions_run_one_after_the_other_in_one_thread() -> None:
    async def main() -> Any:
        order: list[Any] = []

        def work(name: str) -> int:
            order.append(name)
            return threading.get_ident()

        threads = await asyncio.gather(*(sync.sync_to_async(work)(name) for name in ("ann", "ben", "cat")))
        assert len(set(threads)) == 1
        return order

    check_order(main, distinct=10)


def test_free_functions_run_side_by_side() -> None:
    async def main() -> Any:
        order: list[Any] = []
        lock = threading.Lock()

        def work(name: str) -> None:
            for number in range(3):
                with lock:
                    order.append((name, number))

        free = sync.sync_to_async(work, thread_sensitive=False)
        await asyncio.gather(*(free(name) for name in ("ann", "ben", "cat")))
        return order

    check_order(main)


def test_a_coroutine_called_from_a_function_called_from_a_coroutine_is_on_the_first_loop() -> None:
    async def main() -> Any:
        loop = asyncio.get_running_loop()

        async def inner(number: int) -> int:
            await asyncio.sleep(0.001)
            assert asyncio.get_running_loop() is loop
            return number * 2

        def middle(number: int) -> int:
            return int(sync.async_to_sync(inner)(number)) + 1

        outer = sync.sync_to_async(middle)
        assert await asyncio.gather(*(outer(number) for number in range(3))) == [1, 3, 5]

    check_order(main)


def test_a_program_without_a_loop_calls_coroutines_of_several_threads() -> None:
    def main() -> Any:
        order: list[Any] = []

        async def note(name: str) -> None:
            for number in range(2):
                await asyncio.sleep(0.01)
                order.append((name, number))

        threads = [threading.Thread(target=sync.async_to_sync(note), args=(name,)) for name in ("ann", "ben")]
        for thread in threads:
            thread.start()
        sync.async_to_sync(note)("cat")
        for thread in threads:
            thread.join()
        return order

    check_order(main)
