"""Variables, tasks, generators and exceptions on the loop are what they are on stock asyncio."""

from __future__ import annotations

import asyncio
import contextvars
import gc
import logging
import sys
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

import detrun
from tests.platform.arms import Counted, check

# With the names that came after Python 3.11.
_asyncio: Any = asyncio
NAME = contextvars.ContextVar("NAME", default="nobody")


def test_callbacks_timers_and_tasks_see_the_variables_of_whoever_asked_for_them() -> None:
    async def works() -> list[str]:
        seen: list[str] = []
        loop = asyncio.get_running_loop()
        look = lambda: seen.append(NAME.get())  # noqa: E731
        NAME.set("ann")
        loop.call_soon(look)
        loop.call_later(0.001, look)
        task = asyncio.create_task(rename(look))
        NAME.set("bob")
        await task
        await asyncio.sleep(0.002)
        return [*seen, NAME.get()]

    async def rename(look: Callable[[], None]) -> None:
        look()
        NAME.set("cid")

    check(lambda: asyncio.run(works()), ["ann", "ann", "ann", "bob"])


def test_a_context_that_is_given_is_the_one_that_is_used_even_if_it_is_empty() -> None:
    async def works() -> list[str]:
        loop, contexts = asyncio.get_running_loop(), [contextvars.Context() for _ in range(3)]
        loop.call_soon(NAME.set, "soon", context=contexts[0])
        loop.call_later(0.001, NAME.set, "later", context=contexts[1])
        task = asyncio.create_task(rename(), context=contexts[2])
        await asyncio.sleep(0.002)
        await task
        return [context[NAME] for context in contexts]

    async def rename() -> None:
        NAME.set("task")

    check(lambda: asyncio.run(works()), ["soon", "later", "task"])


def test_variables_that_a_program_sets_are_gone_with_it() -> None:
    detrun.run(lambda: NAME.set("ann")).result()

    assert NAME.get() == "nobody"


@pytest.mark.skipif(sys.version_info < (3, 12), reason="eager tasks came with Python 3.12")
@pytest.mark.parametrize(
    "factory",
    [lambda: _asyncio.eager_task_factory, lambda: _asyncio.create_eager_task_factory(Counted)],
)
def test_eager_tasks_run_at_once_until_they_wait(factory: Callable[[], Any]) -> None:
    async def works() -> list[Any]:
        asyncio.get_running_loop().set_task_factory(factory())
        log: list[Any] = []
        short, long = asyncio.create_task(logs(log, "short", 0)), asyncio.create_task(logs(log, "long", 1))
        log.append([short.done(), long.done()])
        async with asyncio.TaskGroup() as group:
            group.create_task(logs(log, "grouped", 0))
            log.append("inside")
        await long
        return log

    async def logs(log: list[Any], name: str, waits: int) -> None:
        assert asyncio.current_task() in asyncio.all_tasks()
        log.append(name)
        for _ in range(waits):
            await asyncio.sleep(0)
            log.append(f"{name} again")

    check(
        lambda: asyncio.run(works()),
        ["short", "long", [True, False], "grouped", "inside", "long again"],
    )


def test_a_task_factory_makes_every_task_and_is_told_its_context() -> None:
    made: list[bool] = []

    def factory(loop: Any, coro: Any, **options: Any) -> Counted:
        made.append(options.get("context") is not None)
        return Counted(coro, loop=loop, **options)

    async def works() -> list[Any]:
        made.clear()
        asyncio.get_running_loop().set_task_factory(factory)
        named = asyncio.create_task(asyncio.sleep(0), name="ann")
        with_context = asyncio.create_task(asyncio.sleep(0), context=contextvars.copy_context())
        async with asyncio.TaskGroup() as group:
            grouped = group.create_task(asyncio.sleep(0))
        await asyncio.gather(named, with_context)
        return [named.get_name(), made[:3], {type(task).__name__ for task in (named, with_context, grouped)}]

    check(lambda: asyncio.run(works()), ["ann", [False, True, False], {"Counted"}])


