"""Minimizing: the failure stays, nothing grows, and nothing is left that is not needed."""

from __future__ import annotations

import asyncio
import time
from statistics import median

import pytest

from detrun.explore.extracting import extracted
from detrun.explore.watching import Watching
from detrun.model import Hold, Plan
from detrun.scheduler.strategies.random import Random
from tests.explore.failures import Program, failures, first, minimized, trials
from tests.explore.races import RACES
from tests.planted.zoo.patterns import depth, permutation

# Those that a story of one hold cannot tell.
DEEP = {"depth": 2, "permutation": 2}
races = pytest.mark.parametrize("program", RACES.values(), ids=RACES)


@races
def test_a_racy_program_passes_when_nothing_is_held(program: Program) -> None:
    assert trials(program)(Plan()).signature is None


@races
def test_a_failing_run_becomes_a_plan_that_is_the_same_run(program: Program) -> None:
    for found in failures(program, 8):
        assert found.plan is not None
        trial = trials(program)(found.plan)
        assert (trial.signature, trial.released) == (found.signature, frozenset())


@races
def test_a_plan_that_is_minimized_fails_as_before_and_has_no_more_in_it(program: Program) -> None:
    usual, _ = first(program)
    for found in failures(program, 3):
        assert found.plan is not None
        small = minimized(program, found.plan, found.signature)

        assert small.minimal
        assert trials(program)(small.plan).signature == found.signature
        assert found.signature != usual or len(small.plan.holds) <= DEEP.get(program.__name__, 1)
        assert all(trials(program)(without).signature != found.signature for without in _smaller(small.plan))


@races
def test_a_plan_that_is_minimal_stays_as_it_is(program: Program) -> None:
    signature, plan = first(program)
    small = minimized(program, plan, signature).plan

    assert minimized(program, small, signature).plan == small
    assert minimized(program, plan, signature).plan == small


def test_half_of_the_stories_and_more_have_one_hold() -> None:
    found = [(program, *first(program)) for program in RACES.values()]
    stories = [minimized(program, plan, signature).plan for program, signature, plan in found]

    assert median(len(story.holds) for story in stories) == 1


def test_a_search_that_was_cut_short_says_so_and_still_fails() -> None:
    signature, plan = first(permutation)
    small = minimized(permutation, plan, signature, runs=5)

    assert not small.minimal
    assert trials(permutation)(small.plan).signature == signature


def test_another_failure_on_the_way_is_kept_apart() -> None:
    signature, plan = first(depth)
    slipped = minimized(depth, plan, signature).slipped

    assert signature not in slipped
    assert all(trials(depth)(other).signature == name for name, other in slipped.items())


def test_a_run_that_passes_is_no_failure() -> None:
    passing = next(seed for seed in range(100) if trials(depth).attempts(1).attempt(Random(seed)).signature is None)

    assert extracted(trials(depth), Random(passing), Plan()).signature is None


def test_what_special_world_a_failure_does_without_is_given_up() -> None:
    signature, plan = first(depth)
    odd = Plan(plan.holds, plan.faults, ("delay", "reset"), 7, 2)
    small = minimized(depth, odd, signature).plan

    assert (small.entropy, small.level, small.kinds) == (0, 1, ())


def _smaller(plan: Plan) -> list[Plan]:
    return [Plan(_without(plan.holds, place)) for place in range(len(plan.holds))]


def _without(holds: tuple[Hold, ...], place: int) -> tuple[Hold, ...]:
    return holds[:place] + holds[place + 1 :]


async def sleeping_thread() -> None:
    """A thread and tasks that wake within the slack of each other."""
    await asyncio.gather(asyncio.to_thread(time.sleep, 0.001), asyncio.sleep(0.002), asyncio.sleep(0.0005))


def test_who_waits_for_a_timer_that_is_due_later_has_waited_also_if_both_are_due_then() -> None:
    for seed in range(40):
        watched = Watching(Random(seed, along=True))
        attempt = trials(sleeping_thread).attempts(1).attempt(watched)
        trial = trials(sleeping_thread)(Plan(watched.holds(), slack=watched.slack, delay=watched.delay))

        assert (trial.attempt.digest, trial.released) == (attempt.digest, frozenset()), seed
