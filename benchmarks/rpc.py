"""Contexts that talk to each other: `python -m benchmarks.rpc [ROUNDS]`.

Round trips of journaled calls between two workers, beside calls of a Durable Object in workerd if there is one (see
`workerd.py`), and with other contexts alive; schedules of a small application; bytes of a stream; and reloads. Both
seconds of the clock and of the processor are told: the machine may be busy.
"""

from __future__ import annotations

import asyncio
import gc
import itertools
import statistics
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import detrun
from benchmarks import generations, workerd
from benchmarks.harness import title
from detrun.explore.attempt import Attempts
from detrun.explore.performing import Performer
from detrun.explore.search import Bounds, Search
from detrun.recording.keeping import Keeping
from detrun.runtime.modules.snapshot import Snapshot
from detrun.scenarios.app import App
from detrun.scenarios.playing import of_directory
from detrun.scheduler.active import aside

COUNT = 4_000
LANES = 100
OTHERS = (10, 1_000, 10_000)
MEGABYTES = 32
CHUNK = 64 * 1024
# As many as the searches have whose failures are counted in `benchmarks.explore`.
SCHEDULES = 2_000
MODULES = (5, 200)
_TIMES = 5

API = """
from detrun import Response, WorkerEntrypoint

class Default(WorkerEntrypoint):
    def total(self, n):
        return n + 1

    async def later(self, n):
        return n + 1

    async def fetch(self, request):
        size = 0
        async for chunk in request.body:
            size += len(chunk)
        return Response(str(size))
"""
WEB = """
import asyncio
from detrun import WorkerEntrypoint

class Default(WorkerEntrypoint):
    async def calls(self, count):
        api = self.env.API
        for n in range(count):
            await api.total(n)

    async def waits(self, count):
        api = self.env.API
        for n in range(count):
            await api.later(n)

    async def lanes(self, count, lanes):
        await asyncio.gather(*(self.calls(count // lanes) for _ in range(lanes)))

    async def two(self, n):
        return await self.env.API.total(await self.env.API.total(n))
"""
CONFIGURATION = """
[[workers]]
name = "web"
main = "web.py"
limits = { subrequests = 1_000_000_000 }
services = [{ binding = "API", service = "api" }]

[[workers]]
name = "api"
main = "api.py"
"""
ONE = """
[[workers]]
name = "web"
main = "main.py"
"""
# Seconds of the clock, and of the processor.
Taken = tuple[float, float]
Scenario = Callable[[App], Awaitable[Any]]


def played(folder: str, scenario: Scenario, **options: Any) -> Any:
    """What a scenario gives."""
    gc.collect()
    return detrun.run(of_directory(folder, scenario), strategy="default", max_time=1e9, **options).result()


async def taken(work: Callable[[], Awaitable[object]]) -> Taken:
    """How long something takes within a run, whose own clocks are others."""
    with aside():
        began, worked = time.perf_counter(), time.process_time()
    await work()
    with aside():
        return time.perf_counter() - began, time.process_time() - worked


def round_trips(folder: str, lanes: int, others: int = 0) -> Taken:
    """Calls and their answers in a run that is journaled, with so many idle contexts besides."""

    async def scenario(app: App) -> Taken:
        for number in range(others):
            app.application.engine.unit(f"idle {number}")
        web = app.service("web")
        await web.lanes(LANES, 1)
        return await taken(lambda: web.lanes(COUNT, lanes))

    return journaled(folder, scenario)


def awaited(folder: str) -> Taken:
    """The same one at a time, of a method that is a coroutine: it has a task, a plain function has none."""

    async def scenario(app: App) -> Taken:
        web = app.service("web")
        await web.waits(LANES)
        return await taken(lambda: web.waits(COUNT))

    return journaled(folder, scenario)


def journaled(folder: str, scenario: Scenario) -> Taken:
    """What a scenario gives whose run is written down."""
    with TemporaryDirectory() as place, Keeping(Path(place, "run.bin"), "benchmark", (), {}, "0") as keeping:
        return played(folder, scenario, record=keeping.record)  # type: ignore[no-any-return]


def elsewhere(other: workerd.Workerd, lanes: int) -> Taken:
    """The same in workerd, of whose processor's time only hundredths of a second are known: so many more of them."""
    seconds, worked = other.calls(_TIMES * COUNT, lanes)
    return seconds / _TIMES, worked / _TIMES


