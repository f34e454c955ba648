"""A plan that is another one's run again is not run, and the search says the same as if it had been."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any
from zlib import crc32

import pytest
from hypothesis import given, settings

from detrun.explore.attempt import Attempts
from detrun.explore.performing import Performer
from detrun.explore.search import Bounds, Search
from tests.explore import programs
from tests.explore.blind import check_blind, searched
from tests.explore.playing import play
from tests.explore.races import RACES
from tests.laws.arms import collector_at_rest
from tests.laws.deeds import Program
from tests.laws.programs import programs as generated
from tests.laws.schedules import PLAIN


def played(program: Program) -> Callable[[], None]:
    """A generated program, which fails in some schedules, each in one of three ways."""

    def main() -> None:
        log: list[tuple[object, ...]] = []
        play(program, log)
        told = crc32(repr([entry[:-1] for entry in log]).encode()) % 4
        assert told != 0
        if told == 1:
            raise ValueError
        if told == 2:
            raise KeyError

    return main


def check_generated(examples: int) -> tuple[int, int]:
    """The sums of so many programs."""
    sums = [0, 0]

    @settings(PLAIN, max_examples=examples)
    @given(generated())
    def check(program: Program) -> None:
        with collector_at_rest():
            sums[:] = map(sum, zip(sums, check_blind(played(program), runs=300), strict=True))

    check()
    foreseen, ran = sums
    return foreseen, ran


def test_a_search_of_any_program_says_the_same_with_and_without_foresight() -> None:
    foreseen, ran = check_generated(40)

    assert foreseen > 50
    assert ran > 300


@pytest.mark.soak
def test_a_search_of_a_thousand_programs_says_the_same_with_and_without_foresight() -> None:
    foreseen, ran = check_generated(1_000)

    assert foreseen > ran / 10


@pytest.mark.parametrize("name", ["check_then_act", "depth", "reload_race", "double_delivery", "late_job"])
def test_a_search_of_a_race_says_the_same_with_and_without_foresight(name: str) -> None:
    foreseen, _ = check_blind(RACES[name])

    assert foreseen


def test_a_portfolio_says_the_same_and_mutations_are_foreseen_too() -> None:
    foreseen, _ = check_blind(programs.lost_update, strategy="auto", runs=600)
    alone, _ = check_blind(programs.lost_update)

    assert foreseen > alone


def test_plans_with_faults_are_foreseen_as_well() -> None:
    check_blind(programs.late_reply, kinds=("reset", "split"))


def test_what_a_program_draws_is_another_world() -> None:
    foreseen, ran = check_blind(programs.drawn, strategy="auto", runs=200)

    assert ran > foreseen


def test_a_program_that_follows_from_more_than_its_schedule_is_run_every_time() -> None:
    runs = 0

    async def main() -> None:
        nonlocal runs
        runs += 1
        for _ in range(runs % 3):
            await asyncio.sleep(0)
        await asyncio.gather(*(asyncio.sleep(0.001 * number) for number in range(1, 4)))

    search, performer = searched(main)

    assert performer.foreseen < search.schedules / 4


async def two_timers() -> None:
    """Two who wake within the slack."""
    await asyncio.gather(asyncio.sleep(0.001), asyncio.sleep(0.002))


def test_only_what_is_no_other_run_again_is_run() -> None:
    digests: list[int] = []

    class Telling(Attempts):
        def attempt(self, *arguments: Any, **options: Any) -> Any:
            attempt = super().attempt(*arguments, **options)
            digests.append(attempt.digest)
            return attempt

    Search(Performer(Telling(lambda: two_timers)), Bounds("holds", keep_going=True)).run()

    assert len(digests) == len(set(digests)) > 1
