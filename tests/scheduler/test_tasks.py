"""Tasks: their order in sets, their register, and what foreign tasks keep."""

from __future__ import annotations

import asyncio
import sys
from typing import Any

import pytest

import detrun
from detrun.scheduler.catch import install
from detrun.scheduler.tasks import Task


def test_a_set_of_tasks_is_walked_in_order_of_creation() -> None:
    async def main() -> None:
        tasks = [asyncio.create_task(asyncio.sleep(0)) for _ in range(50)]
        backwards = tasks[::-1]
        assert list(set(backwards)) == tasks
        assert list(asyncio.all_tasks()) == [asyncio.current_task(), *tasks]

    detrun.run(main).result()


def test_tasks_hash_alike_in_every_run() -> None:
    async def main() -> list[int]:
        return [hash(asyncio.create_task(asyncio.sleep(0))) for _ in range(5)]

    assert detrun.run(main).result() == detrun.run(main).result() == [2, 3, 4, 5, 6]


def test_a_task_that_nobody_holds_is_forgotten() -> None:
    async def main() -> tuple[int, int]:
        for _ in range(1_000):
            await asyncio.create_task(asyncio.sleep(0))
        loop: Any = asyncio.get_running_loop()
        return len(asyncio.all_tasks()), len(loop._tasks)

    alive, known = detrun.run(main).result()
    assert alive == 1
    assert known < 200


def test_tasks_of_other_loops_are_registered_as_ever() -> None:
    install()

    async def main() -> None:
        tasks = {asyncio.create_task(asyncio.sleep(0)) for _ in range(5)}
        assert all(type(task) is asyncio.Task for task in tasks)
        assert asyncio.all_tasks() == tasks | {asyncio.current_task()}

    asyncio.run(main())


def test_a_task_made_by_hand_joins_the_others() -> None:
    async def main() -> None:
        made = type(asyncio.current_task())(asyncio.sleep(0), loop=asyncio.get_running_loop())  # type: ignore[misc]
        assert isinstance(hash(made), int)
        assert made in asyncio.all_tasks()
        await made

    detrun.run(main).result()


@pytest.mark.skipif(sys.version_info < (3, 12), reason="eager tasks came with Python 3.12")
def test_an_eager_task_is_one_of_ours_and_begins_at_once() -> None:
    async def main() -> None:
        asyncio.get_running_loop().set_task_factory(asyncio.eager_task_factory)  # type: ignore[attr-defined,unused-ignore]
        log: list[str] = []

        async def eager() -> None:
            log.append("begun")
            assert asyncio.current_task() in {asyncio.current_task()}
            await asyncio.sleep(0)

        task = asyncio.create_task(eager())
        assert (log, type(task)) == (["begun"], Task)
        assert task in asyncio.all_tasks()
        await task

    detrun.run(main).result()


def test_a_task_factory_of_the_programs_own_is_used() -> None:
    made: list[str] = []

    def factory(loop: Any, coro: Any, **options: Any) -> Any:
        made.append(getattr(coro, "__qualname__", "?"))
        return asyncio.Task(coro, loop=loop, **options)

    async def main() -> None:
        asyncio.get_running_loop().set_task_factory(factory)
        task = asyncio.create_task(asyncio.sleep(0), name="mine")
        assert task.get_name() == "mine"
        await task

    detrun.run(main).result()
    assert made == ["sleep"]


def test_the_order_of_cancellations_is_part_of_the_digest() -> None:
    def cancelling(*, backwards: bool) -> str:
        async def main() -> None:
            tasks = [asyncio.create_task(asyncio.sleep(1)) for _ in range(2)]
            await asyncio.sleep(0)
            for task in reversed(tasks) if backwards else tasks:
                task.cancel()
            await asyncio.wait(tasks)

        return detrun.run(main, strategy="default").digest

    assert cancelling(backwards=False) == cancelling(backwards=False) != cancelling(backwards=True)


def test_tasks_of_a_factory_are_numbered_known_and_cancelled_in_order() -> None:
    def factory(loop: Any, coro: Any, **options: Any) -> Any:
        return asyncio.Task(coro, loop=loop, **options)

    async def wait(log: list[int], number: int) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            log.append(number)

    async def main(log: list[int]) -> None:
        asyncio.get_running_loop().set_task_factory(factory)
        main.tasks = [asyncio.create_task(wait(log, number)) for number in range(50)]  # type: ignore[attr-defined]
        await asyncio.sleep(0)
        backwards = main.tasks[::-1]  # type: ignore[attr-defined]
        assert list(set(backwards)) == main.tasks  # type: ignore[attr-defined]

    log: list[int] = []
    assert detrun.run(lambda: main(log)).outcome == "ok"
    assert log == list(range(50))
    assert asyncio.Task is asyncio.tasks.Task is not Task


def test_a_task_of_a_type_of_the_programs_own_is_known() -> None:
    class Mine(asyncio.Task[None]):
        pass

    async def main() -> None:
        loop = asyncio.get_running_loop()
        loop.set_task_factory(lambda loop, coro, **options: Mine(coro, loop=loop, **options))  # type: ignore[arg-type]
        await asyncio.create_task(asyncio.Event().wait(), name="mine")

    run = detrun.run(main)

    assert run.failure is not None
    assert "mine waits for Event.wait()" in run.failure.message
