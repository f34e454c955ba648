"""What holds for every program: a failing schedule is a plan, and the plan gets smaller, fails, and stays as it is."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from statistics import median
from typing import Any

from detrun.errors import Stuck
from detrun.explore.attempt import Attempts
from detrun.explore.budget import Budget
from detrun.explore.extracting import extracted
from detrun.explore.kept import kept, resolved
from detrun.explore.minimizing import Minimizer
from detrun.explore.trial import Trials
from detrun.model import Plan
from detrun.scheduler.loop import Loop
from detrun.scheduler.strategies.random import Random
from tests.laws.acts import Act
from tests.laws.deeds import Program
from tests.laws.schedules import collection
from tests.laws.stage import Stage, perform

Story = list[tuple[object, ...]]


def played(program: Program) -> Story:
    """Play a program on a new loop; what happened in it, without instants."""
    loop = asyncio.new_event_loop()
    assert isinstance(loop, Loop)
    home, log, channels = loop.home, Story(), dict[str, Any]()

    def send(stage: Stage, name: str, act: Act) -> None:
        if name not in channels:
            channels[name] = home.engine.channel(home, name, stage.act)
        channels[name].put(act)

    perform(program, Stage(loop, log, send), Stuck)
    return [entry[:-1] for entry in log]


def failing(program: Program, boring: Story) -> Callable[[], None]:
    """A program that fails if anything happens in it in another order."""

    def main() -> None:
        assert played(program) == boring

    return main


def boring(program: Program) -> Story:
    """What happens in a program by default."""
    stories: list[Story] = []
    Trials(lambda level: Attempts(lambda: lambda: stories.append(played(program)), level=level))(Plan())
    return stories[0] if stories else []


def check(program: Program, seed: int) -> int | None:
    """Hold the laws against one random walk; how many holds are left, if it fails."""
    main = failing(program, boring(program))
    trials = Trials(lambda level: Attempts(lambda: main, level=level))
    known = extracted(trials, Random(seed), Plan())
    if known.signature is None:
        return None
    assert known.plan is not None
    small = Minimizer(trials, known.signature, Budget(runs=400)).minimize(known.plan)

    assert trials(small.plan).signature == known.signature
    assert len(small.plan.holds) <= len(known.plan.holds)
    if small.minimal:
        assert Minimizer(trials, known.signature, Budget()).minimize(small.plan).plan == small.plan
    assert resolved(trials, kept(trials, small.plan)) == small.plan
    return len(small.plan.holds)


def test_every_failing_schedule_is_a_plan_that_gets_smaller_and_still_fails() -> None:
    left = [check(program, seed) for program in collection() for seed in range(3)]
    holds = [each for each in left if each]

    assert len(holds) > 20
    assert median(holds) == 1
