"""Programs make, choose and leave loops as they do on stock asyncio, and nothing of a run is left."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Callable
from typing import Any

import pytest

import detrun
from detrun.scheduler.loop import Loop
from tests.platform.arms import Counted, check, counted


def test_a_runner_runs_one_thing_after_the_other_on_one_loop() -> None:
    async def current() -> object:
        await asyncio.sleep(0)
        return asyncio.get_running_loop()

    def main() -> bool:
        with asyncio.Runner() as runner:
            return runner.run(current()) is runner.run(current()) is runner.get_loop()

    check(main, expected=True)


def test_a_program_may_have_several_loops_one_after_the_other() -> None:
    async def current() -> asyncio.AbstractEventLoop:
        await asyncio.sleep(0)
        return asyncio.get_running_loop()

    def main() -> tuple[int, list[bool]]:
        loops = [asyncio.run(current()) for _ in range(3)]
        return len(set(loops)), [loop.is_closed() for loop in loops]

    check(main, (3, [True] * 3))


def test_a_new_loop_can_be_set_and_got() -> None:
    def main() -> list[bool]:
        loop = asyncio.new_event_loop()
        asyncio.set_event_loop(loop)
        try:
            inside = loop.run_until_complete(running())
            return [asyncio.get_event_loop() is loop, inside is loop]
        finally:
            loop.close()

    async def running() -> object:
        return asyncio.get_event_loop()

    check(main, [True, True])


@pytest.mark.filterwarnings("ignore:There is no current event loop:DeprecationWarning")
def test_a_plain_main_that_asks_for_a_loop_is_given_one() -> None:
    def main() -> list[Any]:
        loop = asyncio.get_event_loop()
        try:
            return [loop is asyncio.get_event_loop(), loop.run_until_complete(asyncio.sleep(0, "done"))]
        finally:
            loop.close()

    check(main, [True, "done"])


def test_a_plain_main_runs_coroutines_tasks_and_futures_until_they_are_complete() -> None:
    async def double(number: int) -> int:
        await asyncio.sleep(0.001)
        return 2 * number

    def main() -> list[int]:
        loop = asyncio.new_event_loop()
        future = loop.create_future()
        loop.call_later(0.001, future.set_result, 3)
        task = loop.create_task(double(2))
        try:
            return [loop.run_until_complete(waited) for waited in (double(1), task, future)]
        finally:
            loop.close()

    check(main, [2, 4, 3])


def test_a_loop_that_is_stopped_before_it_runs_does_not_wait() -> None:
    def main() -> list[str]:
        loop, called = asyncio.new_event_loop(), list[str]()
        loop.call_later(3600, called.append, "late")
        loop.stop()
        loop.run_forever()
        loop.call_soon(called.append, "soon")
        loop.stop()
        loop.run_forever()
        loop.close()
        return called

    check(main, ["soon"])


def test_a_closed_loop_takes_nothing_more() -> None:
    def refused(call: Callable[[], Any]) -> str:
        try:
            call()
        except RuntimeError as error:
            return str(error)
        return ""

    def main() -> set[str]:
        loop = asyncio.new_event_loop()
        loop.close()
        loop.close()
        return {
            refused(lambda: loop.call_soon(int)),
            refused(lambda: loop.call_later(1, int)),
            refused(loop.run_forever),
        }

    check(main, {"Event loop is closed"})


def test_a_loop_that_is_stopped_early_says_so() -> None:
    async def stop() -> None:
        asyncio.get_running_loop().stop()
        await asyncio.sleep(3600)

    def main() -> str:
        loop = asyncio.new_event_loop()
        task = loop.create_task(stop())
        with pytest.raises(RuntimeError) as caught:
            loop.run_until_complete(task)
        task.cancel()
        loop.run_until_complete(asyncio.gather(task, return_exceptions=True))
        loop.close()
        return str(caught.value)

    check(main, "Event loop stopped before Future completed.")


def test_what_a_factory_of_a_runner_does_to_its_loop_is_done() -> None:
    def factory() -> asyncio.AbstractEventLoop:
        loop = asyncio.SelectorEventLoop()
        loop.set_task_factory(counted)
        return loop

    async def current() -> type:
        await asyncio.sleep(0)
        return type(asyncio.current_task())

    def main() -> type:
        with asyncio.Runner(loop_factory=factory) as runner:
            return runner.run(current())

    check(main, Counted)


@pytest.mark.parametrize("factory", [asyncio.SelectorEventLoop, asyncio.new_event_loop, None])
def test_whatever_loop_a_runner_is_to_have_it_has_one_of_the_run(factory: Any) -> None:
    def main() -> type:
        with asyncio.Runner(loop_factory=factory) as runner:
            return type(runner.get_loop())

    assert detrun.run(main).result() is Loop


def test_a_bare_selector_loop_is_forbidden_in_a_run_and_untouched_outside() -> None:
    run = detrun.run(asyncio.SelectorEventLoop)

    assert isinstance(run.error, detrun.Forbidden)
    loop = asyncio.SelectorEventLoop()
    assert type(loop) is asyncio.SelectorEventLoop
    loop.close()


def test_a_loop_from_outside_is_forbidden_to_a_runner() -> None:
    outside = asyncio.new_event_loop()

    def main() -> None:
        with asyncio.Runner(loop_factory=lambda: outside) as runner:
            runner.get_loop()

    assert isinstance(detrun.run(main).error, detrun.Forbidden)
    outside.close()


@pytest.mark.parametrize("timers", range(4))
def test_a_program_with_no_timers_but_cancelled_and_endless_ones_is_stuck(timers: int) -> None:
    async def waits() -> None:
        loop = asyncio.get_running_loop()
        for _ in range(timers):
            loop.call_later(0.001, int).cancel()
            loop.call_later(float("inf"), int)
        await asyncio.Event().wait()

    assert isinstance(detrun.run(waits).error, detrun.Stuck)


async def in_a_task(error: type[BaseException]) -> None:
    raise error


async def in_another_task(error: type[BaseException]) -> None:
    task = asyncio.create_task(in_a_task(error))
    await asyncio.sleep(3600)
    await task


async def in_a_callback(error: type[BaseException]) -> None:
    def callback() -> None:
        raise error

    asyncio.get_running_loop().call_soon(callback)
    await asyncio.sleep(3600)


@pytest.mark.parametrize("error", [SystemExit, KeyboardInterrupt])
@pytest.mark.parametrize("program", [in_a_task, in_another_task, in_a_callback])
def test_an_exit_or_interrupt_goes_out_at_once_and_the_next_loop_works(
    program: Callable[[type[BaseException]], Any], error: type[BaseException]
) -> None:
    def main() -> list[str]:
        try:
            asyncio.run(program(error))
        except error:
            return ["out", asyncio.run(asyncio.sleep(0, "again"))]
        return []

    check(main, ["out", "again"])


def test_calls_that_stood_behind_an_exit_are_made_when_the_loop_goes_on() -> None:
    def main() -> list[str]:
        loop, log = asyncio.new_event_loop(), list[str]()
        loop.call_soon(log.append, "before")
        loop.call_soon(sys.exit, 3)
        loop.call_soon(log.append, "behind")
        with pytest.raises(SystemExit):
            loop.run_forever()
        loop.call_soon(loop.stop)
        loop.run_forever()
        loop.close()
        return log

    check(main, ["before", "behind"])


def test_an_interrupt_by_the_user_cancels_the_main_task() -> None:
    async def works(log: list[str]) -> None:
        asyncio.get_running_loop().call_later(0.001, signal.raise_signal, signal.SIGINT)
        try:
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            log.append("cancelled")
            raise

    def main() -> list[str]:
        log: list[str] = []
        try:
            asyncio.run(works(log))
        except KeyboardInterrupt:
            log.append("interrupted")
        return log

    check(main, ["cancelled", "interrupted"])


def test_whoever_asks_uvloop_for_a_loop_gets_one_of_the_run() -> None:
    uvloop = pytest.importorskip("uvloop")

    async def current() -> object:
        await asyncio.sleep(0)
        return asyncio.get_running_loop()

    def by_run() -> Any:
        return uvloop.run(current())

    def by_runner() -> Any:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return runner.run(current())

    def by_policy() -> Any:
        asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())
        return asyncio.run(current())

    def by_hand() -> Any:
        loop = uvloop.new_event_loop()
        try:
            return loop.run_until_complete(current())
        finally:
            loop.close()

    for main in (by_run, by_runner, by_policy, by_hand):
        loop = detrun.run(main).result()
        assert type(loop) is Loop
        assert isinstance(loop, uvloop.Loop)


@pytest.mark.filterwarnings("ignore:uvloop.install:DeprecationWarning")
def test_to_install_uvloop_in_a_run_installs_nothing_outside() -> None:
    uvloop = pytest.importorskip("uvloop")

    async def current() -> object:
        return asyncio.get_running_loop()

    def main() -> Any:
        uvloop.install()
        return asyncio.run(current())

    assert type(detrun.run(main).result()) is Loop
    assert type(asyncio.run(current())) is asyncio.SelectorEventLoop


def test_outside_a_run_uvloop_is_uvloop() -> None:
    uvloop = pytest.importorskip("uvloop")

    async def current() -> Any:
        return asyncio.get_running_loop()

    detrun.run(current).result()
    loop = uvloop.run(current())

    assert isinstance(loop, uvloop.Loop)
    assert type(loop) is not Loop
