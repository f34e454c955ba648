"""What goes wrong beside the network: threads that cannot be started, a time of day that jumps, names not found."""

from __future__ import annotations

import asyncio
import socket
import time
from typing import Any

import pytest

import detrun


async def resolving() -> str:
    """Whom the name server knows, if it answers."""
    try:
        await asyncio.get_running_loop().getaddrinfo("localhost", 80)
    except socket.gaierror as error:
        return "no answer" if error.errno == socket.EAI_AGAIN else "?"
    return "found"


async def threading() -> str:
    """Whether an executor has a thread."""
    try:
        return await asyncio.to_thread(lambda: "ran")
    except RuntimeError as error:
        return str(error)


async def dating() -> int:
    """How much of the time of day passes in a second, in whole seconds."""
    before, began = time.time(), time.monotonic()
    await asyncio.sleep(1)
    assert 1 <= time.monotonic() - began < 1.1
    return round(time.time() - before)


FAULTS = [
    (resolving, "resolve", {"found", "no answer"}),
    (threading, "thread", {"ran", "can't start new thread"}),
    (dating, "jump", {1, 3601, 0}),
]


@pytest.mark.parametrize(("main", "kind", "outcomes"), FAULTS)
def test_what_can_go_wrong_goes_wrong_in_some_run(main: Any, kind: str, outcomes: set[Any]) -> None:
    runs = [detrun.run(main, seed=seed, faults=[kind]) for seed in range(150)]

    assert {run.result() for run in runs} == outcomes
    assert sum(run.faults.get(kind, 0) for run in runs) > 0


@pytest.mark.parametrize(("main", "kind", "outcomes"), FAULTS)
def test_it_goes_wrong_again_by_what_was_decided(main: Any, kind: str, outcomes: set[Any]) -> None:
    run = next(run for run in (detrun.run(main, seed=seed, faults=[kind]) for seed in range(150)) if run.faults)
    again = detrun.run(main, faults=[kind], strategy=detrun.Recorded(run.decisions))

    assert (again.digest, again.value) == (run.digest, run.value)


@pytest.mark.parametrize(("main", "kind", "outcomes"), FAULTS)
def test_nothing_goes_wrong_that_was_not_asked_for(main: Any, kind: str, outcomes: set[Any]) -> None:
    others = [other for _, other, _ in FAULTS if other != kind]

    assert len({detrun.run(main, seed=seed, faults=others).result() for seed in range(60)}) == 1
