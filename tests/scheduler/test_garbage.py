"""Garbage is collected at chosen steps and at no others, and what a collection causes happens there."""

from __future__ import annotations

import asyncio
import gc
import json
import weakref
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

import detrun
from tests.cli.command import detrun as command
from tests.cli.command import written

Log = list[object]


class Loop:
    """A cycle whose end is heard."""

    def __init__(self, end: Callable[[], object] = lambda: None) -> None:
        self.itself = self
        self.end = end

    def __del__(self) -> None:
        self.end()


async def steps(count: int) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


def drops_a_cycle(log: Log) -> Any:
    async def main() -> Log:
        now = 0
        Loop(lambda: log.append(now))
        for now in range(200):  # noqa: B007  # read where the cycle ends
            await asyncio.sleep(0)
        return log[:]

    return main


def drops_a_weakly_known_cycle(log: Log) -> Any:
    async def main() -> Log:
        known, kept = weakref.WeakSet[Loop](), list[object]()

        def drop() -> None:
            cycle = Loop()
            known.add(cycle)
            kept.append(weakref.ref(cycle, lambda _: log.append(len(known))))

        for _ in range(5):
            drop()
        await steps(200)
        return log[:]

    return main


def drops_a_generator(log: Log) -> Any:
    async def numbers(name: int) -> AsyncIterator[object]:
        itself = numbers_of[name]
        try:
            yield itself
        finally:
            await asyncio.sleep(0)
            log.append(name)

    numbers_of: dict[int, list[object]] = {}

    async def begin(name: int) -> None:
        numbers_of[name] = holder = list[object]()
        generator = numbers(name)
        holder.append(generator)
        await anext(generator)

    async def main() -> Log:
        for name in range(4):
            await begin(name)
        numbers_of.clear()
        await steps(200)
        return [*log, "end"]

    return main


PROGRAMS = (drops_a_cycle, drops_a_weakly_known_cycle, drops_a_generator)


def ran(program: Any, **options: Any) -> detrun.Run:
    return detrun.run(program([]), **options)


def test_nothing_is_collected_unless_the_run_says_so() -> None:
    async def main() -> list[bool]:
        before = gc.isenabled()
        gc.disable()
        off = gc.isenabled()
        gc.enable()
        for _ in range(10_000):
            Loop(lambda: ended.append(1))
        await asyncio.sleep(0)
        return [before, off, gc.isenabled(), bool(ended)]

    ended: list[int] = []

    assert gc.isenabled()
    assert detrun.run(main).result() == [True, False, True, False]
    assert gc.isenabled()


def test_a_program_may_collect_by_itself_there_and_then() -> None:
    async def main() -> Log:
        log: Log = []
        Loop(lambda: log.append("ended"))
        await asyncio.sleep(0)
        gc.collect()
        return [*log, "went on"]

    assert detrun.run(main).result() == ["ended", "went on"]


def test_a_long_run_is_collected_at_the_same_step_every_time() -> None:
    async def main() -> list[int]:
        log: list[int] = []
        now = 0
        Loop(lambda: log.append(now))
        for now in range(60_000):  # noqa: B007  # read where the cycle ends
            await asyncio.sleep(0)
        return log

    first, second = detrun.run(main), detrun.run(main)

    assert first.value == second.value
    assert 49_000 < first.value[0] < 51_000


@pytest.mark.parametrize("program", PROGRAMS)
def test_at_level_2_a_seed_says_when_finalizers_run(program: Any) -> None:
    runs = [ran(program, seed=seed, level=2) for seed in range(16)]

    assert len({json.dumps(run.value) for run in runs if run.outcome == "ok"}) > 1
    assert len({run.digest for run in runs}) > 5
    for seed, run in enumerate(runs):
        again = ran(program, seed=seed, level=2)
        assert (again.digest, again.value) == (run.digest, run.value)


