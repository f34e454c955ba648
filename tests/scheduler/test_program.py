"""Whole programs: what becomes of them, and what of them is left."""

from __future__ import annotations

import asyncio
import contextvars
import gc
import sys
import time
from asyncio import events
from typing import Any

import pytest

import detrun


async def works() -> str:
    await asyncio.sleep(3600)
    return "done"


async def fails() -> None:
    raise ValueError("no")


async def waits_for_a_lock() -> None:
    lock = asyncio.Lock()
    await lock.acquire()
    await lock.acquire()


async def polls() -> None:
    while True:
        await asyncio.sleep(0)


async def sleeps_for_years() -> None:
    await asyncio.sleep(10 * 365 * 24 * 3600)


async def exits(code: object) -> None:
    sys.exit(code)  # type: ignore[arg-type]


async def starts_a_thread() -> None:
    await asyncio.to_thread(print)


def starts_its_own_loops() -> list[str]:
    return [asyncio.run(works()), asyncio.run(works())]


@pytest.mark.parametrize(
    ("main", "outcome", "kind", "exit_code"),
    [
        (works, "ok", None, 0),
        (starts_its_own_loops, "ok", None, 0),
        (fails, "failed", "exception", 1),
        (starts_a_thread, "ok", None, 0),
        (waits_for_a_lock, "stuck", "stuck", 1),
        (polls, "limit", "limit", 1),
        (sleeps_for_years, "limit", "limit", 1),
        (lambda: exits(0), "ok", None, 0),
        (lambda: exits(None), "ok", None, 0),
        (lambda: exits(3), "failed", "exit", 3),
        (lambda: exits(257), "failed", "exit", 1),
        (lambda: exits("no config"), "failed", "exit", 1),
    ],
)
def test_what_ends_a_program_is_its_outcome(main: Any, outcome: str, kind: str | None, exit_code: int) -> None:
    run = detrun.run(main, max_steps=50_000)

    assert (run.outcome, run.exit_code) == (outcome, exit_code)
    assert (run.failure and run.failure.kind) == kind


def test_a_result_is_given_back_or_raised() -> None:
    assert detrun.run(works).result() == "done"
    with pytest.raises(ValueError, match="no"):
        detrun.run(fails).result()


def test_a_long_sleep_costs_no_time() -> None:
    run = detrun.run(works)

    assert 3600 <= run.virtual_seconds < 3601
    assert run.wall_seconds < 60


def test_a_failure_says_where_in_the_program() -> None:
    failure = detrun.run(fails).failure

    assert failure is not None
    assert failure.message == "ValueError: no"
    assert failure.where is not None
    assert failure.where.startswith(f"{__file__}:")
    assert 'raise ValueError("no")' in failure.where
    assert "detrun/scheduler" not in failure.traceback
    assert "asyncio/" not in failure.traceback


def test_stuck_says_who_waits_for_what_and_where() -> None:
    async def take(queue: asyncio.Queue[int]) -> None:
        async def items() -> Any:
            yield await queue.get()

        async for _ in items():
            pass

    async def main() -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(take(asyncio.Queue()), name="taker")
            group.create_task(waits_for_a_lock(), name="locker")
            await asyncio.Event().wait()

    run = detrun.run(main)

    assert run.failure is not None
    told = run.failure.message
    assert "3 are waiting" in told
    assert "taker waits for Queue.get()" in told
    assert "in items: yield await queue.get()" in told
    assert "locker waits for Lock.acquire()" in told
    assert "Task-1 waits for Event.wait()" in told
    assert told.count(f"{__file__}:") == 4


def test_stuck_that_the_program_swallows_is_still_the_outcome() -> None:
    def main() -> str:
        try:
            asyncio.run(waits_for_a_lock())
        except detrun.RunError:
            return "swallowed"
        return "never"

    assert detrun.run(main).outcome == "stuck"


def test_stuck_lets_the_program_clean_up() -> None:
    log: list[str] = []

    async def main() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(1)
            log.append("cleaned")

    assert detrun.run(main).outcome == "stuck"
    assert log == ["cleaned"]


def test_sleeping_for_infinity_alone_is_stuck() -> None:
    run = detrun.run(lambda: asyncio.sleep(float("inf")))

    assert run.outcome == "stuck"
    assert run.failure is not None
    assert "sleep()" in run.failure.message


def test_sleeping_for_infinity_together_is_stuck() -> None:
    async def main() -> None:
        await asyncio.gather(*(asyncio.sleep(float("inf")) for _ in range(3)))

    assert detrun.run(main).outcome == "stuck"


def test_polling_ends_when_a_timer_lets_it() -> None:
    async def main() -> int:
        done, polled = asyncio.Event(), 0
        asyncio.get_running_loop().call_later(60, done.set)
        while not done.is_set():
            polled += 1
            await asyncio.sleep(0)
        return polled

    assert 10_000 <= detrun.run(main, strategy="default").result() < 20_000


def test_two_looks_at_the_clock_differ() -> None:
    async def main() -> float:
        loop = asyncio.get_running_loop()
        return 1 / (loop.time() - loop.time())

    assert detrun.run(main).outcome == "ok"


def test_a_timer_fires_a_little_after_its_deadline() -> None:
    async def main() -> bool:
        loop, fired = asyncio.get_running_loop(), asyncio.get_running_loop().create_future()
        deadline = loop.time() + 0.5
        loop.call_at(deadline, lambda: fired.set_result(loop.time()))
        return bool(await fired > deadline)

    assert all(detrun.run(main, seed=seed).result() for seed in range(10))


def test_tasks_are_named_anew_in_each_run() -> None:
    async def main() -> list[str]:
        return [asyncio.create_task(works()).get_name(), asyncio.create_task(works(), name="x").get_name()]

    assert detrun.run(main).result() == detrun.run(main).result() == ["Task-2", "x"]


