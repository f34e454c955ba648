"""anyio's threads: workers that the loop waits for, and portals by which threads reach a loop."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from tests.platform.libraries.seeds import check_order

anyio = pytest.importorskip("anyio", reason="shows that anyio runs unmodified")
from_thread = pytest.importorskip("anyio.from_thread", reason="shows that anyio runs unmodified")
to_thread = pytest.importorskip("anyio.to_thread", reason="shows that anyio runs unmodified")


def test_workers_share_what_a_lock_guards() -> None:
    async def main() -> Any:
        lock, order = threading.Lock(), []

        def work(name: str) -> None:
            for number in range(3):
                with lock:
                    order.append((name, number))

        async with anyio.create_task_group() as group:
            for name in ("ann", "ben", "cat"):
                group.start_soon(to_thread.run_sync, work, name)
        assert sorted(order) == [(name, number) for name in ("ann", "ben", "cat") for number in range(3)]
        return order

    check_order(lambda: anyio.run(main))


def test_a_limiter_lets_so_many_work_at_once() -> None:
    async def main() -> Any:
        limiter, busy, most = anyio.CapacityLimiter(2), [0], [0]

        def work() -> None:
            busy[0] += 1
            most[0] = max(most[0], busy[0])
            from_thread.run(anyio.sleep, 0.01)
            busy[0] -= 1

        async with anyio.create_task_group() as group:
            for _ in range(5):
                group.start_soon(lambda: to_thread.run_sync(work, limiter=limiter))
        assert most == [2]

    check_order(main_of(main))


def test_workers_call_back_to_the_loop_that_waits_for_them() -> None:
    async def main() -> Any:
        seen: list[Any] = []

        async def answer(number: int) -> int:
            await anyio.sleep(0)
            seen.append(number)
            return number * 2

        def work(number: int) -> int:
            from_thread.run_sync(seen.append, -number)
            return int(from_thread.run(answer, number)) + 1

        results: dict[int, int] = {}

        async def run(number: int) -> None:
            results[number] = await to_thread.run_sync(work, number)

        async with anyio.create_task_group() as group:
            for number in (1, 2, 3):
                group.start_soon(run, number)
        assert results == {1: 3, 2: 5, 3: 7}
        return seen

    check_order(main_of(main))


def test_a_cancelled_worker_is_abandoned_or_told() -> None:
    async def main() -> Any:
        told = []

        def wait(event: threading.Event) -> None:
            event.wait()

        def ask() -> None:
            try:
                while True:
                    from_thread.run(anyio.sleep, 0.5)
                    from_thread.check_cancelled()
            except BaseException as error:
                told.append(type(error).__name__)
                raise

        event = threading.Event()
        with anyio.move_on_after(3) as left:
            await to_thread.run_sync(wait, event, abandon_on_cancel=True)
        with anyio.move_on_after(3) as ended:
            async with anyio.create_task_group() as group:
                group.start_soon(to_thread.run_sync, ask)
                group.start_soon(to_thread.run_sync, ask)
        event.set()
        assert left.cancelled_caught
        assert ended.cancelled_caught
        assert told == ["CancelledError", "CancelledError"]

    check_order(main_of(main))


def test_a_portal_lets_threads_call_and_start_things_on_the_loop() -> None:
    async def main() -> Any:
        order: list[Any] = []

        async def note(name: str, number: int) -> str:
            await anyio.sleep(0.001 * number)
            order.append((name, number))
            return name

        def work(portal: Any, name: str) -> None:
            futures = [portal.start_task_soon(note, name, number) for number in range(3)]
            assert portal.call(note, name, 9) == name
            assert [future.result() for future in futures] == [name] * 3

        async with from_thread.BlockingPortal() as portal, anyio.create_task_group() as group:
            for name in ("ann", "ben"):
                group.start_soon(to_thread.run_sync, work, portal, name)
        assert len(order) == 8
        return order

    check_order(main_of(main))


def test_a_program_without_a_loop_has_one_in_a_thread_by_a_portal() -> None:
    async def double(number: int) -> int:
        await anyio.sleep(1)
        return number * 2

    def main() -> Any:
        with from_thread.start_blocking_portal() as portal:
            futures = [portal.start_task_soon(double, number) for number in range(3)]
            assert portal.call(double, 21) == 42
            assert [future.result() for future in futures] == [0, 2, 4]
            with portal.wrap_async_context_manager(portal.call(anyio.create_task_group)) as group:
                portal.call(group.start_soon, anyio.sleep, 1)

    check_order(main)


def test_threads_share_a_portal_that_the_first_opens_and_the_last_closes() -> None:
    def main() -> Any:
        order: list[str] = []
        provider = from_thread.BlockingPortalProvider()

        async def note(name: str) -> None:
            order.append(name)

        def work(name: str) -> None:
            with provider as portal:
                portal.call(note, name)

        threads = [threading.Thread(target=work, args=(name,)) for name in ("ann", "ben", "cat")]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(order) == ["ann", "ben", "cat"]
        return order

    check_order(main)


def main_of(main: Any) -> Any:
    return lambda: anyio.run(main)
