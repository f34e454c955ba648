"""Programs with one race each, most of them patterns of the zoo: all is well by default, and an order or two fail."""

from __future__ import annotations

import asyncio
from functools import partial

from tests.explore.failures import Program
from tests.planted.zoo.patterns import (
    abba,
    check_then_act,
    close_in_flight,
    depth,
    double_delivery,
    lost_wakeup,
    permutation,
    reload_race,
    starvation,
)
from tests.planted.zoo.peers import ask, serving


async def init_order() -> None:
    """Somebody uses what is still being set up."""
    settings: dict[str, int] = {}

    async def load() -> None:
        await asyncio.sleep(0.010)
        for _ in range(3):
            await asyncio.sleep(0)
        settings["limit"] = 3

    async def use() -> int:
        await asyncio.sleep(0.012)
        return settings["limit"]

    await asyncio.gather(load(), use())


async def late_job() -> None:
    """A job of a thread ends after whoever waited has given up, and says so to nobody."""
    done: list[str] = []
    loop = asyncio.get_running_loop()

    job = loop.run_in_executor(None, partial(done.append, "job"))
    job.add_done_callback(lambda _: done.append("told"))
    loop.call_later(0.010, lambda: done.append("gave up"))
    await asyncio.sleep(0.050)
    assert done.index("told") < done.index("gave up"), done


async def early_stop() -> None:
    """A worker stops when its queue is empty, though more is to come."""
    queue: asyncio.Queue[int] = asyncio.Queue()
    worked: list[int] = []

    async def produce() -> None:
        for number in range(3):
            await ask(b"%d" % number)
            queue.put_nowait(number)

    async def work() -> None:
        await asyncio.sleep(0.010)
        while not queue.empty():
            worked.append(queue.get_nowait())

    async with serving():
        await asyncio.gather(produce(), work())
    assert worked == [0, 1, 2], worked


PATTERNS = (
    check_then_act,
    close_in_flight,
    lost_wakeup,
    abba,
    depth,
    starvation,
    permutation,
    double_delivery,
    reload_race,
)
RACES: dict[str, Program] = {each.__name__: each for each in (init_order, *PATTERNS, late_job, early_stop)}