def test_a_custom_handler_is_told_of_callbacks_and_of_tasks_that_nobody_awaited() -> None:
    async def works() -> list[tuple[str, str]]:
        told: list[tuple[str, str]] = []
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, report: told.append((report["message"][:21], repr(report["exception"]))))
        loop.call_soon(divide, 1)
        asyncio.create_task(raises())  # noqa: RUF006
        await asyncio.sleep(0.001)
        gc.collect()
        return told

    def divide(number: int) -> float:
        return number / 0

    async def raises() -> None:
        raise ValueError("no")

    told = [
        ("Exception in callback", "ZeroDivisionError('division by zero')"),
        ("Task exception was ne", "ValueError('no')"),
    ]
    check(lambda: asyncio.run(works()), told)


def test_an_unhandled_exception_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    async def works() -> None:
        asyncio.get_running_loop().call_soon(lambda: 1 / 0)
        await asyncio.sleep(0)

    caplog.set_level(logging.ERROR, "asyncio")
    detrun.run(works)

    assert caplog.records[0].exc_info is not None
    assert caplog.records[0].exc_info[0] is ZeroDivisionError
    assert caplog.records[0].getMessage().startswith("Exception in callback")


def test_a_task_that_only_the_loop_held_is_gone_before_the_next_call() -> None:
    async def works() -> list[str]:
        log: list[str] = []
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda *_: log.append("reported"))
        asyncio.create_task(raises())  # noqa: RUF006
        loop.call_soon(log.append, "next")
        await asyncio.sleep(0)
        return log

    async def raises() -> None:
        raise ValueError("no")

    check(lambda: asyncio.run(works()), ["reported", "next"])


def test_debug_mode_comes_from_the_argument_the_loop_or_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    async def debugged() -> bool:
        return asyncio.get_running_loop().get_debug()

    def by_method() -> bool:
        loop = asyncio.new_event_loop()
        loop.set_debug(True)
        try:
            return loop.run_until_complete(debugged())
        finally:
            loop.close()

    def ways() -> list[bool]:
        return [asyncio.run(debugged()), asyncio.run(debugged(), debug=True), by_method()]

    check(ways, [False, True, True])
    monkeypatch.setenv("PYTHONASYNCIODEBUG", "1")
    check(ways, [True, True, True])
    check(lambda: asyncio.run(debugged(), debug=False), expected=False)


def test_debug_mode_refuses_coroutine_functions_as_callbacks_and_remembers_where_coroutines_were_made() -> None:
    async def works() -> tuple[str, bool]:
        coro: Any = asyncio.sleep(0)
        try:
            asyncio.get_running_loop().call_soon(works)
        except TypeError as error:
            return str(error), coro.cr_origin is not None
        finally:
            await coro
        return "", False

    check(lambda: asyncio.run(works(), debug=True), ("coroutines cannot be used with call_soon()", True))


def test_debug_mode_leaves_the_schedule_as_it_is() -> None:
    async def works(log: list[int]) -> list[int]:
        async def sleeper(number: int) -> None:
            for _ in range(3):
                await asyncio.sleep(0.01)
                log.append(number)

        await asyncio.gather(*map(sleeper, range(5)))
        return log

    for seed in range(20):
        plain = detrun.run(lambda: asyncio.run(works([])), seed=seed)
        debugged = detrun.run(lambda: asyncio.run(works([]), debug=True), seed=seed)
        assert plain.result() == debugged.result()


async def counting(log: list[str], name: str) -> AsyncIterator[int]:
    try:
        while True:
            yield 1
    finally:
        await asyncio.sleep(0)
        log.append(f"{name} closed")


def test_a_generator_that_is_dropped_is_closed_by_the_loop_and_one_that_is_kept_at_shutdown() -> None:
    kept: list[AsyncIterator[int]] = []

    async def works(log: list[str]) -> None:
        for name in ("first", "second"):
            generator = counting(log, name)
            kept.append(generator)
            await anext(generator)
        async for _ in counting(log, "dropped"):
            break
        for _ in range(4):  # the loop makes a task of closing it, which waits once
            await asyncio.sleep(0)
        log.append("end")

    def main() -> list[str]:
        kept.clear()
        log: list[str] = []
        asyncio.run(works(log))
        return [*log[:2], *sorted(log[2:])]  # stock asyncio closes those that are left in no order

    check(main, ["dropped closed", "end", "first closed", "second closed"])