def stream(folder: str) -> Taken:
    """A body of many chunks that one worker reads."""

    async def chunks() -> AsyncIterator[bytes]:
        chunk = bytes(CHUNK)
        for _ in range(MEGABYTES * 1024 * 1024 // CHUNK):
            yield chunk

    async def scenario(app: App) -> Taken:
        async def send() -> None:
            response = await app.service("api").fetch("http://api/", method="POST", body=chunks())
            assert int(await response.text()) == MEGABYTES * 1024 * 1024

        return await taken(send)

    return played(folder, scenario)  # type: ignore[no-any-return]


def schedules(folder: str, *, foreseen: bool) -> Taken:
    """A search that finds nothing, as `detrun explore` makes it without anything fresh.

    Unless those count that were `foreseen`, it is as if all had taken as long as those that were run.
    """

    async def scenario(app: App) -> None:
        web = app.service("web")
        assert await asyncio.gather(web.two(1), web.two(2)) == [3, 4]

    program = of_directory(folder, scenario)
    attempts = Attempts(lambda: program)
    search = Search(Performer(attempts), Bounds(runs=SCHEDULES))
    gc.collect()
    gc.freeze()  # as explorations do
    began, worked = time.perf_counter(), time.process_time()
    search.run()
    share = 1 if foreseen else SCHEDULES / attempts.made
    figures = (time.perf_counter() - began) * share, (time.process_time() - worked) * share
    gc.unfreeze()
    assert search.schedules == SCHEDULES
    assert not search.found
    return figures


def reload(folder: str, numbers: Iterator[int]) -> Taken:
    """From the moment a file is saved until a generation with it is active."""
    saved = Path(folder, "module_1.py")

    async def scenario(app: App) -> Taken:
        async def save() -> None:
            with aside():
                saved.write_text(f"VALUE = {next(numbers)}\n")
                data = Snapshot.taken(folder).read("module_1.py")
            await app.reload({"module_1.py": data})

        await save()
        return await taken(save)

    return played(folder, scenario)  # type: ignore[no-any-return]


def medians(arms: Mapping[str, Callable[[], Taken]], rounds: int) -> dict[str, Taken]:
    """The median of each arm, all in turn, after a round that does not count."""
    found: dict[str, list[Taken]] = {name: [] for name in arms}
    for number in range(rounds + 1):
        for name, arm in arms.items():
            figures = arm()
            if number:
                found[name].append(figures)
    return {
        name: (statistics.median(each[0] for each in figures), statistics.median(each[1] for each in figures))
        for name, figures in found.items()
    }


def show(name: str, seconds: Taken, count: float) -> None:
    """A line: how many a second, by both clocks."""
    print(f"{name:44}{count / seconds[0]:12,.0f}{count / seconds[1]:12,.0f}")


def calls(folder: str, rounds: int) -> None:
    arms: dict[str, Callable[[], Taken]] = {
        f"detrun, {lanes} at a time": partial(round_trips, folder, lanes) for lanes in (1, LANES)
    }
    arms["detrun, 1 at a time, an async method"] = partial(awaited, folder)
    arms |= {f"detrun, 1 at a time, {n:,} idle contexts": partial(round_trips, folder, 1, n) for n in OTHERS}
    with ExitStack() as stack:
        program = workerd.found()
        if program is None:
            print("not compared with workerd: there is none on the path, and WORKERD names none")
        else:
            other = stack.enter_context(workerd.Workerd(program, stack.enter_context(TemporaryDirectory())))
            other.begin()
            arms |= {f"workerd, {lanes} at a time": partial(elsewhere, other, lanes) for lanes in (1, LANES)}
        found = medians(arms, rounds)
    title("journaled round trips a second, by the clock and by the processor's time")
    for name, seconds in found.items():
        show(name, seconds, COUNT)


def others(folder: str, rounds: int) -> None:
    arms: dict[str, Callable[[], Taken]] = {
        "schedules": partial(schedules, folder, foreseen=True),
        "runs": partial(schedules, folder, foreseen=False),
        "stream": partial(stream, folder),
    }
    found = medians(arms, rounds)
    title("a second, by the clock and by the processor's time")
    show("schedules of two workers (target 1,000)", found["schedules"], SCHEDULES)
    show("the same without those that were foreseen", found["runs"], SCHEDULES)
    show(f"MB of a stream in chunks of {CHUNK // 1024} KiB", found["stream"], MEGABYTES)


def reloads(rounds: int) -> None:
    title("milliseconds from a save to the new generation, by the clock and by the processor's time")
    for count in MODULES:
        with TemporaryDirectory() as folder:
            generations.write(folder, count)
            with Path(folder, "main.py").open("a") as main:
                main.write("\nfrom detrun import WorkerEntrypoint\n\nclass Default(WorkerEntrypoint):\n    pass\n")
            Path(folder, "detrun.toml").write_text(ONE)
            seconds = medians({"": partial(reload, folder, itertools.count())}, rounds)[""]
            goal = " (target 20)" if count == MODULES[0] else ""
            print(f"{f'{count} modules{goal}':44}{seconds[0] * 1e3:12.1f}{seconds[1] * 1e3:12.1f}")


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    with TemporaryDirectory() as folder:
        for name, text in (("api.py", API), ("web.py", WEB), ("detrun.toml", CONFIGURATION)):
            Path(folder, name).write_text(text)
        calls(folder, rounds)
        others(folder, rounds)
    reloads(rounds)


if __name__ == "__main__":
    main()
