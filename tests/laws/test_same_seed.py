"""The same seed is the same run: in one process with its heap perturbed, and in others with another hash seed."""

from __future__ import annotations

import asyncio
import gc
import os
import random
import subprocess
import sys

import pytest

import detrun
from tests.laws.walks import PROGRAMS, Log, abort, observed, worker


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
        await asyncio.gather(*(worker([], number) for number in range(10)))

    assert len({detrun.run(main, seed=seed).digest for seed in range(1_000)}) >= 300


def _in_a_process(name: str, hash_seed: str) -> str:
    code = f"from tests.laws.walks import observed; print(repr(observed({name!r}, 3)))"
    environment = os.environ | {"PYTHONHASHSEED": hash_seed}
    finished = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    return finished.stdout.strip()