def test_nothing_of_a_run_is_left() -> None:
    variable: contextvars.ContextVar[int] = contextvars.ContextVar("variable", default=0)

    async def main() -> None:
        variable.set(1)
        asyncio.get_running_loop().set_debug(True)

    policy, hooks, collecting = asyncio.get_event_loop_policy(), sys.get_asyncgen_hooks(), gc.isenabled()
    detrun.run(main).result()

    assert asyncio.get_event_loop_policy() is policy
    assert sys.get_asyncgen_hooks() == hooks
    assert gc.isenabled() is collecting
    assert events._get_running_loop() is None
    assert variable.get() == 0
    assert sys.get_coroutine_origin_tracking_depth() == 0


def test_a_run_is_usable_where_a_loop_runs_already() -> None:
    async def notebook() -> Any:
        run = detrun.run(works)
        assert asyncio.get_running_loop() is not None
        await asyncio.sleep(0)
        return run.result()

    assert asyncio.run(notebook()) == "done"


def test_a_run_inside_a_run_is_refused() -> None:
    failure = detrun.run(lambda: detrun.run(works)).failure

    assert failure is not None
    assert "UsageError: expected one run at a time in a thread" in failure.message


def test_an_interrupt_goes_on_out_of_a_run() -> None:
    async def main() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        detrun.run(main)
    assert detrun.run(works).outcome == "ok"


@pytest.mark.parametrize("limit", [{"max_steps": 0}, {"max_time": 0}, {"max_time": float("nan")}])
def test_a_limit_that_is_none_is_refused(limit: Any) -> None:
    with pytest.raises(detrun.UsageError, match="expected a limit of"):
        detrun.run(works, **limit)


def test_time_may_be_unlimited() -> None:
    assert detrun.run(sleeps_for_years, max_time=float("inf")).outcome == "ok"


def test_an_unknown_strategy_is_named() -> None:
    with pytest.raises(detrun.UsageError, match="'lucky'"):
        detrun.run(works, strategy="lucky")


def test_seeds_of_any_size_draw() -> None:
    assert detrun.run(works, seed=2**64 - 1).seed == 2**64 - 1


def test_what_waits_when_the_program_ends_is_cancelled() -> None:
    log: list[str] = []

    async def worker() -> None:
        try:
            await asyncio.sleep(1e6)
        finally:
            log.append("cancelled")

    async def main() -> None:
        main.task = asyncio.create_task(worker())  # type: ignore[attr-defined]
        await asyncio.sleep(0)

    detrun.run(main)
    assert log == ["cancelled"]


def test_generators_left_open_are_closed_in_order() -> None:
    log: list[int] = []

    async def numbers(number: int) -> Any:
        try:
            while True:
                yield number
        finally:
            log.append(number)

    async def main() -> None:
        open_ones = [numbers(number) for number in range(20)]
        for one in open_ones:
            await anext(one)
        main.kept = open_ones  # type: ignore[attr-defined]

    detrun.run(main).result()
    assert log == list(range(20))


def test_real_time_is_not_waited_for() -> None:
    began = time.monotonic()

    assert detrun.run(lambda: asyncio.sleep(3600, "an hour later")).result() == "an hour later"
    assert time.monotonic() - began < 60


def test_an_async_main_ends_as_under_asyncio_run() -> None:
    async def main(log: list[str]) -> None:
        async def tick(name: str) -> Any:
            try:
                while True:
                    await asyncio.sleep(1)
                    yield name
            finally:
                log.append(f"{name} closed")

        async def stubborn() -> None:
            try:
                await asyncio.sleep(100)
            finally:
                log.append("cancelled")
                await asyncio.sleep(1)
                raise ValueError("late")

        main.kept = [asyncio.create_task(stubborn()), tick("one"), tick("two")]  # type: ignore[attr-defined]
        asyncio.get_running_loop().set_exception_handler(lambda _, report: log.append(str(report["exception"])))
        for generator in main.kept[1:]:  # type: ignore[attr-defined]
            await anext(generator)

    ours: list[str] = []
    theirs: list[str] = []
    detrun.run(lambda: main(ours))
    detrun.run(lambda: asyncio.run(main(theirs)))

    assert ours == theirs == ["cancelled", "late", "one closed", "two closed"]


def test_a_task_that_only_garbage_holds_is_gone_at_the_same_step_in_every_run() -> None:
    async def main() -> list[int]:
        alive: list[int] = []

        async def forgotten() -> None:
            await asyncio.get_running_loop().create_future()

        for _ in range(30):
            asyncio.create_task(forgotten())  # noqa: RUF006
            for _ in range(5_000):
                await asyncio.sleep(0)
            alive.append(len(asyncio.all_tasks()))
        return alive

    seen = set()
    for number in range(3):
        junk = [[] for _ in range(number * 40_000)]  # type: ignore[var-annotated]
        seen.add(tuple(detrun.run(main, strategy="default").result()))
        del junk

    assert len(seen) == 1
    assert min(seen.pop()[9:]) < 10


def test_what_is_dropped_after_a_run_is_no_part_of_it() -> None:
    class Late:
        """Garbage that asks the loop for a timer when it is collected."""

        def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
            self.loop, self.itself = loop, self

        def __del__(self) -> None:
            self.loop.call_later(1, int)

    def main() -> None:
        loop = asyncio.new_event_loop()
        loop.run_until_complete(asyncio.sleep(0))
        main.kept = [loop]  # type: ignore[attr-defined]
        Late(loop)

    digests = {detrun.run(main).digest for _ in range(20)}
    gc.collect()
    main.kept[0].close()  # type: ignore[attr-defined]

    assert len(digests) == 1
