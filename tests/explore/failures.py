"""Failures of the small racy programs, each found by a random walk, and what is made of them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from functools import cache
from itertools import islice

from detrun.explore.attempt import Attempts
from detrun.explore.budget import Budget
from detrun.explore.extracting import Extracted, extracted
from detrun.explore.minimizing import Minimized, Minimizer
from detrun.explore.signature import Signature
from detrun.explore.trial import Trials
from detrun.model import Plan
from detrun.scheduler.strategies.random import Random

Program = Callable[[], Awaitable[None]]
SEEDS = 400


def trials(program: Program) -> Trials:
    """Trials of a program."""
    return Trials(lambda level: Attempts(lambda: program, level=level))


def failures(program: Program, number: int, delay: int | None = None) -> Iterator[Extracted]:
    """So many failing random walks, as plans."""
    found = (extracted(trials(program), Random(seed, delay=delay), Plan()) for seed in range(SEEDS))
    return islice((each for each in found if each.signature is not None), number)


def minimized(program: Program, plan: Plan, signature: Signature | None, runs: int = 3_000) -> Minimized:
    """A plan minimized, within so many runs."""
    assert signature is not None
    return Minimizer(trials(program), signature, Budget(runs=runs)).minimize(plan)


@cache
def first(program: Program, delay: int | None = None) -> tuple[Signature, Plan]:
    """What the first random walk failed of that failed, and the plan of it."""
    found = next(failures(program, 1, delay))
    assert found.signature is not None
    assert found.plan is not None
    return found.signature, found.plan
