"""What every strategy promises: one of what is offered, the same again, nobody starved, everything possible."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

import detrun
from detrun.scheduler.strategies.drawing import Profile
from detrun.scheduler.strategies.pct import PCT
from detrun.scheduler.strategies.pctcp import PCTCP
from detrun.scheduler.strategies.pos import POS
from detrun.scheduler.strategies.random import Random
from detrun.scheduler.strategies.sticky import Sticky
from detrun.scheduler.strategies.urw import URW

STRATEGIES: dict[str, Any] = {each.__name__: each for each in (Random, Sticky, PCT, PCTCP, POS, URW)}
every = pytest.mark.parametrize("strategy", STRATEGIES.values(), ids=STRATEGIES)


async def three() -> list[str]:
    """Three sleepers that wake within the slack, beside a loop that is busy; who woke after how many turns."""
    log: list[str] = []
    turns = 0

    async def sleeper(name: str, delay: float) -> None:
        await asyncio.sleep(delay)
        log.append(f"{name}{turns}")

    tasks = [asyncio.create_task(sleeper(name, delay)) for name, delay in (("a", 0.001), ("b", 0.002), ("c", 0.003))]
    for turns in range(1, 4):  # noqa: B007  # who sleeps reads it
        await asyncio.sleep(0)
    await asyncio.gather(*tasks)
    return log


@every
def test_the_same_seed_is_the_same_run(strategy: Any) -> None:
    for seed in range(10):
        digests = {detrun.run(three, strategy=strategy(seed)).digest for _ in range(2)}
        assert len(digests) == 1, seed


@every
def test_seeds_together_find_every_small_schedule(strategy: Any) -> None:
    options = {} if strategy is Random else {"profile": Profile(choices=6)}
    found = {tuple(detrun.run(three, strategy=strategy(seed, **options)).result()) for seed in range(600)}
    even = {tuple(detrun.run(three, strategy=Random(seed)).result()) for seed in range(600)}

    # Priorities that change twice do not go to and fro more often than that.
    assert found >= even if strategy not in (PCT, PCTCP) else len(found) > len(even) / 2, (found, even)


@every
def test_nobody_starves_whoever_polls(strategy: Any) -> None:
    async def main() -> int:
        reader, writer = await _connected()
        polls = 0
        writer.write(b"x")
        while not reader._buffer:  # type: ignore[attr-defined]
            polls += 1
            await asyncio.sleep(0)
        writer.close()
        return polls

    for seed in range(30):
        run = detrun.run(main, strategy=strategy(seed), max_steps=5_000)
        assert run.outcome == "ok", seed


async def _connected() -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(await reader.read(1))
        writer.close()

    await asyncio.start_server(echo, "127.0.0.1", 8000)
    return await asyncio.open_connection("127.0.0.1", 8000)


@every
def test_answers_are_boring_most_of_the_time_and_within_the_options(strategy: Any) -> None:
    answers = [strategy(seed).answer(1, detrun.EventId((1, 1)), 4) for seed in range(400)]

    assert set(answers) == {0, 1, 2, 3}
    assert answers.count(0) > 300


@every
def test_what_is_chosen_can_be_chosen_again_by_what_was_decided(strategy: Any) -> None:
    for seed in range(5):
        run = detrun.run(three, strategy=strategy(seed))
        assert detrun.run(three, strategy=detrun.Recorded(run.decisions)).digest == run.digest
