"""Faults: one where one is enough, and the least that is."""

from __future__ import annotations

from itertools import islice

import pytest

from detrun.explore.extracting import Extracted, extracted
from detrun.explore.finding import smallest
from detrun.explore.kept import kept, resolved
from detrun.model import Plan
from detrun.scheduler.network.faults import KINDS
from detrun.scheduler.strategies.random import Random
from tests.explore.failures import Program, minimized, trials
from tests.explore.wrongs import broken, collected, half_a_line, lost_update
from tests.planted.zoo.crashes import crash_between_debit_and_credit, hang_up_between_debit_and_credit


def failures(program: Program, kinds: tuple[str, ...], number: int) -> list[Extracted]:
    """So many failing random walks in which these faults may happen."""
    world = Plan(kinds=kinds)
    found = (extracted(trials(program), Random(seed), world) for seed in range(400))
    return list(islice((each for each in found if each.signature is not None), number))


@pytest.mark.parametrize("program", [lost_update, half_a_line, broken], ids=lambda program: program.__name__)
def test_one_fault_is_left_and_what_is_less_does_not_do(program: Program) -> None:
    for found in failures(program, tuple(KINDS), 6):
        assert found.plan is not None
        small = minimized(program, found.plan, found.signature)

        assert small.minimal
        assert trials(program)(small.plan).signature == found.signature
        assert len(small.plan.faults) <= 1
        assert len(small.plan.kinds) <= 1
        assert minimized(program, small.plan, found.signature).plan == small.plan


def test_a_broken_connection_becomes_a_late_chunk_where_that_is_enough() -> None:
    assert ("delay",) in _kinds_left(lost_update, "reset")
    assert _kinds_left(broken, "reset") == {("reset",)}


def test_a_crash_becomes_a_hang_up_where_that_is_enough() -> None:
    assert ("hang-up",) in _kinds_left(hang_up_between_debit_and_credit, "crash")
    assert _kinds_left(crash_between_debit_and_credit, "crash") == {("crash",)}


def _kinds_left(program: Program, kind: str) -> set[tuple[str, ...]]:
    left = set()
    for found in failures(program, (kind,), 6):
        assert found.plan is not None
        left.add(minimized(program, found.plan, found.signature).plan.kinds)
    return left


def test_a_fault_is_named_explained_and_found_by_its_name() -> None:
    (found,) = failures(half_a_line, ("split",), 1)
    assert found.plan is not None
    assert found.signature is not None
    tries = trials(half_a_line)
    smallest_ = smallest(tries, found.plan, found.signature, 10)
    named = kept(tries, smallest_.plan)

    # Not "iff": both parts may come in one turn, and are read as one then.
    assert smallest_.explanation.sentence == "fails if `split at connection#1 (server)#1` happens"
    assert smallest_.explanation.label == "fault"
    assert named.faults == (("split at connection#1 (server)#1", 1),)
    assert resolved(tries, named) == smallest_.plan


def test_a_collection_that_comes_too_early_is_one_thing_that_goes_wrong() -> None:
    walks = (extracted(trials(collected), Random(seed), Plan(level=2)) for seed in range(60))
    found = next(each for each in walks if each.signature is not None)
    assert found.plan is not None
    assert found.signature is not None
    tries = trials(collected)
    small = smallest(tries, found.plan, found.signature, 10)

    assert small.minimized.minimal
    assert (len(small.plan.holds), len(small.plan.faults), small.plan.level) == (0, 1, 2)
    assert small.explanation.sentence.startswith("fails iff `collection of garbage#")
    assert (small.explanation.label, small.explanation.possible) == (
        "garbage",
        "on stock asyncio: needs garbage to be collected just then",
    )
    assert resolved(tries, kept(tries, small.plan)) == small.plan
