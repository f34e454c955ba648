"""Inputs: what is left out is over at once and gives nothing, everything else keeps its id, and a journal says so."""

from __future__ import annotations

import asyncio
import gc
import warnings
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

import detrun
from detrun.errors import Divergence
from detrun.explore.watching import Watching
from detrun.model import LEFT_OUT, EventId, Run
from detrun.scheduler.inputs import Input
from detrun.scheduler.strategies.default import Default
from detrun.scheduler.strategies.holds import Holds
from detrun.scheduler.strategies.recorded import Recorded

Program = Callable[[], Awaitable[Any]]


async def three() -> list[str | None]:
    """Three tasks, of which each starts one more."""

    async def work(name: str) -> str:
        await asyncio.create_task(asyncio.sleep(0.001))
        await asyncio.create_task(more())
        return name

    async def more() -> None:
        await asyncio.sleep(0.001)

    return await asyncio.gather(*map(work, "abc"))


def inputs(program: Program, without: tuple[EventId, ...] = ()) -> list[Input]:
    """What a run is given."""
    watching = Watching(Holds((), without=without))
    detrun.run(program, strategy=watching)
    return watching.inputs


def run_without(*without: EventId, program: Program = three) -> Run:
    """A run of the program without these inputs."""
    return detrun.run(program, strategy=Holds((), without=without))


def test_tasks_that_tasks_start_are_inputs_but_for_asyncios_own() -> None:
    assert [each.what.rpartition(".")[2] for each in inputs(three)] == ["work"] * 3 + ["more"] * 3


def test_a_task_that_is_left_out_is_over_at_once_and_gives_nothing() -> None:
    assert run_without(inputs(three)[1].id).result() == ["a", None, "c"]


def test_what_is_left_out_takes_with_it_what_it_asks_for_and_all_else_keeps_its_id() -> None:
    known = inputs(three)
    left = inputs(three, (known[0].id,))

    assert [each.id for each in left] == [each.id for each in known if each.id not in {known[0].id, known[3].id}]


def test_what_is_done_inside_of_wait_for_is_no_input_of_its_own() -> None:
    async def patient() -> None:
        async def wait() -> None:
            await asyncio.sleep(0.001)

        await asyncio.wait_for(wait(), 1)

    assert inputs(patient) == []


def test_whoever_asks_about_inputs_changes_nothing() -> None:
    assert detrun.run(three, strategy=Watching(Default())).digest == detrun.run(three, strategy="default").digest


def test_what_was_left_out_is_a_decision_by_which_the_run_is_had_again() -> None:
    (first, *_) = inputs(three)
    run = run_without(first.id)

    assert [(each.event, each.answer) for each in run.decisions] == [(first.id, LEFT_OUT)]
    assert detrun.run(three, strategy=Recorded(run.decisions)).digest == run.digest
    assert run.digest != detrun.run(three, strategy="default").digest


def test_a_program_that_does_not_ask_for_what_was_left_out_is_another_one() -> None:
    async def two() -> None:
        await asyncio.sleep(0)

    run = run_without(inputs(three)[0].id)

    with pytest.raises(Divergence):
        detrun.run(two, strategy=Recorded(run.decisions))


def test_a_task_group_and_named_tasks_can_do_without_one() -> None:
    done = []

    async def main() -> None:
        async def work(name: str) -> None:
            await asyncio.sleep(0.001)
            done.append(name)

        async with asyncio.TaskGroup() as group:
            for name in "abc":
                group.create_task(work(name), name=name)

    run_without(inputs(main)[1].id, program=main)

    assert done == [*"abc", *"ac"]


def test_nothing_that_is_left_out_says_that_nobody_awaited_it() -> None:
    async def main() -> None:
        async def wrapped(call: Awaitable[None]) -> None:
            await call

        async def inner() -> None:
            await asyncio.sleep(0)

        await asyncio.gather(wrapped(inner()), wrapped(inner()))

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        run_without(inputs(main)[0].id, program=main)
        gc.collect()
