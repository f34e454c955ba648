"""The same seed is the same run: in one process with its heap perturbed, and in others with another hash seed."""

from __future__ import annotations

import asyncio
import gc
import os
import random
import subprocess
import sys
from typing import Any

import pytest

import detrun


class Boom(Exception):
    pass


Log = list[str]


async def _worker(log: Log, number: int) -> None:
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
                group.create_task(_worker(log, number))
            group.create_task(fail())
    except* Boom:
        log.append("aborted")


async def wait(log: Log) -> None:
    """Sets of tasks and of futures that `asyncio.wait` hands out, walked as they come."""
    pending: set[Any] = {asyncio.create_task(_worker(log, number), name=f"w{number}") for number in range(20)}
    while pending:
        done, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
        log.extend(task.get_name() for task in done)
        log.append("".join(task.get_name() for task in pending))


async def completed(log: Log) -> None:
    """Coroutines given to `as_completed`, which makes a set of them before it starts them."""
    for result in asyncio.as_completed([_worker(log, number) for number in range(20)], timeout=5):
        await result
        log.append("next")


async def gathered(log: Log) -> None:
    """A `gather` that is cancelled while its children sleep."""
    gathering = asyncio.gather(*(_worker(log, number) for number in range(20)))
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
    shutdown.more = [asyncio.create_task(_worker(log, number + 5)) for number in range(30)]  # type: ignore[attr-defined]
    await asyncio.sleep(0.002)


PROGRAMS = {program.__name__: program for program in (abort, wait, completed, gathered, shutdown)}


def observed(name: str, seed: int) -> tuple[str, str]:
    """The digest, and what the program itself saw: a digest alone could be blind."""
    log: Log = []
    run = detrun.run(lambda: asyncio.run(PROGRAMS[name](log)), seed=seed)
    assert run.outcome == "ok", run.failure
    return run.digest, "\n".join(log)


def perturb(number: int) -> list[object]:
    """Move what is allocated next to other addresses."""
    draws = random.Random(number)
    junk: list[object] = [bytearray(draws.randrange(1, 2_000)) for _ in range(draws.randrange(1, 3_000))]
    del junk[:: draws.randrange(2, 5)]
    gc.collect(draws.randrange(3))
    return junk


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_hundred_runs_in_a_perturbed_heap_are_one(name: str) -> None:
    seen, kept = set(), []
    for number in range(100):
        kept.append(perturb(number))
        seen.add(observed(name, seed=3))

    assert len(seen) == 1


@pytest.mark.parametrize("name", PROGRAMS)
def test_seeds_disagree(name: str) -> None:
    assert len({observed(name, seed) for seed in range(100)}) > 20


def test_stock_asyncio_would_not_pass() -> None:
    """The heap is perturbed enough to matter: without numbered tasks the aborts come in many orders."""
    orders = set()
    kept = []
    for number in range(20):
        kept.append(perturb(number))
        log: Log = []
        asyncio.run(abort(log))
        orders.add("\n".join(line for line in log if "cancelled" in line))

    assert len(orders) > 1


@pytest.mark.parametrize("name", PROGRAMS)
def test_processes_with_other_hash_seeds_agree(name: str) -> None:
    seen = {_in_a_process(name, str(hash_seed)) for hash_seed in ("0", "1", "42", "random")}

    assert seen == {repr(observed(name, 3))}


@pytest.mark.soak
@pytest.mark.parametrize("name", PROGRAMS)
def test_a_hundred_processes_with_other_hash_seeds_agree(name: str) -> None:
    assert len({_in_a_process(name, str(hash_seed)) for hash_seed in range(100)}) == 1


def test_concurrent_timers_give_many_schedules() -> None:
    async def main() -> None:
        await asyncio.gather(*(_worker([], number) for number in range(10)))

    assert len({detrun.run(main, seed=seed).digest for seed in range(1_000)}) >= 300


def _in_a_process(name: str, hash_seed: str) -> str:
    code = f"from tests.laws.test_same_seed import observed; print(repr(observed({name!r}, 3)))"
    environment = os.environ | {"PYTHONHASHSEED": hash_seed}
    finished = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    return finished.stdout.strip()
