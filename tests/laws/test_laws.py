"""What holds for every program under every seed: one run is one run, however often it is made."""

from __future__ import annotations

from hypothesis import given, settings

from detrun.scheduler.strategies.default import Default
from detrun.scheduler.strategies.random import Random
from detrun.scheduler.strategies.recorded import Recorded
from detrun.scheduler.strategies.strategy import Strategy
from tests.laws.arms import Played, check, collector_at_rest, on_detrun
from tests.laws.programs import Program, programs
from tests.laws.schedules import PLAIN, Path, collection

SEEDS = range(5)


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

        assert played(program, Recorded(first[0])) == first


@settings(PLAIN, max_examples=100)
@given(programs())
def test_the_first_decisions_of_a_run_make_its_beginning(program: Program) -> None:
    for seed in SEEDS:
        decisions, _, script, _ = played(program, Random(seed))
        for place, decision in enumerate(decisions):
            again = played(program, Recorded(decisions[:place]))

            assert again[0] == decisions[:place]
            assert again[2][: decision.step - 1] == script[: decision.step - 1]


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


def played(program: Program, strategy: Strategy) -> tuple[object, ...]:
    """All that a run decided and did, and its digest."""
    with collector_at_rest():
        run = on_detrun(program, strategy)
    return run.run.decisions, run.log, run.script, run.run.digest


def digest(program: Program, strategy: Strategy) -> str:
    return on_detrun(program, strategy).run.digest


def widths(program: Program) -> list[int]:
    """How many events each choice point of the default run has."""
    path = Path()
    on_detrun(program, path)
    return path.widths
