"""However a run ends, nothing of it is left in the process."""

from __future__ import annotations

import asyncio
import gc
import inspect
import signal
import sys
from asyncio import events
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

import detrun
from detrun.scheduler.catch import install

# Globals of asyncio's that types do not know of.
_events: Any = events
_tasks: Any = asyncio.tasks


async def leaves_a_generator() -> None:
    async def counting() -> AsyncIterator[int]:
        yield 1
        yield 2

    await anext(counting())


async def leaves_a_task() -> None:
    asyncio.create_task(asyncio.sleep(3600))  # noqa: RUF006


async def fails() -> None:
    raise ValueError("no")


async def is_stuck() -> None:
    await asyncio.Event().wait()


async def exits() -> None:
    sys.exit(3)


async def is_interrupted() -> None:
    raise KeyboardInterrupt


def leaves_a_loop_and_a_policy() -> None:
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop_policy(asyncio.DefaultEventLoopPolicy())
    asyncio.set_event_loop(loop)
    loop.set_debug(True)
    loop.run_until_complete(asyncio.sleep(0))


@pytest.fixture(autouse=True)
def installed() -> None:
    """Put in place what is put in place once per process, and is no run's."""
    install()


PROGRAMS = (leaves_a_generator, leaves_a_task, fails, is_stuck, exits, is_interrupted, leaves_a_loop_and_a_policy)


@pytest.mark.parametrize("main", PROGRAMS)
@pytest.mark.parametrize("debug", [None, True])
def test_nothing_of_a_run_is_left(main: Callable[[], Any], *, debug: bool | None) -> None:
    fresh: list[object] = []
    before = surroundings(fresh)

    try:
        detrun.run(lambda: asyncio.run(main(), debug=debug) if inspect.iscoroutinefunction(main) else main())
    except KeyboardInterrupt:
        assert main is is_interrupted

    assert surroundings(fresh) == before


def test_a_run_in_a_running_loop_leaves_that_running() -> None:
    async def outside() -> list[bool]:
        fresh: list[object] = []
        loop, before = asyncio.get_running_loop(), surroundings(fresh)
        detrun.run(leaves_a_task)
        await asyncio.sleep(0)
        return [asyncio.get_running_loop() is loop, surroundings(fresh) == before]

    assert asyncio.run(outside()) == [True, True]


def surroundings(fresh: object) -> list[object]:
    """Everything in the process that a loop touches while it runs; of what is frozen, whether something fresh is."""
    gc.collect()
    return [
        _events._event_loop_policy,
        events._get_running_loop(),
        sys.get_asyncgen_hooks(),
        sys.get_coroutine_origin_tracking_depth(),
        signal.getsignal(signal.SIGINT),
        gc.isenabled(),
        (gc.get_freeze_count() > 0, all(each is not fresh for each in gc.get_objects())),
        len(list(_tasks._all_tasks if sys.version_info < (3, 12) else _tasks._scheduled_tasks)),
    ]