@pytest.mark.parametrize("program", PROGRAMS)
def test_at_level_1_and_by_default_nobody_asks(program: Any) -> None:
    runs = [ran(program), ran(program, seed=1), ran(program, strategy="default", level=2)]
    runs.append(ran(program, strategy=detrun.Holds([]), level=2))

    # A generator that nobody collected is closed at the end.
    assert all(run.value in ([], ["end"]) for run in runs)
    assert not any(decision.answer for run in runs for decision in run.decisions)


def test_a_collection_is_a_decision_that_can_be_repeated_and_left_out() -> None:
    run = next(run for seed in range(30) if (run := ran(drops_a_cycle, seed=seed, level=2)).value)

    again = ran(drops_a_cycle, strategy=detrun.Recorded(run.decisions), level=2)

    assert any(decision.answer for decision in run.decisions)
    assert (again.digest, again.value) == (run.digest, run.value)
    with pytest.raises(detrun.Divergence):
        ran(drops_a_cycle, strategy=detrun.Recorded(run.decisions))


def test_what_others_left_behind_does_not_end_in_a_run() -> None:
    def program() -> Any:
        return detrun.run(drops_a_generator([]), seed=3, level=2)

    log: Log = []
    first = program()
    for _ in range(100):
        Loop(lambda: log.append(asyncio.get_event_loop_policy()))
    ended = program()

    assert (ended.digest, ended.value) == (first.digest, first.value)
    assert len(log) == 100


def test_a_level_that_does_not_exist_is_refused() -> None:
    with pytest.raises(detrun.UsageError, match="expected a level of 1, 2 or 3, got 4"):
        detrun.run(drops_a_cycle([]), level=4)


HISTORY = [
    "import asyncio, sys, weakref",
    "class Cycle:",
    "    def __init__(self, name): self.name, self.itself = name, self",
    "    def __del__(self): print('ended', self.name, step)",
    "step = -1",
    "async def numbers(holder):",
    "    try: yield holder",
    "    finally: print('closed', step)",
    "junk = [[{}] for _ in range(int(sys.argv[1]))]",
    "del junk[::2]",
    "for name in range(int(sys.argv[1]) // 1000): Cycle(name).__class__ = type('Silent', (), {})",
    "async def main():",
    "    global step",
    "    known = weakref.WeakSet()",
    "    for step in range(300):",
    "        if step % 40 == 0:",
    "            known.add(Cycle(step))",
    "            holder = []",
    "            holder.append(numbers(holder))",
    "            await anext(holder[0])",
    "        await asyncio.sleep(0)",
    "        print(len(known), end=' ')",
]


def test_the_same_seed_collects_the_same_in_processes_with_different_pasts(tmp_path: Path) -> None:
    written(tmp_path, "history.py", HISTORY)

    def told(seed: int, past: int) -> tuple[str, str]:
        words = ("--seed", str(seed), "--level", "2", "--", str(past))
        ended = command("run", "history.py:main", *words, cwd=tmp_path)
        return ended.stdout, ended.stderr.partition("digest ")[2].partition(",")[0]

    first = told(3, 0)
    assert "ended" in first[0]
    assert "closed" in first[0]
    assert told(3, 100_000) == first
    assert told(4, 0) != first


def test_the_command_that_repeats_a_run_keeps_its_level(tmp_path: Path) -> None:
    program = written(tmp_path, "program.py", ["raise ValueError"])

    assert "--level 2" in command("run", program, "--level", "2", cwd=tmp_path).stderr
    assert "--level" not in command("run", program, cwd=tmp_path).stderr
    assert command("run", program, "--level", "4", cwd=tmp_path).returncode == 2


def test_what_was_imported_is_not_looked_at_by_collections(tmp_path: Path) -> None:
    lines = ["import gc", "kept = [[] for _ in range(100_000)]", "def main(): print(gc.get_freeze_count() > 100_000)"]
    written(tmp_path, "program.py", lines)

    assert command("run", "program.py:main", cwd=tmp_path).stdout == "True\n"
