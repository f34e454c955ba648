"""What holds for every program under every seed: one run is one run, however often it is made."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, NamedTuple

from hypothesis import given, settings

import detrun
from detrun.model import Decision
from detrun.scheduler.strategies.default import Default
from detrun.scheduler.strategies.random import Random
from detrun.scheduler.strategies.recorded import Recorded
from detrun.scheduler.strategies.strategy import Strategy
from tests.laws.acts import Act, Later, Resolve, Soon
from tests.laws.arms import check, collector_at_rest, on_detrun
from tests.laws.deeds import Program
from tests.laws.programs import programs
from tests.laws.referee import Iteration
from tests.laws.schedules import PLAIN, Path, collection
from tests.laws.stage import Entry, Stage

SEEDS = range(5)
LAST_WORDS = (Later(0, Resolve(0)), Soon(Soon(Soon(Soon(Soon(Soon(Resolve(1))))))))


@settings(PLAIN, max_examples=100)
@given(programs())
def test_the_same_seed_is_the_same_run_in_another_heap(program: Program) -> None:
    for seed in SEEDS:
        first = played(program, Random(seed))
        junk = [[object() for _ in range(seed * 7 + 1)] for _ in range(200)]
        del junk[::2]

        assert played(program, Random(seed)) == first


@settings(PLAIN, max_examples=100)
@given(programs())
def test_the_decisions_of_a_run_make_it_again(program: Program) -> None:
    for seed in SEEDS:
        first = played(program, Random(seed))

        assert played(program, Recorded(first.decisions)) == first


@settings(PLAIN, max_examples=100)
@given(programs())
def test_the_first_decisions_of_a_run_make_its_beginning(program: Program) -> None:
    for seed in SEEDS:
        whole = played(program, Random(seed))
        for place, decision in enumerate(whole.decisions):
            part = played(program, Recorded(whole.decisions[:place]))
            before = slice(decision.step - 1)

            assert part.decisions == whole.decisions[:place]
            assert part.script[before] == whole.script[before]


@settings(PLAIN, max_examples=100)
@given(programs())
def test_the_default_decides_nothing_and_is_what_stock_asyncio_does(program: Program) -> None:
    assert check(program, Default()).run.decisions == ()


@settings(PLAIN, max_examples=100)
@given(programs())
def test_whoever_takes_every_default_makes_the_default_run(program: Program) -> None:
    assert played(program, Path()) == played(program, Default()) == played(program, Recorded(()))


def test_all_seeds_agree_where_nothing_is_open() -> None:
    settled = [program for program in collection() if not widths(program)]

    assert settled
    for program in settled:
        assert len({digest(program, Random(seed)) for seed in SEEDS}) == 1


def test_seeds_disagree_where_something_is_open() -> None:
    unsettled = [program for program in collection() if len(widths(program)) > 3]
    torn = [program for program in unsettled if len({digest(program, Random(seed)) for seed in SEEDS}) > 1]

    assert len(torn) > len(unsettled) / 2 > 0


@settings(PLAIN, max_examples=100)
@given(programs())
def test_an_async_main_is_run_as_asyncio_runs_it(program: Program) -> None:
    assert told(program, lambda main: main()) == told(program, lambda main: asyncio.run(main()))


class Story(NamedTuple):
    """All that a run decided and did."""

    decisions: tuple[Decision, ...]
    log: tuple[Entry, ...]
    script: tuple[Iteration, ...]
    digest: str


def played(program: Program, strategy: Strategy) -> Story:
    with collector_at_rest():
        played = on_detrun(program, strategy)
    return Story(played.run.decisions, played.log, played.script, played.run.digest)


def digest(program: Program, strategy: Strategy) -> str:
    return on_detrun(program, strategy).run.digest


def widths(program: Program) -> list[int]:
    """How many events each choice point of the default run has."""
    path = Path()
    on_detrun(program, path)
    return path.widths


def told(program: Program, start: Callable[[Callable[[], Coroutine[Any, Any, None]]], Any]) -> list[Entry]:
    """What a program logs whose end is left to whoever starts it."""
    log: list[Entry] = []
    stages: list[Stage] = []

    async def main() -> None:
        stages.append(Stage(asyncio.get_running_loop(), log, _send_soon))
        await stages[0].play("main", program.all_actors())
        # What is queued when a program ends is run for as long as asyncio takes to close the loop, and no longer.
        for act in LAST_WORDS:
            stages[0].act(act)

    with collector_at_rest():
        detrun.run(lambda: start(main), strategy="default")
        stages[0].leave()
    return log


def _send_soon(stage: Stage, name: str, act: Act) -> None:
    stage.loop.call_soon(stage.act, act)
