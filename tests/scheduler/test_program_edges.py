"""Programs at the edges of what a program is, and of what a run may take."""

from __future__ import annotations

import asyncio
import sys
from typing import Any

import pytest

import detrun
from tests.scheduler.test_program import polls, works


def test_looking_at_the_clock_within_a_callback_moves_it_for_good() -> None:
    async def main() -> bool:
        loop = asyncio.get_running_loop()
        seen = [loop.time() for _ in range(5)]
        await asyncio.sleep(0)
        return loop.time() > seen[-1]

    assert detrun.run(main).result()


def test_a_loop_that_is_pumped_takes_its_time() -> None:
    def main() -> int:
        loop, pumped, fired = asyncio.new_event_loop(), 0, list[str]()
        loop.call_later(0.01, fired.append, "fired")
        while not fired:
            loop.stop()
            loop.run_forever()
            pumped += 1
        loop.close()
        return pumped

    assert detrun.run(main).result() < 20_000
    assert detrun.run(main, max_steps=1_000).outcome == "limit"


@pytest.mark.parametrize("main", [None, 5, "main"])
def test_what_is_no_function_is_no_program(main: Any) -> None:
    with pytest.raises(detrun.UsageError, match="expected a function"):
        detrun.run(main)


@pytest.mark.parametrize("seed", [-1, 2**64, 1.5, "x"])
def test_what_is_no_seed_is_refused(seed: Any) -> None:
    with pytest.raises(detrun.UsageError, match="expected a seed"):
        detrun.run(works, seed=seed)


def test_an_asynchronous_generator_is_no_program() -> None:
    async def main() -> Any:
        yield 1

    failure = detrun.run(main).failure

    assert failure is not None
    assert "it has a `yield`" in failure.message


def test_what_can_be_awaited_is_awaited() -> None:
    async def main() -> str:
        return await works()

    class Wrapped:
        def __await__(self) -> Any:
            return main().__await__()

    assert detrun.run(Wrapped).result() == "done"


def test_a_limit_says_who_was_not_done() -> None:
    run = detrun.run(polls, max_steps=1_000)

    assert run.failure is not None
    assert "Task-1 waits for" in run.failure.message
    assert "in polls: await asyncio.sleep(0)" in run.failure.message


def test_how_long_a_program_sleeps_is_part_of_its_digest() -> None:
    assert detrun.run(lambda: asyncio.sleep(1)).digest != detrun.run(lambda: asyncio.sleep(2)).digest


def test_futures_that_were_waited_for_are_walked_in_order() -> None:
    async def main() -> list[int]:
        futures = [asyncio.get_running_loop().create_future() for _ in range(20)]
        for number, future in enumerate(futures):
            future.set_result(number)
        done, _ = await asyncio.wait(futures)
        return [future.result() for future in done]

    assert detrun.run(main).result() == list(range(20))


def test_a_group_of_failures_says_what_was_raised_first_and_where() -> None:
    async def fail(after: float, error: Exception) -> None:
        await asyncio.sleep(after)
        raise error

    async def main() -> None:
        async with asyncio.TaskGroup() as outer:
            async with asyncio.TaskGroup() as inner:
                inner.create_task(fail(1, ValueError("first")))
            outer.create_task(fail(2, KeyError("second")))

    failure = detrun.run(main).failure

    assert failure is not None
    assert failure.message.endswith("(1 sub-exception): ValueError: first")
    assert failure.where is not None
    assert failure.where.endswith(" in fail: raise error")


def test_a_group_of_what_was_raised_nowhere_is_where_it_was_raised_itself() -> None:
    def main() -> None:
        raise ExceptionGroup("both", [ValueError(1), ValueError(2)])

    failure = detrun.run(main).failure

    assert failure is not None
    assert 'in main: raise ExceptionGroup("both"' in str(failure.where)


def test_a_failure_may_follow_from_as_many_others_as_it_likes() -> None:
    def main() -> None:
        error = ValueError(0)
        for number in range(1, 3 * sys.getrecursionlimit()):
            try:
                raise ValueError(number) from error
            except ValueError as later:
                error = later
        raise error

    failure = detrun.run(main).failure

    assert failure is not None
    assert failure.traceback.startswith("ValueError: 0\n")
    assert "detrun/scheduler" not in failure.traceback
