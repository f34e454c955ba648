"""Level 3: callbacks that are ready come in another order, if the strategy says so; below that never."""

from __future__ import annotations

import asyncio

import pytest

import detrun


async def queued() -> list[int]:
    log: list[int] = []
    loop = asyncio.get_running_loop()
    for number in range(3):
        loop.call_soon(log.append, number)
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    return log


def orders(level: int) -> set[tuple[int, ...]]:
    return {tuple(detrun.run(queued, seed=seed, level=level).result()) for seed in range(400)}


@pytest.mark.parametrize("level", [1, 2])
def test_what_is_ready_runs_in_order(level: int) -> None:
    assert orders(level) == {(0, 1, 2)}


def test_at_level_3_it_runs_in_any_order() -> None:
    assert orders(3) >= {(0, 1, 2), (0, 2, 1), (1, 0, 2), (2, 0, 1)}


def test_by_default_it_runs_in_order_at_level_3_too() -> None:
    assert detrun.run(queued, strategy="default", level=3).result() == [0, 1, 2]


def test_what_was_shuffled_can_be_shuffled_again() -> None:
    run = next(run for run in (detrun.run(queued, seed=seed, level=3) for seed in range(100)) if run.value != [0, 1, 2])
    again = detrun.run(queued, level=3, strategy=detrun.Recorded(run.decisions))

    assert (again.value, again.digest) == (run.value, run.digest)
