"""Names: they are the same in every run, and lead back to the event."""

from __future__ import annotations

import asyncio

import pytest

from detrun.explore.attempt import Attempts
from detrun.explore.naming import Naming
from detrun.model import EventId
from detrun.scheduler.strategies.default import Default
from detrun.scheduler.strategies.random import Random
from detrun.scheduler.strategies.strategy import Strategy
from tests.explore.failures import Program
from tests.explore.races import RACES


def named(program: Program, strategy: Strategy) -> dict[str, EventId]:
    """Everything that happened, by name."""
    naming = Naming(strategy)
    names = naming.names
    with naming.following():
        Attempts(lambda: program).attempt(naming)
    assert all(names.id(names.name(event)) == event for event in naming.order)
    return {names.name(event): event for event in naming.order}


async def workers() -> None:
    """Tasks with names and without, and timers of several kinds."""
    loop = asyncio.get_running_loop()

    async def work() -> None:
        await asyncio.sleep(0.001)
        await asyncio.create_task(rest())

    async def rest() -> None:
        await asyncio.sleep(0.001)
        await asyncio.sleep(0.001)

    def ring() -> None:
        loop.call_later(0.001, ring_again)

    def ring_again() -> None:
        pass

    loop.call_later(0.001, ring)
    await asyncio.gather(work(), work(), asyncio.create_task(work(), name="worker-3"))
    async with asyncio.timeout(0.001):
        try:
            await asyncio.sleep(1)
        except asyncio.CancelledError:
            asyncio.current_task().uncancel()  # type: ignore[union-attr]


def test_a_name_says_who_asked_for_what() -> None:
    assert sorted(name for name in named(workers, Default()) if not name.startswith("turn")) == [
        "ring#1",
        "ring#1/ring_again#1",
        "work#1/rest#1/sleep#1",
        "work#1/rest#1/sleep#2",
        "work#1/sleep#1",
        "work#2/rest#1/sleep#1",
        "work#2/rest#1/sleep#2",
        "work#2/sleep#1",
        "worker-3/rest#1/sleep#1",
        "worker-3/rest#1/sleep#2",
        "worker-3/sleep#1",
        "workers/timeout#1",
    ]


@pytest.mark.parametrize("program", RACES.values(), ids=RACES)
def test_a_name_belongs_to_the_same_origin_in_every_run(program: Program) -> None:
    # Not to the same id: a task that tried twice has asked for more before it asks for this.
    default = {name: origin for name, (origin, _) in named(program, Default()).items()}
    for seed in range(8):
        other = {name: origin for name, (origin, _) in named(program, Random(seed)).items()}
        assert other | default == default | other


def test_a_name_that_nothing_has_leads_nowhere_but_near() -> None:
    naming = Naming(Default())
    with naming.following():
        Attempts(lambda: workers).attempt(naming)
    names = naming.names

    assert names.id("worker-4/sleep#1") is None
    assert names.nearest("worker-4/sleep#1") == "worker-3/sleep#1"
