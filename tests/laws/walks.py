"""Programs that walk what stock asyncio keeps in sets, and what is observed of their runs."""

from __future__ import annotations

import asyncio
from typing import Any

import detrun


class Boom(Exception):
    pass


Log = list[str]


async def worker(log: Log, number: int) -> None:
    try:
        await asyncio.sleep(0.001 * (number % 7))
        for _ in range(number % 5):
            await asyncio.sleep(0)
        log.append(f"worker {number} done")
    except asyncio.CancelledError:
        log.append(f"worker {number} cancelled")
        await asyncio.sleep(0.001 * (number % 3))
        raise


async def abort(log: Log) -> None:
    """A task group whose members are cancelled, each of which tells when."""

    async def fail() -> None:
        await asyncio.sleep(0.0035)
        raise Boom

    try:
        async with asyncio.TaskGroup() as group:
            for number in range(40):
                group.create_task(worker(log, number))
            group.create_task(fail())
    except* Boom:
        log.append("aborted")


async def wait(log: Log) -> None:
    """Sets of tasks and of futures that `asyncio.wait` hands out, walked as they come."""
    pending: set[Any] = {asyncio.create_task(worker(log, number), name=f"w{number}") for number in range(20)}
    while pending:
        done, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
        log.extend(task.get_name() for task in done)
        log.append("".join(task.get_name() for task in pending))


async def completed(log: Log) -> None:
    """Coroutines given to `as_completed`, which makes a set of them before it starts them."""
    for result in asyncio.as_completed([worker(log, number) for number in range(20)], timeout=5):
        await result
        log.append("next")


async def gathered(log: Log) -> None:
    """A `gather` that is cancelled while its children sleep."""
    gathering = asyncio.gather(*(worker(log, number) for number in range(20)))
    asyncio.get_running_loop().call_later(0.003, gathering.cancel)
    try:
        await gathering
    except asyncio.CancelledError:
        log.append("gather cancelled")


async def shutdown(log: Log) -> None:
    """Tasks and generators that are still open when the program ends."""

    async def ticks(number: int) -> Any:
        try:
            while True:
                await asyncio.sleep(0.001)
                yield number
        finally:
            log.append(f"generator {number} closed")

    async def watch(number: int) -> None:
        async for _ in ticks(number):
            pass

    shutdown.kept = [asyncio.create_task(watch(number)) for number in range(10)]  # type: ignore[attr-defined]
    shutdown.open = [ticks(number) for number in range(10, 20)]  # type: ignore[attr-defined]
    for generator in shutdown.open:  # type: ignore[attr-defined]
        await anext(generator)
    shutdown.more = [asyncio.create_task(worker(log, number + 5)) for number in range(30)]  # type: ignore[attr-defined]
    await asyncio.sleep(0.002)


PROGRAMS = {program.__name__: program for program in (abort, wait, completed, gathered, shutdown)}


def observed(name: str, seed: int) -> tuple[str, str]:
    """The digest, and what the program itself saw: a digest alone could be blind."""
    log: Log = []
    run = detrun.run(lambda: asyncio.run(PROGRAMS[name](log)), seed=seed)
    assert run.outcome == "ok", run.failure
    return run.digest, "\n".join(log)
